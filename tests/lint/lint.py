#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""House rules that a program can check. One case per file and rule; says what is wrong and where.

Run by make check (WEIR_SRC, WEIR_BUILD, CC in the environment) or by hand from the top directory.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRC = Path(os.environ.get("WEIR_SRC", ".")).resolve()
BUILD = Path(os.environ.get("WEIR_BUILD", ".")).resolve()

LONGEST_LINE = 100
LONGEST_FUNCTION = 120  # lines; longer ones stand in giants.txt with a reason
LONG_FUNCTION = 60      # mentioned, but no failure

# What a room may include: the rooms below it (and always itself).
ROOMS = {
    "base": "",
    "field": "base",
    "flow": "base field",
    "payload": "base field flow",
    "packet": "base field flow payload",
    "store": "base field flow",
    "wire": "base field flow packet",
    "lookup": "base field flow",
    "filter": "base field flow lookup payload",
    "query": "base field flow payload packet store lookup filter",
    "print": "base field flow lookup payload",
    "collect": "base field flow packet store wire",
    "probe": "base field flow payload packet store wire",
    "cmd": "base field flow payload packet store wire lookup filter query print collect probe",
}


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def case(self, problems, where=""):
        """One case: fails if there are problems, and prints them."""
        if not problems:
            self.passed += 1
            return
        self.failed += 1
        for problem in problems:
            print(f"{where}{problem}")

    def skip(self, why):
        self.skipped += 1
        print(f"skipped: {why}")


def name(path):
    return str(path.relative_to(SRC))


def room_of(path):
    parts = path.relative_to(SRC).parts
    if parts[0] == "src":
        return parts[1]
    if parts[0] == "grammar":
        return "filter"
    if parts[:2] == ("tests", "unit") and len(parts) > 3:
        return parts[2]
    return None


def lines_of(path):
    return path.read_text(errors="replace").splitlines()


def files(*patterns):
    found = []
    for pattern in patterns:
        found += [p for p in SRC.glob(pattern) if p.is_file()]
    return sorted(set(found))


def own(path):
    """Not made by the build."""
    return not re.fullmatch(r"grammar/(parse\.[ch]|scan\.c)", name(path))


def built(path):
    """Made by a build in the source tree."""
    return path.suffix in (".o", ".a", ".log") or path.name == ".dirstamp" or \
        ".deps" in path.parts or path.with_suffix(".c").is_file() and path.suffix == ""


C_FILES = [p for p in files("src/**/*.[ch]", "src/**/*.def", "tests/**/*.[ch]", "grammar/*.[chly]")
           if own(p)]
SCRIPTS = files("tests/**/*.sh", "tests/**/*.py", "samples/*.sh")
MAKE_FILES = files("Makefile.am", "configure.ac", "*/local.mk", "*/*/local.mk", "*/*/*/local.mk")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def check_layers(report):
    """A room includes only rooms below it; nobody includes a .c file."""
    for path in C_FILES:
        room = room_of(path)
        if room is None:
            continue
        allowed = set(ROOMS[room].split()) | {room}
        problems = []
        for number, line in enumerate(lines_of(path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1)
            if target.endswith(".c"):
                problems.append(f":{number}: includes a .c file: {target}")
            first = target.split("/")[0]
            if first in ROOMS and first not in allowed:
                problems.append(f":{number}: {room} may not include {target}")
        report.case(problems, name(path))


def check_licence(report):
    want = "SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors"
    man = files("man/*.[1-8]")
    for path in C_FILES + SCRIPTS + MAKE_FILES + man:
        first = "\n".join(lines_of(path)[:3])
        report.case([] if want in first else [": no licence line at its top"], name(path))


def check_layout(report):
    """Line length, tabs, blanks at line ends, a newline at the end."""
    for path in C_FILES + SCRIPTS:
        problems = []
        for number, line in enumerate(lines_of(path), 1):
            if len(line) > LONGEST_LINE:
                problems.append(f":{number}: {len(line)} columns")
            if "\t" in line:
                problems.append(f":{number}: a tab")
            if line != line.rstrip():
                problems.append(f":{number}: blanks at the end")
        if not path.read_bytes().endswith(b"\n"):
            problems.append(": no newline at the end")
        report.case(problems, name(path))


def check_names(report):
    """File names are unique in the tree (x.c and x.h are one subject)."""
    seen = {}
    for path in files("src/**/*.[ch]", "src/**/*.def", "tests/unit/**/*.c"):
        other = seen.setdefault(path.name, path)
        report.case([] if other == path else [f": {name(other)} has the same name"], name(path))


def distributed():
    """What the build puts into a release: names relative to SRC, folders whole."""
    run = subprocess.run(["make", "-s", "-C", BUILD, "print-distributed"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True)
    words = [Path(word) for word in run.stdout.split()]
    there = [(BUILD / word).resolve() for word in words if ".." in word.parts or word.is_absolute()]
    return {str(word) for word in words} | {name(p) for p in there if SRC in p.parents}


def check_distributed(report):
    """Each file of the tree goes into a release, or stands in no build of it."""
    listed = distributed()
    if not listed:
        report.skip("no make that tells what is distributed")
        return
    for path in files("src/**/*", "grammar/*", "tests/**/*", "doc/**/*", "man/*", "samples/*",
                      "systemd/*"):
        if own(path) and "__pycache__" not in path.parts and not built(path):
            there = any(name(p) in listed for p in (path, *path.parents[:-len(SRC.parts)]))
            report.case([] if there else [": would miss in a release"], name(path))


def check_guards(report):
    for path in [p for p in C_FILES if p.suffix == ".h" and room_of(p)]:
        stem = re.sub(r"\W", "_", path.stem).upper()
        want = f"WEIR_{room_of(path).upper()}_{stem}_H"
        ok = re.search(rf"^#ifndef {want}\n#define {want}$", path.read_text(), re.M)
        report.case([] if ok else [f": no include guard {want}"], name(path))


def functions_of(path):
    """(name, first line, length) by the house layout: braces of a function stand in column 0."""
    start = head = None
    for number, line in enumerate(lines_of(path), 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            yield head, start, number - start - 1
            start = None
        elif start is None and (match := re.match(r"[A-Za-z].*?(\w+)\(", line)):
            head = match.group(1)


def exceptions(file, words):
    """The first words of each line of a list of exceptions; the rest of it is the reason."""
    return {" ".join(line.split()[:words]) for line in lines_of(SRC / "tests/lint" / file)
            if line.strip() and not line.startswith("#")}


def check_giants(report):
    giants = exceptions("giants.txt", 1)
    for path in [p for p in C_FILES if p.suffix == ".c"]:
        problems = []
        for function, line, length in functions_of(path):
            if length > LONGEST_FUNCTION and function not in giants:
                problems.append(f":{line}: {function} has {length} lines")
            elif length > LONG_FUNCTION:
                print(f"note: {name(path)}:{line}: {function} has {length} lines")
        report.case(problems, name(path))


def compiler():
    return shlex.split(os.environ.get("CC", "cc"))


def check_headers_alone(report):
    """Each header compiles with nothing before it, and twice."""
    headers = [p for p in C_FILES if p.suffix == ".h" and name(p).startswith("src/")]
    base = compiler() + ["-std=gnu11", "-D_GNU_SOURCE", '-DWEIR_VERSION="0"', "-fsyntax-only",
                         "-Wall", "-Werror", f"-I{SRC}/src", f"-I{SRC}", f"-I{BUILD}"]

    def compile_one(path):
        run = subprocess.run(base + ["-include", str(path), "-include", str(path), "-x", "c",
                                     "/dev/null"], capture_output=True, text=True)
        return path, run.returncode, run.stderr

    with ThreadPoolExecutor(2) as pool:
        for path, status, output in pool.map(compile_one, headers):
            report.case([f": does not compile alone\n{output}"] if status else [], name(path))


def mutable_symbols(library):
    run = subprocess.run(["objdump", "-t", str(library)], capture_output=True, text=True)
    member = "?"
    for line in run.stdout.splitlines():
        if match := re.match(r"(\S+\.o):", line):
            member = match.group(1)
        fields = line.split()
        if len(fields) < 4 or not re.fullmatch(r"[0-9a-f]{16}", fields[0]):
            continue
        section = next((f for f in fields[1:] if f[0] in ".*"), "")
        constant = section.startswith(".data.rel.ro")
        mutable = re.match(r"\.(data|bss|tdata|tbss)\b", section) or section == "*COM*"
        if mutable and not constant and fields[-1] != section:
            yield member, fields[-1]


def has_sanitizers():
    match = re.search(r"^SAN_CFLAGS =(.*)$", (BUILD / "Makefile").read_text(), re.M)
    return match is not None and "fsanitize" in match.group(1)


def check_globals(report):
    """No mutable globals in rooms: nothing in .data, .bss or thread-local storage."""
    libraries = sorted(BUILD.glob("libweir-*.a"))
    allowed = exceptions("globals.txt", 2)
    if not libraries or not shutil.which("objdump"):
        report.skip("no libraries or no objdump to look for mutable globals with")
    elif has_sanitizers():
        report.skip("sanitizers add globals of their own")
    else:
        for library in libraries:
            found = [f": {member}: mutable global {symbol}"
                     for member, symbol in mutable_symbols(library)
                     if f"{member} {symbol}" not in allowed]
            report.case(found, library.name)


def check_manual(report):
    if not shutil.which("mandoc"):
        report.skip("no mandoc to look at the manual pages with")
        return
    for page in files("man/*.[1-8]"):
        run = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True,
                             text=True)
        report.case(run.stdout.splitlines() if run.returncode else [])


def main():
    report = Report()
    for check in (check_layers, check_licence, check_layout, check_names, check_distributed,
                  check_guards, check_giants, check_headers_alone, check_globals, check_manual):
        check(report)
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return report.failed > 0


sys.exit(main())

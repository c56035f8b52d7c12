#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Bad input, program by program: a clear message on standard error, the right exit code, no crash,
and nothing of what was stored before is touched.

CASES: program, words, exit code, what standard error must say (a regular expression). Files named
there are made by make_files(); DAY is a directory with a good flow file.
"""
import gzip
import hashlib
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("WEIR_SRC", os.path.join(HERE, "../.."))
BUILD = os.environ.get("WEIR_BUILD", SOURCE)
sys.path.insert(0, os.path.join(SOURCE, "tests/tools"))
from checks import Checks  # noqa: E402
SAMPLE = os.path.join(SOURCE, "samples/office.pcap")
GOOD = "day/nfcapd.202311142215"

CASES = [
    # Captures that are none, or end too early.
    ("weirprobe", "-r missing.pcap", 1, r"missing\.pcap"),
    ("weirprobe", "-r text", 1, r"text.*(format|magic)"),
    ("weirprobe", "-r empty", 1, r"empty"),
    ("weirprobe", "-r cut.pcap -w out-cut", 1, r"cut\.pcap.*(truncated|cut|ends)"),
    ("weirprobe", "-r hugelength.pcap -w out-huge", 1, r"hugelength\.pcap"),
    ("weirprobe", "-r linktype.pcap -w out-link", 1, r"link"),
    ("weirprobe", "-r cut.gz", 1, r"cut\.gz.*truncated"),
    ("weirprobe", "-r badsum.gz", 1, r"badsum\.gz.*damaged"),
    ("weirprobe", "-r day", 1, r"day.*read"),
    ("weirprobe", "-r good.pcap vlan 5 -P sctp", 1, r"-P sctp.*tcp"),
    ("weirprobe", "-r good.pcap -v psamp", 1, r"psamp is not taken over"),
    ("weirprobe", "-r good.pcap -R 4739", 1, r"-R 4739: PSAMP is not received"),
    ("weirprobe", "-r good.pcap -i lo", 1, r"already specified"),
    ("weirprobe", "-r good.pcap -T ether -H 1:2:3", 1, r"Invalid MAC address 1:2:3"),
    ("weirprobe", "-r good.pcap -s 16384", 1, r"16383"),
    ("weirprobe", "-i nosuchinterface0 -d", 1, r"nosuchinterface0"),
    ("weirprobe", "-r good.pcap -n 127.0.0.1:99999", 1, r"99999"),
    ("weirprobe", "-r good.pcap -v 3", 1, r"3"),
    ("weirprobe", "-r good.pcap -t general=x", 1, r"general=x|timeout"),
    ("weirprobe", "-r good.pcap -w /dev/null/dir", 1, r"/dev/null"),
    ("weirprobe", "-r good.pcap tcp and and", 1, r"syntax|expression|filter"),
    ("weirprobe", "--nonsense", 1, r"nonsense"),
    ("weirctl", "-c nosocket statistics", 1, r"nosocket"),
    ("weirctl", "--nonsense", 1, r"nonsense"),
    ("weircapd", "-w out-capd -f missing.pcap", 1, r"missing\.pcap"),
    ("weircapd", "-w out-capd -f text", 1, r"text"),
    ("weircapd", "-w /dev/null/dir -p 9", 1, r"/dev/null/dir"),
    ("weircapd", "-w out-capd -p 70000", 1, r"70000"),
    ("weircapd", "-w out-capd -t 0x", 1, r"0x|-t"),
    ("weircapd", "-w out-capd --nonsense", 1, r"nonsense"),
    # Flow files.
    ("weir", "-r missing", 1, r"missing"),
    ("weir", "-r text", 1, r"text"),
    ("weir", "-r empty", 1, r"empty"),
    ("weir", "-R missingdir", 1, r"missingdir"),
    ("weir", f"-r {GOOD} -w /dev/null/out", 1, r"/dev/null/out"),
    ("weir", f"-r {GOOD} -f missing.filter", 255, r"missing\.filter"),
    ("weir", f"-r {GOOD} --nonsense", 1, r"nonsense"),
    ("weir", f"-r {GOOD} -c x", 1, r"x|-c"),
    ("weir", f"-r {GOOD} port 70000", 254, r"70000"),
    ("weir", f"-r {GOOD} src ip", 254, r"\^"),
]

checks = Checks()
check = checks.named


def run(program, words):
    environment = {k: v for k, v in os.environ.items() if k not in ("WEIR_FORMAT", "NFCONF")}
    return subprocess.run([os.path.join(BUILD, program), *words], cwd=WORK, env=environment,
                          capture_output=True, text=True, errors="replace", timeout=60)


def write(name, data):
    with open(os.path.join(WORK, name), "wb") as f:
        f.write(data)


def make_files():
    with open(SAMPLE, "rb") as f:
        capture = f.read()
    write("good.pcap", capture)
    write("cut.pcap", capture[:len(capture) // 2])
    huge = 0x7FFFFFFF
    write("hugelength.pcap", capture[:24] + struct.pack("<IIII", 1, 0, huge, huge) + b"x")
    write("linktype.pcap", capture[:20] + struct.pack("<I", 147) + capture[24:])
    packed = gzip.compress(capture)
    write("cut.gz", packed[:len(packed) // 2])
    write("badsum.gz", packed[:-8] + bytes(4) + packed[-4:])
    write("text", b"this is no flow file and no capture either, just some text\n" * 9)
    write("empty", b"")
    for name in ("day", "out-cut", "out-huge", "out-link", "out-capd", "nothing"):
        os.mkdir(os.path.join(WORK, name))
    mkflows = os.path.join(BUILD, "tests/tools/mkflows")
    subprocess.run([mkflows, os.path.join(WORK, GOOD), "300", "1", "weir", "0"], check=True)


def digest():
    with open(os.path.join(WORK, GOOD), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def test_cases():
    for program, words, code, message in CASES:
        done = run(program, words.split())
        check(f"{program} {words}: exit code", done.returncode == code,
              (done.returncode, done.stderr))
        check(f"{program} {words}: message", re.search(message, done.stderr), done.stderr)


def test_nothing_lost_of_a_cut_capture():
    """The packets before the cut are flows of the file."""
    whole = run("weirprobe", ["-r", "good.pcap"]).stdout
    count = len(run("weir", ["-R", "out-cut", "-q", "-o", "csv-fast"]).stdout.splitlines())
    check("flows before the cut", count > 50, (count, whole[:200]))


def test_empty_directory():
    done = run("weir", ["-R", "nothing"])
    check("an empty directory is said", done.stderr != "", done)


def test_output_onto_input():
    """-w may name its own input: the file is replaced only when the new one is whole."""
    show = ["-r", GOOD, "-q", "-o", "csv"]
    before = run("weir", show).stdout
    check("-w onto the input", run("weir", ["-r", GOOD, "-w", GOOD]).returncode == 0)
    check("the same flows", before and run("weir", show).stdout == before)


def main():
    global WORK
    with tempfile.TemporaryDirectory() as WORK:
        make_files()
        before = digest()
        test_cases()
        check("the stored file is as before", digest() == before)
        test_nothing_lost_of_a_cut_capture()
        test_empty_directory()
        test_output_onto_input()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

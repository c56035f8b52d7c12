#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Measures weir beside its peers on the same synthetic flows, in one run, and prints the ratios.

    bench.py [--flows N] [--files N] [--rounds N] [--nfdump PROGRAM] [--keep DIR] [--only TEXT]

Queries: best of N rounds, page cache warm, output thrown away. A peer that is not installed, or
cannot read what was written, is left out. Answers are compared where both print the same thing.
"""
import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BUILD = Path(os.environ.get("WEIR_BUILD", ".")).resolve()

LIMIT = 600  # seconds a program may take

# What is asked, and the goal: times faster than nfdump.
QUERIES = [
    ("tcp, port 443, large: count", ["-q", "-N", "-a", "-A", "proto", "-o", "fmt:%fl",
                                     "proto tcp and dst port 443 and bytes > 100000"], 40, True),
    ("one address, its flows",
     ["-q", "-N", "-o", "fmt:%ts %sap %dap %byt", "ip @SEEN@"], 150, True),
    ("an address never seen", ["-q", "-N", "-o", "fmt:%ts %sap %dap", "ip 8.8.4.4"], 300, True),
    ("-s srcip/bytes", ["-q", "-N", "-n", "10", "-s", "srcip/bytes", "-o", "csv"], 12, False),
    ("-s dstport/flows", ["-q", "-N", "-n", "10", "-s", "dstport/flows", "-o", "csv"], 30, False),
    ("-s record/bytes", ["-q", "-N", "-n", "10", "-s", "record/bytes"], 40, False),
    ("-A srcip,dstport -O bytes",
     ["-q", "-N", "-n", "20", "-A", "srcip,dstport", "-O", "bytes"], 15,
     False),
    ("-o csv of everything", ["-q", "-N", "-o", "csv"], 5, False),
    ("-o json of everything", ["-q", "-N", "-o", "json"], 8, False),
]


class Run:
    """One finished program: seconds, peak memory, exit status, output's hash."""

    def __init__(self, command, want_output=False, limit=LIMIT):
        target = tempfile.TemporaryFile() if want_output else subprocess.DEVNULL
        start = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], stdout=target,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        guard = threading.Timer(limit, child.kill)  # Debian's nfcapd never ends after -f
        guard.start()
        _, status, usage = os.wait4(child.pid, 0)
        guard.cancel()
        self.seconds = time.perf_counter() - start
        child.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.megabytes = usage.ru_maxrss / 1024
        self.output = b""
        if want_output:
            target.seek(0)
            self.output = target.read()


def best(command, rounds):
    runs = [Run(command) for _ in range(rounds)]
    if any(run.status for run in runs):
        return None
    fastest = min(runs, key=lambda run: run.seconds)
    fastest.megabytes = max(run.megabytes for run in runs)
    return fastest


def same_lines(a, b):
    def normal(run):
        words = (b" ".join(line.split()) for line in run.output.splitlines())
        return hashlib.sha256(b"\n".join(sorted(words))).digest()
    return normal(a) == normal(b)


def size_of(directory):
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())


def row(*cells):
    print("{:<32} {:>14} {:>14} {:>9} {:>7}  {}".format(*cells), flush=True)


def shown(run):
    return f"{run.seconds:7.3f} s {run.megabytes:4.0f}M" if run else "-"


def ratio(ours, theirs):
    return f"{theirs.seconds / ours.seconds:.1f} x" if ours and theirs else "-"


class Bench:
    def __init__(self, options, work):
        self.o = options
        self.work = work
        self.weir = BUILD / "weir"
        self.genday = BUILD / "tests/perf/genday"
        self.nfdump = options.nfdump or shutil.which("nfdump")
        self.weir_day = work / "weir"
        self.nfdump_day = work / "nfdump"

    def wanted(self, text):
        return self.o.only in text

    def generate(self, *words):
        run = Run([self.genday, "-f", self.o.files, *words])
        if run.status:
            sys.exit(f"bench: genday {' '.join(map(str, words))} failed")
        return run

    def make_days(self):
        run = self.generate("-n", self.o.flows, "--weir", self.weir_day)
        rate = self.o.flows / run.seconds / 1e6
        row("write weir files (with making up)", f"{run.seconds:7.3f} s", "", "", "",
            f"{rate:.2f} M flows/s")
        for compression in ("zstd", "lz4"):
            self.generate("-n", self.o.flows, "-z", compression, "--nfdump", self.nfdump_day)
            if not self.nfdump:
                break
            probe = Run([self.nfdump, "-R", self.nfdump_day, "-q", "-c", "1"], want_output=True)
            if probe.status == 0 and probe.output.strip():
                break
            shutil.rmtree(self.nfdump_day)
        else:
            self.nfdump = None
        sizes = [size_of(day) / self.o.flows if day.exists() else 0
                 for day in (self.weir_day, self.nfdump_day)]
        row("octets per flow on disk", f"{sizes[0]:.2f}", f"{sizes[1]:.2f} {compression}",
            f"{sizes[1] / sizes[0]:.2f} x", "", "goal: 17.00")

    def address_seen(self):
        """An address that occurs a few times only."""
        run = Run([self.weir, "-R", self.weir_day, "-q", "-N", "-c", "2000", "-o", "fmt:%sa",
                   "inet and not src net 10.0.0.0/8"],
                  want_output=True)
        addresses = run.output.decode().split()
        counts = {a: addresses.count(a) for a in addresses}
        rare = [a for a in addresses if counts[a] == 1]
        return rare[len(rare) // 2] if rare else "192.0.2.1"

    def queries(self):
        seen = self.address_seen()
        for title, words, goal, comparable in QUERIES:
            if not self.wanted(title):
                continue
            words = [word.replace("@SEEN@", seen) for word in words]
            ours = best([self.weir, "-R", self.weir_day, *words], self.o.rounds)
            theirs = own = None
            note = "" if ours else "weir failed"
            if self.nfdump:
                theirs = best([self.nfdump, "-R", self.nfdump_day, *words], self.o.rounds)
                own = best([self.weir, "-R", self.nfdump_day, *words], self.o.rounds)
            if comparable and ours and theirs:
                a = Run([self.weir, "-R", self.weir_day, *words], want_output=True)
                b = Run([self.nfdump, "-R", self.nfdump_day, *words], want_output=True)
                note = "same answer" if same_lines(a, b) else "ANSWERS DIFFER"
            row(title, shown(ours), shown(theirs), ratio(ours, theirs), f"{goal} x", note)
            if own and theirs:
                row("    on nfdump's files", shown(own), "", ratio(own, theirs), "1.5 x", "")

    def collect(self):
        flows = min(self.o.flows, 1000000)
        capture = self.work / "exports.pcap"
        self.generate("-n", flows, "--ipfix", capture)
        results = []
        for program, name in ((BUILD / "weircapd", "weircapd"),
                              (shutil.which("nfcapd"), "nfcapd")):
            target = self.work / f"collected-{name}"
            target.mkdir()
            run = None
            if program and Path(program).exists():
                run = Run([program, "-w", target, "-f", capture], limit=60)
                run = run if run.status == 0 and size_of(target) > 0 else None
            results.append(run)
        ours, theirs = results
        rate = f"{flows / ours.seconds / 1e6:.2f} M flows/s" if ours else "weircapd failed"
        row("collect IPFIX from a capture", shown(ours), shown(theirs), ratio(ours, theirs),
            "1.5 x",
            rate)

    def probe(self):
        capture = self.work / "packets.pcap"
        self.generate("-n", min(self.o.flows, 600000), "--packets", capture)
        packets = 0
        results = []
        for program in (BUILD / "weirprobe", shutil.which("softflowd")):
            if not program or not Path(program).exists():
                results.append(None)
                continue
            command = [program, "-r", capture, "-v", "9", "-n", "127.0.0.1:9", "-m", "1000000"]
            results.append(best(command, self.o.rounds))
            output = Run(command, want_output=True).output.decode(errors="replace")
            for line in output.splitlines():
                if line.startswith("Packets processed:"):
                    packets = int(line.split()[2])
        ours, theirs = results
        rate = f"{packets / ours.seconds / 1e6:.2f} M packets/s" if ours else "weirprobe failed"
        row("probe, packets from a capture", shown(ours), shown(theirs), ratio(ours, theirs), "2 x",
            rate)

    def run(self):
        print(f"{self.o.flows} flows in {self.o.files} files, best of {self.o.rounds}; "
              f"peer: {self.nfdump or 'none'}; {len(os.sched_getaffinity(0))} processors")
        row("", "weir", "peer", "ratio", "goal", "")
        if self.weir.exists():
            self.make_days()
            self.queries()
        else:
            print("no ./weir yet: queries left out")
        if self.wanted("collect"):
            self.collect()
        if self.wanted("probe"):
            self.probe()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flows", type=int, default=5000000)
    parser.add_argument("--files", type=int, default=288)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nfdump", help="the peer's program, if not the one in the path")
    parser.add_argument("--keep", type=Path, help="work here and leave the files")
    parser.add_argument("--only", default="", help="only rows that contain this text")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = options.keep or Path(tempfile.mkdtemp(prefix="weir-bench."))
    work.mkdir(exist_ok=True)
    try:
        Bench(options, work).run()
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


main()

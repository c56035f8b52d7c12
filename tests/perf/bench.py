#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Measures weir beside its peers on the same synthetic flows, in one run, and prints the ratios.

With LIBDUCKDB naming libduckdb.so, DuckDB answers too, from a table of its own (addresses as text,
only the columns that are asked for).

    bench.py [--flows N] [--files N] [--rounds N] [--nfdump PROGRAM] [--keep DIR] [--only TEXT]

Queries: best of N rounds, page cache warm, output thrown away. A peer that is not installed, or
cannot read what was written, is left out. Answers are compared where both print the same thing.
"""
import argparse
import csv
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
DUCK = Path(__file__).with_name("duck.py")

LIMIT = 600  # seconds a program may take

COUNT = "proto tcp and dst port 443 and bytes > 100000"
TABLE = ["-q", "-N", "-o", "csv"]


class Query:
    """One row of the table: what is asked of flow programs and of a data base, and the goals."""

    def __init__(self, title, words, goal, sql=None, duck_goal=None, pick=None, everything=False):
        self.title, self.words, self.goal = title, words, goal
        self.sql, self.duck_goal = sql, duck_goal
        self.pick = pick              # columns of our csv that the data base answers with
        self.everything = everything  # too much output to compare: one file of it is


# What a table of -s shows, so that the data base has to read and add up the same columns.
SUMS = ("sum(fl) f, sum(pkt), sum(byt) b, strftime(min(ts), '%Y-%m-%d %H:%M:%S'), "
        "strftime(max(te), '%Y-%m-%d %H:%M:%S')")

# ICMP's type and code, 256 * type + code in this field, are written with a point.
PORT = ("(CASE WHEN contains(column3, '.') THEN 256 * split_part(column3, '.', 1)::INT + "
        "split_part(column3, '.', 2)::INT ELSE column3::INT END)::USMALLINT")

QUERIES = [
    Query("tcp, port 443, large: count", [*TABLE, "-a", "-A", "proto", COUNT], 40,
          "SELECT sum(fl) FROM flows WHERE pr = 6 AND dp = 443 AND byt > 100000", 1, ["flows"]),
    Query("one address, its flows", [*TABLE, "ip @SEEN@"], 150,
          "SELECT sp, dp, byt FROM flows WHERE sa = '@SEEN@' OR da = '@SEEN@'", None,
          ["srcPort", "dstPort", "bytes"]),
    Query("an address never seen", [*TABLE, "ip @UNSEEN@"], 300,
          "SELECT sp, dp, byt FROM flows WHERE sa = '@UNSEEN@' OR da = '@UNSEEN@'", None,
          ["srcPort", "dstPort", "bytes"]),
    Query("-s srcip/bytes", [*TABLE, "-n", "10", "-s", "srcip/bytes"], 12,
          f"SELECT sa, {SUMS} FROM flows GROUP BY sa ORDER BY b DESC LIMIT 10", 3,
          ["val", "fl", "pkt", "byt", "ts", "te"]),
    Query("-s dstport/flows", [*TABLE, "-n", "10", "-s", "dstport/flows"], 30,
          f"SELECT dp, {SUMS} FROM flows GROUP BY dp ORDER BY f DESC LIMIT 10", 3,
          ["val", "fl", "ipkt", "ibyt", "ts", "te"]),
    Query("-s record/bytes", ["-q", "-N", "-n", "10", "-s", "record/bytes"], 40,
          "SELECT sa, da, sp, dp, pr, sum(byt) b FROM flows GROUP BY ALL ORDER BY b DESC LIMIT 10",
          8),
    Query("-A srcip,dstport -O bytes",
          [*TABLE, "-n", "20", "-A", "srcip,dstport", "-O", "bytes"], 15,
          "SELECT sa, dp, sum(byt) b FROM flows GROUP BY sa, dp ORDER BY b DESC LIMIT 20", 3,
          ["srcAddr", "dstPort", "bytes"]),
    Query("-o csv of everything", TABLE, 5, everything=True),
    Query("-o json of everything", ["-q", "-N", "-o", "json"], 8),
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


def csv_rows(run, names):
    """The chosen columns of csv output, as sorted rows; nothing if there are no such columns."""
    rows = list(csv.DictReader(run.output.decode().splitlines()))
    if rows and any(rows[0].get(name) is None for name in names):
        return []  # "No matching flows"
    return sorted([row[name].strip() for name in names] for row in rows)


def size_of(directory):
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())


def row(*cells):
    print("{:<34} {:>15} {:>15} {:>9} {:>9}  {}".format(*cells), flush=True)


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
        self.duck = os.environ.get("LIBDUCKDB")
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

    def address_unseen(self):
        """An address among those that occur, which does not."""
        for last in range(1, 255):
            address = f"150.100.50.{last}"
            run = Run([self.weir, "-R", self.weir_day, *TABLE, f"ip {address}"], want_output=True)
            if b"150.100.50." not in run.output:
                return address
        return "192.0.2.1"

    def first_file(self, day):
        return min(path for path in day.rglob("nfcapd.*"))

    def compared(self, query, words):
        """Whether both programs say the same; of everything, about the first file."""
        def answer(program, day):
            where = ["-r", self.first_file(day)] if query.everything else ["-R", day]
            return Run([program, *where, *words], want_output=True)
        same = same_lines(answer(self.weir, self.weir_day), answer(self.nfdump, self.nfdump_day))
        return "same answer" if same else "ANSWERS DIFFER"

    def make_duck(self):
        """A table of the day. Returns whether there is one."""
        if not self.duck:
            return False
        text = self.work / "flows.csv"
        with open(text, "wb") as out:
            subprocess.run([self.weir, "-R", self.weir_day, "-q", "-N", "-o",
                            "csv:%sa,%da,%sp,%dp,%pr,%pkt,%byt,%ts,%te"], stdout=out, check=True)
        sql = (f"CREATE TABLE flows AS SELECT column0 sa, column1 da, column2 sp, ({PORT}) dp, "
               f"column4 pr, column5 pkt, column6 byt, 1::UTINYINT fl, column7 ts, column8 te "
               f"FROM read_csv('{text}', "
               f"header=false, skip=1, columns={{'column0': 'VARCHAR', 'column1': 'VARCHAR', "
               f"'column2': 'USMALLINT', 'column3': 'VARCHAR', 'column4': 'UTINYINT', "
               f"'column5': 'UBIGINT', 'column6': 'UBIGINT', 'column7': 'TIMESTAMP', "
               f"'column8': 'TIMESTAMP'}})")
        made = Run([sys.executable, "-B", DUCK, self.duck, self.work / "duck.db", "1", sql],
                   want_output=True)
        text.unlink()
        if made.status:
            self.duck = None
        return made.status == 0

    def ask_duck(self, query, sql, ours, words):
        run = Run([sys.executable, "-B", DUCK, self.duck, self.work / "duck.db", self.o.rounds,
                   sql], want_output=True)
        if run.status:
            row("    DuckDB", "", "-", "", "", "failed")
            return
        seconds, *lines = run.output.decode().splitlines()
        run.seconds = float(seconds)
        note = ""
        if query.pick:
            answer = Run([self.weir, "-R", self.weir_day, *words], want_output=True)
            same = csv_rows(answer, query.pick) == sorted(line.split("\t") for line in lines)
            note = "same answer" if same else "ANSWERS DIFFER"
        row("    DuckDB, its own table", "", shown(run), ratio(ours, run),
            f"{query.duck_goal} x" if query.duck_goal else "", note)

    def queries(self):
        places = {"@SEEN@": self.address_seen(), "@UNSEEN@": self.address_unseen()}
        has_duck = self.make_duck()
        for query in QUERIES:
            if not self.wanted(query.title):
                continue
            words, sql = list(query.words), query.sql
            for place, address in places.items():
                words = [word.replace(place, address) for word in words]
                sql = sql and sql.replace(place, address)
            ours = best([self.weir, "-R", self.weir_day, *words], self.o.rounds)
            theirs = own = None
            note = "" if ours else "weir failed"
            if self.nfdump:
                theirs = best([self.nfdump, "-R", self.nfdump_day, *words], self.o.rounds)
                own = best([self.weir, "-R", self.nfdump_day, *words], self.o.rounds)
            if ours and theirs and "json" not in words:
                note = self.compared(query, words)
            row(query.title, shown(ours), shown(theirs), ratio(ours, theirs), f"{query.goal} x",
                note)
            if own and theirs:
                row("    on nfdump's files", shown(own), "", ratio(own, theirs), "1.5 x", "")
            if has_duck and sql:
                self.ask_duck(query, sql, ours, words)
        self.many_files()

    def many_files(self):
        """How cost grows with the number of files: hard links to the same ones."""
        unseen = self.address_unseen()
        for times in (10, 30):
            title = f"never seen, {times * self.o.files} files"
            if not self.wanted(title):
                continue
            days = self.work / f"{times}days"
            for day in range(times):
                target = days / f"d{day:02}"
                target.mkdir(parents=True)
                for path in self.weir_day.rglob("nfcapd.*"):
                    os.link(path, target / path.name)
            row(title, shown(best([self.weir, "-R", days, *TABLE, f"ip {unseen}"],
                                  self.o.rounds)), "", "", "", "")
            shutil.rmtree(days)

    def encode(self):
        files = sorted(self.weir_day.rglob("nfcapd.*"))
        middle = files[len(files) // 2:][:4]
        run = Run([BUILD / "tests/perf/encodeday", "-n", self.o.rounds, *middle], want_output=True)
        row("encode blocks, one core", run.output.decode().strip() if not run.status else "failed",
            "", "", "3 M", "")

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
              f"peer: {self.nfdump or 'none'}; DuckDB: {self.duck or 'none'}; "
              f"{len(os.sched_getaffinity(0))} processors")
        row("", "weir", "peer", "ratio", "goal", "")
        if self.weir.exists():
            self.make_days()
            if self.wanted("encode"):
                self.encode()
            self.queries()
        else:
            print("no ./weir yet: queries left out")
        if self.wanted("collect"):
            self.collect()
        if self.wanted("probe"):
            self.probe()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flows", type=int, default=20000000)
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

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The same packets through nfpcapd and weirprobe into flow files: the same records are in them.

Both are asked for everything they can keep (fat, payload); the files of both are read by the real
nfdump and compared as sorted lists of its raw records, every line but those named in NOT_COMPARED.
The peer must be nfpcapd 1.7.8 or later: 1.7.1 does not end flows at FIN and RST and computes
latencies and payload facts differently. Timeouts are an hour, because nfpcapd looks for idle flows
too rarely.

Captures whose records differ on purpose are listed in nfpcapd_exceptions.txt with one of the
reasons in REASONS; they must differ, and in nothing but what the reason allows. Captures of which
nfpcapd stores nothing (link types it does not know) or whose records nfdump cannot print count as
skipped.

WEIR_NFPCAPD names the peer (else the one in the path), its nfdump is the one beside it.
"""
import collections
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
SHARED = os.environ.get("WEIR_SHARED", os.path.join(SRC, "..", "shared"))
ENV = dict(os.environ, TZ="UTC", LC_ALL="C", WEIR_FORMAT="nfdump")
NOT_COMPARED = (
    "RecordCount", "received at",  # of each run
    "Elements", "size",            # follow from the other lines
    "src tos", "ethertype", "vlanID", "post vlanID", "custID", "post custID", "ingress IfID",
    "egress IfID", "IP version",   # nfpcapd does not record the class of service and outer tags
)


def find_peer():
    """(nfpcapd, nfdump), or None."""
    nfpcapd = os.environ.get("WEIR_NFPCAPD") or shutil.which("nfpcapd")
    if not nfpcapd:
        return None
    beside = os.path.join(os.path.dirname(nfpcapd), "nfdump")
    nfdump = beside if os.path.exists(beside) else shutil.which("nfdump")
    said = subprocess.run([nfpcapd, "-V"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
    recent = version is not None and tuple(map(int, version.groups())) >= (1, 7, 8)
    return (nfpcapd, nfdump) if nfdump and recent else None


def records(nfdump, directory):
    """Sorted records of all files, each a tuple of (name, value) lines; None if nfdump fails."""
    done = subprocess.run([nfdump, "-R", directory, "-q", "-N", "-o", "raw"], env=ENV,
                          capture_output=True, text=True, errors="replace")
    found = []
    for block in done.stdout.split("Flow Record:")[1:]:
        lines = []
        for line in block.splitlines():
            name, _, value = (" ".join(w.split()) for w in line.partition("="))
            if name and name not in NOT_COMPARED:
                lines.append((name, value))
        found.append(tuple(lines))
    return sorted(found) if done.returncode == 0 else None


def run(program, name, capture, directory):
    os.makedirs(directory)
    return subprocess.run([name, "-r", capture, "-w", directory, "-o", "fat,payload",
                           "-e", "3600,3600"],
                          executable=program, env=ENV, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=120)


def compare(peer, capture):
    """(theirs, ours) as lists of records. A capture that nfpcapd cannot read (big-endian, pcapng)
    is given to it as tcpdump rewrites it."""
    nfpcapd, nfdump = peer
    with tempfile.TemporaryDirectory() as work:
        theirs, ours = work + "/theirs", work + "/ours"
        if run(nfpcapd, nfpcapd, capture, theirs).returncode != 0 and shutil.which("tcpdump"):
            subprocess.run(["tcpdump", "-r", capture, "-w", work + "/plain"], capture_output=True)
            run(nfpcapd, nfpcapd, work + "/plain", theirs + "/again")
        run(BUILD + "/weirprobe", "nfpcapd", capture, ours)
        return records(nfdump, theirs), records(nfdump, ours)


# ---- reasons: each says what it allows; theirs, ours: the records that differ

def total(rows, name):
    return sum(int(dict(r)[name]) for r in rows)


def without(rows, *names):
    return sorted(tuple(l for l in r if l[0] not in names) for r in rows)


def addresses(rows):
    return {(dict(r)["src addr"], dict(r)["dst addr"]) for r in rows}


def more_packets(theirs, ours):
    """weirprobe counts packets that nfpcapd leaves out or puts together, between the same hosts."""
    return addresses(theirs) <= addresses(ours) and total(ours, "in packets") > total(
        theirs, "in packets")


def same_totals(theirs, ours):
    return all(total(theirs, n) == total(ours, n) for n in ("in packets", "in bytes"))


def sctp_ports(theirs, ours):
    return same_totals(theirs, ours) and all(("proto", "132 SCTP") in r for r in theirs + ours)


def longer_headers(theirs, ours):
    return (without(theirs, "in bytes") == without(ours, "in bytes")
            and total(ours, "in bytes") > total(theirs, "in bytes"))


def outer_gre(theirs, ours):
    return (all(("proto", "47 GRE") in r for r in theirs)
            and total(theirs, "in packets") == total(ours, "in packets"))


REASONS = {
    "fragments": more_packets,   # nfpcapd puts datagrams together; incomplete ones are lost
    "cut": more_packets,         # nfpcapd leaves out packets that were not captured whole
    "kept": more_packets,        # nfpcapd leaves out tunnels it cannot open, malformed headers
    "timeout": same_totals,      # nfpcapd goes on with flows that were idle for more than an hour
    "sctp": sctp_ports,          # nfpcapd does not read SCTP ports
    "headers": longer_headers,   # nfpcapd does not count IPv6 extension headers
    "pptp": outer_gre,           # nfpcapd does not look into PPTP's GRE
}


def captures():
    if len(sys.argv) > 1:
        return sys.argv[1:]
    names = glob.glob(os.path.join(SRC, "samples", "*.pcap"))
    for below in ("filter/pcaps", "pcaps"):
        names += glob.glob(os.path.join(SHARED, "compat", below, "*.pcap*"))
    return sorted(names, key=os.path.basename)


def exceptions():
    path = os.path.join(SRC, "tests", "compat", "nfpcapd_exceptions.txt")
    rows = (l.split() for l in open(path) if l.strip() and not l.startswith("#"))
    return {name: reason for name, reason in rows}


def differences(theirs, ours):
    """The records that only one side has."""
    a, b = collections.Counter(theirs), collections.Counter(ours)
    return sorted((a - b).elements()), sorted((b - a).elements())


def judge(theirs, ours, reason):
    """None if all is well, else what is not."""
    theirs, ours = differences(theirs, ours)
    if reason is None:
        return "%d records differ" % (len(theirs) + len(ours)) if theirs or ours else None
    if not theirs and not ours:
        return "equal, but listed as different"
    return None if REASONS[reason](theirs, ours) else "differs in more than \"%s\" allows" % reason


def show(theirs, ours):
    for side, rows in zip(("nfpcapd", "weirprobe"), differences(theirs, ours)):
        for row in rows[:3]:
            print("   ", side, "; ".join("%s=%s" % l for l in row)[:700])


def main():
    peer = find_peer()
    if peer is None:
        print("no nfpcapd 1.7.8 or later\n0 passed, 0 failed, 1 skipped")
        return 0
    known = exceptions()
    passed = failed = skipped = 0
    todo = captures()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for capture, (theirs, ours) in zip(todo, pool.map(lambda c: compare(peer, c), todo)):
            name = os.path.basename(capture)
            if not theirs:
                skipped += 1
                continue
            trouble = judge(theirs, ours, known.get(name))
            passed += trouble is None
            if trouble is not None:
                failed += 1
                print("%s: %s" % (name, trouble))
                show(theirs, ours)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

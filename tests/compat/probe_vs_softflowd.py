#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The same packets through softflowd and weirprobe into the real nfcapd: the same flows come out.

Flows are compared as sorted lists of protocol, addresses, ports, flags, packets and octets;
times within two milliseconds (softflowd cuts them relative to its start), with v9 within a
second (softflowd's header pairs a clock of whole seconds with an uptime of milliseconds, so all
its flows are late by the rest). Captures for which softflowd is known to see less are listed
with the reason in probe_exceptions.txt and must differ, so that the list stays true.
"""
import datetime
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SRC = os.environ.get("WEIR_SRC", ".")
BUILD = os.environ.get("WEIR_BUILD", SRC)
SHARED = os.environ.get("WEIR_SHARED", os.path.join(SRC, "..", "shared"))
FIELDS = "fmt:%ts %te %pr %sa %sp %da %dp %flg %pkt %byt"
ENV = dict(os.environ, TZ="UTC", LC_ALL="C")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_bound(port):
    """Until somebody listens on the UDP port (or five seconds)."""
    want = "%04X" % port
    for _ in range(500):
        tables = open("/proc/net/udp").read() + open("/proc/net/udp6").read()
        if any(l.split()[1].endswith(":" + want) for l in tables.splitlines() if ":" in l):
            return
        time.sleep(0.01)


def seconds(day, clock):
    """Unix time of nfdump's text; 0 for its empty time."""
    if day.startswith("0000"):
        return 0.0
    moment = datetime.datetime.fromisoformat(day + "T" + clock + "+00:00")
    return round(moment.timestamp(), 3)


def collect(directory, export):
    """Run export(port) against a fresh nfcapd and return its flows."""
    os.makedirs(directory)
    port = free_port()
    daemon = subprocess.Popen(["nfcapd", "-w", directory, "-p", str(port), "-b", "127.0.0.1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_bound(port)
    export(port)
    idle = 0
    while idle < 3:  # until its receive queue is empty
        queues = [l.split() for l in open("/proc/net/udp").read().splitlines()[1:]]
        waiting = [q for q in queues if q[1].endswith(":%04X" % port)
                   and q[4].split(":")[1] != "00000000"]
        idle = 0 if waiting else idle + 1
        time.sleep(0.05)
    daemon.send_signal(signal.SIGTERM)
    daemon.wait()
    out = subprocess.run(["nfdump", "-R", directory, "-q", "-N", "-6", "-o", FIELDS], env=ENV,
                         capture_output=True, text=True).stdout
    flows = []
    for line in out.splitlines():
        w = line.split()
        if len(w) >= 12:
            flows.append((tuple(w[4:]), seconds(w[0], w[1]), seconds(w[2], w[3])))
    return sorted(flows)


def same(a, b, tolerance):
    return len(a) == len(b) and all(
        x[0] == y[0] and abs(x[1] - y[1]) <= tolerance and abs(x[2] - y[2]) <= tolerance
        for x, y in zip(a, b))


def run_case(capture, version, work):
    """True if both see the same flows; softflowd needs a short relative name."""
    shutil.copy(capture, os.path.join(work, "x.pcap"))

    def softflowd(port):
        subprocess.run(["softflowd", "-r", "x.pcap", "-d", "-a", "-c", "none", "-v", str(version),
                        "-n", "127.0.0.1:%d" % port], cwd=work, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def weirprobe(port):
        subprocess.run([os.path.abspath(os.path.join(BUILD, "weirprobe")), "-r", "x.pcap",
                        "-v", str(version), "-n", "127.0.0.1:%d" % port], cwd=work,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)

    theirs = collect(os.path.join(work, "s"), softflowd)
    ours = collect(os.path.join(work, "w"), weirprobe)
    # softflowd loses the start of a flow that begins at uptime 0: compare those without times
    ours = [(k, a if any(t[1] > 0 for t in theirs if t[0] == k) else 0.0, b) for k, a, b in ours]
    ends = {key: last for key, _, last in ours}
    theirs = [(k, a, b if a > 0 else ends.get(k, b)) for k, a, b in theirs]
    ours.sort()
    theirs.sort()
    return same(theirs, ours, 1.002 if version == 9 else 0.002), theirs, ours


def captures():
    names = sorted(glob.glob(os.path.join(SRC, "samples", "*.pcap")))
    names += sorted(glob.glob(os.path.join(SHARED, "compat", "filter", "pcaps", "*.pcap")))
    return names


def exceptions():
    path = os.path.join(SRC, "tests", "compat", "probe_exceptions.txt")
    rows = (l.split(None, 1) for l in open(path) if l.strip() and not l.startswith("#"))
    return {name: reason.strip() for name, reason in rows}


def main():
    if not all(shutil.which(p) for p in ("softflowd", "nfcapd", "nfdump")):
        print("softflowd or nfdump is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    known = exceptions()
    passed = failed = 0
    for i, capture in enumerate(captures()):
        name = os.path.basename(capture)
        version = 9 if name in known or "v6" in name or i % 2 else 5
        with tempfile.TemporaryDirectory() as work:
            equal, theirs, ours = run_case(capture, version, work)
        if equal != (name in known):
            passed += 1
            continue
        failed += 1
        print("%s, v%d: %s" % (name, version, "equal, but listed as different" if equal else
                               "%d flows of softflowd, %d of weirprobe" % (len(theirs), len(ours))))
        for row in sorted(set(theirs) ^ set(ours))[:6]:
            print("   ", "softflowd" if row in theirs else "weirprobe", row)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

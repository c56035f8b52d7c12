#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""How fast live packets are taken by one thread and by several (PACKET_FANOUT).

    FANOUT="packets threads..." fanout.py     ("600000 1 2")

In a network namespace of its own with a veth pair. The probe is stopped while the packets fill its
rings, so that sending them costs nothing of the time that is measured; then it goes on, and what
counts is the time until all are processed, of the clock and of the processor.
"""
import os
import signal
import socket
import subprocess
import sys
import time

SRC = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
os.environ.setdefault("WEIR_SRC", SRC)
sys.path.insert(0, os.path.join(SRC, "tests", "cli"))
from probing import VETH, Probe, in_own_network, wait_for  # noqa: E402

sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from mkpcap import Capture  # noqa: E402

FLOWS, RING_OCTETS = 20000, 1000 << 20


def frames():
    c = Capture(65535)
    for n in range(FLOWS):
        c.udp(n, "10.20.%d.%d" % (n >> 8 & 255, n & 255), 1000 + n % 50000, "192.0.2.1", 53, b"x")
    return [data for _, data in c.packets]


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")


def measure(data, packets, threads):
    probe = Probe("-i", "weir0", "-m", "1000000", "-B", str(RING_OCTETS),
                  "--threads", str(threads), "udp")
    probe.process.send_signal(signal.SIGSTOP)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("weir1", 0))
        for n in range(packets):
            s.send(data[n % FLOWS])
    before, start = processor_seconds(probe.process.pid), time.monotonic()
    probe.process.send_signal(signal.SIGCONT)
    wait_for(lambda: probe.number("Packets processed")
             + probe.number("Packets dropped by libpcap") >= packets, 60)
    took = time.monotonic() - start
    used = processor_seconds(probe.process.pid) - before
    taken, flows = probe.number("Packets processed"), probe.number("Number of active flows")
    probe.end("exit")
    print("%d threads: %d packets, %d flows, %.2f s, %.2f s of processor, %.2f M packets/s"
          % (threads, taken, flows, took, used, taken / took / 1e6))


def main():
    in_own_network(os.path.abspath(__file__))
    words = [int(w) for w in os.environ.get("FANOUT", "600000 1 2").split()]
    subprocess.run(VETH, check=True)
    for end in ("weir0", "weir1"):
        subprocess.run(["ip", "link", "set", end, "up"], check=True)
    data = frames()
    for threads in words[1:]:
        measure(data, words[0], threads)


if __name__ == "__main__":
    main()

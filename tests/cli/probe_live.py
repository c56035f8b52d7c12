#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weirprobe on a live interface (loopback), asked by weirctl: needs the right to capture.

Sends known datagrams to a port of its own and wants exactly these counted: on "lo" (the ring, and
libpcap), on "any" and with two threads; then expire-all, an unknown word, and shutdown.
"""
import os
import socket
import sys

from probing import Checks, Probe, may_capture, wait_for

FLOWS, PACKETS = 12, 15


def send(port):
    for _ in range(FLOWS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(PACKETS):
                s.sendto(b"weir", ("127.0.0.1", port))


def run_probe(words, check):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        port = sink.getsockname()[1]
        probe = Probe(*words, "udp", "dst", "port", str(port))
        check(probe.listens, words, "listens")
        send(port)
        check(wait_for(lambda: probe.number("Packets processed") == FLOWS * PACKETS), words,
              "packets")
        check(probe.number("Number of active flows") == FLOWS, words, "flows")
        check(probe.ask("dump-flows").count("ACTIVE seq:") == FLOWS, words, "dump")
        check("Expired %d flows." % FLOWS in probe.ask("expire-all"), words, "expire")
        check(probe.ask("frobnicate") == 'Unknown control command "frobnicate"\n', words, "unknown")
        check("Shutting down gracefully" in probe.ask("shutdown"), words, "bye")
        check(probe.process.wait(10) == 0, words, "exit code")
        check(not os.path.exists(probe.control), words, "socket removed")


def main():
    if not may_capture():
        print("no right to capture\n0 passed, 0 failed, 1 skipped")
        return 0
    check = Checks()
    for words in (["-i", "lo"], ["-i", "lo", "--libpcap"], ["-i", "any"],
                  ["-i", "lo", "--threads", "2"]):
        run_probe(words, check)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

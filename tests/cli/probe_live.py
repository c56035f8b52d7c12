#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weirprobe on a live interface (loopback), asked by weirctl: needs the right to capture.

Sends known datagrams to a port of its own and wants exactly these counted: on "lo" (the ring), on
"any" (libpcap) and with two threads; then expire-all, an unknown word, and shutdown.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", "."))
FLOWS, PACKETS = 12, 15
# The sandbox forbids what the leak checker of a sanitizer build needs at the end.
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


def may_capture():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        return True
    except (OSError, AttributeError):
        return False


def ask(control, word):
    done = subprocess.run([BUILD + "/weirctl", "-c", control, word], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def wait_for(condition):
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.05)
    return False


def send(port):
    for _ in range(FLOWS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(PACKETS):
                s.sendto(b"weir", ("127.0.0.1", port))


def run_probe(words, checks):
    with tempfile.TemporaryDirectory() as work, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        port = sink.getsockname()[1]
        control = work + "/control"
        probe = subprocess.Popen([BUILD + "/weirprobe", "-d", "-c", control] + words
                                 + ["udp", "dst", "port", str(port)],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 env=ENV)
        listening = wait_for(lambda: "Accumulated statistics" in ask(control, "statistics"))
        checks.append((words, "listens", listening))
        send(port)
        want = "Packets processed: %d\n" % (FLOWS * PACKETS)
        checks.append((words, "packets", wait_for(lambda: want in ask(control, "statistics"))))
        text = ask(control, "statistics")
        checks.append((words, "flows", "Number of active flows: %d\n" % FLOWS in text))
        checks.append((words, "dump", ask(control, "dump-flows").count("ACTIVE seq:") == FLOWS))
        checks.append((words, "expire", "Expired %d flows." % FLOWS in ask(control, "expire-all")))
        checks.append((words, "unknown", ask(control, "frobnicate")
                       == 'Unknown control command "frobnicate"\n'))
        checks.append((words, "bye", "Shutting down gracefully" in ask(control, "shutdown")))
        checks.append((words, "exit code", probe.wait(10) == 0))
        checks.append((words, "socket removed", not os.path.exists(control)))


def main():
    if not may_capture():
        print("no right to capture\n0 passed, 0 failed, 1 skipped")
        return 0
    checks = []
    for words in (["-i", "lo"], ["-i", "any"], ["-i", "lo", "--threads", "2"]):
        run_probe(words, checks)
    for words, what, good in checks:
        if not good:
            print("%s: %s" % (" ".join(words), what))
    failed = sum(not good for _, _, good in checks)
    print("%d passed, %d failed, 0 skipped" % (len(checks) - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

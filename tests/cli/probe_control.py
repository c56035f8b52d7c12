#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Each control word: weirctl asks weirprobe, the real softflowctl asks the real softflowd, and the
texts are the same but for process numbers, clock times and counts of packets.

Both see the same datagrams on a loopback of their own; softflowd hands packets on only when a
block of its ring is full, hence the number of them, and hence counts are not compared.
"""
import re
import shutil
import socket
import sys

from probing import Checks, Probe, in_own_network, wait_for

PORT, SOCKETS, ROUNDS = 45678, 2, 800
WORDS = ("help", "timeouts", "statistics", "dump-flows", "debug+", "debug-", "stop-gather",
         "start-gather", "send-template", "expire-all", "statistics", "dump-flows", "delete-all",
         "", "nonsense", "HELP", "help ", " help", "x" * 62, "shutdown")


def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", PORT))
        for first in (40001, 40002):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind(("127.0.0.1", first))
                for _ in range(ROUNDS):
                    s.sendto(b"weir", ("127.0.0.1", PORT))


def plain(text):
    """What must be equal: all but the process, clock times and counts of this run."""
    text = re.sub(r"\[\d+\]: ", "[PID]: ", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?",
                  lambda m: "TIME.msec" if m.group(1) else "TIME", text)
    text = re.sub(r"(libpcap|interface): \d+", r"\1: N", text)
    text = re.sub(r"((octets|packets)[<>]:)[1-9]\d*", r"\1N", text)
    text = re.sub(r"(processed:|exported:.* in) \d+", r"\1 N", text)
    text = re.sub(r"in (2\d\d|300) seconds", "in N seconds", text)
    return "\n".join(re.sub(r" +[\d.]+(s?)(?= |$)", r" N\1", l)
                     if re.match(r"  (Flow |Duration| +udp)", l) else l
                     for l in text.split("\n"))


def main():
    if not all(shutil.which(p) for p in ("softflowd", "softflowctl")):
        print("softflowd is not installed\n0 passed, 0 failed, 1 skipped")
        return 0
    in_own_network(__file__)
    check = Checks()
    words = ["-i", "lo", "-B", "4096", "udp", "dst", "port", str(PORT)]
    theirs = Probe(*words, program=shutil.which("softflowd"), name="softflowd",
                   client="softflowctl")
    ours = Probe(*words, name="softflowd")
    check(theirs.listens and ours.listens, "both listen")
    send()
    for probe, name in ((theirs, "softflowd"), (ours, "weirprobe")):
        check(wait_for(lambda: probe.number("Number of active flows") == SOCKETS), name, "flows")
    for word in WORDS:
        a, b = plain(theirs.ask(word)), plain(ours.ask(word))
        check(a != "" and a == b, repr(word), "\n" + a + "\nbut\n" + b)
    theirs.process.wait(10)  # whose code is 1 after a shutdown, too
    check(ours.process.wait(10) == 0, "exit code")
    again = Probe(*words)
    check("Exiting now..." in again.ask("exit") and again.process.wait(10) == 0, "exit")
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

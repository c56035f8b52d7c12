# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The same datagrams of the real softflowd into weircapd and the real nfcapd: the same flows
come out.

softflowd sends to weircapd, whose repeater passes each datagram on to nfcapd and to a second
weircapd that writes nfdump's format. weir lists the files of the first two, nfdump those of
the last two. Left out is what nfcapd is known to get wrong: times it does not have (1970) or
swaps (IPFIX, some versions), and type and code of ICMPv6 in v9.
"""
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
SHARED = os.path.abspath(os.environ.get("WEIR_SHARED", os.path.join(SRC, "..", "shared")))
FIELDS = "fmt:%ts %te %pr %sa %sp %da %dp %flg %tos %pkt %byt %in %out"
ENV = dict(os.environ, TZ="UTC", LC_ALL="C")
CAPTURES_MAX = 9


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def udp_queues():
    for line in open("/proc/net/udp").read().splitlines()[1:]:
        words = line.split()
        yield words[1].split(":")[1], words[4].split(":")[1]


def wait_bound(port):
    for _ in range(1000):
        if any(p == "%04X" % port for p, _ in udp_queues()):
            return
        time.sleep(0.01)


def wait_empty(*ports):
    """Until the receive queues have been empty three times in a row."""
    wanted = {"%04X" % p for p in ports}
    idle = 0
    while idle < 3:
        idle = 0 if any(p in wanted and q != "00000000" for p, q in udp_queues()) else idle + 1
        time.sleep(0.05)


def start(program, directory, port, *options):
    os.makedirs(directory)
    daemon = subprocess.Popen([program, "-w", directory, "-p", str(port), "-b", "127.0.0.1", "-t",
                               "3600", *options], env=ENV, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    wait_bound(port)
    return daemon


def listing(program, directory):
    run = subprocess.run([program, "-R", directory, "-q", "-N", "-6", "-o", FIELDS], env=ENV,
                         capture_output=True, text=True)
    flows = []
    for line in run.stdout.splitlines():
        words = line.split()
        if len(words) > 8:
            flows.append((tuple(words[4:]), words[0] + " " + words[1], words[2] + " " + words[3]))
    return sorted(flows)


def same_flow(theirs, ours):
    flow, first, last = theirs
    if flow[0] == "58":  # without the destination "port"
        return flow[:4] + flow[5:] == ours[0][:4] + ours[0][5:]
    times = first.startswith(("1970", "0000")) or sorted(ours[1:]) == sorted((first, last))
    return flow == ours[0] and times


def same(theirs, ours):
    return len(theirs) == len(ours) and all(map(same_flow, theirs, ours))


def run_case(capture, version, work):
    shutil.copy(capture, os.path.join(work, "x.pcap"))
    ports = free_port(), free_port(), free_port()
    dirs = [os.path.join(work, name) for name in ("n", "f", "w")]
    daemons = [start("nfcapd", dirs[0], ports[0]),
               start(os.path.join(BUILD, "weircapd"), dirs[1], ports[1], "--format", "nfdump")]
    daemons.insert(0, start(os.path.join(BUILD, "weircapd"), dirs[2], ports[2], "-R",
                            f"127.0.0.1/{ports[0]}", "-R", f"127.0.0.1/{ports[1]}"))
    subprocess.run(["softflowd", "-r", "x.pcap", "-d", "-a", "-c", "none", "-v", str(version), "-n",
                    f"127.0.0.1:{ports[2]}"], cwd=work, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    for port in (ports[2], ports[0], ports[1]):
        wait_empty(port)
    for daemon in daemons:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=20)
    weir = os.path.join(BUILD, "weir")
    return (("weir", listing(weir, dirs[0]), listing(weir, dirs[2])),
            ("nfdump", listing("nfdump", dirs[0]), listing("nfdump", dirs[1])))


def captures():
    names = sorted(glob.glob(os.path.join(SRC, "samples", "*.pcap")))
    names += sorted(glob.glob(os.path.join(SHARED, "compat", "filter", "pcaps", "*.pcap")))
    return names[::max(1, len(names) // CAPTURES_MAX)]


def main():
    needed = all(shutil.which(p) for p in ("softflowd", "nfcapd", "nfdump"))
    if not needed or not os.path.exists(os.path.join(BUILD, "weir")) or not captures():
        print("softflowd, nfdump or captures are missing\n0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    for i, capture in enumerate(captures()):
        version = (5, 9, 10)[i % 3]
        with tempfile.TemporaryDirectory() as work:
            compared = run_case(capture, version, work)
        for what, theirs, flows in compared:
            if same(theirs, flows):
                passed += 1
                continue
            failed += 1
            print(f"{os.path.basename(capture)}, v{version}, listed by {what}: "
                  f"{len(theirs)} and {len(flows)}")
            for row in sorted(set(theirs) ^ set(flows))[:4]:
                print("   ", "nfcapd" if row in theirs else "weircapd", row)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Packets and octets of all flows are those of the capture, as an independent reader counts them.

For each capture: the statistics of a plain reading (octets behind the link header, labels and
padding included, as softflowd counts) by IP packets; and the flow files of -w, whose octets are
those of the IP headers. There, packets in tunnels count with their inner length: such captures
are compared by packets only. Frames that are no IP must be just as many as the probe ignores.
Captures that the probe or the reader refuses count as skipped.

Every sixth capture of the corpora is tried; with WEIR_ALL set all are (585 of 2026-11-25).
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
SHARED = os.environ.get("WEIR_SHARED", os.path.join(SRC, "..", "shared"))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from capread import frames, ip_packet, network  # noqa: E402

ENV = dict(os.environ, TZ="UTC", LC_ALL="C")
TUNNELS = {4, 41, 47}  # IP in IP, IPv6 in IP, GRE


def captures():
    names = glob.glob(os.path.join(SRC, "samples", "*.pcap"))
    for place in ("pcaps", os.path.join("filter", "pcaps")):
        for pattern in ("*.pcap", "*.pcapng", "*.cap", "*.gz"):
            names += glob.glob(os.path.join(SHARED, "compat", place, pattern))
    return sorted(names)[::1 if os.environ.get("WEIR_ALL") else 6]


def count(path):
    """What is in the capture: IP packets, others, octets behind the link header by version and
    octets by the IP headers; whether something is in a tunnel."""
    n = dict(ip=0, other=0, link=0, header=0, tunnel=False)
    for link, _, data, length in frames(path):
        place = network(link, data)
        found = ip_packet(data, place[0]) if place else None
        if found is None:
            n["other"] += 1
            continue
        at, label_octets = place
        n["ip"] += 1
        n["link"] += length - at + label_octets
        n["header"] += found[2] if found[2] > (0 if found[0] == 4 else 40) else length - at
        # an extension header may hide one
        n["tunnel"] |= found[1] in TUNNELS or (found[0] == 6 and found[1] in (0, 43, 60))
    return n


def number(text, pattern):
    found = re.search(pattern, text)
    return int(found.group(1)) if found else None


def plain(path):
    """(IP packets, ignored frames, octets of all flows), or None if it is refused."""
    done = subprocess.run([BUILD + "/weirprobe", "-r", path, "-6", "-m", "1000000"], env=ENV,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        return None
    table = done.stdout.split("Per-protocol statistics:")[-1].splitlines()[1:]
    rows = [re.match(r" +\S+ \(\d+\): +(\d+) +(\d+) ", line) for line in table]
    return (sum(int(r.group(2)) for r in rows if r),
            number(done.stdout, r"Ignored packets: (\d+)"), sum(int(r.group(1)) for r in rows if r))


def files(path):
    """(packets, octets) of the flow files."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([BUILD + "/weirprobe", "-r", path, "-w", work], env=ENV,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        said = subprocess.run([BUILD + "/weir", "-R", work, "-I"], env=ENV, capture_output=True,
                              text=True).stdout
        return number(said, r"\nPackets: (\d+)") or 0, number(said, r"\nBytes: (\d+)") or 0


def differences(path):
    want = count(path)
    got = plain(path)
    if got is None:
        return None
    wrong = []
    if got[:2] != (want["ip"], want["other"]) or got[2] != want["link"]:
        wrong.append("statistics %s, capture %s" % (got, want))
    packets, octets = files(path)
    if packets != want["ip"] or (not want["tunnel"] and octets != want["header"]):
        wrong.append("files (%d, %d), capture %s" % (packets, octets, want))
    return wrong


def main():
    passed = failed = skipped = 0
    for path in captures():
        try:
            wrong = differences(path)
        except Exception as why:  # damage the reader stumbles over is no verdict on the probe
            print("%s: not read: %r" % (os.path.basename(path), why))
            wrong = None
        if wrong is None:
            skipped += 1
            print("%s: refused" % os.path.basename(path))
            continue
        passed += not wrong
        failed += bool(wrong)
        for line in wrong:
            print("%s: %s" % (os.path.basename(path), line))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

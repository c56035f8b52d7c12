#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What weirprobe exports, decoded by exportread.py: NetFlow 1, 5, 9 and IPFIX, over UDP and TCP.

Sequence numbers have no gap by the rule of each protocol, at each of several collectors; templates
come first, again after 16 datagrams, in a stream once; no datagram is larger than allowed; the
sampling rate is announced; packets and octets of all records are those of the capture, with -b in
half as many records at most.
"""
import os
import subprocess
import sys

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from capread import frames, ip_packet, network  # noqa: E402
from checks import Checks  # noqa: E402
import exportread  # noqa: E402
from exportread import REVERSE, Datagrams, Stream  # noqa: E402

CAPTURE = os.path.join(SRC, "samples", "office.pcap")
check = Checks()


def decode_all(messages):
    return exportread.decode_all(messages, check)


def export(version, *words, collectors=None):
    collectors = collectors or [Datagrams()]
    targets = ",".join("127.0.0.1:%d" % c.port for c in collectors)
    done = subprocess.run([BUILD + "/weirprobe", "-r", CAPTURE, "-v", str(version), "-n", targets,
                           *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check(done.returncode == 0 and "(0 failures)" in done.stdout, version, words, done.stderr)
    return [c.messages() for c in collectors]


# ---- what must hold

def totals(v6):
    """IP packets of the capture, and their octets behind the link header."""
    packets = octets = 0
    for link, _, data, length in frames(CAPTURE):
        place = network(link, data)
        found = ip_packet(data, place[0]) if place else None
        if found and (v6 or found[0] == 4):
            packets += 1
            octets += length - place[0]
    return packets, octets


def check_sequence(name, decoded, what):
    if name == 1:
        return
    expected = 0
    gaps = 0
    for message in decoded:
        gaps += message["sequence"] != expected
        expected = message["sequence"] + message["units"]
    check(gaps == 0 and decoded, "v%d" % name, what, "gaps in sequence:", gaps)


def sums(decoded):
    records = [r for m in decoded for r in m["records"]]
    return sum(r["packets"] for r in records), sum(r["octets"] for r in records)


def check_version(version):
    messages, = export(version)
    decoded = decode_all(messages)
    check(sums(decoded) == totals(version >= 9), version, "totals", sums(decoded))
    check_sequence(version, decoded, "")
    check(max(map(len, messages)) <= (1428 if version >= 9 else 1464), version, "largest datagram")
    if version >= 9:
        at = [i for i, m in enumerate(decoded) if m["templates"]]
        check(at == list(range(0, len(decoded), 16)), version, "templates at", at)
    messages, = export(version, "--mtu", "1000")
    check(max(map(len, messages)) <= 1000, version, "--mtu")
    check(sums(decode_all(messages)) == totals(version >= 9), version, "--mtu: totals")


def check_sampling(version):
    decoded = decode_all(export(version, "-s", "7")[0])
    said = {m["sampling"] for m in decoded if m["sampling"] is not None}
    check(said == {(1 << 14 | 7) if version == 5 else 7}, version, "sampling", said)


def check_several(version):
    for words, shared in (((), True), (("-l",), False)):
        parts = [decode_all(m) for m in export(version, *words,
                                               collectors=[Datagrams(), Datagrams(), Datagrams()])]
        for part in parts:
            check_sequence(version, part, "several collectors, %s" % (words,))
        whole = totals(version >= 9)
        if shared:
            check(all(sums(p) == whole for p in parts), version, "each gets all")
        else:
            check(tuple(map(sum, zip(*map(sums, parts)))) == whole, version, "-l: together all")
            check(all(p for p in parts), version, "-l: each gets some")


def check_biflow():
    one = [r["values"] for m in decode_all(export(10)[0]) for r in m["records"]]
    two = [r["values"] for m in decode_all(export(10, "-b")[0]) for r in m["records"]]
    for element in (1, 2):
        both = sum(v[0, element] + v[REVERSE, element] for v in two)
        check(both == sum(v[0, element] for v in one), "biflow: element", element, both)
    answered = sum(v[REVERSE, 2] > 0 for v in two)
    check(len(two) + answered == len(one), "biflow: records", len(two), answered, len(one))
    flags = sum(bool(v.get((REVERSE, 6))) for v in two)
    check(flags > 0, "biflow: reverse TCP flags")
    check(any(v[0, 11] == 443 for v in two if (0, 11) in v)
          and not any(v[0, 7] == 443 for v in two if (0, 7) in v), "biflow: forward is who began")


def check_stream():
    messages, = export(10, "-P", "tcp", collectors=[Stream(check)])
    decoded = decode_all(messages)
    check([i for i, m in enumerate(decoded) if m["templates"]] == [0], "tcp: templates once")
    check_sequence(10, decoded, "tcp")
    check(sums(decoded) == totals(True), "tcp: totals")


def main():
    for version in (1, 5, 9, 10):
        check_version(version)
    for version in (5, 9, 10):
        check_sampling(version)
        check_several(version)
    check_biflow()
    check_stream()
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

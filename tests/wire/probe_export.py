#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What weirprobe exports, decoded by exportread.py: NetFlow 1, 5, 9 and IPFIX, over UDP and TCP.

Sequence numbers have no gap by the rule of each protocol, at each of several collectors; templates
come first, again after 16 datagrams, in a stream once; no datagram is larger than allowed; the
sampling rate is announced; packets and octets of all records are those of the capture, with -b in
half as many records at most. -A tells the times of the packets, -T makes flows by what it names,
-x tells the labels.
"""
import os
import subprocess
import sys
import tempfile

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from capread import frames, ip_packet, network  # noqa: E402
from checks import Checks  # noqa: E402
import exportread  # noqa: E402
import mklinks  # noqa: E402
from exportread import REVERSE, Datagrams, Stream  # noqa: E402

CAPTURE = os.path.join(SRC, "samples", "office.pcap")
check = Checks()


def decode_all(messages):
    return exportread.decode_all(messages, check)


def export(version, *words, collectors=None, capture=CAPTURE):
    collectors = collectors or [Datagrams()]
    targets = ",".join("127.0.0.1:%d" % c.port for c in collectors)
    done = subprocess.run([BUILD + "/weirprobe", "-r", capture, "-v", str(version), "-n", targets,
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


# ---- captures made for one question

def export_packets(packets, version, *words, link=1):
    """The values of the records that these packets (mklinks.Packet) make."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
        f.write(mklinks.pcap(link, packets))
        f.flush()
        messages, = export(version, *words, capture=f.name)
    return [r["values"] for m in decode_all(messages) for r in m["records"]]


def ntp(value):
    return ((value >> 32) - 2208988800) * 1000 + round((value & 0xFFFFFFFF) * 1000 / 2**32)


def check_times():
    """The elements that -A names, and in msec since 1970 what the packets say."""
    packets = mklinks.wrapped(mklinks.ethernet())
    first, last = packets[0].when // 1000, packets[6].when // 1000  # of the TCP flow
    for word, elements, tell in (("sec", (150, 151), lambda v: v * 1000),
                                 ("milli", (152, 153), lambda v: v),
                                 ("micro", (154, 155), ntp), ("nano", (156, 157), ntp)):
        for version in (9, 10):
            for v in export_packets(packets, version, "-A", word):
                if v[0, 4] == 6 and (0, 8) in v:
                    told = [tell(v[0, e]) for e in elements]
                    want = [t // 1000 * 1000 if word == "sec" else t for t in (first, last)]
                    check(told == want, version, "-A", word, told, want)
    check(all((0, 22) in v and (0, 21) in v for v in export_packets(packets, 9)), "v9: uptime")


def check_levels():
    """One address pair, 2 protocols, 2 ports each, 2 VLANs, 2 senders in the link layer."""
    packets = []
    for proto, make in ((mklinks.UDP, lambda p: mklinks.udp(p, 9)),
                        (mklinks.TCP, lambda p: mklinks.tcp(p, 9, mklinks.SYN))):
        for port in (1000, 1001):
            for vlan in (5, 6):
                for mac in (b"\2\0\0\0\0\7", b"\2\0\0\0\0\x08"):
                    p = mklinks.one(4, proto, make(port), port, 9)
                    head = mklinks.MACS[0] + mac + mklinks.struct.pack("!HHH", 0x8100, vlan, 0x800)
                    packets += mklinks.wrapped(lambda _, head=head: head, [p])
    for level, flows in (("ip", 1), ("proto", 2), ("port", 4), ("full", 4), ("vlan", 8),
                         ("ether", 16), ("FULL", 4)):
        found = export_packets(packets, 9, "-T", level)
        check(len(found) == flows, "-T", level, len(found))
        check(sum(v[0, 2] for v in found) == len(packets), "-T", level, "packets")
        flags = {v[0, 6] for v in found if v[0, 4] == 6 and (0, 6) in v}
        check(flags == ({0} if level == "proto" else set() if level == "ip" else {mklinks.SYN}),
              "-T", level, "TCP flags", flags)
        check((level in ("vlan", "ether")) == ((0, 58) in found[0]), "-T", level, "VLAN told")
        check((level == "ether") == ((0, 56) in found[0]), "-T", level, "MAC told")
        check(level not in ("vlan", "ether") or {v[0, 58] for v in found} == {5, 6}, "-T", level)
        check(level != "ether" or {v[0, 56] & 15 for v in found} == {7, 8}, "-T", level)


def check_direction():
    """-H with -T ether: 1 for what comes from that address, 0 for what goes to it."""
    packets = mklinks.wrapped(mklinks.ethernet(), mklinks.conversation((4,)))
    for mac, egress in ((mklinks.MACS[0], 40000), (mklinks.MACS[1], 443)):
        for v in export_packets(packets, 9, "-T", "ether", "-H", mac.hex(":")):
            if v[0, 4] == 6:
                check(v[0, 61] == (v[0, 7] == egress), "-H", mac.hex(":"), v[0, 7], v[0, 61])


def check_exporter():
    """-e: datagrams come from that address, and IPFIX tells it."""
    collector = Datagrams()
    messages, = export(10, "-e", "127.0.0.9", collectors=[collector])
    check(set(collector.senders) == {"127.0.0.9"}, "-e: senders", set(collector.senders))
    said = {m["exporter"] for m in decode_all(messages)} - {None}
    check(said == {0x7F000009}, "-e: told", said)


def check_labels():
    """Two stacks: with -x two flows of each direction, and the labels in 70 and following."""
    packets = []
    for first in (100, 200):
        stack = mklinks.labels(first, 17, 18)
        packets += mklinks.wrapped(mklinks.over(mklinks.ethernet(0x8847), lambda p: stack),
                                   mklinks.conversation((4,)))
    without = export_packets(packets, 10)
    check((0, 70) not in without[0], "no -x: no labels")
    for depth in (1, 2, 3, 10):
        found = export_packets(packets, 10, "-x", str(depth))
        check(len(found) == 2 * len(without), "-x", depth, "flows", len(found))
        told = {tuple(v[0, 70 + i] >> 4 for i in range(depth)) for v in found}
        want = {((first, 17, 18) + (0,) * 7)[:depth] for first in (100, 200)}
        check(told == want, "-x", depth, told)
        check((0, 70 + depth) not in found[0], "-x", depth, "not more")


def main():
    for version in (1, 5, 9, 10):
        check_version(version)
    for version in (5, 9, 10):
        check_sampling(version)
        check_several(version)
    check_biflow()
    check_stream()
    check_times()
    check_levels()
    check_labels()
    check_direction()
    check_exporter()
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

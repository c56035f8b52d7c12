#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Captures of many link types, tags, tunnels and headers (tests/tools/mklinks.py): the flows that
weirprobe writes into files, and those it exports, are the ones that were put in.

Then the same traffic in many kinds of capture files, plain from a file and gzip from standard
input: pcap in both byte orders, usec and nsec; pcapng with all kinds of packet blocks, time units,
interfaces of different link types, sections.
"""
import datetime
import gzip
import ipaddress
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
import exportread  # noqa: E402
import mklinks  # noqa: E402
from checks import Checks  # noqa: E402

ENV = dict(os.environ, TZ="UTC", LC_ALL="C")
FLAGS = "CEUAPRSF"
check = Checks()


def probe(path, *words):
    return subprocess.run([BUILD + "/weirprobe", "-r", path, *words], env=ENV, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)


def usec(text):
    moment = datetime.datetime.fromisoformat(text + "+00:00")
    return round(moment.timestamp() * 1000) * 1000


def same_address(text):
    return str(ipaddress.ip_address(text))


def either(row, *names):
    return next((row[n] for n in names if n in row), None)


def row_of_json(row):
    """(Key, the numbers of mklinks.flows(), addresses of the tunnel)."""
    ports = row.get("src_port", 0), row.get("dst_port", 0)
    if "icmp_type" in row:
        ports = 0, row["icmp_type"] << 8 | row["icmp_code"]
    key = mklinks.Key(row["proto"], same_address(either(row, "src4_addr", "src6_addr")), ports[0],
                      same_address(either(row, "dst4_addr", "dst6_addr")), ports[1])
    flags = sum(1 << (7 - i) for i, c in enumerate(row.get("tcp_flags", "")) if c == FLAGS[i])
    outside = [either(row, "src4_tun_ip", "src6_tun_ip"), either(row, "dst4_tun_ip", "dst6_tun_ip")]
    return key, [row["in_packets"], row["in_bytes"], flags, usec(row["first"]),
                 usec(row["last"])], [same_address(a) for a in outside if a]


def from_files(path, *words):
    """What the written flow files have: {Key: numbers}, and {Key: tunnel}."""
    with tempfile.TemporaryDirectory() as work:
        done = probe(path, "-w", work, *words)
        if done.returncode != 0:
            return done.stderr, {}
        said = subprocess.run([BUILD + "/weir", "-R", work, "-q", "-o", "ndjson"], env=ENV,
                              text=True, capture_output=True).stdout
    rows = [row_of_json(json.loads(line)) for line in said.splitlines()]
    return {k: n for k, n, _ in rows}, {k: t for k, _, t in rows if t}


def row_of_export(record):
    v = {element: value for (pen, element), value in record["values"].items() if not pen}
    six = 27 in v
    a, b = [str((ipaddress.IPv6Address if six else ipaddress.IPv4Address)(v[e]))
            for e in ((27, 28) if six else (8, 12))]
    ports = (v[7], v[11]) if 7 in v else (0, v.get(32, v.get(139)))
    return mklinks.Key(v[4], a, ports[0], b, ports[1]), [v[2], v[1], v.get(6, 0)]


def from_exports(path, *words):
    collector = exportread.Datagrams()
    done = probe(path, "-v", "10", "-n", "127.0.0.1:%d" % collector.port, *words)
    messages = exportread.decode_all(collector.messages(), check)
    if done.returncode != 0:
        return done.stderr
    return dict(row_of_export(r) for m in messages for r in m["records"])


def show(got, want):
    if not isinstance(got, dict):
        return got
    wrong = [k for k in want if got.get(k) != want[k]] + [k for k in got if k not in want]
    return "\n  " + "\n  ".join("%s: got %s, put in %s" % (tuple(k), got.get(k), want.get(k))
                                for k in wrong[:6])


def compare(name, got, want):
    check(got == want, name, show(got, want))


def outside_of(packets):
    return {p.files[0]: [same_address(a) for a in p.outside] for p in packets if p.outside}


def check_case(name, link, packets):
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, name)
        with open(path, "wb") as f:
            f.write(mklinks.pcap(link, packets))
        written, tunnels = from_files(path)
        compare(name + ": files", written, mklinks.flows(packets, "files"))
        check(tunnels == outside_of(packets), name, "tunnels", tunnels)
        compare(name + ": exports", from_exports(path),
                {k: v[:3] for k, v in mklinks.flows(packets, "exports").items()})
        if any(p.udp_tunnel for p in packets):
            opened, tunnels = from_files(path, "--tunnels")
            compare(name + ": --tunnels", opened, mklinks.flows(packets, "udp_tunnel"))
            check(len(tunnels) == len(opened), name, "--tunnels: outer addresses", tunnels)


def check_form(name, data, packets):
    """Plain from a file, compressed from standard input."""
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, name)
        with open(path, "wb") as f:
            f.write(data)
        compare(name, in_msec(from_files(path)[0]), in_msec(mklinks.flows(packets, "files")))
    done = subprocess.run([BUILD + "/weirprobe", "-r", "-", "-6"], input=gzip.compress(data),
                          env=ENV, capture_output=True)
    said = [line for line in done.stdout.splitlines() if line.startswith(b"Packets processed")]
    check(said == [b"Packets processed: %d" % len(packets)], name, "standard input", said)


def check_duplicates():
    """Each packet seen again after a hop, with other packets between: counted once with
    --drop-duplicates, else twice; seen again after 8 others it counts."""
    for version in (4, 6):
        packets = mklinks.wrapped(mklinks.ethernet(), mklinks.conversation((version,))[:8])
        again = []
        for p in packets:
            data = bytearray(p.data)
            at = 14 + (8 if version == 4 else 7)
            data[at] -= 1
            if version == 4:
                data[24] ^= 1
            again.append(mklinks.Packet(p.when + 10000, bytes(data), p.files, p.exports, p.flags))
        for words, packets_seen in ((("--drop-duplicates",), len(packets)), ((), 2 * len(packets))):
            with tempfile.NamedTemporaryFile() as f:
                f.write(mklinks.pcap(1, packets + again))
                f.flush()
                got, _ = from_files(f.name, *words)
            check(sum(n[0] for n in got.values()) == packets_seen, version, words, got)
        late = packets + mklinks.wrapped(mklinks.ethernet(), [
            mklinks.one(version, mklinks.UDP, mklinks.udp(i, 1), i, 1) for i in range(8)]) + again
        with tempfile.NamedTemporaryFile() as f:
            f.write(mklinks.pcap(1, late))
            f.flush()
            got, _ = from_files(f.name, "--drop-duplicates")
        check(sum(n[0] for n in got.values()) == len(late), version, "late duplicates", got)


def in_msec(flows):
    """Flow files have msec."""
    if not isinstance(flows, dict):
        return flows
    return {k: v[:3] + [t // 1000 for t in v[3:]] for k, v in flows.items()}


def main():
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda case: check_case(*case), mklinks.cases()))
        list(pool.map(lambda form: check_form(*form), mklinks.forms()))
    check_duplicates()
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

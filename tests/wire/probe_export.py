#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What weirprobe exports, decoded by a small decoder of its own (from RFC 3954, RFC 7011 and
Cisco's tables): NetFlow 1, 5, 9 and IPFIX, over UDP and TCP.

Sequence numbers have no gap by the rule of each protocol, at each of several collectors; templates
come first, again after 16 datagrams, in a stream once; no datagram is larger than allowed; the
sampling rate is announced; packets and octets of all records are those of the capture, with -b in
half as many records at most.
"""
import os
import socket
import struct
import subprocess
import sys
import threading

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from capread import frames, ip_packet, network  # noqa: E402

CAPTURE = os.path.join(SRC, "samples", "office.pcap")
REVERSE = 29305
results = []


def check(good, *what):
    results.append(bool(good))
    if not good:
        print("failed:", *what)


# ---- receiving

class Datagrams:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def messages(self):
        """What has come; the sender has ended."""
        found = []
        self.socket.setblocking(False)
        try:
            while True:
                found.append(self.socket.recv(65535))
        except BlockingIOError:
            self.socket.close()
        return found


class Stream:
    """Takes one connection to its end."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.data = b""
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self):
        connection, _ = self.listener.accept()
        while True:
            piece = connection.recv(65535)
            if not piece:
                break
            self.data += piece
        connection.close()

    def messages(self):
        self.thread.join(10)
        self.listener.close()
        found, data = [], self.data
        while len(data) >= 4:
            size = struct.unpack("!H", data[2:4])[0]
            found.append(data[:size])
            data = data[size:]
        check(not data, "stream: octets left over")
        return found


def export(version, *words, collectors=None):
    collectors = collectors or [Datagrams()]
    targets = ",".join("127.0.0.1:%d" % c.port for c in collectors)
    done = subprocess.run([BUILD + "/weirprobe", "-r", CAPTURE, "-v", str(version), "-n", targets,
                           *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check(done.returncode == 0 and "(0 failures)" in done.stdout, version, words, done.stderr)
    return [c.messages() for c in collectors]


# ---- decoding: each message becomes (sequence, units it counts for, templates?, records)

def decode_old(data):
    version, count = struct.unpack("!HH", data[:4])
    head, size = 16 if version == 1 else 24, 48
    check(len(data) == head + count * size, "v%d: length" % version, len(data), count)
    sequence, _, _, sampling = struct.unpack("!IBBH", data[16:24]) if version == 5 else (0,) * 4
    records = [dict(zip(("packets", "octets"), struct.unpack("!II", data[at + 16:at + 24])))
               for at in range(head, len(data), size)]
    return dict(sequence=sequence, units=count, templates=False, records=records, sampling=sampling)


class Templates:
    def __init__(self):
        self.known = {}

    def decode(self, data):
        version = struct.unpack("!H", data[:2])[0]
        head = 16 if version == 10 else 20
        at = 8 if version == 10 else 12
        out = dict(sequence=struct.unpack("!I", data[at:at + 4])[0], units=0, templates=False,
                   records=[], sampling=None, count=0)
        at = head
        while at + 4 <= len(data):
            number, size = struct.unpack("!HH", data[at:at + 4])
            self.take_set(version, number, data[at + 4:at + size], out)
            at += size
        check(at == len(data), "v%d: sets do not fill the message" % version)
        if version == 9:
            check(struct.unpack("!H", data[2:4])[0] == out["count"], "v9: count of records")
            out["units"] = 1
        else:
            check(struct.unpack("!H", data[2:4])[0] == len(data), "IPFIX: length")
        return out

    def take_set(self, version, number, body, out):
        if number in (0, 2):
            out["templates"] = True
            while len(body) >= 4:
                ident, n = struct.unpack("!HH", body[:4])
                body = self.take_fields(ident, n, body[4:])
                out["count"] += 1
        elif number == 3:
            ident, n, _ = struct.unpack("!HHH", body[:6])
            self.take_fields(ident, n, body[6:])
        elif number == 1:
            ident, scope, options = struct.unpack("!HHH", body[:6])
            self.take_fields(ident, (scope + options) // 4, body[6:])
            out["count"] += 1
        else:
            self.take_records(number, body, out)

    def take_fields(self, ident, n, body):
        fields = []
        for _ in range(n):
            element, size = struct.unpack("!HH", body[:4])
            body = body[4:]
            enterprise = 0
            if element & 0x8000:
                enterprise, body = struct.unpack("!I", body[:4])[0], body[4:]
            fields.append((enterprise, element & 0x7FFF, size))
        self.known[ident] = fields
        return body

    def take_records(self, number, body, out):
        fields = self.known[number]
        size = sum(f[2] for f in fields)
        while len(body) >= size:
            values, at = {}, 0
            for enterprise, element, length in fields:
                values[enterprise, element] = int.from_bytes(body[at:at + length], "big")
                at += length
            body = body[size:]
            out["units"] += 1
            out["count"] += 1
            if (0, 34) in values or (0, 305) in values:
                out["sampling"] = values.get((0, 34)) or values[0, 305] + values[0, 306]
                continue
            out["records"].append(dict(packets=values[0, 2], octets=values[0, 1], values=values))


def decode_all(messages):
    templates = Templates()
    return [decode_old(m) if m[1] < 9 else templates.decode(m) for m in messages]


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
    messages, = export(10, "-P", "tcp", collectors=[Stream()])
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
    print("%d passed, %d failed, 0 skipped" % (sum(results), len(results) - sum(results)))
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())

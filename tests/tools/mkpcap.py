#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Writes a capture of a small office's traffic: always the same one for the same arguments.

    mkpcap.py [-o FILE] [-s SEED] [-n SESSIONS] [--snaplen N] [--start SECONDS]

TCP sessions with handshake, data in both directions, acknowledgements, retransmissions and
orderly or abrupt ends (web, TLS with a client hello, SSH, mail); DNS over UDP before most of
them; NTP, mDNS, DHCP; echo and unreachable ICMP; neighbour discovery; a port scan; fragments;
hosts in a VLAN; a third over IPv6. Lengths are real (heavy tailed); octets beyond the snap
length are cut.
"""
import argparse
import ipaddress
import random
import struct

ETH_IP, ETH_IP6, ETH_VLAN, ETH_ARP = 0x0800, 0x86DD, 0x8100, 0x0806
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MSS = 1448
SITES = ["www.example.com", "static.example.net", "mail.example.org", "git.example.org",
         "video.example.net", "updates.example.com", "api.example.com", "wiki.example.org"]


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_of(address):
    """A stable hardware address for a host; everything outside is behind the router."""
    packed = ipaddress.ip_address(address).packed
    return b"\x02\x00" + packed[-4:] if is_inside(address) else b"\x02\x00\x0a\x14\x00\x01"


def is_inside(address):
    return address.startswith("10.20.") or address.startswith("2001:db8:20:")


class Capture:
    def __init__(self, snaplen):
        self.snaplen = snaplen
        self.packets = []
        self.ident = 0

    def frame(self, when, src, dst, ethertype, body, vlan=None):
        target = mac_of(dst)
        if dst.startswith("ff02::"):
            target = b"\x33\x33" + ipaddress.ip_address(dst).packed[-4:]
        elif dst.startswith("224."):
            target = b"\x01\x00\x5e" + ipaddress.ip_address(dst).packed[-3:]
        elif dst == "255.255.255.255":
            target = b"\xff" * 6
        tag = struct.pack("!HH", ETH_VLAN, vlan) if vlan is not None else b""
        data = target + mac_of(src) + tag + struct.pack("!H", ethertype) + body
        self.packets.append((when, data.ljust(60, b"\0")))

    def ip(self, when, src, dst, proto, body, vlan=None, tos=0, ttl=64, more=False, offset=0,
           ident=None):
        source, target = ipaddress.ip_address(src), ipaddress.ip_address(dst)
        if source.version == 6:
            head = struct.pack("!IHBB", 6 << 28 | tos << 20, len(body), proto, ttl)
            head += source.packed + target.packed
            self.frame(when, src, dst, ETH_IP6, head + body, vlan)
            return
        if ident is None:
            self.ident = self.ident + 1 & 0xFFFF
            ident = self.ident
        flags = offset // 8 | (0x2000 if more else 0 if offset else 0x4000)
        head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(body), ident, flags, ttl, proto, 0)
        head += source.packed + target.packed
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        self.frame(when, src, dst, ETH_IP, head + body, vlan)

    def transport(self, src, dst, proto, body, at):
        """The body with its checksum (over the pseudo header) at offset `at`."""
        pseudo = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
        pseudo += struct.pack("!II", len(body), proto)
        if proto == ICMP:
            pseudo = b""
        value = checksum(pseudo + body)
        return body[:at] + struct.pack("!H", value) + body[at + 2:]

    def tcp(self, when, src, sport, dst, dport, seq, ack, flags, data=b"", **ip):
        options = b"\x02\x04\x05\xb4\x01\x03\x03\x07" if flags & SYN else b""
        head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                           (20 + len(options)) // 4 << 4, flags, 64240, 0, 0)
        body = self.transport(src, dst, TCP, head + options + data, 16)
        self.ip(when, src, dst, TCP, body, **ip)

    def udp(self, when, src, sport, dst, dport, data, **ip):
        head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
        self.ip(when, src, dst, UDP, self.transport(src, dst, UDP, head + data, 6), **ip)

    def icmp(self, when, src, dst, kind, code, rest, **ip):
        proto = ICMP6 if ":" in src else ICMP
        body = self.transport(src, dst, proto, struct.pack("!BBH", kind, code, 0) + rest, 2)
        self.ip(when, src, dst, proto, body, **ip)

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, self.snaplen, 1))
            for when, data in sorted(self.packets, key=lambda packet: packet[0]):
                cut = data[:self.snaplen]
                out.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(cut),
                                      len(data)))
                out.write(cut)


def dns_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def dns(number, name, kind, answers=None):
    question = dns_name(name) + struct.pack("!HH", kind, 1)
    flags = 0x0100 if answers is None else 0x8180
    body = struct.pack("!HHHHHH", number, flags, 1, len(answers or []), 0, 0) + question
    for address in answers or []:
        packed = ipaddress.ip_address(address).packed
        body += struct.pack("!HHHIH", 0xC00C, kind, 1, 300, len(packed)) + packed
    return body


def client_hello(rng, name):
    ciphers = struct.pack("!9H", 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0x009C,
                          0x002F)
    host = name.encode()

    def extension(kind, data):
        return struct.pack("!HH", kind, len(data)) + data

    extensions = extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host)
    extensions += extension(10, struct.pack("!HHHH", 6, 29, 23, 24))
    extensions += extension(11, b"\x01\x00")
    extensions += extension(13, struct.pack("!HHHHH", 8, 0x0403, 0x0804, 0x0401, 0x0503))
    extensions += extension(16, b"\x00\x0c\x02h2\x08http/1.1")
    extensions += extension(43, b"\x04\x03\x04\x03\x03")
    body = b"\x03\x03" + rng.randbytes(32) + b"\x00" + struct.pack("!H", len(ciphers)) + ciphers
    body += b"\x01\x00" + struct.pack("!H", len(extensions)) + extensions
    hello = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(hello)) + hello


class Office:
    def __init__(self, rng, capture, start):
        self.rng = rng
        self.capture = capture
        self.start = start * 1000000
        self.hosts = [f"10.20.{1 if i < 34 else 2}.{10 + i}" for i in range(40)]
        self.hosts6 = [f"2001:db8:20:1::{10 + i:x}" for i in range(30)]
        self.servers = {name: (f"198.51.{100 + i % 3}.{7 * i + 5}", f"2001:db8:f00:{i + 1}::80")
                        for i, name in enumerate(SITES)}

    def vlan_of(self, host):
        """Hosts of the second floor are in a VLAN."""
        return 20 if host.startswith("10.20.2.") else None

    def lookup(self, when, host, name, kind=1):
        server = "10.20.0.53" if "." in host else "2001:db8:20::53"
        port = self.rng.randrange(20000, 60999)
        number = self.rng.randrange(65536)
        answers = [self.servers[name][0 if kind == 1 else 1]] if name in self.servers else []
        vlan = self.vlan_of(host)
        delay = self.rng.randrange(400, 30000)
        self.capture.udp(when, host, port, server, 53, dns(number, name, kind), vlan=vlan)
        self.capture.udp(when + delay, server, 53, host, port, dns(number, name, kind, answers),
                         vlan=vlan)
        return when + delay

    def session(self, when, client, server, port, request, answer_size, ending, trip, tos=0):
        """A TCP session; returns nothing, packets go to the capture."""
        rng, out = self.rng, self.capture
        sport = rng.randrange(32768, 60999)
        a, b = rng.getrandbits(32), rng.getrandbits(32)
        path = dict(vlan=self.vlan_of(client), tos=tos)

        def up(t, flags, data=b""):
            out.tcp(t, client, sport, server, port, a, b, flags, data, **path)

        def down(t, flags, data=b""):
            out.tcp(t, server, port, client, sport, b, a, flags, data, ttl=57, **path)

        up(when, SYN)
        if ending == "silent":
            up(when + 1000000, SYN)
            up(when + 3000000, SYN)
            return
        a += 1
        if ending == "refused":
            b = 0
            down(when + trip, RST | ACK)
            return
        down(when + trip, SYN | ACK)
        b += 1
        up(when + trip + 40, ACK)
        up(when + trip + 300, PSH | ACK, request)
        a += len(request)
        when += 2 * trip + 300
        down(when, ACK)
        when += rng.randrange(500, 40000)
        sent = 0
        while sent < answer_size:
            size = min(MSS, answer_size - sent)
            data = rng.randbytes(min(size, 320)).ljust(size, b"\0")
            down(when, ACK | (PSH if sent + size == answer_size else 0), data)
            if rng.random() < 0.01:
                down(when + 3 * trip, ACK, data)  # sent again
            b += size
            sent += size
            when += rng.randrange(30, 900)
            if (sent // MSS) % 2 == 0 or sent == answer_size:
                up(when + trip, ACK)
        when += 2 * trip + rng.randrange(1000, 900000)
        if ending == "reset":
            up(when, RST | ACK)
            return
        up(when, FIN | ACK)
        a += 1
        down(when + trip, FIN | ACK)
        b += 1
        up(when + trip + 50, ACK)

    def size(self):
        """Heavy tailed, up to about 100 kB."""
        return int(min(100000, 400 * self.rng.paretovariate(0.8)))

    def browse(self, when):
        rng = self.rng
        six = rng.random() < 0.33
        name = SITES[min(int(rng.paretovariate(0.9)) - 1, len(SITES) - 1)]
        client = rng.choice(self.hosts6 if six else self.hosts)
        server = self.servers[name][1 if six else 0]
        if rng.random() < 0.8:
            when = self.lookup(when, client, name, 28 if six else 1) + 200
        trip = rng.randrange(2000, 60000)
        ending = rng.choices(["fin", "reset", "refused", "silent"], [90, 6, 2, 2])[0]
        if rng.random() < 0.8:
            self.session(when, client, server, 443, client_hello(rng, name), self.size(), ending,
                         trip)
        else:
            request = f"GET /{rng.randrange(999)} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
            self.session(when, client, server, 80, request, self.size(), ending, trip)

    def work(self, when):
        rng = self.rng
        client = rng.choice(self.hosts)
        server, port, hello = rng.choice([
            ("10.20.0.22", 22, b"SSH-2.0-OpenSSH_9.6\r\n"), ("10.20.0.25", 587, b"EHLO office\r\n"),
            ("10.20.0.44", 445, b"\0\0\0\x2d\xfeSMB" + bytes(40)),
            ("10.20.0.22", 22, b"SSH-2.0-x\r\n")])
        self.session(when, client, server, port, hello, self.size(), "fin", rng.randrange(150, 900),
                     tos=0x10 if port == 22 else 0)

    def housekeeping(self, when):
        rng, out = self.rng, self.capture
        host = rng.choice(self.hosts)
        vlan = self.vlan_of(host)
        kind = rng.randrange(6)
        if kind == 0:
            data = b"\x23" + bytes(47)
            out.udp(when, host, 123, "192.0.2.123", 123, data, tos=0xB8, vlan=vlan)
            out.udp(when + 9000, "192.0.2.123", 123, host, 123, b"\x24" + bytes(47), vlan=vlan)
        elif kind == 1:
            for i in range(rng.randrange(2, 6)):
                rest = struct.pack("!HH", 77, i) + bytes(56)
                out.icmp(when + i * 1000000, host, "192.0.2.8", 8, 0, rest, vlan=vlan)
                out.icmp(when + i * 1000000 + 11000, "192.0.2.8", host, 0, 0, rest, vlan=vlan)
        elif kind == 2:
            out.udp(when, host, 5353, "224.0.0.251", 5353, dns(0, "_ipp._tcp.local", 12), vlan=vlan)
        elif kind == 3:
            self.lookup(when, host, f"no-such-{rng.randrange(99)}.example.com")
        elif kind == 4:
            six = rng.choice(self.hosts6)
            target = ipaddress.ip_address("2001:db8:20::1").packed
            out.icmp(when, six, "ff02::1:ff00:1", 135, 0, bytes(4) + target, ttl=255)
            out.icmp(when + 300, "2001:db8:20::1", six, 136, 0, b"\x60\0\0\0" + target, ttl=255)
        else:
            out.udp(when, "10.20.1.49", 68, "255.255.255.255", 67, b"\x01\x01\x06\x00" + bytes(296))

    def scan(self, when):
        """Somebody outside tries ports of one host; most are closed."""
        for i, port in enumerate([21, 22, 23, 25, 80, 110, 135, 139, 443, 445, 1433, 3306, 3389,
                                  5432, 5900, 8080]):
            t = when + i * 20000
            self.capture.tcp(t, "203.0.113.66", 44321, "10.20.1.10", port, 1000 + i, 0, SYN, ttl=49)
            self.capture.tcp(t + 150, "10.20.1.10", port, "203.0.113.66", 44321, 0, 1001 + i,
                             RST | ACK)

    def fragments(self, when):
        """A UDP datagram of 4,000 octets in three pieces, and the refusal it gets."""
        data = struct.pack("!HHHH", 40000, 9999, 4008, 0) + bytes(4000)
        for offset in range(0, len(data), 1480):
            piece = data[offset:offset + 1480]
            self.capture.ip(when + offset, "10.20.1.12", "10.20.0.9", UDP, piece, offset=offset,
                            more=offset + 1480 < len(data), ident=4242)
        self.capture.icmp(when + 5000, "10.20.0.9", "10.20.1.12", 3, 3, bytes(4) + data[:28])

    def day(self, sessions, seconds=280):
        for _ in range(sessions):
            when = self.start + self.rng.randrange(seconds * 1000000)
            self.rng.choices([self.browse, self.work, self.housekeeping], [50, 12, 38])[0](when)
        self.scan(self.start + 61000000)
        self.fragments(self.start + 100000000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", default="office.pcap")
    parser.add_argument("-s", type=int, default=1, help="seed")
    parser.add_argument("-n", type=int, default=240, help="sessions")
    parser.add_argument("--snaplen", type=int, default=256)
    parser.add_argument("--start", type=int, default=1772442000, help="2026-03-02 09:00:00 UTC")
    args = parser.parse_args()
    capture = Capture(args.snaplen)
    Office(random.Random(args.s), capture, args.start).day(args.n)
    capture.write(args.o)


if __name__ == "__main__":
    main()

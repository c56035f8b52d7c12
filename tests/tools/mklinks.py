#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Small captures of many link types, tags, tunnels and headers, each with the flows that are in it.

    mklinks.py DIRECTORY        writes them as pcap files, and the flows as text beside

The same conversation (TCP, UDP, ICMP, over IPv4 and IPv6) is wrapped by each way of CASES. What is
in a capture is known from how it was made: each packet says which flow it belongs to and how many
octets it adds, once as the flow files of -w have it ("files": the inner packet of a tunnel that is
opened, octets of the IP header) and once as exports have it ("exports": octets behind the link
header). Written from the RFCs and tcpdump.org's list of link types; shares nothing with weir.
"""
import collections
import ipaddress
import os
import struct
import sys

START = 1772442000 * 1000000  # usec: 2026-03-02 09:00:00 UTC
ICMP, IGMP, IPIP, TCP, UDP, IPV6, GRE, ESP, ICMP6, OSPF, SCTP, UDPLITE, DCCP = (
    1, 2, 4, 6, 17, 41, 47, 50, 58, 89, 132, 136, 33)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TYPE = {4: 0x0800, 6: 0x86DD}
HOSTS = {4: ("10.1.0.1", "192.0.2.80"), 6: ("2001:db8:1::1", "2001:db8:2::80")}
MACS = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))

Key = collections.namedtuple("Key", "proto src sport dst dport")


class Packet:
    """One frame; `files` and `exports`: (Key, octets), or None when it is in no flow."""

    def __init__(self, when, data, files, exports, flags=0, length=None):
        self.when, self.data, self.flags = when, data, flags
        self.files, self.exports = files, exports
        self.length = len(data) if length is None else length
        self.outside = self.udp_tunnel = None


class Inner:
    """An IP packet before it is wrapped."""

    def __init__(self, when, version, data, key, flags=0, forward=True):
        self.when, self.version, self.data, self.key = when, version, data, key
        self.flags, self.forward = flags, forward


# ---- IP

def ip4(src, dst, proto, body, options=b"", ident=0, fragment=0x4000):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body),
                       ident, fragment, 64, proto, 0)
    return head + address(src) + address(dst) + options + body


def ip6(src, dst, proto, body, extensions=(), label=0):
    """extensions: (number, octets without the next-header octet) in their order."""
    chain, following = b"", proto
    for number, data in reversed(extensions):
        chain = bytes([following]) + data + chain
        following = number
    head = struct.pack("!IHBB", 6 << 28 | label, len(chain) + len(body), following, 64)
    return head + address(src) + address(dst) + chain + body


def address(text):
    return ipaddress.ip_address(text).packed


def ip(version, src, dst, proto, body, **more):
    return (ip4 if version == 4 else ip6)(src, dst, proto, body, **more)


def tcp(sport, dport, flags, data=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, 1, 1, 0x50, flags, 8192, 0, 0) + data


def udp(sport, dport, data=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def echo(kind, data=bytes(8)):
    return struct.pack("!BBH", kind, 0, 0) + data


def conversation(versions=(4, 6), **more):
    """11 packets of each version: TCP with both directions, UDP, echo."""
    found = []

    def say(version, forward, proto, sport, dport, body, flags=0):
        a, b = HOSTS[version][::1 if forward else -1]
        found.append(Inner(START + len(found) * 1000, version,
                           ip(version, a, b, proto, body, **more),
                           Key(proto, a, sport, b, dport), flags, forward))

    for v in versions:
        say(v, True, TCP, 40000, 443, tcp(40000, 443, SYN), SYN)
        say(v, False, TCP, 443, 40000, tcp(443, 40000, SYN | ACK), SYN | ACK)
        say(v, True, TCP, 40000, 443, tcp(40000, 443, ACK), ACK)
        say(v, True, TCP, 40000, 443, tcp(40000, 443, PSH | ACK, bytes(100)), PSH | ACK)
        say(v, False, TCP, 443, 40000, tcp(443, 40000, ACK, bytes(300)), ACK)
        say(v, True, TCP, 40000, 443, tcp(40000, 443, FIN | ACK), FIN | ACK)
        say(v, False, TCP, 443, 40000, tcp(443, 40000, FIN | ACK), FIN | ACK)
        say(v, True, UDP, 40001, 9999, udp(40001, 9999, bytes(50)))
        say(v, False, UDP, 9999, 40001, udp(9999, 40001, bytes(70)))
        request, reply = (8, 0) if v == 4 else (128, 129)
        say(v, True, ICMP if v == 4 else ICMP6, 0, request << 8, echo(request))
        say(v, False, ICMP if v == 4 else ICMP6, 0, reply << 8, echo(reply))
    return found


# ---- link layers: each takes an Inner and gives the octets in front of its IP packet

def ethernet(kind=None, tags=b""):
    def head(p):
        return MACS[p.forward] + MACS[not p.forward] + tags + struct.pack(
            "!H", TYPE[p.version] if kind is None else kind)
    return head


def vlan(*tags):
    """(tag type, number) pairs from the outermost."""
    return ethernet(tags=b"".join(struct.pack("!HH", *t) for t in tags))


def sll(p):
    return struct.pack("!HHH", 0, 1, 6) + MACS[0] + bytes(2) + struct.pack("!H", TYPE[p.version])


def sll2(p):
    return struct.pack("!HHIHBB", TYPE[p.version], 0, 3, 1, 0, 6) + MACS[0] + bytes(2)


def family(order, six):
    def head(p):
        return struct.pack(order + "I", 2 if p.version == 4 else six)
    return head


def ppp(framing=b"\xff\x03", short=False):
    def head(p):
        number = 0x21 if p.version == 4 else 0x57
        return framing + (bytes([number]) if short else struct.pack("!H", number))
    return head


def pppoe(p):
    return b"\x11\x00\x00\x07" + struct.pack("!H", len(p.data) + 2) + ppp(b"")(p)


def over(first, second):
    return lambda p: first(p) + second(p)


def hdlc(p):
    return b"\x0f\x00" + struct.pack("!H", TYPE[p.version])


def frame_relay(p):
    return b"\x18\x41\x03" + (b"\xcc" if p.version == 4 else b"\x8e")


def frame_relay_snap(p):
    return b"\x18\x41\x03\x00\x80\x00\x00\x00" + struct.pack("!H", TYPE[p.version])


def snap(p):
    return b"\xaa\xaa\x03\x00\x00\x00" + struct.pack("!H", TYPE[p.version])


def ieee_8023(p):
    return MACS[0] + MACS[1] + struct.pack("!H", len(p.data) + 8) + snap(p)


def wifi(control=0x08, flags=0x01, more=b""):
    def head(p):
        return bytes([control, flags]) + bytes(2) + MACS[0] * 3 + bytes(2) + more + snap(p)
    return head


def radiotap(p):
    return struct.pack("<BBHI", 0, 0, 12, 0) + bytes(4) + wifi(0x88, 0x02, bytes(2))(p)


def nflog(p):
    return (bytes([2 if p.version == 4 else 10, 0, 0, 0]) + struct.pack("<HH", 5, 10) + b"\0" * 4
            + struct.pack("<HH", 4 + len(p.data), 9))


def pflog(p):
    return bytes([45, 2 if p.version == 4 else 24]) + bytes(46)


def labels(*numbers):
    return b"".join(struct.pack("!I", n << 12 | (i == len(numbers) - 1) << 8 | 64)
                    for i, n in enumerate(numbers))


def wrapped(head, inner=None, counted=0):
    """The conversation behind a link header. counted: how much of it exports count (labels)."""
    found = []
    for p in inner or conversation():
        found.append(Packet(p.when, head(p) + p.data, (p.key, len(p.data)),
                            (p.key, len(p.data) + counted), p.flags))
    return found


# ---- tunnels: an outer IP packet, opened in flow files, not in exports

OUTER = {4: ("198.51.100.1", "198.51.100.2"), 6: ("2001:db8:f::1", "2001:db8:f::2")}


def tunnel(outer, proto, between=lambda p: b"", sport=0, dport=0, opened=True, kept=True):
    """proto UDP: `between` follows a UDP header with these ports. kept: with the inner packet the
    outer addresses are recorded."""
    found = []
    for p in conversation():
        body = between(p) + p.data
        if proto == UDP:
            body = udp(sport, dport, body)
        a, b = OUTER[outer][::1 if p.forward else -1]
        number = proto(p) if callable(proto) else proto
        packet = ip(outer, a, b, number, body)
        outside = (Key(number, a, sport, b, dport), len(packet))
        inside = (p.key, len(p.data)) if opened else outside
        q = Packet(p.when, ethernet(TYPE[outer])(p) + packet, inside, outside, p.flags)
        q.outside = (a, b) if opened and kept else None
        q.udp_tunnel = (p.key, len(p.data)) if proto == UDP else None
        found.append(q)
    return found


def gre(flags=0, more=b"", kind=None, inner=lambda p: b""):
    def head(p):
        number = TYPE[p.version] if kind is None else kind
        return struct.pack("!HH", flags, number) + more + inner(p)
    return head


def ip_in_ip(p):
    return IPIP if p.version == 4 else IPV6


def vxlan(p):
    return b"\x08\x00\x00\x00\x00\x00\x2a\x00" + ethernet()(p)


def geneve(p):
    return struct.pack("!BBH", 1, 0, 0x6558) + b"\x00\x00\x2a\x00" + bytes(4) + ethernet()(p)


# ---- single subjects

def one(version, proto, body, sport=0, dport=0, **more):
    a, b = HOSTS[version]
    return Inner(START, version, ip(version, a, b, proto, body, **more),
                 Key(proto, a, sport, b, dport))


def protocols():
    """Protocols with ports, and some without."""
    found = []
    for v in (4, 6):
        found += [one(v, SCTP, struct.pack("!HHII", 5000, 5001, 0, 0), 5000, 5001),
                  one(v, UDPLITE, udp(5002, 5003, bytes(4)), 5002, 5003),
                  one(v, DCCP, struct.pack("!HHIIII", 5004, 5005, 0, 0, 0, 0), 5004, 5005),
                  one(v, ESP, bytes(32)), one(v, OSPF, bytes(44)), one(v, 253, b"\1\2\3\4\5\6")]
    found.append(one(4, IGMP, struct.pack("!BBHI", 0x16, 0, 0, 0)))
    for kind, code in ((3, 1), (3, 3), (11, 0), (13, 0)):
        found.append(one(4, ICMP, bytes([kind, code]) + bytes(34), 0, kind << 8 | code))
    for kind, code in ((1, 4), (2, 0), (133, 0), (135, 0), (143, 0)):
        found.append(one(6, ICMP6, bytes([kind, code]) + bytes(30), 0, kind << 8 | code))
    return wrapped(ethernet(), found)


def options_of(number, octets):
    """An IPv6 extension header of so many octets, without its first (the next header)."""
    return number, bytes([octets // 8 - 1]) + bytes(octets - 2)


def extensions():
    hop, routing, destination = options_of(0, 8), options_of(43, 24), options_of(60, 16)
    atomic = (44, bytes(7))  # a fragment header of a whole packet
    found = []
    for i, chain in enumerate(([hop], [routing], [destination], [hop, destination, routing],
                               [atomic], [hop, routing, atomic, destination])):
        found.append(one(6, UDP, udp(6000 + i, 53, bytes(12)), 6000 + i, 53, extensions=chain))
    return wrapped(ethernet(), found)


def ip4_options():
    return wrapped(ethernet(), conversation((4,), options=b"\x07\x0b\x04" + bytes(8) + b"\x00"))


def pieces(version, body, size, ident):
    """(offset, IP packet) of each fragment of a UDP datagram."""
    a, b = HOSTS[version]
    for at in range(0, len(body), size):
        piece, more = body[at:at + size], at + size < len(body)
        if version == 4:
            yield at, ip4(a, b, UDP, piece, ident=ident, fragment=at // 8 | more << 13)
        else:
            yield at, ip6(a, b, UDP, piece,
                          extensions=[(44, b"\0" + struct.pack("!HI", at | more, ident))])


def fragments(order):
    """A datagram of five pieces for each version; order: which piece comes when."""
    found = []
    for v in (4, 6):
        a, b = HOSTS[v]
        parts = list(pieces(v, udp(7000, 7001, bytes(2000)), 480, 77))
        for number in order:
            at, data = parts[number]
            known = Key(UDP, a, 7000, b, 7001)
            alone = known if at == 0 else Key(UDP, a, 0, b, 0)
            found.append(Packet(START + len(found) * 1000, ethernet(TYPE[v])(
                Inner(0, v, data, None)) + data, (known if 0 in order else alone, len(data)),
                (alone, len(data))))
    return found


def padded():
    """Frames filled up to 60 octets: exports count the padding, flow files do not."""
    found = []
    for q in wrapped(ethernet()):
        fill = max(0, 60 - len(q.data))
        key, octets = q.exports
        found.append(Packet(q.when, q.data + bytes(fill), q.files, (key, octets + fill), q.flags))
    return found


def cut(at):
    """Frames of which only so many octets were captured. Behind Ethernet: ports need 4 octets
    after the IP header, flags 14."""
    found = []
    for q, p in zip(wrapped(ethernet()), conversation()):
        left = at - 14 - (20 if p.version == 4 else 40)
        key = p.key
        if left < 0:
            found.append(Packet(q.when, q.data[:at], None, None, 0, len(q.data)))
            continue
        need = 2 if key.proto in (ICMP, ICMP6) else 4
        if left < need:
            key = key._replace(sport=0, dport=0)
        found.append(Packet(q.when, q.data[:at], (key, q.files[1]), (key, q.exports[1]),
                            q.flags if left >= 14 else 0, len(q.data)))
    return found


def not_ip():
    """ARP, spanning tree, LLDP, MPLS with something else: in no flow; a UDP packet between."""
    frames = [MACS[0] + MACS[1] + b"\x08\x06" + bytes(28),
              MACS[0] + MACS[1] + b"\x00\x26\x42\x42\x03" + bytes(35),
              MACS[0] + MACS[1] + b"\x88\xcc" + bytes(46),
              MACS[0] + MACS[1] + b"\x88\x47" + labels(16) + bytes(40)]
    return [Packet(START, f, None, None) for f in frames] + wrapped(
        ethernet(), [one(4, UDP, udp(1, 2), 1, 2)])


# name: (link type, packets, words for weirprobe)
def cases():
    eth = 1
    yield "ethernet", eth, wrapped(ethernet())
    yield "ethernet-padded", eth, padded()
    yield "ethernet-8023", eth, wrapped(ieee_8023)
    yield "vlan", eth, wrapped(vlan((0x8100, 5)))
    yield "qinq", eth, wrapped(vlan((0x88A8, 100), (0x8100, 5)))
    yield "qinq-old", eth, wrapped(vlan((0x9100, 100), (0x8100, 5)))
    yield "vlan-triple", eth, wrapped(vlan((0x88A8, 1), (0x8100, 2), (0x8100, 3)))
    for depth in (1, 3, 10, 12):
        yield ("mpls-%d" % depth, eth, wrapped(over(ethernet(0x8847), lambda p: labels(
            *range(16, 16 + depth))), counted=4 * depth))
    yield ("mpls-vlan", eth, wrapped(over(ethernet(0x8847, b"\x81\x00\x00\x09"),
                                          lambda p: labels(2000)), counted=4))
    yield "pppoe", eth, wrapped(over(ethernet(0x8864), pppoe))
    yield "pppoe-vlan", eth, wrapped(over(ethernet(0x8864, b"\x81\x00\x00\x09"), pppoe))
    yield "sll", 113, wrapped(sll)
    yield "sll2", 276, wrapped(sll2)
    yield "raw", 101, wrapped(lambda p: b"")
    yield "raw-12", 12, wrapped(lambda p: b"")
    yield "raw-14", 14, wrapped(lambda p: b"")
    yield "ipv4", 228, wrapped(lambda p: b"", conversation((4,)))
    yield "ipv6", 229, wrapped(lambda p: b"", conversation((6,)))
    for six in (10, 24, 28, 30):
        yield "null-little-%d" % six, 0, wrapped(family("<", six))
    yield "null-big", 0, wrapped(family(">", 24))
    yield "loop", 108, wrapped(family(">", 24))
    yield "ppp", 9, wrapped(ppp())
    yield "ppp-plain", 9, wrapped(ppp(b""))
    yield "ppp-short", 9, wrapped(ppp(b"", True))
    yield ("ppp-mpls", 9, wrapped(lambda p: b"\xff\x03\x02\x81" + labels(16, 17), counted=8))
    yield "ppp-serial", 50, wrapped(ppp())
    yield "ppp-ether", 51, wrapped(pppoe)
    yield "hdlc", 104, wrapped(hdlc)
    yield "frame-relay", 107, wrapped(frame_relay)
    yield "frame-relay-snap", 107, wrapped(frame_relay_snap)
    yield "wifi", 105, wrapped(wifi())
    yield "wifi-four-addresses", 105, wrapped(wifi(0x08, 0x03, bytes(6)))
    yield "radiotap", 127, wrapped(radiotap)
    yield "pflog", 117, wrapped(pflog)
    yield "nflog", 239, wrapped(nflog)
    yield "protocols", eth, protocols()
    yield "ipv6-extensions", eth, extensions()
    yield "ipv4-options", eth, ip4_options()
    yield "fragments", eth, fragments(range(5))
    yield "fragments-reversed", eth, fragments([4, 3, 2, 1, 0])
    yield "fragments-headless", eth, fragments([1, 2, 4])
    for at in (14, 20, 33, 34, 36, 38, 47, 48, 54, 58, 74, 96):
        yield "cut-%d" % at, eth, cut(at)
    yield "not-ip", eth, not_ip()
    for outer in (4, 6):
        yield "ip-in-ip-%d" % outer, eth, tunnel(outer, ip_in_ip)
        yield "gre-%d" % outer, eth, tunnel(outer, GRE, gre())
        yield "vxlan-%d" % outer, eth, tunnel(outer, UDP, vxlan, 50000, 4789, opened=False)
        yield "geneve-%d" % outer, eth, tunnel(outer, UDP, geneve, 50000, 6081, opened=False)
    yield "gre-key", eth, tunnel(4, GRE, gre(0x2000, bytes(4)))
    yield "gre-all", eth, tunnel(4, GRE, gre(0xB000, bytes(12)))
    yield "gre-bridged", eth, tunnel(4, GRE, gre(kind=0x6558, inner=ethernet()))
    yield "gre-mpls", eth, tunnel(4, GRE, gre(kind=0x8847, inner=lambda p: labels(16)))
    yield "erspan", eth, tunnel(4, GRE, gre(0x1000, bytes(4), 0x88BE,
                                            lambda p: bytes(8) + ethernet()(p)), kept=False)


def flows(packets, view):
    """{Key: [packets, octets, TCP flags, first usec, last usec]}; view: files or exports (or
    another attribute of the packets)."""
    found = {}
    for p in packets:
        if getattr(p, view) is None:
            continue
        key, octets = getattr(p, view)
        flow = found.setdefault(key, [0, 0, 0, p.when, p.when])
        flow[0] += 1
        flow[1] += octets
        flow[2] |= p.flags if key.proto == TCP else 0
        flow[3:] = min(flow[3], p.when), max(flow[4], p.when)
    return found


def pcap(link, packets, order="<", nano=False, snap=262144):
    """The octets of a pcap file."""
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
    for p in packets:
        fraction = p.when % 1000000 * (1000 if nano else 1)
        out += struct.pack(order + "IIII", p.when // 1000000, fraction, len(p.data), p.length)
        out += p.data
    return out


# ---- pcapng

def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


class Interface:
    """unit: ticks a second of its time stamps, as the octet `resolution` says it."""

    def __init__(self, link, unit=10**6, resolution=None, offset=None, snap=262144):
        self.link, self.unit, self.resolution = link, unit, resolution
        self.offset, self.snap = offset, snap

    def block(self, order):
        options = option(order, 2, b"eth7")
        if self.resolution is not None:
            options += option(order, 9, bytes([self.resolution]))
        if self.offset is not None:
            options += option(order, 14, struct.pack(order + "q", self.offset))
        return block(order, 1, struct.pack(order + "HHI", self.link, 0, self.snap) + options
                     + option(order, 0, b""))

    def stamp(self, when):
        return (when - (self.offset or 0) * 10**6) * self.unit // 10**6

    def told(self, when):
        """The time that the stamp tells, whole usec."""
        return self.stamp(when) * 10**6 // self.unit + (self.offset or 0) * 10**6


def packet_block(order, number, interface, p, kind=6):
    stamp = interface.stamp(p.when)
    lengths = struct.pack(order + "IIII", stamp >> 32, stamp & 0xFFFFFFFF, len(p.data), p.length)
    head = struct.pack(order + "I", number) if kind == 6 else struct.pack(order + "HH", number, 9)
    return block(order, kind, head + lengths + p.data + bytes(-len(p.data) % 4)
                 + option(order, 1, b"a comment") + option(order, 0, b""))


def retold(interface, packets, when=None):
    """The packets with the times that a reader sees."""
    found = []
    for p in packets:
        q = Packet(interface.told(p.when) if when is None else when, p.data, p.files, p.exports,
                   p.flags, p.length)
        found.append(q)
    return found


def one_interface(interface, packets, order="<", kind=6):
    return (section(order) + interface.block(order)
            + b"".join(packet_block(order, 0, interface, p, kind) for p in packets))


def mixed(order):
    """Ethernet, raw IP and cooked packets by turns, each interface with its own unit and snap
    length, and one that can't be decoded; other blocks between."""
    interfaces = [Interface(1), Interface(101, 10**9, 9, snap=65535),
                  Interface(113, 1024, 0x8A, snap=0), Interface(147)]
    out, found = section(order), []
    for i in interfaces:
        out += i.block(order)
    out += block(order, 4, bytes(4)) + block(order, 0xBAD, b"what is this")
    heads = (ethernet(), lambda p: b"", sll)
    for n, p in enumerate(conversation()):
        q, = wrapped(heads[n % 3], [p])
        out += packet_block(order, n % 3, interfaces[n % 3], q)
        found += retold(interfaces[n % 3], [q])
    stranger = Packet(START, b"\x45" * 40, None, None)
    return out + packet_block(order, 3, interfaces[3], stranger) + block(order, 5, bytes(12)), found


def forms():
    """(name, octets, packets) of the same traffic in many kinds of files."""
    packets = wrapped(ethernet())
    for order, end in (("<", "little"), (">", "big")):
        for nano in (False, True):
            yield "pcap-%s-%s" % (end, "nsec" if nano else "usec"), pcap(
                1, packets, order, nano), packets
        yield "ng-" + end, one_interface(Interface(1), packets, order), packets
        yield "ng-old-" + end, one_interface(Interface(1), packets, order, 2), packets
        yield ("ng-mixed-" + end, *mixed(order))
    for name, *how in (("nsec", 10**9, 9), ("msec", 10**3, 3), ("sec", 1, 0),
                       ("psec", 10**12, 12, 1772000000), ("2-20", 2**20, 0x94),
                       ("2-32", 2**32, 0xA0), ("offset", 10**6, 6, 1700000000),
                       ("ahead", 10**9, 9, -3600)):
        interface = Interface(1, *how)
        yield "ng-" + name, one_interface(interface, packets), retold(interface, packets)
    simple = section("<") + Interface(1, snap=96).block("<")
    for p in packets:
        simple += block("<", 3, struct.pack("<I", len(p.data)) + p.data[:96])
    yield "ng-simple", simple, retold(None, packets, 0)
    first, second = mixed("<"), mixed(">")
    yield "ng-sections", first[0] + second[0], first[1] + second[1]


def main():
    place = sys.argv[1]
    os.makedirs(place, exist_ok=True)
    for name, link, packets in cases():
        with open(os.path.join(place, name + ".pcap"), "wb") as f:
            f.write(pcap(link, packets))
        with open(os.path.join(place, name + ".txt"), "w") as f:
            for view in ("files", "exports"):
                for key, flow in sorted(flows(packets, view).items()):
                    print(view, *key, *flow, file=f)


if __name__ == "__main__":
    main()

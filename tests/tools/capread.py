# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""An independent small reader of captures: pcap (both byte orders, usec and nsec) and pcapng
(several interfaces), gzip or not; and the way from a frame to its IP packet. Written from the
formats' descriptions, shares nothing with weir's decoders."""
import gzip
import struct

ETHERNET, PPP, PPP_SERIAL, CHDLC, FRAME_RELAY, SLL, SLL2 = 1, 9, 50, 104, 107, 113, 276
LOOPBACK, WIFI, RADIOTAP, PFLOG, NFLOG, PPP_ETHER = (0, 108), 105, 127, 117, 239, 51
RAW = (12, 14, 101, 228, 229)


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def frames(path):
    """(link type, seconds, captured octets, length on the wire) of each frame; ends at damage."""
    data = load(path)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from frames_ng(data)
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    magic, _, _, _, _, _, link = struct.unpack(order + "IHHIIII", data[:24])
    fraction = 1e9 if magic == 0xA1B23C4D else 1e6
    at = 24
    while at + 16 <= len(data):
        sec, part, captured, length = struct.unpack(order + "IIII", data[at:at + 16])
        at += 16
        if at + captured > len(data):
            return
        yield link & 0xFFFF, sec + part / fraction, data[at:at + captured], length
        at += captured


def frames_ng(data):
    order, interfaces, at = "<", [], 0
    while at + 12 <= len(data):
        kind = struct.unpack(order + "I", data[at:at + 4])[0]
        if kind == 0x0A0D0D0A:
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        size = struct.unpack(order + "I", data[at + 4:at + 8])[0]
        body = data[at + 8:at + size - 4]
        if size < 12 or at + size > len(data):
            return
        if kind == 1:
            link, _, snap = struct.unpack(order + "HHI", body[:8])
            interfaces.append((link, snap, resolution(order, body[8:])))
        elif kind in (2, 6):
            form = order + ("HHIIII" if kind == 2 else "IIIII")
            words = struct.unpack(form, body[:20])
            which, (high, low, captured, length) = words[0], words[-4:]
            link, _, unit = interfaces[which]
            yield link, (high << 32 | low) * unit, body[20:20 + captured], length
        elif kind == 3:
            link, snap, _ = interfaces[0]
            length = struct.unpack(order + "I", body[:4])[0]
            yield link, 0, body[4:4 + min(length, snap or length)], length
        at += size


def resolution(order, options):
    """Seconds of one tick, from option 9."""
    while len(options) >= 4:
        code, size = struct.unpack(order + "HH", options[:4])
        if code == 0:
            break
        if code == 9:
            value = options[4]
            return 2.0 ** -(value & 0x7F) if value & 0x80 else 10.0 ** -value
        options = options[4 + (size + 3) // 4 * 4:]
    return 1e-6


def big16(data, at):
    return int.from_bytes(data[at:at + 2], "big") if at + 2 <= len(data) else -1


def by_type(data, at, kind):
    """Offset of the IP header behind an Ethernet type, and octets of MPLS labels; or None."""
    while kind in (0x8100, 0x88A8, 0x9100):
        kind, at = big16(data, at + 2), at + 4
    if kind in (0x0800, 0x86DD):
        return at, 0
    if kind in (0x8847, 0x8848):
        return labels(data, at)
    if kind == 0x8864:
        return ppp(data, at + 6)
    if 0 <= kind <= 1500:
        return llc(data, at)
    return None


def labels(data, at):
    start = at
    while at + 4 <= len(data):
        at += 4
        if data[at - 2] & 1:
            break
    return at, at - start


def llc(data, at):
    if data[at:at + 6] != b"\xaa\xaa\x03\0\0\0":
        return None
    return by_type(data, at + 8, big16(data, at + 6))


def ppp(data, at):
    if data[at:at + 2] == b"\xff\x03":
        at += 2
    if at < len(data) and data[at] & 1:
        kind, at = data[at], at + 1
    else:
        kind, at = big16(data, at), at + 2
    if kind == 0x0281:
        return labels(data, at)
    return (at, 0) if kind in (0x21, 0x57) else None


def wifi(data, at):
    if at + 2 > len(data) or data[at] & 0x0C != 8 or data[at + 1] & 0x40:
        return None
    size = 24 + (6 if data[at + 1] & 3 == 3 else 0) + (2 if data[at] & 0x80 else 0)
    return llc(data, at + size)


def nflog(data):
    at = 4
    while at + 4 <= len(data):
        size, kind = struct.unpack("<HH", data[at:at + 4])
        if kind & 0x7FFF == 9:
            return at + 4, 0
        if size < 4:
            return None
        at += (size + 3) // 4 * 4
    return None


def frame_relay(data):
    if data[2:4] == b"\x08\0":
        return by_type(data, 4, 0x0800)
    at = 3
    if data[at:at + 1] == b"\0":
        at += 1
    if data[at:at + 1] == b"\x80":
        return by_type(data, at + 6, big16(data, at + 4))
    return (at + 1, 0) if data[at:at + 1] in (b"\xcc", b"\x8e") else None


def network(link, data):
    """(offset of the IP header, octets of MPLS labels before it), or None: no IP in the frame."""
    if link == ETHERNET:
        return by_type(data, 14, big16(data, 12))
    if link in RAW:
        return 0, 0
    if link in LOOPBACK:
        return 4, 0
    if link in (PPP, PPP_SERIAL):
        return ppp(data, 0)
    if link == PPP_ETHER:
        return ppp(data, 6)
    if link == CHDLC:
        return by_type(data, 4, big16(data, 2))
    if link == FRAME_RELAY:
        return frame_relay(data)
    if link == SLL:
        return by_type(data, 16, big16(data, 14))
    if link == SLL2:
        return by_type(data, 20, big16(data, 0))
    if link == WIFI:
        return wifi(data, 0)
    if link == RADIOTAP and len(data) >= 4:
        return wifi(data, struct.unpack("<H", data[2:4])[0])
    if link == PFLOG and data:
        return (data[0] + 3) // 4 * 4, 0
    if link == NFLOG:
        return nflog(data)
    return None


def ip_packet(data, at):
    """(version, protocol, length by the header, header length) of a whole IP header; or None."""
    if at >= len(data):
        return None
    version = data[at] >> 4
    if version == 4 and at + 20 <= len(data) and data[at] & 15 >= 5:
        return 4, data[at + 9], big16(data, at + 2), (data[at] & 15) * 4
    if version == 6 and at + 40 <= len(data):
        return 6, data[at + 6], big16(data, at + 4) + 40, 40
    return None

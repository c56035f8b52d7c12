# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Pieces of export datagrams, and captures of them, for tests."""
import ipaddress
import struct


def sets(*pairs):
    """v9 and IPFIX: sets of (id, octets)."""
    return b"".join(struct.pack(">HH", i, 4 + len(b)) + b for i, b in pairs)


def packet(data, sender):
    """An IP packet that carries the datagram, from an address (text) or 192.0.2.N."""
    sender = ipaddress.ip_address(sender if isinstance(sender, str) else f"192.0.2.{sender}")
    udp = struct.pack(">HHHH", 2055, 9995, 8 + len(data), 0) + data
    if sender.version == 6:
        return struct.pack(">IHBB16s16s", 6 << 28, len(udp), 17, 64, sender.packed,
                           ipaddress.ip_address("2001:db8::99").packed) + udp
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, sender.packed,
                       bytes([192, 0, 2, 99])) + udp


def capture(path, datagrams):
    """A capture file of (time, datagram[, sender])."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for at, data, *sender in datagrams:
            frame = packet(data, sender[0] if sender else 1)
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)))
            f.write(frame)

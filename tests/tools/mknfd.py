#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Small files of nfdump's layout 1 (nfdump 1.6), which no program at hand writes any more.

mknfd.py 1 OUT [none|bz2]    one file: every extension in a few maps, one of them defined anew,
                             IPv4 and IPv6, narrow and wide counters, an exporter and a sampler

The values follow from each record's number, so that a reader's output can be told in advance.
"""
import bz2
import struct
import sys

MAGIC = 0xA50C


def record(kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack('<HH', kind, 4 + len(body)) + body


def extension_map(number, extensions):
    ids = struct.pack('<%dH' % (len(extensions) + 1), *extensions, 0)
    size = sum(len(extension(e, 0)) for e in extensions)
    return record(2, struct.pack('<HH', number, size) + ids)


def u64s(n, start):
    return b''.join(struct.pack('<Q', start + i) for i in range(n))


def extension(number, n):
    """The octets of one extension in record n."""
    narrow = {4: (1, 2), 6: (64500, 64501), 13: (100, 200), 38: (1024, 2048)}
    wide = {5: (70000, 70001), 7: (4200000000, 4200000001), 26: (64510, 64511)}
    long = {14: 7, 16: 700, 18: 3, 9: 0xC0000201, 11: 0xC0000202, 23: 0xC0000203}
    octs = {15: 1 << 33, 17: 1 << 40, 19: 1 << 32, 27: 1700000000123}
    v6 = {10: 0x11, 12: 0x12, 24: 0x13}
    if number in narrow:
        return struct.pack('<HH', *narrow[number])
    if number in wide:
        return struct.pack('<II', *wide[number])
    if number in long:
        return struct.pack('<I', long[number])
    if number in octs:
        return struct.pack('<Q', octs[number])
    if number in v6:
        return struct.pack('<QQ', 0x20010DB800000000, v6[number])
    return {
        8: struct.pack('<BBBB', 32, 1, 24, 16),
        20: struct.pack('<QQ', 0x020000000001, 0x020000000002),
        21: struct.pack('<QQ', 0x020000000003, 0x020000000004),
        22: struct.pack('<10I', *[(1000 + i) << 4 | (i == 9) for i in range(10)]),
        25: struct.pack('<HBB', 0, 5, 6),
        37: struct.pack('<QIHBBHH', 1700000000456, 4711 + n, 0x0800, 2, 0, 1001, 0),
        39: struct.pack('<II', 0xC6336401, 0xC6336402),
        40: struct.pack('<QQQQ', 0x20010DB800000000, 0x21, 0x20010DB800000000, 0x22),
        41: struct.pack('<6I', 1, 2, 3, 4, 5, 6),
        42: b'user24'.ljust(24, b'\0'),
        43: b'a user with a longer name'.ljust(72, b'\0'),
        45: struct.pack('<QQQ', 1000, 2000, 3000),
        46: struct.pack('<BBHII', 1, 0, 0, 77, 88),
        48: struct.pack('<HHHH', 5000, 0, 100, 512),
    }[number]


def flow(n, number, extensions, flags):
    """A common record; flags: 1 IPv6, 2 wide packets, 4 wide octets."""
    second = 1700000000 + n
    head = struct.pack('<HHHHIIBBBBHHHBB', flags, number, 10 + n, 20 + n, second, second + 5, 64,
                       0x1B, 6 if n % 2 == 0 else 17, 8, 40000 + n, 443, 1, 1, 3)
    if flags & 1:
        addresses = struct.pack('<QQQQ', 0x20010DB800000000, n, 0x20010DB800000000, 256 + n)
    else:
        addresses = struct.pack('<II', 0x0A000000 + n, 0xC0A80000 + n)
    counters = struct.pack('<Q' if flags & 2 else '<I', 10 + n)
    counters += struct.pack('<Q' if flags & 4 else '<I', 1500 + n)
    data = b''.join(extension(e, n) for e in extensions)
    return record(10, head + addresses + counters + data)


def exporter():
    """As releases before 1.7.8 wrote it: the address as two numbers, the family named."""
    return record(7, struct.pack('<IQQHHI', 9, 0, 0xC0000203, 2, 1, 42))


def sampler():
    return record(9, struct.pack('<iIHH', 3, 100, 2, 1))


MAPS = [
    (1, [4, 6, 8, 9, 11, 13, 14, 16, 18, 20, 22, 23, 25, 27], 0),
    (2, [5, 7, 8, 10, 12, 15, 17, 19, 21, 24, 26, 45], 7),
    (3, [37, 38, 39, 41, 42, 46], 2),
    (4, [37, 40, 43, 48], 5),
    (1, [], 0),
]


def layout1(compression):
    records, flows = [exporter(), sampler()], 0
    for number, extensions, flags in MAPS:
        records.append(extension_map(number, extensions))
        for _ in range(3):
            flows += 1
            records.append(flow(flows, number, extensions, flags))
    data = b''.join(records)
    stored = bz2.compress(data) if compression == 'bz2' else data
    flags = {'none': 0, 'bz2': 8}[compression]
    header = struct.pack('<HHII128s', MAGIC, 1, flags, 1, b'made')
    statistics = struct.pack('<15Q', flows, *[0] * 14)
    statistics += struct.pack('<IIHHI', 1700000001, 1700000020, 11, 35, 0)
    block = struct.pack('<IIHH', len(records), len(stored), 2, 0) + stored
    return header + statistics + block


def main():
    layout, path = sys.argv[1:3]
    compression = sys.argv[3] if len(sys.argv) > 3 else 'none'
    with open(path, 'wb') as f:
        f.write({'1': layout1}[layout](compression))


if __name__ == '__main__':
    main()

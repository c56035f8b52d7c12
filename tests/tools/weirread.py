#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weirread - a second, independent reader of weir's flow files, written from doc/file-format.md.

    weirread.py FILE...            one line a flow: NAME=value of every field of the flow's groups
    weirread.py --sizes FILE...    octets by field and encoding

Shares nothing with the C reader but the field table of doc/file-format.md. zstd frames are
decoded by libzstd; checksums are compared if libxxhash is there. Slow and plain on purpose.
"""
import ctypes
import ctypes.util
import os
import re
import struct
import sys

CONST, RAW, BITS, DELTA, DICT, POPULAR, PLANES, SPARSE = range(8)
NUMBERS, RELATIVE, ADDRESSES, FUNCTION, OCTETS, DICTIONARY = range(1, 7)
ADDRESS_DICTIONARY = 0xFFFF
WIDTH = {"U8": 1, "U16": 2, "U32": 4, "U64": 8}


def library(name):
    path = ctypes.util.find_library(name)
    return ctypes.CDLL(path) if path else None


zstd, xxhash = library("zstd"), library("xxhash")
if zstd:
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
if xxhash:
    xxhash.XXH3_64bits.restype = ctypes.c_uint64


def check(data, want, what):
    if xxhash and xxhash.XXH3_64bits(bytes(data), ctypes.c_size_t(len(data))) != want:
        raise ValueError("checksum of " + what)


def unzstd(data, size):
    out = ctypes.create_string_buffer(size + 1)
    got = zstd.ZSTD_decompress(out, ctypes.c_size_t(size), bytes(data), ctypes.c_size_t(len(data)))
    if got != size:
        raise ValueError("zstd frame")
    return out.raw[:size]


def fields_of_document():
    """id -> (name, type, group), from the table in the format's description."""
    top = os.environ.get("WEIR_SRC") or os.path.join(os.path.dirname(__file__), "..", "..")
    fields = {}
    with open(os.path.join(top, "doc", "file-format.md"), encoding="utf-8") as doc:
        for line in doc:
            row = re.fullmatch(r"\| (\d+) \| ([A-Z0-9_]+) \| (U8|U16|U32|U64|IP|VAR) \| (\d+) \|\n",
                               line)
            if row:
                fields[int(row[1])] = (row[2], row[3], int(row[4]))
    return fields


class Vecs:
    """A cursor over vecs."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, fmt):
        values = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return values

    def vec(self, n, width):
        kind, bits, flags, _, length, base = self.take("BBBBIQ")
        body = Vecs(self.data[self.at:self.at + length])
        self.at += (length + 7) // 8 * 8
        mask = (1 << 8 * width) - 1
        if kind == CONST:
            return [base & mask] * n
        if kind == RAW:
            raw = body.data
            if flags & 1:
                raw = unzstd(raw, n * bits // 8)
            code = {8: "B", 16: "H", 32: "I", 64: "Q"}[bits]
            return [base + v & mask for v in struct.unpack("<%d%s" % (n, code), raw)]
        if kind == BITS:
            return [base + v & mask for v in unpack(body.data, n, bits)]
        if kind == DELTA:
            out, last = [], base
            for d in body.vec(n, width):
                if flags & 2:
                    d = d >> 1 ^ -(d & 1)
                last = last + d & mask
                out.append(last)
            return out
        if kind == DICT:
            m, _ = body.take("II")
            table = body.vec(m, width)
            return [table[c] for c in body.vec(n, code_width(m))]
        if kind == POPULAR:
            m, e = body.take("II")
            table = body.vec(m, width)
            codes = body.vec(n, code_width(m + 1))
            others = iter(body.vec(e, width))
            return [table[c] if c < m else next(others) for c in codes]
        if kind == PLANES:
            planes = [body.vec(n, 1) for _ in range(bits // 8)]
            return [base + sum(p[i] << 8 * k for k, p in enumerate(planes)) & mask
                    for i in range(n)]
        if kind == SPARSE:
            e, _ = body.take("II")
            out = [base & mask] * n
            row = -1
            for gap, value in zip(body.vec(e, 4), body.vec(e, width)):
                row += gap + 1
                out[row] = value
            return out
        raise ValueError("unknown vec kind %d" % kind)


def code_width(m):
    return 1 if m <= 256 else 2 if m <= 65536 else 4


def unpack(data, n, bits):
    out, at = [], 0
    while n > 0:
        t = min(n, 1024)
        slots = (t + 31) // 32
        words = (slots * bits + 31) // 32
        group = struct.unpack_from("<%dI" % (32 * words), data, at)
        at += 128 * words
        lanes = [sum(group[32 * w + lane] << 32 * w for w in range(words)) for lane in range(32)]
        out += [lanes[i % 32] >> i // 32 * bits & (1 << bits) - 1 for i in range(t)]
        n -= t
    return out


class Block:
    def __init__(self, data, offset, head):
        magic, self.length, kind, size, self.rows, n, any_, all_, before, want = \
            struct.unpack_from("<8sIIQIIQQQQ", head)
        if magic != b"WEIRBLCK":
            raise ValueError("no block at %d" % offset)
        if xxhash:
            first = xxhash.XXH3_64bits(bytes(head[:56]), ctypes.c_size_t(56))
            rest = bytes(head[64:self.length])
            if first ^ xxhash.XXH3_64bits(rest, ctypes.c_size_t(len(rest))) != want:
                raise ValueError("checksum of a block head")
        self.data, self.chunks, self.cache, self.table = data[offset:offset + size], {}, {}, None
        for i in range(n):
            field, form, _, at, length, values, sum_ = \
                struct.unpack_from("<HBBIIIQ", head, 64 + 56 * i)
            self.chunks[field] = (form, at, length, values, sum_)

    def chunk(self, field):
        form, at, length, values, sum_ = self.chunks[field]
        body = self.data[at:at + length]
        check(body, sum_, "a chunk")
        return form, values, body

    def addresses(self):
        if self.table is None:
            _, n, body = self.chunk(ADDRESS_DICTIONARY)
            c = Vecs(body)
            n4, n6 = c.take("II")
            v4, high, low = c.vec(n4, 4), c.vec(n6, 8), c.vec(n6, 8)
            table = [bytes(10) + b"\xff\xff" + struct.pack(">I", a) for a in v4]
            table += [struct.pack(">QQ", h, l) for h, l in zip(high, low)]
            self.table = sorted(table)
            assert len(self.table) == n
        return self.table

    def codes(self, field, width):
        """Codes of an address column, or the values that an address decides."""
        form, _, body = self.chunk(field)
        if form == ADDRESSES:
            return Vecs(body).vec(self.rows, code_width(len(self.addresses())))
        key, owner, _ = struct.unpack_from("<HHI", body)
        table = self.chunk(owner)[2]
        values = Vecs(table, 8).vec(len(self.addresses()), width)
        return [values[c] for c in self.codes(key, 4)]

    def column(self, field, kind):
        if field not in self.chunks:
            return [{"IP": bytes(16), "VAR": b""}.get(kind, 0)] * self.rows
        if field not in self.cache:
            self.cache[field] = self.decode(field, kind)
        return self.cache[field]

    def decode(self, field, kind):
        form, _, body = self.chunk(field)
        c = Vecs(body)
        if kind == "IP":
            return [self.addresses()[code] for code in self.codes(field, 4)]
        if form == OCTETS:
            total, = c.take("Q")
            lengths, octets = c.vec(self.rows, 4), bytes(c.vec(total, 1))
            out, at = [], 0
            for n in lengths:
                out.append(octets[at:at + n])
                at += n
            return out
        if form == NUMBERS:
            return c.vec(self.rows, WIDTH[kind])
        if form == RELATIVE:
            other, = c.take("H")
            c.at = 8
            return [a + b & (1 << 64) - 1
                    for a, b in zip(c.vec(self.rows, 8), self.column(other, "U64"))]
        if form == FUNCTION:
            return self.codes(field, WIDTH[kind])
        raise ValueError("unknown form %d" % form)


class AddressFilter:
    """Sections 8 (head) and 9 (slots): an address that was written is never denied."""

    def __init__(self, head, slots):
        self.slots = bytes(slots)
        self.seed, self.segment, self.length, n, page = struct.unpack_from("<QIIII", head)
        if n != len(slots):
            raise ValueError("number of slots")
        checks = struct.unpack_from("<%dI" % ((n + page - 1) // page), head, 24)
        for i, want in enumerate(checks if xxhash else []):
            part = self.slots[i * page:(i + 1) * page]
            if xxhash.XXH3_64bits(part, ctypes.c_size_t(len(part))) & 0xFFFFFFFF != want:
                raise ValueError("checksum of page %d of the address filter" % i)

    def may_hold(self, address):
        ones = (1 << 64) - 1
        h = xxhash.XXH3_64bits(address, ctypes.c_size_t(16)) + self.seed & ones
        for multiplier in (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53):
            h = (h ^ h >> 33) * multiplier & ones
        h ^= h >> 33
        a = h * self.length >> 64
        b = (a + self.segment) ^ (h >> 18) % self.segment
        c = (a + 2 * self.segment) ^ h % self.segment
        return self.slots[a] ^ self.slots[b] ^ self.slots[c] == (h ^ h >> 32) & 255


class File:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = memoryview(f.read())
        magic, version = struct.unpack_from("<8sH", self.data)
        if magic != b"WEIRFLOW" or version != 1:
            raise ValueError("not a weir file of version 1")
        check(self.data[:248], struct.unpack_from("<Q", self.data, 248)[0], "the header")
        self.sections = {}
        at, length, sum_, magic = struct.unpack_from("<QQQ8s", self.data, len(self.data) - 32)
        if magic != b"WEIRTAIL":
            self.walk()
            return
        directory = self.data[at:at + length]
        check(directory, sum_, "the directory")
        for i in range(struct.unpack_from("<I", directory, 8)[0]):
            id_, version, flags, at, length, sum_ = \
                struct.unpack_from("<HHIQQQ", directory, 16 + 32 * i)
            check(self.data[at:at + length], sum_, "section %d" % id_)
            self.sections[id_] = self.data[at:at + length]
        self.blocks, at, section = [], 0, self.sections[1]
        while at < len(section):
            offset, = struct.unpack_from("<Q", section, at)
            block = Block(self.data, offset, section[at + 8:])
            self.blocks.append(block)
            at += 8 + block.length
        self.ask_filter()

    def ask_filter(self):
        if 8 not in self.sections or not xxhash:
            return
        asked = AddressFilter(self.sections[8], self.sections[9])
        for block in self.blocks:
            if ADDRESS_DICTIONARY in block.chunks:
                if not all(asked.may_hold(address) for address in block.addresses()):
                    raise ValueError("the address filter denies an address of the file")

    def walk(self):
        """A file without its end: block after block (this reader stops at damage)."""
        self.blocks, at = [], 256
        while at + 64 <= len(self.data) and self.data[at:at + 8] == b"WEIRBLCK":
            kind, size = struct.unpack_from("<IQ", self.data, at + 12)
            if at + size > len(self.data):
                break
            if kind == 1:
                self.blocks.append(Block(self.data, at, self.data[at:]))
            at += size


def shown(value):
    return value.hex() if isinstance(value, (bytes, memoryview)) else str(value)


def print_flows(path, fields):
    for block in File(path).blocks:
        groups = block.column(0, "U64")
        stored = [(i, f) for i, f in fields.items() if f[0] not in
                  ("RECORD_NO", "RECORD_SIZE", "RECORD_ELEMENTS")]
        columns = [(f[0], f[2], block.column(i, f[1])) for i, f in stored]
        for row in range(block.rows):
            print(" ".join("%s=%s" % (name, shown(values[row])) for name, group, values in columns
                           if groups[row] >> group & 1))


def print_sizes(paths, fields):
    kinds = ["CONST", "RAW", "BITS", "DELTA", "DICT", "POPULAR", "PLANES", "SPARSE"]
    sizes, rows, total = {}, 0, 0
    for path in paths:
        total += os.path.getsize(path)
        f = File(path)
        for id_, section in f.sections.items():
            sizes.setdefault(("section %d" % id_, ""), [0, 0])[0] += len(section)
        for block in f.blocks:
            rows += block.rows
            sizes.setdefault(("heads", ""), [0, 0])[0] += block.length
            for field, (form, at, length, _, _) in block.chunks.items():
                name = fields[field][0] if field in fields else "dictionary"
                if length <= 8:
                    other = (name, "form %d, table of another field" % form)
                    sizes.setdefault(other, [0, 0])[1] += 1
                    continue
                start = at + (0 if form in (NUMBERS, ADDRESSES) else 8)
                kind, bits, flags, _, body = struct.unpack_from("<BBBBI", block.data, start)
                how = "%s%d%s" % (kinds[kind], bits, "z" if flags & 1 and kind == RAW else "")
                if kind in (DELTA, PLANES):
                    k, b, z = struct.unpack_from("<BBB", block.data, start + 16)
                    how += ">%s%d%s" % (kinds[k], b, "z" if z & 1 and k == RAW else "")
                if kind in (DICT, POPULAR):
                    m, e = struct.unpack_from("<II", block.data, start + 16)
                    how += " m=%d e=%d" % (m, e)
                entry = sizes.setdefault((name, "form %d %s" % (form, how)), [0, 0])
                entry[0] += length
                entry[1] += 1
    for (name, how), (octets, n) in sorted(sizes.items(), key=lambda s: -s[1][0])[:800]:
        print("%7.3f  %-16s %s x%d" % (octets / max(rows, 1), name, how, n))
    print("%7.3f  octets a flow, %d flows" % (total / max(rows, 1), rows))


def main(argv):
    fields = fields_of_document()
    if argv[:1] == ["--sizes"]:
        print_sizes(argv[1:], fields)
    else:
        for path in argv:
            print_flows(path, fields)


if __name__ == "__main__":
    main(sys.argv[1:])

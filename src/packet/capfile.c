/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capfile.c - draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
 *
 * A pcap file is treated as one with a single interface. Blocks of pcapng that carry no packet are
 * skipped; a block is taken as a whole, then a cursor reads it. Damage ends the reading with an
 * error; what came before has been handed on.
 */
#include "packet/capfile.h"

#include "base/cur.h"
#include "packet/capstream.h"
#include "packet/packet.h"

#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>

enum { PCAP_HEADER = 24, RECORD_HEADER = 16, RECORD_HEADER_PATCHED = 24, FRAME_MAX = 262144 };

/* First octets of a pcap file, in the file's own byte order. */
enum { MAGIC_USEC = 0xa1b2c3d4, MAGIC_NSEC = 0xa1b23c4d, MAGIC_PATCHED = 0xa1b2cd34 };

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET_OLD = 2,
       BLOCK_PACKET_SIMPLE = 3, BLOCK_PACKET = 6 };
enum { BLOCK_HEAD = 8, BLOCK_FRAME = 12, BLOCK_ORDER = 0x1a2b3c4d };
enum { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };
enum { INTERFACES_MAX = 65536, LINKTYPE_RAW = 101 };

struct interface {
    int link_type;
    uint32_t snap_length; /* 0: none */
    uint64_t units;       /* of its time stamps, in a second */
    int64_t offset;       /* seconds to be added to them */
};

struct capfile {
    struct capstream *stream;
    char name[256]; /* for messages */
    bool ng;
    bool big_endian;
    bool patched;       /* longer record headers */
    bool swapped;       /* lengths in the order of the oldest versions */
    struct interface *interfaces;
    size_t ninterfaces;
};

static uint16_t take16(const struct capfile *c, struct cur *cur)
{
    return c->big_endian ? cur_u16be(cur) : cur_u16le(cur);
}

static uint32_t take32(const struct capfile *c, struct cur *cur)
{
    return c->big_endian ? cur_u32be(cur) : cur_u32le(cur);
}

static int damaged(const struct capfile *c, const char *what, struct fault *fault)
{
    return fault_set(fault, ERR_FORMAT, "%s: %s", c->name, what);
}

/* Numbers of files (LINKTYPE_) are those of libpcap (DLT_) but for one that we decode. */
static int link_type_of(uint32_t number)
{
    return number == LINKTYPE_RAW ? DLT_RAW : (int)(number & 0xffff);
}

static int add_interface(struct capfile *c, const struct interface *i, struct fault *fault)
{
    struct interface *grown;
    if (c->ninterfaces == INTERFACES_MAX) {
        return damaged(c, "too many interfaces", fault);
    }
    grown = realloc(c->interfaces, (c->ninterfaces + 1) * sizeof *grown);
    if (grown == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    c->interfaces = grown;
    grown[c->ninterfaces++] = *i;
    return 0;
}

/* usec since 1970 of a time stamp. Units above 2^43 a second lose what is far below a usec. */
static uint64_t usec_of(const struct interface *i, uint64_t stamp)
{
    uint64_t units = i->units;
    uint64_t seconds = stamp / units + (uint64_t)i->offset;
    uint64_t part = stamp % units;
    for (; units > UINT64_C(1) << 43; units >>= 1) {
        part >>= 1;
    }
    return seconds * 1000000 + part * 1000000 / units;
}

/* ---- pcap ---- */

static bool is_magic(struct capfile *c, uint32_t magic)
{
    c->patched = magic == MAGIC_PATCHED;
    return magic == MAGIC_USEC || magic == MAGIC_NSEC || magic == MAGIC_PATCHED;
}

static int open_pcap(struct capfile *c, struct cur head, struct fault *fault)
{
    struct interface i = {.units = 1000000};
    uint32_t magic = take32(c, &head);
    unsigned major = take16(c, &head), minor = take16(c, &head);
    cur_skip(&head, 8); /* time zone, accuracy */
    i.snap_length = take32(c, &head);
    i.link_type = link_type_of(take32(c, &head) & 0xffff);
    i.units = magic == MAGIC_NSEC ? 1000000000 : 1000000;
    if (major != 2) {
        return fault_set(fault, ERR_UNSUPPORTED, "%s: pcap version %u.%u", c->name, major, minor);
    }
    c->swapped = minor < 3;
    capstream_skip(c->stream, PCAP_HEADER);
    return add_interface(c, &i, fault);
}

/* The octets end with so many left over. */
static int cut_off(const struct capfile *c, size_t left, struct fault *fault)
{
    if (capstream_failed(c->stream)) {
        return damaged(c, "truncated or damaged: it cannot be read further", fault);
    }
    return left == 0 ? ERR_END : damaged(c, "truncated: the file ends inside a packet", fault);
}

static int next_of_pcap(struct capfile *c, struct frame *out, struct fault *fault)
{
    const struct interface *i = &c->interfaces[0];
    size_t header = c->patched ? RECORD_HEADER_PATCHED : RECORD_HEADER;
    size_t left;
    uint32_t seconds, part;
    const uint8_t *at = capstream_peek(c->stream, header, &left);
    struct cur cur = cur_of(at, at != NULL ? header : 0);
    if (at == NULL) {
        return cut_off(c, left, fault);
    }
    seconds = take32(c, &cur);
    part = take32(c, &cur);
    out->captured = take32(c, &cur);
    out->length = take32(c, &cur);
    if (c->swapped) {
        uint32_t length = out->captured;
        out->captured = out->length;
        out->length = length;
    }
    if (out->captured > FRAME_MAX) {
        return fault_set(fault, ERR_FORMAT, "%s: invalid packet length %u", c->name, out->captured);
    }
    at = capstream_peek(c->stream, header + out->captured, &left);
    if (at == NULL) {
        return cut_off(c, left, fault);
    }
    capstream_skip(c->stream, header + out->captured);
    out->data = at + header;
    out->link_type = i->link_type;
    out->usec = seconds * UINT64_C(1000000) + part / (i->units / 1000000);
    return 1;
}

/* ---- pcapng ---- */

/* A section begins: its byte order; interfaces are numbered anew. */
static int begin_section(struct capfile *c, const uint8_t *head, struct fault *fault)
{
    struct cur order = cur_of(head + BLOCK_HEAD, 4);
    uint32_t mark = cur_u32le(&order);
    if (mark != BLOCK_ORDER && mark != __builtin_bswap32(BLOCK_ORDER)) {
        return damaged(c, "no byte order in a section header", fault);
    }
    c->big_endian = mark != BLOCK_ORDER;
    c->ninterfaces = 0;
    return 0;
}

/* The next block as a whole: its type, and its body without the lengths at both ends. ERR_END at
 * the end of the file. */
static int take_block(struct capfile *c, uint32_t *type, struct cur *body, struct fault *fault)
{
    size_t left, length;
    struct cur cur;
    int rc = 0;
    const uint8_t *at = capstream_peek(c->stream, BLOCK_FRAME, &left);
    if (at == NULL) {
        return cut_off(c, left, fault);
    }
    cur = cur_of(at, BLOCK_FRAME);
    *type = take32(c, &cur);
    if (*type == BLOCK_SECTION) { /* the same number in both orders */
        rc = begin_section(c, at, fault);
    }
    if (rc != 0) {
        return rc;
    }
    length = take32(c, &cur);
    if (length < BLOCK_FRAME || length % 4 != 0 || length > CAPSTREAM_PIECE_MAX) {
        return fault_set(fault, ERR_FORMAT, "%s: invalid block length %zu", c->name, length);
    }
    at = capstream_peek(c->stream, length, &left);
    if (at == NULL) {
        return cut_off(c, left, fault);
    }
    cur = cur_of(at + length - 4, 4);
    if (take32(c, &cur) != length) {
        return damaged(c, "the lengths of a block differ", fault);
    }
    *body = cur_of(at + BLOCK_HEAD, length - BLOCK_FRAME);
    capstream_skip(c->stream, length); /* stays in place until the next peek */
    return 0;
}

/* Units a second from the octet of option 9; 0: more than 64 bits can tell. */
static uint64_t units_of(uint8_t resolution)
{
    unsigned power = resolution & 0x7f;
    uint64_t units = 1;
    if (resolution & 0x80) {
        return power < 64 ? UINT64_C(1) << power : 0;
    }
    for (; power > 0 && power <= 19; power--) {
        units *= 10;
    }
    return power == 0 ? units : 0;
}

static int take_interface(struct capfile *c, struct cur *body, struct fault *fault)
{
    struct interface i = {.link_type = link_type_of(take16(c, body)), .units = 1000000};
    cur_skip(body, 2);
    i.snap_length = take32(c, body);
    while (cur_ok(body) && cur_left(body) >= 4) {
        uint16_t option = take16(c, body);
        uint16_t length = take16(c, body);
        struct cur value = cur_sub(body, length);
        if (option == OPTION_END) {
            break;
        }
        cur_skip(body, -(size_t)length & 3);
        if (option == OPTION_RESOLUTION && length == 1) {
            i.units = units_of(cur_u8(&value));
        } else if (option == OPTION_OFFSET && length == 8) {
            i.offset = (int64_t)(c->big_endian ? cur_u64be(&value) : cur_u64le(&value));
        }
    }
    if (!cur_ok(body) || i.units == 0) {
        return damaged(c, "malformed interface description", fault);
    }
    return add_interface(c, &i, fault);
}

/* The frame of a packet block: interface, time and lengths, then its octets. */
static int take_packet(struct capfile *c, uint32_t type, struct cur *body, struct frame *out,
                       struct fault *fault)
{
    uint32_t number = type == BLOCK_PACKET_SIMPLE ? 0
                      : type == BLOCK_PACKET_OLD ? take16(c, body) : take32(c, body);
    uint64_t stamp = 0;
    if (number >= c->ninterfaces) {
        return damaged(c, "a packet of an interface that was not described", fault);
    }
    if (type == BLOCK_PACKET_SIMPLE) {
        uint32_t snap = c->interfaces[0].snap_length;
        out->length = take32(c, body);
        out->captured = snap != 0 && snap < out->length ? snap : out->length;
    } else {
        cur_skip(body, type == BLOCK_PACKET_OLD ? 2 : 0); /* drops */
        stamp = (uint64_t)take32(c, body) << 32;
        stamp |= take32(c, body);
        out->captured = take32(c, body);
        out->length = take32(c, body);
    }
    out->data = cur_take(body, out->captured);
    if (!cur_ok(body) || out->captured > FRAME_MAX) {
        return damaged(c, "invalid packet length in a block", fault);
    }
    out->link_type = c->interfaces[number].link_type;
    out->usec = type == BLOCK_PACKET_SIMPLE ? 0 : usec_of(&c->interfaces[number], stamp);
    return 1;
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
}

static int next_of_ng(struct capfile *c, struct frame *out, struct fault *fault)
{
    uint32_t type = 0;
    struct cur body;
    int rc = take_block(c, &type, &body, fault);
    while (rc == 0 && !is_packet(type)) {
        if (type == BLOCK_INTERFACE) {
            rc = take_interface(c, &body, fault);
        }
        rc = rc == 0 ? take_block(c, &type, &body, fault) : rc;
    }
    return rc == 0 ? take_packet(c, type, &body, out, fault) : rc;
}

/* The blocks in front of the first packet. */
static int open_ng(struct capfile *c, struct fault *fault)
{
    size_t left;
    int rc = 0;
    c->ng = true;
    while (rc == 0) {
        const uint8_t *at = capstream_peek(c->stream, BLOCK_FRAME, &left);
        struct cur cur = cur_of(at, at != NULL ? BLOCK_FRAME : 0);
        uint32_t type = take32(c, &cur);
        if (at == NULL || is_packet(type)) {
            return 0;
        }
        rc = take_block(c, &type, &cur, fault);
        if (rc == 0 && type == BLOCK_INTERFACE) {
            rc = take_interface(c, &cur, fault);
        }
    }
    return rc;
}

/* ---- either ---- */

static int open_format(struct capfile *c, struct fault *fault)
{
    size_t left;
    const uint8_t *at = capstream_peek(c->stream, PCAP_HEADER, &left);
    struct cur head = cur_of(at, at != NULL ? PCAP_HEADER : 0);
    struct cur little = head, big = head;
    uint32_t magic = cur_u32le(&little);
    if (at == NULL) {
        return damaged(c, capstream_failed(c->stream) ? "cannot be read"
                          : left == 0 ? "an empty file" : "truncated: no whole header", fault);
    }
    if (magic == BLOCK_SECTION) {
        return open_ng(c, fault);
    }
    if (!is_magic(c, magic)) {
        c->big_endian = true;
        if (!is_magic(c, cur_u32be(&big))) {
            return damaged(c, "unknown file format: neither pcap nor pcapng", fault);
        }
    }
    return open_pcap(c, head, fault);
}

static int check_links(const struct capfile *c, struct fault *fault)
{
    for (size_t i = 0; i < c->ninterfaces; i++) {
        if (packet_link_known(c->interfaces[i].link_type)) {
            return 0;
        }
    }
    return c->ninterfaces == 0
               ? 0 : fault_set(fault, ERR_UNSUPPORTED, "%s: link type %d is not supported",
                               c->name, c->interfaces[0].link_type);
}

int capfile_open(const char *path, struct capfile **out, struct fault *fault)
{
    struct capfile *c = calloc(1, sizeof *c);
    int rc = c != NULL ? 0 : fault_set(fault, ERR_NOMEM, "out of memory");
    if (rc == 0) {
        snprintf(c->name, sizeof c->name, "%s", path);
        rc = capstream_open(path, &c->stream, fault);
    }
    if (rc == 0) {
        rc = open_format(c, fault);
    }
    if (rc == 0) {
        rc = check_links(c, fault);
    }
    if (rc != 0) {
        capfile_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

void capfile_close(struct capfile *c)
{
    if (c != NULL) {
        capstream_close(c->stream);
        free(c->interfaces);
        free(c);
    }
}

size_t capfile_interfaces(const struct capfile *c)
{
    return c->ninterfaces;
}

int capfile_link_type(const struct capfile *c, size_t interface)
{
    return c->interfaces[interface].link_type;
}

int capfile_next(struct capfile *c, struct frame *out, struct fault *fault)
{
    return c->ng ? next_of_ng(c, out, fault) : next_of_pcap(c, out, fault);
}

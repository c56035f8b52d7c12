/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdcodec.c - one row of functions per compression.
 *
 * LZ4 and bzip2 are optional libraries: without one its row has no functions. The size of an
 * unpacked block is stored nowhere (zstd frames tell it, but may lie). What is allocated for it is
 * bounded by what the stored octets can become at most (`grows`); a few octets of bzip2 can become
 * any number, so there the room grows with what has come out.
 */
#include "store/nfdcodec.h"

#include "base/cur.h"
#include "store/compression.h"
#include "store/lzo.h"

#include <zstd.h>
#ifdef HAVE_LZ4
#include <lz4.h>
#include <lz4hc.h>
#endif
#ifdef HAVE_BZ2
#include <bzlib.h>
#endif

struct piece {
    const uint8_t *in;
    size_t n;
    uint8_t *out;
    size_t room;
    size_t made;
};

/* So many stored octets become at most so many; 0: any number. */
struct growth {
    size_t stored, unpacked;
};

struct codec {
    /* Set p->made; ERR_TRUNCATED keeps what was made, ERR_LIMIT: the room is too small. *why is
     * set for ERR_FORMAT. */
    int (*unpack)(struct piece *p, const char **why);
    size_t (*bound)(size_t n);
    int (*pack)(struct piece *p, int level);
    struct growth grows;
};

/* ------------------------------------------------------------------ LZO */

static int lzo_unpack_piece(struct piece *p, const char **why)
{
    int rc = lzo_unpack(p->in, p->n, p->out, p->room, &p->made);
    *why = "broken stream";
    return rc;
}

static int lzo_pack_piece(struct piece *p, int level)
{
    (void)level;
    p->made = lzo_pack(p->in, p->n, p->out);
    return p->made != 0 ? 0 : ERR_NOMEM;
}

/* ------------------------------------------------------------------ zstd */

/* The most that the blocks of a frame can become, as far as they are there. */
static size_t zstd_most(const uint8_t *in, size_t n)
{
    enum { MAGIC = 4, HEAD = 3, RLE = 1, COMPRESSED = 2, SINGLE_SEGMENT = 32, BLOCK = 128 << 10 };
    static const uint8_t size_octets[] = {0, 2, 4, 8}, id_octets[] = {0, 1, 2, 4};
    struct cur c = cur_of(in, n);
    size_t most = 0;
    bool last = false;
    cur_skip(&c, MAGIC);
    unsigned descriptor = cur_u8(&c);
    bool one_more = !(descriptor & SINGLE_SEGMENT) || descriptor >> 6 == 0;
    cur_skip(&c, one_more + size_octets[descriptor >> 6] + id_octets[descriptor & 3]);
    while (!last && cur_left(&c) >= HEAD) {
        uint32_t head = cur_u16le(&c);
        head |= (uint32_t)cur_u8(&c) << 16;
        unsigned type = head >> 1 & 3;
        last = head & 1;
        most += type == COMPRESSED || head >> 3 > BLOCK ? BLOCK : head >> 3;
        cur_skip(&c, type == RLE ? 1 : head >> 3);
    }
    return most;
}

/* The window that a stream allocates must not be much larger than what it can make: a frame that
 * was cut off may want more. */
static int window_log(size_t room)
{
    enum { LEAST = 10, TIMES = 4 };
    int log = LEAST;
    while ((size_t)1 << log < TIMES * room) {
        log++;
    }
    return log;
}

/* Frame by frame would do, but a stream also gives what stands before a break. */
static int zstd_unpack_stream(struct piece *p, const char **why)
{
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    ZSTD_inBuffer in = {p->in, p->n, 0};
    ZSTD_outBuffer out = {p->out, p->room, 0};
    size_t rc = 1;
    if (ctx == NULL) {
        return ERR_NOMEM;
    }
    ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, window_log(p->room));
    while (rc != 0 && !ZSTD_isError(rc) && in.pos < in.size && out.pos < out.size) {
        rc = ZSTD_decompressStream(ctx, &out, &in);
    }
    ZSTD_freeDCtx(ctx);
    p->made = out.pos;
    if (ZSTD_isError(rc)) {
        *why = ZSTD_getErrorName(rc);
        return ERR_FORMAT;
    }
    return rc == 0 ? 0 : out.pos == out.size ? ERR_LIMIT : ERR_TRUNCATED;
}

static int zstd_unpack(struct piece *p, const char **why)
{
    size_t rc = ZSTD_decompress(p->out, p->room, p->in, p->n);
    if (!ZSTD_isError(rc)) {
        p->made = rc;
        return 0;
    }
    return zstd_unpack_stream(p, why);
}

static size_t zstd_bound(size_t n)
{
    enum { CHECKSUM = 4 };
    return ZSTD_compressBound(n) + CHECKSUM;
}

/* With a checksum, which nfdump does not write but its decoder compares. */
static int zstd_pack(struct piece *p, int level)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    size_t rc;
    if (ctx == NULL) {
        return ERR_NOMEM;
    }
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
    rc = ZSTD_compress2(ctx, p->out, p->room, p->in, p->n);
    ZSTD_freeCCtx(ctx);
    p->made = rc;
    return ZSTD_isError(rc) ? ERR_NOMEM : 0;
}

/* ------------------------------------------------------------------ LZ4 */

#ifdef HAVE_LZ4
/* What stands before the end of octets that were cut off. */
static int lz4_unpack_start(struct piece *p)
{
    enum { TRIES = 16 }; /* it does not like an end within a length: leave octets away */
    int made = -1;
    for (int cut = 0; cut < TRIES && made <= 0 && (size_t)cut < p->n; cut++) {
        made = LZ4_decompress_safe_partial((const char *)p->in, (char *)p->out, (int)p->n - cut,
                                           (int)p->room, (int)p->room);
    }
    p->made = made > 0 ? (size_t)made : 0;
    return made > 0 ? ERR_TRUNCATED : ERR_FORMAT;
}

static int lz4_unpack(struct piece *p, const char **why)
{
    int made = LZ4_decompress_safe((const char *)p->in, (char *)p->out, (int)p->n, (int)p->room);
    *why = "broken block";
    p->made = made > 0 ? (size_t)made : 0;
    return made < 0 ? lz4_unpack_start(p) : 0;
}

static size_t lz4_bound(size_t n)
{
    return (size_t)LZ4_compressBound((int)n);
}

static int lz4_pack(struct piece *p, int level)
{
    const char *in = (const char *)p->in;
    char *out = (char *)p->out;
    int made = level > LZ4HC_CLEVEL_MIN
                   ? LZ4_compress_HC(in, out, (int)p->n, (int)p->room, level)
                   : LZ4_compress_default(in, out, (int)p->n, (int)p->room);
    p->made = made > 0 ? (size_t)made : 0;
    return made > 0 ? 0 : ERR_NOMEM;
}
#define LZ4_CODEC {lz4_unpack, lz4_bound, lz4_pack, {1, 256}}
#else
#define LZ4_CODEC {.unpack = NULL}
#endif

/* ------------------------------------------------------------------ bzip2 */

#ifdef HAVE_BZ2
static int bz2_result(int rc, const bz_stream *s)
{
    if (rc == BZ_STREAM_END) {
        return s->avail_in == 0 ? 0 : ERR_FORMAT;
    }
    if (rc == BZ_OK) {
        return s->avail_out == 0 ? ERR_LIMIT : ERR_TRUNCATED;
    }
    return rc == BZ_MEM_ERROR ? ERR_NOMEM : ERR_FORMAT;
}

static int bz2_unpack(struct piece *p, const char **why)
{
    bz_stream s = {.next_in = (char *)(uintptr_t)p->in, .avail_in = (unsigned)p->n,
                   .next_out = (char *)p->out, .avail_out = (unsigned)p->room};
    int rc;
    *why = "broken stream";
    if (BZ2_bzDecompressInit(&s, 0, 0) != BZ_OK) {
        return ERR_NOMEM;
    }
    do {
        rc = BZ2_bzDecompress(&s);
    } while (rc == BZ_OK && s.avail_in > 0 && s.avail_out > 0);
    p->made = p->room - s.avail_out;
    rc = bz2_result(rc, &s);
    BZ2_bzDecompressEnd(&s);
    return rc;
}

static size_t bz2_bound(size_t n)
{
    return n + n / 100 + 600;
}

static int bz2_pack(struct piece *p, int level)
{
    unsigned room = (unsigned)p->room;
    int rc = BZ2_bzBuffToBuffCompress((char *)p->out, &room, (char *)(uintptr_t)p->in,
                                      (unsigned)p->n, 9, 0, 0);
    (void)level;
    p->made = room;
    return rc == BZ_OK ? 0 : ERR_NOMEM;
}
#define BZ2_CODEC {bz2_unpack, bz2_bound, bz2_pack, {1, 0}}
#else
#define BZ2_CODEC {.unpack = NULL}
#endif

/* zstd: a block takes four octets or more and holds 128 KiB at most. */
static const struct codec codecs[COMPRESSION_COUNT_] = {
    [COMPRESSION_LZO] = {lzo_unpack_piece, lzo_bound, lzo_pack_piece, {1, 256}},
    [COMPRESSION_BZ2] = BZ2_CODEC,
    [COMPRESSION_LZ4] = LZ4_CODEC,
    [COMPRESSION_ZSTD] = {zstd_unpack, zstd_bound, zstd_pack, {4, 128 << 10}},
};

bool nfdcodec_built(enum flow_compression c)
{
    return c == COMPRESSION_NONE || (c < COMPRESSION_COUNT_ && codecs[c].unpack != NULL);
}

static int not_built(enum flow_compression c, struct fault *fault)
{
    if ((unsigned)c >= COMPRESSION_COUNT_) {
        return fault_set(fault, ERR_UNSUPPORTED, "unknown compression: %u", (unsigned)c);
    }
    return fault_set(fault, ERR_UNSUPPORTED, "%s compressed, but this weir was built without %s",
                     compression_name(c), compression_name(c));
}

size_t nfdcodec_most(enum flow_compression c, size_t n)
{
    struct growth g = codecs[c].grows;
    if (c == COMPRESSION_NONE || g.stored == 0) {
        return n;
    }
    return g.unpacked != 0 && n / g.stored + 1 < NFD_BLOCK_MAX / g.unpacked
               ? (n / g.stored + 1) * g.unpacked : NFD_BLOCK_MAX;
}

/* Room for the unpacked octets at first, and at most. */
static size_t first_room(enum flow_compression c, const uint8_t *in, size_t n, size_t most)
{
    enum { USUAL_GROWTH = 16, LEAST = 4096 };
    size_t room = most;
    if (c == COMPRESSION_ZSTD) {
        unsigned long long told = ZSTD_getFrameContentSize(in, n);
        room = zstd_most(in, n);
        room = told < room ? (size_t)told : room;
    } else if (codecs[c].grows.unpacked == 0 && n < NFD_BLOCK_MAX / USUAL_GROWTH) {
        room = n * USUAL_GROWTH + LEAST;
    }
    return room < most ? room : most;
}

static int unpack_failed(int rc, enum flow_compression c, const char *why, struct fault *fault)
{
    switch (rc) {
    case ERR_LIMIT:
        return fault_set(fault, rc, "%s: a block of more than %d octets", compression_name(c),
                         NFD_BLOCK_MAX);
    case ERR_TRUNCATED:
        return fault_set(fault, rc, "%s: the compressed octets end too early", compression_name(c));
    case ERR_FORMAT:
        return fault_set(fault, rc, "%s: %s", compression_name(c), why);
    default:
        return fault_set(fault, rc, "%s", err_text(rc));
    }
}

/* Again with twice the room as long as it is too small: only where the bound says nothing. */
static int unpack_growing(enum flow_compression c, struct piece *p, struct arena *arena,
                          const char **why)
{
    size_t most = nfdcodec_most(c, p->n);
    int rc;
    p->room = first_room(c, p->in, p->n, most);
    do {
        p->out = arena_alloc(arena, p->room);
        rc = p->out != NULL ? codecs[c].unpack(p, why) : ERR_NOMEM;
        if (rc != ERR_LIMIT || codecs[c].grows.unpacked != 0 || p->room == most) {
            return rc;
        }
        p->room = p->room < most / 2 ? p->room * 2 : most;
    } while (true);
}

int nfdcodec_unpack(enum flow_compression c, const uint8_t *in, size_t n, struct arena *arena,
                    const uint8_t **out, size_t *out_len, struct fault *fault)
{
    struct piece p = {.in = in, .n = n};
    const char *why = "";
    int rc;
    *out = in;
    *out_len = n;
    if (c == COMPRESSION_NONE) {
        return 0;
    }
    if (!nfdcodec_built(c)) {
        return not_built(c, fault);
    }
    rc = unpack_growing(c, &p, arena, &why);
    *out = p.out;
    *out_len = p.made;
    return rc == 0 ? 0 : unpack_failed(rc, c, why, fault);
}

size_t nfdcodec_bound(enum flow_compression c, size_t n)
{
    return c == COMPRESSION_NONE || !nfdcodec_built(c) ? n : codecs[c].bound(n);
}

int nfdcodec_pack(enum flow_compression c, int level, const uint8_t *in, size_t n, uint8_t *out,
                  size_t *packed, struct fault *fault)
{
    struct piece p = {.in = in, .n = n, .out = out, .room = nfdcodec_bound(c, n)};
    int rc;
    if (!nfdcodec_built(c)) {
        return not_built(c, fault);
    }
    rc = codecs[c].pack(&p, level);
    *packed = p.made;
    return rc == 0 ? 0 : fault_set(fault, rc, "%s: compressing failed", compression_name(c));
}

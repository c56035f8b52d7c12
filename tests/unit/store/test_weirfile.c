/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_weirfile.c - weir files: what goes in comes out, whatever happens to the file in between.
 */
#include "base/bits.h"
#include "store/flowfile.h"
#include "store/encoders.h"
#include "store/flowwriter.h"

#include "../check.h"
#include "randomflows.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *tmp_path(const char *name)
{
    static char path[4][512];
    static unsigned next;
    const char *dir = getenv("WEIR_TMP");
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir != NULL ? dir : "/tmp", name);
    return p;
}

static const struct flowwriter_options plain = {
    .format = FORMAT_WEIR1, .compression = COMPRESSION_ZSTD, .ident = "test",
    .creator = CREATOR_NFCAPD};

enum mix { RANDOM, PLAUSIBLE, STEPS };

/* Flow i of a mix; the same one whenever it is asked for. */
static void flow(enum mix mix, uint32_t i, struct rec *r)
{
    uint64_t seed = 0x9e3779b97f4a7c15u * (i + 1);
    check_random(&seed);
    if (mix == RANDOM) {
        random_rec(r, &seed);
    } else {
        plausible_rec(r, &seed);
    }
    if (mix == STEPS) { /* as differences to each other, and those again as differences */
        r->last = r->first + 3 * (uint64_t)i;
        r->received = r->last + 7 * (uint64_t)i;
    }
}

static int add_flows(struct flowwriter *w, enum mix mix, uint32_t from, uint32_t n)
{
    struct builder *b = builder_new();
    struct fault fault;
    struct rec r;
    int rc = 0;
    for (uint32_t i = from; i < from + n && rc == 0; i++) {
        flow(mix, i, &r);
        rc = builder_add(b, &r);
        if (builder_rows(b) == 5000 || i + 1 == from + n) {
            rc = rc != 0 ? rc : flowwriter_add(w, builder_batch(b), NULL, &fault);
            builder_reset(b);
        }
    }
    builder_free(b);
    return rc;
}

static int write_file(const char *path, const struct flowwriter_options *o, enum mix mix,
                      uint32_t n)
{
    struct flowwriter *w = NULL;
    struct fault fault;
    int rc = flowwriter_create(path, o, false, &w, &fault);
    rc = rc != 0 ? rc : add_flows(w, mix, 0, n);
    if (rc != 0) {
        flowwriter_abort(w);
        return rc;
    }
    return flowwriter_finish(w, &fault);
}

static bool same_field(struct batch *b, uint32_t row, unsigned id, const struct rec *r)
{
    const uint8_t *want = (const uint8_t *)r + rec_offset((enum field_id)id);
    const struct column *c = batch_column(b, (enum field_id)id);
    if (field_of((enum field_id)id)->type == TYPE_VAR) {
        struct span s;
        struct span got = column_var(c, row);
        memcpy(&s, want, sizeof s);
        return s.len == got.len && (s.len == 0 || memcmp(s.data, got.data, s.len) == 0);
    }
    if (field_of((enum field_id)id)->type == TYPE_IP) {
        return memcmp(want, column_ip(c, row), sizeof(struct ip)) == 0;
    }
    uint64_t v = 0;
    memcpy(&v, want, field_width((enum field_id)id));
    return column_u64(c, row) == v;
}

/* Is this row flow i in every field? */
static bool same_flow(struct batch *b, uint32_t row, enum mix mix, uint32_t i, bool say)
{
    struct rec r;
    flow(mix, i, &r);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (!field_is_transient((enum field_id)id) && !same_field(b, row, id, &r)) {
            if (say) {
                printf("    flow %u differs in %s\n", i, field_of((enum field_id)id)->name);
            }
            return false;
        }
    }
    return true;
}

static bool touch_all(struct batch *b)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        batch_column(b, (enum field_id)id);
    }
    return batch_ok(b);
}

struct seen {
    uint64_t good;    /* flows read, each equal to the one written at its place */
    uint64_t wrong;
    unsigned reported; /* damage */
    bool opened;
};

/* Read a file whose rows are flows of a mix in order; rows of unreadable blocks are left out,
 * which is fine if it is reported. */
static struct seen read_file(const char *path, enum mix mix, uint32_t from)
{
    struct seen s = {0, 0, 0, false};
    struct flowfile *f = NULL;
    struct fault fault;
    struct batch *b = malloc(sizeof *b);
    batch_init(b);
    if (flowfile_open(path, &f, &fault) != 0) {
        s.reported = 1;
        batch_free(b);
        free(b);
        return s;
    }
    s.opened = true;
    while (flowfile_damage(f, s.reported) != NULL) {
        s.reported++;
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        if (flowfile_read(f, i, b, &fault) != 0 || !touch_all(b)) {
            s.reported++;
            continue;
        }
        for (uint32_t row = 0; row < b->nrows; row++) {
            bool same = same_flow(b, row, mix, from + (uint32_t)flowfile_records_before(f, i) + row,
                                  s.wrong == 0);
            s.good += same;
            s.wrong += !same;
        }
    }
    flowfile_close(f);
    batch_free(b);
    free(b);
    return s;
}

/* ------------------------------------------------------------------ round trips */

static void test_round_trip(struct check *t)
{
    static const struct {
        enum mix mix;
        uint32_t n;
        enum flow_compression compression;
        int level;
    } cases[] = {{RANDOM, 1, COMPRESSION_ZSTD, 0},      {RANDOM, 70, COMPRESSION_NONE, 0},
                 {RANDOM, 3000, COMPRESSION_ZSTD, 9},   {PLAUSIBLE, 3, COMPRESSION_ZSTD, 0},
                 {PLAUSIBLE, 65536, COMPRESSION_ZSTD, 0}, {PLAUSIBLE, 70000, COMPRESSION_NONE, 0},
                 {PLAUSIBLE, 140000, COMPRESSION_ZSTD, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = tmp_path("round");
        struct flowwriter_options o = plain;
        struct seen s;
        struct stat st;
        o.compression = cases[i].compression;
        o.level = cases[i].level;
        CHECK(write_file(path, &o, cases[i].mix, cases[i].n) == 0);
        s = read_file(path, cases[i].mix, 0);
        CHECK_EQ_U64(s.good, cases[i].n);
        CHECK_EQ_U64(s.wrong, 0);
        CHECK_EQ_U64(s.reported, 0);
        CHECK(stat(path, &st) == 0);
    }
}

static void test_empty(struct check *t)
{
    const char *path = tmp_path("empty");
    struct flowfile *f = NULL;
    struct fault fault;
    CHECK(write_file(path, &plain, RANDOM, 0) == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    CHECK_EQ_U64(flowfile_info(f)->nblocks, 0);
    CHECK(flowfile_info(f)->complete);
    CHECK_EQ_U64(flowfile_info(f)->totals.first, UINT64_MAX);
    CHECK(flowfile_damage(f, 0) == NULL);
    flowfile_close(f);
}

static void test_info_and_meta(struct check *t)
{
    const char *path = tmp_path("info");
    struct flowwriter *w = NULL;
    struct flowfile *f = NULL;
    struct fault fault;
    struct flow_meta m;
    const struct flow_meta *back;
    struct exporter e = {.sysid = 3, .version = 10, .id = 77, .addr = ip_from_v4(0xc0000201),
                         .has_stat = true, .sequence_failures = 4, .packets = 5, .flows = 6};
    struct sampler s = {.sysid = 3, .algorithm = 2, .id = -2, .packet_interval = 1,
                        .space_interval = 999};
    struct app_name app = {(const uint8_t *)"\1\2\3", 3, "http", "hyper text"};
    struct loss loss = {.sysid = 0, .kernel_drops = 10, .storage = 2};
    meta_init(&m);
    meta_put_exporter(&m, &e);
    meta_put_sampler(&m, &s);
    meta_put_name(&m, NAME_INTERFACE, 7, "eth0");
    meta_put_name(&m, NAME_VRF, 9, "");
    meta_put_app(&m, &app);
    meta_add_loss(&m, &loss);
    CHECK_OR_RETURN(flowwriter_create(path, &plain, false, &w, &fault) == 0);
    CHECK(add_flows(w, PLAUSIBLE, 0, 100) == 0);
    CHECK(flowwriter_meta(w, &m, &fault) == 0 && flowwriter_meta(w, &m, &fault) == 0);
    flowwriter_sequence_failures(w, 11);
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    CHECK_STR(flowfile_info(f)->ident, "test");
    CHECK_EQ_U64(flowfile_info(f)->creator, CREATOR_NFCAPD);
    CHECK_EQ_U64(flowfile_info(f)->totals.flows, 100);
    CHECK_EQ_U64(flowfile_info(f)->totals.sequence_failures, 11);
    back = flowfile_meta(f);
    CHECK_OR_RETURN(back != NULL);
    CHECK(meta_exporter(back, 3) != NULL && meta_exporter(back, 3)->flows == 6);
    CHECK(ip_equal(&meta_exporter(back, 3)->addr, &e.addr));
    CHECK(meta_sampler(back, 3, -2) != NULL && meta_sampler(back, 3, -2)->space_interval == 999);
    CHECK_STR(meta_name(back, NAME_INTERFACE, 7), "eth0");
    CHECK_STR(meta_name(back, NAME_VRF, 9), "");
    CHECK(meta_app(back, "\1\2\3", 3) != NULL);
    CHECK_EQ_U64(back->losses[0].kernel_drops, 20);
    flowfile_close(f);
    meta_free(&m);
}

static void test_selection(struct check *t)
{
    const char *path = tmp_path("selection");
    struct flowwriter *w = NULL;
    struct flowfile *f = NULL;
    struct builder *b = builder_new();
    struct batch *back = malloc(sizeof *back);
    struct fault fault;
    struct rec r;
    uint64_t sel[BITS_WORDS(1000)] = {0};
    bool same = true;
    for (uint32_t i = 0; i < 1000; i++) {
        flow(RANDOM, i, &r);
        builder_add(b, &r);
        if (i % 3 == 0) {
            bits_set(sel, i);
        }
    }
    CHECK_OR_RETURN(flowwriter_create(path, &plain, false, &w, &fault) == 0);
    CHECK(flowwriter_add(w, builder_batch(b), sel, &fault) == 0);
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    batch_init(back);
    CHECK(flowfile_read(f, 0, back, &fault) == 0);
    CHECK_EQ_U64(back->nrows, 334);
    for (uint32_t row = 0; row < back->nrows; row++) {
        same &= same_flow(back, row, RANDOM, row * 3, same);
    }
    CHECK(same);
    CHECK_EQ_U64(batch_u64(back, FIELD_RECORD_NO, 5), 6);
    flowfile_close(f);
    batch_free(back);
    free(back);
    builder_free(b);
}

/* ------------------------------------------------------------------ zones and the address
 * filter */

/* Rows that are picked, few or many, are what they are in the whole block. */
static void pick_some(struct check *t, enum mix mix, uint32_t n)
{
    const char *path = tmp_path("picked");
    struct flowfile *f = NULL;
    struct fault fault;
    struct batch *b = malloc(2 * sizeof *b);
    uint32_t *rows = malloc(n * sizeof *rows);
    uint64_t seed = 7;
    uint32_t wrong = 0;
    CHECK(write_file(path, &plain, mix, n) == 0);
    CHECK_OR_RETURN(b != NULL && rows != NULL && flowfile_open(path, &f, &fault) == 0);
    batch_init(&b[0]);
    batch_init(&b[1]);
    for (uint32_t step = 1; step < n; step = step * 3 + 1) {
        uint32_t k = 0;
        for (uint32_t i = 0; i < n; i++) {
            rows[k] = i;
            k += check_random(&seed) % step == 0;
        }
        CHECK(flowfile_read(f, 0, &b[0], &fault) == 0);
        batch_pick(&b[1], &b[0], rows, k);
        for (uint32_t i = 0; i < k; i++) {
            wrong += !same_flow(&b[1], i, mix, rows[i], wrong == 0);
        }
        CHECK(batch_ok(&b[0]) && batch_ok(&b[1]));
    }
    CHECK_EQ_U64(wrong, 0);
    batch_free(&b[0]);
    batch_free(&b[1]);
    flowfile_close(f);
    free(b);
    free(rows);
}

static void test_picked_rows(struct check *t)
{
    for (enum mix mix = RANDOM; mix <= STEPS; mix++) {
        pick_some(t, mix, 3000);
    }
}

static void test_zones(struct check *t)
{
    const char *path = tmp_path("zones");
    struct flowfile *f = NULL;
    struct fault fault;
    const struct zone *z;
    struct rec r;
    bool held = true;
    unsigned strangers = 0;
    CHECK(write_file(path, &plain, PLAUSIBLE, 20000) == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    z = flowfile_zone(f, 0);
    CHECK_EQ_U64(z->nrows, 20000);
    CHECK_OR_RETURN(z->may_hold != NULL);
    for (uint32_t i = 0; i < 20000; i++) {
        flow(PLAUSIBLE, i, &r);
        held &=
            z->may_hold(z->may_hold_ctx, &r.src_addr) && z->may_hold(z->may_hold_ctx, &r.dst_addr);
        held &= z->bounds[FIELD_DST_PORT].min.u64 <= r.dst_port &&
                z->bounds[FIELD_DST_PORT].max.u64 >= r.dst_port;
        held &= ip_cmp(&z->bounds[FIELD_SRC_ADDR].min.ip, &r.src_addr) <= 0 &&
                ip_cmp(&z->bounds[FIELD_SRC_ADDR].max.ip, &r.src_addr) >= 0;
        held &= z->bounds[FIELD_LAST_SEEN].max.u64 >= r.last;
    }
    CHECK(held);
    for (uint32_t i = 0; i < 10000; i++) {
        struct ip stranger = ip_from_v4(0x01000000 + i * 31);
        strangers += z->may_hold(z->may_hold_ctx, &stranger);
    }
    CHECK(strangers < 100);
    CHECK(z->bounds[FIELD_SRC_VLAN].known && z->bounds[FIELD_SRC_VLAN].max.u64 == 0);
    CHECK(!z->bounds[FIELD_USER_NAME].known);
    flowfile_close(f);
}

/* ------------------------------------------------------------------ damage */

struct image {
    uint8_t *data;
    size_t len;
};

static struct image slurp(const char *path)
{
    struct image m = {NULL, 0};
    struct stat st;
    FILE *in = fopen(path, "rb");
    if (in != NULL && fstat(fileno(in), &st) == 0) {
        m.data = malloc((size_t)st.st_size + 1);
        m.len = fread(m.data, 1, (size_t)st.st_size, in);
    }
    if (in != NULL) {
        fclose(in);
    }
    return m;
}

static void spill(const char *path, const uint8_t *data, size_t len)
{
    FILE *out = fopen(path, "wb");
    fwrite(data, 1, len, out);
    fclose(out);
}

/* Cut anywhere, from the end on: what is there is right, and what is missing is said - unless
 * nothing of a block was there yet. */
static void cut_everywhere(struct check *t, enum mix mix, uint32_t n)
{
    const char *path = tmp_path("cut");
    struct image m;
    unsigned bad = 0;
    CHECK(write_file(path, &plain, mix, n) == 0);
    m = slurp(path);
    CHECK_OR_RETURN(m.data != NULL && m.len > 256);
    for (size_t len = m.len; len-- > 0;) {
        struct seen s;
        bad += truncate(path, (off_t)len) != 0;
        s = read_file(path, mix, 0);
        bad += s.wrong > 0 || (s.good != 0 && s.good != n) ||
               (s.good == 0 && s.reported == 0 && len != 256);
    }
    CHECK_EQ_U64(bad, 0);
    free(m.data);
}

static void test_truncation(struct check *t)
{
    cut_everywhere(t, PLAUSIBLE, 5);
    cut_everywhere(t, RANDOM, 2);
}

static bool flip_is_told(int fd, const char *path, const struct image *m, size_t octet, int bit,
                         enum mix mix, uint32_t n)
{
    uint8_t bent = m->data[octet] ^ (uint8_t)(1 << bit);
    bool ok = pwrite(fd, &bent, 1, (off_t)octet) == 1;
    struct seen s = read_file(path, mix, 0);
    ok &= pwrite(fd, &m->data[octet], 1, (off_t)octet) == 1;
    ok &= s.wrong == 0 && (s.good == n || s.reported > 0);
    if (!ok) {
        printf("    octet %zu bit %d: %llu good %llu wrong %u reported\n", octet, bit,
               (unsigned long long)s.good, (unsigned long long)s.wrong, s.reported);
    }
    return ok;
}

/* Bits turned, one in each octet and all of those at both ends: either nothing changes in the flows
 * or it is reported. */
static void test_bit_flips(struct check *t)
{
    const char *path = tmp_path("bent");
    struct image m;
    unsigned bad = 0;
    int fd;
    CHECK(write_file(path, &plain, RANDOM, 5) == 0);
    m = slurp(path);
    fd = open(path, O_WRONLY);
    CHECK_OR_RETURN(m.data != NULL && m.len > 256 && fd >= 0);
    for (size_t octet = 0; octet < m.len; octet++) {
        bool all = octet < 400 || octet + 400 > m.len;
        for (int bit = all ? 0 : (int)(octet % 8); bit < (all ? 8 : (int)(octet % 8) + 1); bit++) {
            bad += !flip_is_told(fd, path, &m, octet, bit, RANDOM, 5);
        }
    }
    CHECK_EQ_U64(bad, 0);
    close(fd);
    free(m.data);
}

/* ------------------------------------------------------------------ live files */

static struct flowwriter *live_writer(struct check *t, const char *path, const char *temp,
                                      bool append)
{
    struct flowwriter_options o = plain;
    struct flowwriter *w = NULL;
    struct fault fault;
    o.live = true;
    o.temp = temp;
    CHECK(flowwriter_create(path, &o, append, &w, &fault) == 0);
    return w;
}

static void test_live(struct check *t)
{
    const char *path = tmp_path("nfcapd.202001010000");
    const char *temp = tmp_path("nfcapd.current.1");
    struct flowwriter *w = live_writer(t, path, temp, false);
    struct flowfile *f = NULL;
    struct fault fault;
    struct flow_meta m;
    struct loss loss = {.sysid = 1, .kernel_drops = 1};
    struct seen s;
    CHECK_OR_RETURN(w != NULL);
    meta_init(&m);
    meta_add_loss(&m, &loss);
    for (uint32_t i = 0; i < 50; i++) {
        CHECK(add_flows(w, RANDOM, i * 20, 20) == 0);
        CHECK(flowwriter_meta(w, &m, &fault) == 0);
        CHECK(flowwriter_flush(w, &fault) == 0);
        s = read_file(temp, RANDOM, 0);
        CHECK(s.good == (i + 1) * 20 && s.wrong == 0 && s.reported == 0);
    }
    CHECK(access(path, F_OK) != 0);
    CHECK_OR_RETURN(flowfile_open(temp, &f, &fault) == 0);
    CHECK(!flowfile_info(f)->complete && flowfile_info(f)->nblocks == 50);
    CHECK(flowfile_meta(f) != NULL && flowfile_meta(f)->losses[0].kernel_drops == 50);
    flowfile_close(f);
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK(access(temp, F_OK) != 0);
    s = read_file(path, RANDOM, 0);
    CHECK(s.good == 1000 && s.wrong == 0 && s.reported == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    CHECK(flowfile_info(f)->complete && flowfile_info(f)->nblocks == 1);
    CHECK(flowfile_meta(f) != NULL && flowfile_meta(f)->losses[0].kernel_drops == 50);
    flowfile_close(f);
    meta_free(&m);
}

/* A restarted collector goes on in the same slot; one that is killed leaves what it flushed. */
static void test_append(struct check *t)
{
    const char *path = tmp_path("slot");
    const char *temp = tmp_path("nfcapd.current.2");
    struct flowwriter *w;
    struct fault fault;
    struct seen s;
    CHECK(write_file(path, &plain, RANDOM, 500) == 0);
    w = live_writer(t, path, temp, true);
    CHECK_OR_RETURN(w != NULL);
    CHECK(add_flows(w, RANDOM, 500, 100) == 0 && flowwriter_flush(w, &fault) == 0);
    s = read_file(path, RANDOM, 0);
    CHECK(s.good == 500 && s.reported == 0);
    s = read_file(temp, RANDOM, 0);
    CHECK(s.good == 600 && s.wrong == 0 && s.reported == 0);
    CHECK(flowwriter_finish(w, &fault) == 0);
    s = read_file(path, RANDOM, 0);
    CHECK(s.good == 600 && s.wrong == 0 && s.reported == 0);
}

static void test_in_the_way(struct check *t)
{
    const char *path = tmp_path("slot2");
    const char *temp = tmp_path("nfcapd.current.3");
    struct flowwriter_options o = plain;
    struct flowwriter *w = NULL;
    struct fault fault;
    struct image m;
    spill(temp, (const uint8_t *)"precious", 8);
    o.temp = temp;
    CHECK(flowwriter_create(path, &o, false, &w, &fault) == ERR_BUSY);
    m = slurp(temp);
    CHECK(m.len == 8);
    free(m.data);
    o.temp = NULL;
    CHECK(flowwriter_create("/nonexistent/dir/file", &o, false, &w, &fault) == ERR_IO);
    CHECK(flowwriter_create(tmp_path("."), &o, false, &w, &fault) == ERR_IO);
}

/* Appending to a damaged file keeps the good flows, and the damaged file beside. */
static void test_append_damaged(struct check *t)
{
    const char *path = tmp_path("bad-slot");
    struct flowwriter *w = NULL;
    struct fault fault;
    struct image m;
    struct seen s;
    CHECK(write_file(path, &plain, PLAUSIBLE, 70000) == 0);
    m = slurp(path);
    m.data[m.len / 2] ^= 1;
    spill(path, m.data, m.len);
    CHECK_OR_RETURN(flowwriter_create(path, &plain, true, &w, &fault) == 0);
    CHECK(flowwriter_finish(w, &fault) == 0);
    s = read_file(path, PLAUSIBLE, 65536);
    CHECK(s.good == 70000 - 65536 && s.reported == 0);
    CHECK(access(tmp_path(".bad-slot.damaged"), F_OK) == 0);
    free(m.data);
}

static void count_back(void *ctx, struct builder *b)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
    builder_free(b);
}

/* Builders given away, with other rows and flushes between them: all rows in their order, each
 * builder comes back once. */
static void give_builders(struct check *t, unsigned threads)
{
    const char *path = tmp_path("given");
    struct flowwriter_options o = plain;
    struct flowwriter *w = NULL;
    struct fault fault;
    struct seen s;
    atomic_uint back = 0;
    uint32_t n = 0;
    o.live = true;
    o.temp = tmp_path("nfcapd.current.5");
    o.encoders = flowwriter_encoders(&o, threads);
    CHECK_OR_RETURN(flowwriter_create(path, &o, false, &w, &fault) == 0);
    for (unsigned i = 0; i < 20; i++) {
        struct builder *b = builder_new();
        for (uint32_t end = n + 1 + i * 37; n < end; n++) {
            struct rec r;
            flow(RANDOM, n, &r);
            CHECK(builder_add(b, &r) == 0);
        }
        CHECK(flowwriter_add_builder(w, b, (struct builder_back){count_back, &back}, &fault) == 0);
        CHECK(i % 7 != 3 || (add_flows(w, RANDOM, n, 100) == 0 && (n += 100) > 0));
        CHECK(i % 5 != 4 || flowwriter_flush(w, &fault) == 0);
    }
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK_EQ_U64(back, 20);
    encoders_free(o.encoders);
    s = read_file(path, RANDOM, 0);
    CHECK(s.good == n && s.wrong == 0 && s.reported == 0);
    unlink(path);
}

static void test_builders(struct check *t)
{
    give_builders(t, 0);
    give_builders(t, 3);
}

static void limit_file_size(rlim_t octets)
{
    struct rlimit limit = {octets, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* No more room: the error is told, what was flushed stays readable, and later the rest is
 * written. */
static void test_no_room(struct check *t)
{
    const char *temp = tmp_path("nfcapd.current.4");
    const char *path = tmp_path("slot4");
    struct flowwriter *w = live_writer(t, path, temp, false);
    struct fault fault;
    struct stat st;
    struct seen s;
    CHECK_OR_RETURN(w != NULL);
    CHECK(add_flows(w, RANDOM, 0, 100) == 0 && flowwriter_flush(w, &fault) == 0);
    CHECK_OR_RETURN(stat(temp, &st) == 0);
    limit_file_size((rlim_t)st.st_size + 1000);
    CHECK(add_flows(w, RANDOM, 100, 100) == 0);
    CHECK_EQ_I64(flowwriter_flush(w, &fault), ERR_IO);
    CHECK_EQ_I64(fault.sys_errno, EFBIG);
    s = read_file(temp, RANDOM, 0);
    CHECK(s.good == 100 && s.wrong == 0 && s.reported == 0);
    limit_file_size(RLIM_INFINITY);
    CHECK(flowwriter_flush(w, &fault) == 0);
    s = read_file(temp, RANDOM, 0);
    CHECK(s.good == 200 && s.wrong == 0 && s.reported == 0);
    limit_file_size((rlim_t)st.st_size); /* not even the end of the file fits */
    CHECK(flowwriter_finish(w, &fault) != 0);
    limit_file_size(RLIM_INFINITY);
    s = read_file(path, RANDOM, 0);
    CHECK(s.good == 200 && s.wrong == 0 && s.reported == 1); /* it was never closed */
}

/* Devices are written in place: they must not be renamed over. */
static void test_devices(struct check *t)
{
    struct flowwriter *w = NULL;
    struct fault fault;
    struct stat st;
    if (access("/dev/full", W_OK) == 0) {
        CHECK(flowwriter_create("/dev/full", &plain, false, &w, &fault) != 0);
        CHECK_EQ_I64(fault.sys_errno, ENOSPC);
    }
    CHECK_OR_RETURN(flowwriter_create("/dev/null", &plain, false, &w, &fault) == 0);
    CHECK(add_flows(w, RANDOM, 0, 100) == 0);
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
}

CHECK_MAIN(test_round_trip, test_picked_rows, test_empty, test_info_and_meta, test_selection,
           test_zones, test_truncation, test_bit_flips, test_live, test_append, test_in_the_way,
           test_append_damaged, test_no_room, test_devices,
           test_builders)

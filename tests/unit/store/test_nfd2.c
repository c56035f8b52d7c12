/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_nfd2.c - nfdump files of layout 2, written and read again.
 *
 * Random flows with random groups must come back equal through every compression. With arguments:
 * copy IN OUT COMPRESSION, for tests that let the real nfdump read what we write.
 */
#include "base/buf.h"
#include "flow/builder.h"
#include "store/compression.h"
#include "store/flowfile.h"
#include "store/flowwriter.h"
#include "store/nfdcodec.h"

#include "../check.h"

#include <unistd.h>

static const char *temp_dir(void)
{
    const char *dir = getenv("WEIR_TMP");
    return dir != NULL ? dir : "/tmp";
}

/* ------------------------------------------------------------------ random flows */

static uint8_t octets[70000];

static struct span random_span(uint64_t *seed, enum field_id id)
{
    bool text = field_of(id)->class == CLASS_TEXT || id == FIELD_USER_NAME || id == FIELD_LABEL ||
                id == FIELD_PF_INTERFACE || id == FIELD_NAT_STRING;
    uint32_t len = (uint32_t)(check_random(seed) % (text ? 40 : 300));
    uint32_t at = (uint32_t)(check_random(seed) % 60000);
    if (id == FIELD_NBAR_ID) {
        len = 4 + len % 6;
    }
    if (id == FIELD_IN_PAYLOAD || id == FIELD_OUT_PAYLOAD) {
        len = len / 4 * 4; /* nfdump's files pad them */
    }
    return (struct span){octets + at, len};
}

static void random_value(uint64_t *seed, struct rec *r, enum field_id id)
{
    uint8_t *to = (uint8_t *)r + rec_offset(id);
    uint64_t v = check_random(seed) >> check_random(seed) % 64;
    struct span s;
    switch (field_of(id)->type) {
    case TYPE_VAR:
        s = random_span(seed, id);
        memcpy(to, &s, sizeof s);
        break;
    case TYPE_IP:
        for (int i = 0; i < 16; i++) {
            to[i] = (uint8_t)check_random(seed);
        }
        break;
    default:
        memcpy(to, &v, field_width(id));
    }
}

/* IPv4 in the groups that hold IPv4. */
static void fix_families(struct rec *r)
{
    static const uint16_t v4[] = {FIELD_BGP_NEXT4, FIELD_NEXT4, FIELD_ROUTER4, FIELD_XLATE_SRC4,
                                  FIELD_XLATE_DST4, FIELD_TUN_SRC4, FIELD_TUN_DST4};
    for (size_t i = 0; i < sizeof v4 / sizeof v4[0]; i++) {
        struct ip *ip = (struct ip *)(void *)((uint8_t *)r + rec_offset(v4[i]));
        if (rec_has(r, field_of(v4[i])->group)) {
            *ip = ip_from_v4(ip_to_v4(ip));
        }
    }
    if (rec_has(r, GROUP_IPV4)) {
        r->src_addr = ip_from_v4(ip_to_v4(&r->src_addr));
        r->dst_addr = ip_from_v4(ip_to_v4(&r->dst_addr));
    }
}

static void random_rec(uint64_t *seed, struct rec *r)
{
    uint64_t groups = check_random(seed) & (((uint64_t)1 << 43) - 1);
    if (check_random(seed) % 4 != 0) {
        groups &= check_random(seed) & check_random(seed);
    }
    groups |= group_bit(GROUP_HEADER);
    if (groups & group_bit(GROUP_IPV6)) {
        groups &= ~group_bit(GROUP_IPV4);
    }
    rec_clear(r);
    r->groups = groups;
    for (unsigned id = FIELD_RECORD_NO + 1; id < FIELD_STORED_; id++) {
        enum field_group g = field_of((enum field_id)id)->group;
        bool address = id == FIELD_SRC_ADDR || id == FIELD_DST_ADDR;
        bool has_address = groups & (group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6));
        if (address ? has_address : (groups & group_bit(g)) != 0) {
            random_value(seed, r, (enum field_id)id);
        }
    }
    if (r->first == 0) {
        r->first = rec_has(r, GROUP_GENERIC);
    }
    fix_families(r);
}

static void fill(struct builder *builder, uint64_t seed, unsigned n)
{
    struct rec r;
    while (n-- > 0) {
        random_rec(&seed, &r);
        builder_add(builder, &r);
    }
}

/* ------------------------------------------------------------------ comparing */

static bool same_value(const struct rec *a, const struct rec *b, enum field_id id)
{
    const uint8_t *x = (const uint8_t *)a + rec_offset(id);
    const uint8_t *y = (const uint8_t *)b + rec_offset(id);
    if (field_of(id)->type == TYPE_VAR) {
        const struct span *s = (const struct span *)(const void *)x;
        const struct span *u = (const struct span *)(const void *)y;
        return s->len == u->len && (s->len == 0 || memcmp(s->data, u->data, s->len) == 0);
    }
    return memcmp(x, y, field_width(id)) == 0;
}

static void compare_rows(struct check *t, struct batch *a, uint32_t ra, struct batch *b,
                         uint32_t rb)
{
    struct field_set all = {{0}};
    static struct rec x, y;
    unsigned bad = FIELD_COUNT_;
    field_set_add_all(&all);
    batch_get_rec(a, ra, &all, &x);
    batch_get_rec(b, rb, &all, &y);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        if (!field_is_transient((enum field_id)id) && !same_value(&x, &y, (enum field_id)id)) {
            bad = id;
        }
    }
    if (!check_note(t, bad == FIELD_COUNT_, __FILE__, __LINE__, "row comes back")) {
        printf("    row %u: %s\n", ra, field_of((enum field_id)bad)->name);
    }
}

static void compare_file(struct check *t, const char *path, struct batch *want)
{
    struct flowfile *f = NULL;
    struct fault fault;
    struct batch *b = malloc(sizeof *b);
    uint32_t row = 0;
    int rc = flowfile_open(path, &f, &fault);
    CHECK_EQ_I64(rc, 0);
    batch_init(b);
    for (uint32_t i = 0; rc == 0 && i < flowfile_info(f)->nblocks; i++) {
        rc = flowfile_read(f, i, b, &fault);
        CHECK_EQ_I64(rc, 0);
        CHECK(b->unread == 0);
        for (uint32_t k = 0; rc == 0 && k < b->nrows && row < want->nrows; k++, row++) {
            compare_rows(t, want, row, b, k);
        }
    }
    CHECK_EQ_U64(row, want->nrows);
    batch_free(b);
    free(b);
    flowfile_close(f);
}

static int write_file(const char *path, struct batch *b, enum flow_compression c, bool live,
                      bool append)
{
    struct flowwriter_options o = {.format = FORMAT_NFDUMP2, .compression = c, .ident = "test",
                                   .creator = CREATOR_NFDUMP, .live = live};
    struct flowwriter *w = NULL;
    struct fault fault;
    int rc = flowwriter_create(path, &o, append, &w, &fault);
    if (rc != 0) {
        printf("%s: %s\n", path, fault.text);
        return rc;
    }
    rc = flowwriter_add(w, b, NULL, &fault);
    if (rc == 0 && live) {
        rc = flowwriter_flush(w, &fault);
        rc = rc == 0 ? flowwriter_add(w, b, NULL, &fault) : rc;
        rc = rc == 0 ? flowwriter_flush(w, &fault) : rc;
    }
    rc = rc == 0 ? flowwriter_finish(w, &fault) : (flowwriter_abort(w), rc);
    return rc;
}

static void test_round_trip(struct check *t)
{
    char path[512];
    struct builder *builder = builder_new();
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)('a' + i % 26 + i / 7000 % 6);
    }
    fill(builder, 42, 6000);
    for (int c = 0; c < COMPRESSION_COUNT_; c++) {
        snprintf(path, sizeof path, "%s/round-%d.nf", temp_dir(), c);
        if (!nfdcodec_built((enum flow_compression)c)) {
            check_skip(t, "compression not built");
            continue;
        }
        CHECK_EQ_I64(
            write_file(path, builder_batch(builder), (enum flow_compression)c, false, false), 0);
        compare_file(t, path, builder_batch(builder));
        unlink(path);
    }
    builder_free(builder);
}

/* Every bit of a field alone, in a record with no more than its group. */
static void one_field(struct rec *r, enum field_id id)
{
    uint8_t *to = (uint8_t *)r + rec_offset(id);
    bool address = id == FIELD_SRC_ADDR || id == FIELD_DST_ADDR;
    rec_clear(r);
    rec_add_group(r, address ? GROUP_IPV6 : field_of(id)->group);
    switch (field_of(id)->type) {
    case TYPE_VAR:
        memcpy(to, &(struct span){octets + id, 64}, sizeof(struct span));
        break;
    case TYPE_IP:
        *(struct ip *)(void *)to = ip_from_halves(0x20010db8fffefdfc, 0xfbfaf9f8f7f6f500 | id);
        break;
    default:
        memset(to, 0xff, field_width(id));
    }
    if (field_of(id)->class == CLASS_MAC) {
        to[6] = to[7] = 0;
    }
    if (rec_has(r, GROUP_GENERIC) && r->first == 0) {
        r->first = 1; /* 0 would be taken from the event */
    }
    fix_families(r);
}

/* Those that the format has no place for are left out, and the writer says so. */
static void check_left_out(struct check *t, const struct rec *r)
{
    struct flowwriter_options o = {.format = FORMAT_NFDUMP2};
    struct builder *b = builder_new();
    struct flowwriter *w = NULL;
    struct fault fault;
    char path[512];
    uint64_t flows = 0;
    snprintf(path, sizeof path, "%s/field.nf", temp_dir());
    builder_add(b, r);
    CHECK_EQ_I64(flowwriter_create(path, &o, false, &w, &fault), 0);
    CHECK_EQ_I64(flowwriter_add(w, builder_batch(b), NULL, &fault), 0);
    CHECK_EQ_U64(flowwriter_left_out(w, &flows), r->groups & ~group_bit(GROUP_HEADER));
    CHECK_EQ_U64(flows, 1);
    flowwriter_abort(w);
    builder_free(b);
}

static bool is_documented(const char *text, enum field_id id)
{
    char row[80];
    snprintf(row, sizeof row, "| %s |", field_of(id)->name);
    return text != NULL && strstr(text, row) != NULL;
}

/* The document lists the fields that are left out, and no other. */
static char *read_document(void)
{
    const char *src = getenv("WEIR_SRC");
    char path[512];
    char *text = calloc(1, 65536);
    snprintf(path, sizeof path, "%s/doc/nfdump-files.md", src != NULL ? src : ".");
    FILE *f = fopen(path, "r");
    if (f == NULL || fread(text, 1, 65535, f) == 0) {
        printf("%s cannot be read\n", path);
    }
    if (f != NULL) {
        fclose(f);
    }
    return text;
}

static void test_each_field(struct check *t)
{
    char path[512];
    char *document = read_document();
    struct builder *held = builder_new();
    struct rec r;
    for (unsigned id = FIELD_ENGINE_TYPE; id < FIELD_STORED_; id++) {
        bool left_out = field_of((enum field_id)id)->group > GROUP_IP_INFO;
        if (field_is_transient((enum field_id)id)) {
            continue;
        }
        one_field(&r, (enum field_id)id);
        if (left_out) {
            check_left_out(t, &r);
        } else {
            builder_add(held, &r);
        }
        if (!check_note(t, is_documented(document, (enum field_id)id) == left_out, __FILE__,
                        __LINE__, "doc/nfdump-files.md lists what is left out")) {
            printf("    %s\n", field_of((enum field_id)id)->name);
        }
    }
    snprintf(path, sizeof path, "%s/fields.nf", temp_dir());
    CHECK_EQ_I64(write_file(path, builder_batch(held), COMPRESSION_NONE, false, false), 0);
    compare_file(t, path, builder_batch(held));
    unlink(path);
    builder_free(held);
    free(document);
}

/* A live file's small blocks end as full ones; appending keeps what is there. */
static void test_live_and_append(struct check *t)
{
    char path[512];
    struct builder *one = builder_new(), *all = builder_new();
    struct flowfile *f = NULL;
    struct fault fault;
    snprintf(path, sizeof path, "%s/live.nf", temp_dir());
    fill(one, 7, 100);
    for (int i = 0; i < 3; i++) {
        fill(all, 7, 100);
    }
    CHECK_EQ_I64(write_file(path, builder_batch(one), COMPRESSION_LZO, true, false), 0);
    CHECK_EQ_I64(write_file(path, builder_batch(one), COMPRESSION_ZSTD, false, true), 0);
    compare_file(t, path, builder_batch(all));
    CHECK_EQ_I64(flowfile_open(path, &f, &fault), 0);
    CHECK_EQ_U64(flowfile_info(f)->nblocks, 1);
    CHECK_STR(flowfile_info(f)->ident, "test");
    CHECK(flowfile_info(f)->complete);
    flowfile_close(f);
    unlink(path);
    builder_free(one);
    builder_free(all);
}

static void test_long_ident(struct check *t)
{
    char path[512], ident[200];
    struct flowwriter_options o = {.format = FORMAT_NFDUMP2, .ident = ident};
    struct flowwriter *w = NULL;
    struct flowfile *f = NULL;
    struct fault fault;
    snprintf(path, sizeof path, "%s/ident.nf", temp_dir());
    memset(ident, 'x', sizeof ident - 1);
    ident[sizeof ident - 1] = '\0';
    CHECK_EQ_I64(flowwriter_create(path, &o, false, &w, &fault), 0);
    CHECK_EQ_I64(flowwriter_finish(w, &fault), 0);
    CHECK_EQ_I64(flowfile_open(path, &f, &fault), 0);
    CHECK_EQ_U64(strlen(flowfile_info(f)->ident), 121);
    flowfile_close(f);
    unlink(path);
}

/* ------------------------------------------------------------------ copy IN OUT COMPRESSION */

static int copy_blocks(struct flowfile *f, struct flowwriter *w)
{
    struct batch *b = malloc(sizeof *b);
    struct fault fault;
    int rc = 0;
    batch_init(b);
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks && rc == 0; i++) {
        rc = flowfile_read(f, i, b, &fault);
        if (rc == 0 && b->meta != NULL) {
            rc = flowwriter_meta(w, b->meta, &fault);
        }
        rc = rc == 0 ? flowwriter_add(w, b, NULL, &fault) : rc;
    }
    batch_free(b);
    free(b);
    return rc;
}

static int copy(char **argv)
{
    struct flowwriter_options o = {.format = FORMAT_NFDUMP2, .creator = CREATOR_NFDUMP};
    struct flowfile *f = NULL;
    struct flowwriter *w = NULL;
    struct fault fault;
    int rc = flowfile_open(argv[1], &f, &fault);
    if (rc == 0 && compression_parse(argv[3], &o.compression, &o.level, &fault) == 0) {
        o.ident = flowfile_info(f)->ident;
        rc = flowwriter_create(argv[2], &o, false, &w, &fault);
        rc = rc == 0 ? copy_blocks(f, w) : rc;
        rc = rc == 0 ? flowwriter_finish(w, &fault) : rc;
    }
    if (rc != 0) {
        printf("%s: %s\n", fault.name, fault.text);
    }
    flowfile_close(f);
    return rc != 0;
}

int main(int argc, char **argv)
{
    struct check t = {0, 0, 0};
    if (argc == 4) {
        return copy(argv);
    }
    test_round_trip(&t);
    test_each_field(&t);
    test_live_and_append(&t);
    test_long_ident(&t);
    printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return t.failed > 0;
}

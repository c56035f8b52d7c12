/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_prune.c - whatever is left out by zones and address filters would not have passed.
 *
 * Random filters over random files: each block's rows are selected by the plain program, unaware of
 * what is known of the block, and compared with what the zone says, with the optimised program that
 * leaves out terms the zone decides, and with a whole scan by two workers. Files and blocks differ
 * in what occurs in them (times, ports, protocols, networks, sizes), so that much can be left out;
 * that much is left out is checked, too.
 */
#include "base/bits.h"
#include "filter/filter.h"
#include "flow/builder.h"
#include "query/scan.h"
#include "store/flowfile.h"
#include "store/flowwriter.h"

#include "../check.h"

#include <unistd.h>

enum { FILES = 12, BLOCKS = 3, ROWS = 100, FILTERS = 1500, TEXT_MAX = 2048 };

#define START 1700000000000u

static uint64_t seed = 20261125;

static uint64_t pick(uint64_t n)
{
    return check_random(&seed) % n;
}

static const char *file_path(unsigned file)
{
    static char path[FILES][512];
    const char *dir = getenv("WEIR_TMP");
    snprintf(path[file], sizeof path[0], "%s/prune.%u", dir != NULL ? dir : "/tmp", file);
    return path[file];
}

/* ------------------------------------------------------------------ files */

/* What the flows of a block have in common. */
struct habit {
    uint32_t network; /* of the sources */
    uint64_t start;
    unsigned proto;   /* 0: several */
    unsigned port;
    uint64_t bytes;
    bool six, has_as;
};

static struct habit habit_of(unsigned file, unsigned block)
{
    struct habit h = {.network = 0x0a000000u + ((uint32_t)pick(200) << 16),
                      .start = START + (file * BLOCKS + block) * 100000u};
    h.proto = pick(3) == 0 ? 0 : pick(2) ? 6 : 17;
    h.port = (unsigned)pick(60000);
    h.bytes = (uint64_t)40 << pick(12);
    h.six = pick(4) == 0;
    h.has_as = pick(2);
    return h;
}

static struct rec flow_of(const struct habit *h)
{
    struct rec r;
    uint32_t host = h->network + (uint32_t)pick(500);
    rec_clear(&r);
    r.groups |= group_bit(GROUP_GENERIC) | group_bit(h->six ? GROUP_IPV6 : GROUP_IPV4);
    r.groups |= h->has_as ? group_bit(GROUP_AS) : 0;
    r.first = h->start + pick(60000);
    r.last = r.first + pick(30000);
    r.proto = (uint8_t)(h->proto != 0 ? h->proto : pick(2) ? 1 : 47);
    r.src_port = (uint16_t)(h->port + pick(3000));
    r.dst_port = (uint16_t)(pick(2) ? 443 : h->port);
    r.packets = 1 + pick(h->bytes);
    r.bytes = r.packets * (40 + pick(h->bytes));
    r.src_addr = h->six ? ip_from_halves(0x20010db800000000u, host) : ip_from_v4(host);
    r.dst_addr = h->six ? ip_from_halves(0x20010db800000001u, pick(9)) :
                          ip_from_v4(0xc0000200u + (uint32_t)pick(9));
    r.src_as = h->has_as ? 65000 + (uint32_t)pick(5) : 0;
    return r;
}

/* A live writer ends a block at each flush; finishing makes one of them. Of three files one is
 * never finished (*unfinished), one has flows of several habits in its block, one of one habit. */
static int write_file(unsigned file, struct flowwriter **unfinished)
{
    struct flowwriter_options o = {.format = FORMAT_WEIR1, .compression = COMPRESSION_ZSTD,
                                   .live = true, .temp = file_path(file)};
    struct builder *b = builder_new();
    struct flowwriter *w = NULL;
    struct fault fault;
    char path[600];
    int rc;
    snprintf(path, sizeof path, "%s.done", file_path(file));
    rc = flowwriter_create(path, &o, false, &w, &fault);
    for (unsigned block = 0; block < (file % 3 == 1 ? 1 : BLOCKS) && rc == 0; block++) {
        struct habit h = habit_of(file, block);
        for (unsigned i = 0; i < ROWS; i++) {
            struct rec r = flow_of(&h);
            builder_add(b, &r);
        }
        rc = flowwriter_add(w, builder_batch(b), NULL, &fault);
        rc = rc != 0 ? rc : flowwriter_flush(w, &fault);
        builder_reset(b);
    }
    builder_free(b);
    if (rc != 0 || file % 3 == 0) {
        *unfinished = w;
        return rc;
    }
    rc = flowwriter_finish(w, &fault);
    return rc != 0 ? rc : rename(path, file_path(file));
}

/* ------------------------------------------------------------------ filters */

static void random_term(char *text, size_t room)
{
    uint32_t host = 0x0a000000u + ((uint32_t)pick(200) << 16) + (uint32_t)pick(500);
    unsigned a = host >> 16 & 255, b = host >> 8 & 255, c = host & 255;
    unsigned port = (unsigned)pick(60000);
    uint64_t bytes = (uint64_t)1 << pick(24);
    switch (pick(12)) {
    case 0:
        snprintf(text, room, "port > %u", port);
        return;
    case 1:
        snprintf(text, room, pick(2) ? "src port in [ %u, %u, 80 ]" : "src port > %u and port < %u",
                 port, port + 2000);
        return;
    case 2:
        snprintf(text, room, "proto %s", pick(3) == 0 ? "tcp" : pick(2) ? "udp" : "icmp");
        return;
    case 3:
        snprintf(text, room, "ip 10.%u.%u.%u", a, b, c);
        return;
    case 4:
        snprintf(text, room, "src ip in [ 10.%u.%u.%u 10.%u.0.7 192.0.2.77 ]", a, b, c, a ^ 1);
        return;
    case 5:
        snprintf(text, room, "net 10.%u.0.0/%u", a, 8 + (unsigned)pick(12));
        return;
    case 6:
        snprintf(text, room, "bytes %c %llu", pick(2) ? '<' : '>', (unsigned long long)bytes);
        return;
    case 7:
        snprintf(text, room, "packets > %llu", (unsigned long long)(bytes >> pick(8)));
        return;
    case 8:
        snprintf(text, room, "%s", pick(2) ? "inet6" : "inet");
        return;
    case 9:
        snprintf(text, room, "src as %u", 64998 + (unsigned)pick(9));
        return;
    case 10:
        snprintf(text, room, "dst ip 192.0.2.%u", (unsigned)pick(30));
        return;
    default:
        snprintf(text, room, "duration > %u", (unsigned)pick(40000));
    }
}

static void random_filter(unsigned depth, char *text, size_t room)
{
    char sub[2][TEXT_MAX];
    unsigned shape = depth == 0 ? 0 : (unsigned)pick(5);
    if (shape == 0) {
        random_term(text, room);
        return;
    }
    random_filter(depth - 1, sub[0], sizeof sub[0]);
    if (shape == 1) {
        snprintf(text, room, "not (%.900s)", sub[0]);
        return;
    }
    random_filter(depth - 1, sub[1], sizeof sub[1]);
    snprintf(text, room, "(%.900s) %s (%.900s)", sub[0], shape == 2 ? "or" : "and", sub[1]);
}

static struct filter_env random_window(bool plain)
{
    uint64_t from = START + pick(FILES * BLOCKS * 100000u);
    return (struct filter_env){.plain = plain, .has_window = pick(4) == 0, .first_after = from,
                               .last_before = from + pick(2000000)};
}

/* ------------------------------------------------------------------ comparing */

struct said {
    uint64_t never, maybe, always;
};

struct both {
    struct filter *plain, *best;
    struct filter_work *plain_work, *best_work;
};

static bool block_agrees(const struct both *f, struct flowfile *file, uint32_t block,
                         struct batch *b, struct said *said, uint64_t *passed)
{
    uint64_t want[BITS_WORDS(BATCH_ROWS_MAX)], got[BITS_WORDS(BATCH_ROWS_MAX)];
    enum zone_says says = filter_zone(f->best, flowfile_zone(file, block), NULL);
    struct fault fault;
    size_t n;
    if (flowfile_read(file, block, b, &fault) != 0) {
        return false;
    }
    if (filter_run(f->best, f->best_work, b, got) != 0) {
        return false;
    }
    b->zone = NULL;
    if (filter_run(f->plain, f->plain_work, b, want) != 0) {
        return false;
    }
    n = bits_count(want, b->nrows);
    *passed += n;
    *(says == ZONE_NEVER ? &said->never : says == ZONE_ALWAYS ? &said->always : &said->maybe) += 1;
    return memcmp(got, want, BITS_WORDS(b->nrows) * sizeof *got) == 0 &&
           (says != ZONE_NEVER || n == 0) && (says != ZONE_ALWAYS || n == b->nrows);
}

static bool scan_agrees(const struct filter *f, const struct said *said, uint64_t passed)
{
    char *paths[FILES];
    struct scan_plan plan = {.path = paths, .npaths = FILES, .filter = f, .workers = 2,
                             .totals = true, .explain = true};
    struct scan_account a;
    struct fault fault;
    bool good;
    for (unsigned i = 0; i < FILES; i++) {
        paths[i] = (char *)(uintptr_t)file_path(i);
    }
    good = scan_run(&plan, &a, &fault) == 0 && a.passed == passed && a.totals.flows == passed &&
           a.blocks_read == said->maybe + said->always && a.blocks_whole == said->always &&
           a.blocks == said->never + said->maybe + said->always && a.blocks_skipped == 0;
    scan_account_free(&a);
    return good;
}

static bool filter_agrees(const char *text, struct flowfile **files, struct batch *b,
                          struct said *sum)
{
    struct filter_env env = random_window(false);
    struct both f = {NULL, NULL, NULL, NULL};
    struct said said = {0, 0, 0};
    uint64_t passed = 0;
    bool good = filter_compile(text, strlen(text), NULL, &env, &f.best, NULL, NULL) == 0;
    env.plain = true;
    good = good && filter_compile(text, strlen(text), NULL, &env, &f.plain, NULL, NULL) == 0;
    if (good) {
        f.best_work = filter_work_new(f.best);
        f.plain_work = filter_work_new(f.plain);
    }
    for (unsigned i = 0; i < FILES && good; i++) {
        for (uint32_t k = 0; k < flowfile_info(files[i])->nblocks && good; k++) {
            good = block_agrees(&f, files[i], k, b, &said, &passed);
        }
    }
    good = good && scan_agrees(f.best, &said, passed);
    filter_work_free(f.best_work);
    filter_work_free(f.plain_work);
    filter_free(f.best);
    filter_free(f.plain);
    sum->never += said.never;
    sum->maybe += said.maybe;
    sum->always += said.always;
    return good;
}

static void test_random_filters(struct check *t)
{
    struct flowwriter *unfinished[FILES] = {NULL};
    struct flowfile *files[FILES];
    struct said sum = {0, 0, 0};
    struct batch *b = malloc(sizeof *b);
    struct fault fault;
    char text[TEXT_MAX];
    bool ready = b != NULL;
    for (unsigned i = 0; i < FILES; i++) {
        ready = ready &&
                write_file(i, &unfinished[i]) == 0 &&
                flowfile_open(file_path(i), &files[i], &fault) == 0;
    }
    CHECK_OR_RETURN(ready);
    batch_init(b);
    for (int i = 0; i < FILTERS; i++) {
        random_filter(1 + (unsigned)pick(3), text, sizeof text);
        bool good = filter_agrees(text, files, b, &sum);
        CHECK(good);
        if (!good) {
            printf("    %s\n", text);
        }
    }
    CHECK(sum.never * 4 > sum.never + sum.maybe + sum.always);
    CHECK(sum.always * 20 > sum.never + sum.maybe + sum.always);
    batch_free(b);
    free(b);
    for (unsigned i = 0; i < FILES; i++) {
        flowfile_close(files[i]);
        if (unfinished[i] != NULL) {
            flowwriter_abort(unfinished[i]);
        }
        unlink(file_path(i));
    }
}

CHECK_MAIN(test_random_filters)

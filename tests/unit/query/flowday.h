/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowday.h - random flows in several files, for tests that compare two ways of answering.
 */
#ifndef WEIR_QUERY_FLOWDAY_H
#define WEIR_QUERY_FLOWDAY_H

#include "filter/filter.h"
#include "query/scan.h"
#include "store/flowwriter.h"
#include "../check.h"
#include "../store/randomflows.h"

#include <unistd.h>

enum { FILES = 8 };

static char dir[] = "/tmp/weir-flowday-XXXXXX";

struct kind {
    const char *name;
    int flows;              /* of each file */
    enum flow_format format;
    void (*make)(struct rec *r, uint64_t *seed);
    void (*change)(struct rec *r, int file, uint64_t *seed); /* after that; NULL: not */
};

/* As good as all addresses are different. */
static inline void many_rec(struct rec *r, uint64_t *seed)
{
    plausible_rec(r, seed);
    if (rec_has(r, GROUP_IPV4)) {
        r->src_addr = ip_from_v4((uint32_t)(check_random(seed) >> 44) + 0x50000000);
    }
}

static const struct kind kinds[] = {
    {"random", 200, FORMAT_WEIR1, random_rec, NULL},
    {"plausible", 1500, FORMAT_WEIR1, plausible_rec, NULL},
    {"many", 9000, FORMAT_WEIR1, many_rec, NULL},
    {"rows", 200, FORMAT_NFDUMP2, random_rec, NULL},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *path_of(const struct kind *k, int file)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s.%d", dir, k->name, file);
    return path;
}

/* Times go on from file to file, so that not every block matters for every value. */
static inline void make_flow(const struct kind *k, int file, struct rec *r, uint64_t *seed)
{
    k->make(r, seed);
    if (k->make != random_rec) {
        r->first += (uint64_t)file * 200000;
        r->last += (uint64_t)file * 200000;
    }
    if (k->change != NULL) {
        k->change(r, file, seed);
    }
}

static inline int write_file(const struct kind *k, int file)
{
    struct flowwriter_options o = {.format = k->format, .compression = COMPRESSION_NONE};
    struct flowwriter *w = NULL;
    struct builder *b = builder_new();
    struct fault fault;
    uint64_t seed = 20261125 + (uint64_t)file;
    int rc = flowwriter_create(path_of(k, file), &o, false, &w, &fault);
    for (int i = 0; i < k->flows && rc == 0; i++) {
        struct rec r;
        make_flow(k, file, &r, &seed);
        rc = builder_add(b, &r);
    }
    rc = rc != 0 ? rc : flowwriter_add(w, builder_batch(b), NULL, &fault);
    builder_free(b);
    return rc != 0 ? rc : flowwriter_finish(w, &fault);
}

static inline bool write_files(const struct kind *k)
{
    bool ok = true;
    for (int i = 0; i < FILES; i++) {
        ok &= write_file(k, i) == 0;
    }
    return ok;
}

static inline void remove_files(const struct kind *k)
{
    for (int i = 0; i < FILES; i++) {
        unlink(path_of(k, i));
    }
}

/* Let the operators see the flows that pass a filter. */
static inline int scan_files(const struct kind *k, const char *text, unsigned workers,
                             struct operator *ops, size_t nops)
{
    static char names[FILES][200];
    char *path[FILES];
    struct filter *filter = NULL;
    struct scan_account account;
    struct fault fault;
    struct scan_plan plan = {.path = path, .npaths = FILES, .workers = workers, .ops = ops,
                             .nops = nops};
    int rc;
    for (int i = 0; i < FILES; i++) {
        snprintf(names[i], sizeof names[i], "%s", path_of(k, i));
        path[i] = names[i];
    }
    rc = filter_compile(text, strlen(text), NULL, NULL, &filter, NULL, &fault);
    plan.filter = filter;
    rc = rc != 0 ? rc : scan_run(&plan, &account, &fault);
    scan_account_free(&account);
    filter_free(filter);
    return rc;
}

static inline bool same_tally(const struct tally *a, const struct tally *b)
{
    return a->first == b->first && a->last == b->last && a->flows == b->flows &&
           a->packets == b->packets && a->bytes == b->bytes &&
           a->out_packets == b->out_packets && a->out_bytes == b->out_bytes;
}

static inline void test_begin(struct check *t)
{
    CHECK(mkdtemp(dir) != NULL);
}

static inline void test_end(struct check *t)
{
    CHECK(rmdir(dir) == 0);
}

#endif

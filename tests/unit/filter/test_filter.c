/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_filter.c - the virtual machine against a plain interpreter of the syntax tree.
 *
 * The interpreter knows and, or, not; what a single term selects it is told by a filter of that
 * term alone, evaluated flow by flow without the optimiser. Compared are: optimised and plain
 * programs on whole batches, on batches of two rows, flow by flow, and what the zone of the batch
 * says; the optimised program knows that zone when it runs, the plain one does not.
 */
#include "randomflows.h"

#include "base/bits.h"
#include "filter/filter.h"
#include "lookup/geo.h"
#include "lookup/tor.h"

enum { ROWS = 70, FILTERS = 25000, DEPTH_MAX = 4, TEXT_MAX = 4096 };

static uint64_t seed = 20240711;
static struct rec recs[ROWS];
static struct geo_db *geo;
static struct tor_db *tor;
static bool term_says[RANDOM_TERMS][ROWS];
static bool was_true[RANDOM_TERMS], was_false[RANDOM_TERMS];

static struct filter *compiled(const char *text, bool plain)
{
    struct filter_env env = {.plain = plain, .geo = geo, .tor = tor};
    struct filter *f = NULL;
    filter_compile(text, strlen(text), NULL, &env, &f, NULL, NULL);
    return f;
}

/* A random expression as text and what it selects of each flow. */
static void random_filter(unsigned depth, char *text, size_t room, bool says[ROWS])
{
    static bool right[DEPTH_MAX + 1][ROWS];
    char sub[2][TEXT_MAX];
    size_t term = pick(&seed, RANDOM_TERMS);
    unsigned shape = depth == 0 ? 0 : (unsigned)pick(&seed, 5);
    bool *other = right[depth];
    if (shape == 0) {
        snprintf(text, room, "%s", random_terms[term]);
        memcpy(says, term_says[term], ROWS * sizeof *says);
        return;
    }
    random_filter(depth - 1, sub[0], sizeof sub[0], says);
    if (shape == 1) {
        snprintf(text, room, "not (%.3900s)", sub[0]);
        for (int i = 0; i < ROWS; i++) {
            says[i] = !says[i];
        }
        return;
    }
    random_filter(depth - 1, sub[1], sizeof sub[1], other);
    snprintf(text, room, "(%.1900s) %s (%.1900s)", sub[0], shape < 4 ? "or" : "and", sub[1]);
    for (int i = 0; i < ROWS; i++) {
        says[i] = shape < 4 ? says[i] || other[i] : says[i] && other[i];
    }
}

static struct builder *batch_of(const struct rec *r, int n)
{
    struct builder *b = builder_new();
    for (int i = 0; b != NULL && i < n; i++) {
        builder_add(b, &r[i]);
    }
    return b;
}

/* Does a batch of n flows select what `says` says? */
static bool agrees(const struct filter *f, struct batch *b, int n, const bool *says)
{
    uint64_t sel[BITS_WORDS(ROWS)] = {0};
    struct filter_work *w = filter_work_new(f);
    bool good = filter_run(f, w, b, sel) == 0;
    for (int i = 0; i < n; i++) {
        good = good && bits_get(sel, (size_t)i) == says[i];
    }
    filter_work_free(w);
    return good;
}

static bool flow_by_flow(const struct filter *f, const bool *says)
{
    struct filter_work *w = filter_work_new(f);
    bool good = true;
    for (int i = 0; i < ROWS; i++) {
        good = good && filter_matches(f, w, &recs[i], NULL) == says[i];
    }
    filter_work_free(w);
    return good;
}

static struct zone zone_of_recs(void)
{
    struct zone z = {.nrows = ROWS, .groups_all = UINT64_MAX};
    for (int i = 0; i < ROWS; i++) {
        z.groups_any |= recs[i].groups;
        z.groups_all &= recs[i].groups;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct zone_bounds *b = &z.bounds[id];
        if (field_of((enum field_id)id)->type >= TYPE_IP) {
            continue;
        }
        *b = (struct zone_bounds){.known = true, .min.u64 = UINT64_MAX};
        for (int i = 0; i < ROWS; i++) {
            uint64_t v = rec_u64(&recs[i], (enum field_id)id);
            b->min.u64 = v < b->min.u64 ? v : b->min.u64;
            b->max.u64 = v > b->max.u64 ? v : b->max.u64;
        }
    }
    return z;
}

static bool zone_agrees(const struct filter *f, const struct zone *z, const bool *says)
{
    enum zone_says zone = filter_zone(f, z, NULL);
    for (int i = 0; i < ROWS; i++) {
        if ((zone == ZONE_NEVER && says[i]) || (zone == ZONE_ALWAYS && !says[i])) {
            return false;
        }
    }
    return true;
}

static void learn_terms(struct check *t)
{
    for (size_t k = 0; k < RANDOM_TERMS; k++) {
        struct filter *f = compiled(random_terms[k], true);
        struct filter_work *w;
        if (f == NULL) {
            printf("rejected: %s\n", random_terms[k]);
            t->failed++;
            continue;
        }
        w = filter_work_new(f);
        for (int i = 0; i < ROWS; i++) {
            term_says[k][i] = filter_matches(f, w, &recs[i], NULL);
            was_true[k] = was_true[k] || term_says[k][i];
            was_false[k] = was_false[k] || !term_says[k][i];
        }
        filter_work_free(w);
        filter_free(f);
    }
}

static void compare_one(struct check *t, struct builder *all, struct builder *two, int at,
                        const struct zone *z)
{
    char text[TEXT_MAX];
    bool says[ROWS];
    random_filter(DEPTH_MAX, text, sizeof text, says);
    for (int plain = 0; plain < 2; plain++) {
        struct filter *f = compiled(text, plain == 1);
        builder_batch(all)->zone = plain ? NULL : z;
        builder_batch(two)->zone = plain ? NULL : z;
        bool good = f != NULL && agrees(f, builder_batch(all), ROWS, says) &&
                    agrees(f, builder_batch(two), 2, says + at) && flow_by_flow(f, says) &&
                    zone_agrees(f, z, says);
        t->passed += good;
        if (!good) {
            t->failed++;
            printf("%s: %s\n", plain ? "plain" : "optimised", text);
        }
        filter_free(f);
    }
}

/* The seeds of the fuzz target are good data bases. */
static void open_databases(struct check *t)
{
    const char *top = getenv("WEIR_SRC");
    char name[1024];
    snprintf(name, sizeof name, "%s/tests/fuzz/seeds/nfarray/geo.nf", top != NULL ? top : ".");
    CHECK(geo_open(name, &geo, NULL) == 0);
    snprintf(name, sizeof name, "%s/tests/fuzz/seeds/nfarray/tor.nf", top != NULL ? top : ".");
    CHECK(tor_open(name, &tor, NULL) == 0);
}

/* A term that selects nothing of any flow, or everything, tests nothing. */
static void check_usefulness(struct check *t)
{
    for (size_t k = 0; k < RANDOM_TERMS; k++) {
        bool constant = strcmp(random_terms[k], "any") == 0 ||
                        strncmp(random_terms[k], "ident", 5) == 0;
        check_note(t, constant || (was_true[k] && was_false[k]), random_terms[k], 0,
                   "always or never true");
    }
}

static void test_random(struct check *t)
{
    enum { ROUNDS = 10 };
    open_databases(t);
    const char *given = getenv("WEIR_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) | 1 : seed;
    printf("seed %" PRIu64 "\n", seed);
    for (int round = 0; round < ROUNDS; round++) {
        int at = (int)pick(&seed, ROWS - 1);
        struct builder *all, *two;
        struct zone z;
        for (int i = 0; i < ROWS; i++) {
            random_rec(&seed, &recs[i]);
        }
        learn_terms(t);
        z = zone_of_recs();
        all = batch_of(recs, ROWS);
        two = batch_of(recs + at, 2);
        for (int i = 0; i < FILTERS / ROUNDS; i++) {
            compare_one(t, all, two, at, &z);
        }
        builder_free(all);
        builder_free(two);
    }
    check_usefulness(t);
    geo_close(geo);
    tor_close(tor);
}

CHECK_MAIN(test_random)

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * geo.c - geography and AS of addresses.
 *
 * nfdump's data base becomes sorted arrays of disjoint networks, searched by halves; all texts stay
 * in one arena. With .mmdb files every question goes to the library.
 */
#include "lookup/geo.h"

#include "base/arena.h"
#include "lookup/mmdb.h"
#include "lookup/nfarray.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t id;
    char continent[4], country[4], city[36];
};

/* A network and what is known about it. */
struct network {
    struct ip low, high;
    uint32_t key; /* place id or AS number */
    float latitude, longitude;
    const char *org;
};

struct networks {
    struct network *at;
    size_t n, room;
    bool sorted;
};

struct org {
    uint32_t as;
    uint32_t len;
    const char *name;
};

struct geo_db {
    struct mmdb *mmdb; /* if set, nothing else is used */
    struct arena arena;
    struct place *places;
    size_t nplaces, places_room;
    struct networks where, as;
    struct org *orgs;
    size_t norgs, orgs_room;
};

/* ------------------------------------------------------------------ reading */

static void *grown(void *at, size_t *room, size_t need, size_t size)
{
    void *more;
    if (need <= *room) {
        return at;
    }
    more = realloc(at, (need + need / 2) * size);
    if (more != NULL) {
        *room = need + need / 2;
    }
    return more;
}

static struct network *network_new(struct networks *n)
{
    struct network *at = grown(n->at, &n->room, n->n + 1, sizeof *at);
    if (at == NULL) {
        return NULL;
    }
    n->at = at;
    memset(&at[n->n], 0, sizeof *at);
    return &at[n->n++];
}

/* A text in a field of fixed length. */
static void text_field(struct cur *c, char *text, size_t len)
{
    cur_copy(c, text, len);
    text[len - 1] = '\0';
}

static int read_places(struct geo_db *db, uint32_t n, struct cur *c)
{
    struct place *at = grown(db->places, &db->places_room, db->nplaces + n, sizeof *at);
    if (at == NULL) {
        return ERR_NOMEM;
    }
    db->places = at;
    for (uint32_t i = 0; i < n; i++) {
        struct place *p = &at[db->nplaces++];
        p->id = cur_u32le(c);
        text_field(c, p->continent, sizeof p->continent);
        text_field(c, p->country, sizeof p->country);
        text_field(c, p->city, sizeof p->city);
    }
    return cur_ok(c) ? 0 : ERR_FORMAT;
}

static void range4(struct cur *c, struct network *n)
{
    uint32_t network = cur_u32le(c);
    uint32_t mask = cur_u32le(c);
    n->low = ip_from_v4(network & mask);
    n->high = ip_from_v4((network & mask) | ~mask);
}

static void range6(struct cur *c, struct network *n)
{
    uint64_t high = cur_u64le(c);
    uint64_t low = cur_u64le(c);
    uint64_t mask_high = cur_u64le(c);
    uint64_t mask_low = cur_u64le(c);
    n->low = ip_from_halves(high & mask_high, low & mask_low);
    n->high = ip_from_halves((high & mask_high) | ~mask_high, (low & mask_low) | ~mask_low);
}

static float real(struct cur *c)
{
    uint64_t bits = cur_u64le(c);
    double d;
    memcpy(&d, &bits, sizeof d);
    return (float)d;
}

static int read_where(struct geo_db *db, uint32_t count, bool v6, struct cur *c)
{
    for (uint32_t i = 0; i < count; i++) {
        struct network *n = network_new(&db->where);
        if (n == NULL) {
            return ERR_NOMEM;
        }
        (v6 ? range6 : range4)(c, n);
        cur_skip(c, 4);
        n->key = cur_u32le(c);
        n->latitude = real(c);
        n->longitude = real(c);
        cur_skip(c, 8);
    }
    return cur_ok(c) ? 0 : ERR_FORMAT;
}

static const char *org_text(struct geo_db *db, struct cur *c)
{
    char text[96];
    text_field(c, text, sizeof text);
    return arena_strndup(&db->arena, text, strlen(text));
}

static int read_as(struct geo_db *db, uint32_t count, bool v6, struct cur *c)
{
    for (uint32_t i = 0; i < count; i++) {
        struct network *n = network_new(&db->as);
        if (n == NULL) {
            return ERR_NOMEM;
        }
        (v6 ? range6 : range4)(c, n);
        n->key = cur_u32le(c);
        n->org = org_text(db, c);
        cur_skip(c, v6 ? 4 : 0);
    }
    return cur_ok(c) ? 0 : ERR_FORMAT;
}

static int read_orgs(struct geo_db *db, uint32_t count, struct cur *c)
{
    struct org *at = grown(db->orgs, &db->orgs_room, db->norgs + count, sizeof *at);
    if (at == NULL) {
        return ERR_NOMEM;
    }
    db->orgs = at;
    for (uint32_t i = 0; i < count; i++) {
        at[db->norgs].as = cur_u32le(c);
        at[db->norgs].name = org_text(db, c);
        at[db->norgs].len =
            at[db->norgs].name != NULL ? (uint32_t)strlen(at[db->norgs].name) : 0;
        db->norgs++;
    }
    return cur_ok(c) ? 0 : ERR_FORMAT;
}

static int visit(void *ctx, unsigned kind, uint32_t n, unsigned size, struct cur *c)
{
    static const unsigned sizes[] = {[NFARRAY_LOCATION] = 48, [NFARRAY_PLACE4] = 40,
                                     [NFARRAY_PLACE6] = 64,   [NFARRAY_AS4] = 108,
                                     [NFARRAY_AS6] = 136,     [NFARRAY_ORG] = 100};
    struct geo_db *db = ctx;
    if (kind >= sizeof sizes / sizeof sizes[0] || sizes[kind] == 0) {
        return NFARRAY_UNKNOWN;
    }
    if (size != sizes[kind]) {
        return ERR_UNSUPPORTED;
    }
    switch (kind) {
    case NFARRAY_LOCATION:
        return read_places(db, n, c);
    case NFARRAY_PLACE4:
    case NFARRAY_PLACE6:
        return read_where(db, n, kind == NFARRAY_PLACE6, c);
    case NFARRAY_ORG:
        return read_orgs(db, n, c);
    default:
        return read_as(db, n, kind == NFARRAY_AS6, c);
    }
}

static int compare_networks(const void *x, const void *y)
{
    return ip_cmp(&((const struct network *)x)->low, &((const struct network *)y)->low);
}

static int compare_places(const void *x, const void *y)
{
    uint32_t a = ((const struct place *)x)->id;
    uint32_t b = ((const struct place *)y)->id;
    return a < b ? -1 : a > b;
}

static int compare_orgs(const void *x, const void *y)
{
    uint32_t a = ((const struct org *)x)->as;
    uint32_t b = ((const struct org *)y)->as;
    return a < b ? -1 : a > b;
}

static void sort_all(struct geo_db *db)
{
    if (db->where.n > 0) {
        qsort(db->where.at, db->where.n, sizeof *db->where.at, compare_networks);
    }
    if (db->as.n > 0) {
        qsort(db->as.at, db->as.n, sizeof *db->as.at, compare_networks);
    }
    if (db->nplaces > 0) {
        qsort(db->places, db->nplaces, sizeof *db->places, compare_places);
    }
    if (db->norgs > 0) {
        qsort(db->orgs, db->norgs, sizeof *db->orgs, compare_orgs);
    }
}

static bool is_mmdb(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".mmdb") == 0;
}

static struct geo_db *geo_new(void)
{
    struct geo_db *db = calloc(1, sizeof *db);
    if (db != NULL) {
        arena_init(&db->arena);
    }
    return db;
}

/* What was read, with result rc, becomes a data base that can be asked. */
static int geo_ready(struct geo_db *db, int rc, struct geo_db **out, struct fault *fault)
{
    if (rc != 0) {
        if (fault != NULL && fault->code == 0) {
            fault_set(fault, rc, "geo data base: %s", err_text(rc));
        }
        geo_close(db);
        return rc;
    }
    sort_all(db);
    *out = db;
    return 0;
}

int geo_open(const char *name, struct geo_db **out, struct fault *fault)
{
    struct geo_db *db = geo_new();
    int rc;
    if (db == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    rc = is_mmdb(name) ? mmdb_open(name, &db->mmdb, fault) : nfarray_read(name, visit, db, fault);
    rc = geo_ready(db, rc, out, fault);
    if (rc != 0) {
        fault_at_file(fault, name, 0);
    }
    return rc;
}

int geo_parse(const void *data, size_t len, struct geo_db **out, struct fault *fault)
{
    struct geo_db *db = geo_new();
    if (db == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    return geo_ready(db, nfarray_parse(data, len, visit, db, fault), out, fault);
}

void geo_close(struct geo_db *db)
{
    if (db != NULL) {
        mmdb_close(db->mmdb);
        arena_free(&db->arena);
        free(db->places);
        free(db->where.at);
        free(db->as.at);
        free(db->orgs);
        free(db);
    }
}

/* ------------------------------------------------------------------ asking */

static const char *const as_path[] = {"autonomous_system_number", NULL};
static const char *const org_path[] = {"autonomous_system_organization", NULL};

/* The network that holds an address, or NULL. IPv4 networks have mapped addresses. */
static const struct network *find_network(const struct networks *n, const struct ip *addr,
                                          int family)
{
    size_t low = 0;
    size_t high = n->n;
    if (family == 6 && ip_is_mapped(addr)) {
        return NULL;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ip_cmp(&n->at[middle].low, addr) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && ip_cmp(addr, &n->at[low - 1].high) <= 0 ? &n->at[low - 1] : NULL;
}

static const struct place *find_place(const struct geo_db *db, uint32_t id)
{
    struct place key = {.id = id};
    return db->nplaces == 0 ? NULL
                            : bsearch(&key, db->places, db->nplaces, sizeof key, compare_places);
}

bool geo_country(const struct geo_db *db, const struct ip *addr, int family, char country[2])
{
    static const char *const path[] = {"country", "iso_code", NULL};
    const char *text = "..";
    size_t len = 0;
    const struct network *n;
    if (db != NULL && db->mmdb != NULL) {
        len = mmdb_text(db->mmdb, addr, family, path, &text);
    } else if (db != NULL) {
        n = find_network(&db->where, addr, family);
        const struct place *p = n != NULL ? find_place(db, n->key) : NULL;
        text = p != NULL ? p->country : "..";
        len = p != NULL ? strlen(p->country) : 0;
    }
    memcpy(country, len == 2 ? text : "..", 2);
    return len == 2;
}

uint32_t geo_as(const struct geo_db *db, const struct ip *addr, int family)
{
    const struct network *n;
    double number = 0;
    if (db == NULL) {
        return 0;
    }
    if (db->mmdb != NULL) {
        return mmdb_number(db->mmdb, addr, family, as_path, &number) ? (uint32_t)number : 0;
    }
    n = find_network(&db->as, addr, family);
    return n != NULL ? n->key : 0;
}

size_t geo_org(const struct geo_db *db, const struct ip *addr, int family, const char **text)
{
    const struct network *n;
    if (db != NULL && db->mmdb != NULL) {
        return mmdb_text(db->mmdb, addr, family, org_path, text);
    }
    n = db != NULL ? find_network(&db->as, addr, family) : NULL;
    if (n == NULL || n->org == NULL) {
        return 0;
    }
    *text = n->org;
    return strlen(n->org);
}

size_t geo_as_org(const struct geo_db *db, uint32_t as, const char **text)
{
    struct org key = {.as = as};
    const struct org *o = NULL;
    if (db != NULL && db->norgs > 0) {
        o = bsearch(&key, db->orgs, db->norgs, sizeof key, compare_orgs);
    }
    if (o == NULL) {
        return 0;
    }
    *text = o->name;
    return o->len;
}

static int keep_org(void *ctx, uint32_t as, const char *text, size_t len)
{
    struct geo_db *db = ctx;
    struct org *at;
    if (db->norgs > 0 && db->orgs[db->norgs - 1].as == as) {
        return 0; /* networks of one AS often stand side by side */
    }
    at = grown(db->orgs, &db->orgs_room, db->norgs + 1, sizeof *at);
    if (at == NULL) {
        return ERR_NOMEM;
    }
    db->orgs = at;
    at[db->norgs++] = (struct org){as, (uint32_t)len, text};
    return 0;
}

int geo_read_orgs(struct geo_db *db)
{
    int rc = 0;
    if (db != NULL && db->mmdb != NULL && db->norgs == 0) {
        rc = mmdb_each_pair(db->mmdb, as_path, org_path, keep_org, db);
        sort_all(db);
    }
    return rc;
}

static void mmdb_location(const struct mmdb *db, const struct ip *addr, int family, struct buf *out)
{
    static const char *const paths[][4] = {{"continent", "code", NULL}, {"country", "iso_code",
                                                                         NULL},
                                           {"city", "names", "en", NULL}};
    static const char *const longitude[] = {"location", "longitude", NULL};
    static const char *const latitude[] = {"location", "latitude", NULL};
    double x = 0;
    double y = 0;
    if (!mmdb_number(db, addr, family, longitude, &x) || !mmdb_number(db, addr, family, latitude,
                                                                      &y)) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        const char *text = "";
        size_t len = mmdb_text(db, addr, family, paths[i], &text);
        buf_add(out, text, len);
        buf_char(out, i < 2 ? '/' : ' ');
    }
    buf_printf(out, "long/lat: %.4f/%-.4f", x, y);
}

void geo_location(const struct geo_db *db, const struct ip *addr, int family, struct buf *out)
{
    const struct network *n;
    const struct place *p;
    if (db == NULL) {
        return;
    }
    if (db->mmdb != NULL) {
        mmdb_location(db->mmdb, addr, family, out);
        return;
    }
    n = find_network(&db->where, addr, family);
    p = n != NULL ? find_place(db, n->key) : NULL;
    if (p != NULL) {
        buf_printf(out, "%s/%s/%s long/lat: %.4f/%-.4f", p->continent, p->country, p->city,
                   (double)n->longitude, (double)n->latitude);
    }
}

bool geo_has_time_zones(const struct geo_db *db)
{
    return db != NULL && db->mmdb != NULL;
}

size_t geo_time_zone(const struct geo_db *db, const struct ip *addr, int family, const char **zone)
{
    static const char *const path[] = {"location", "time_zone", NULL};
    return geo_has_time_zones(db) ? mmdb_text(db->mmdb, addr, family, path, zone) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statcodes.c - see statcodes.h.
 *
 * Whether a column's own codes will do is decided for all fields of a block together: if one needs
 * its rows read one by one, all are.
 */
#include "query/statcodes.h"

#include "base/err.h"
#include "base/hash.h"
#include "query/gather.h"
#include "base/simd.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEYS_MAX = BATCH_ROWS_MAX * STAT_FIELDS_MAX,
    SLOTS = KEYS_MAX * 2,
    GROUP_CODES_MAX = 256
};

int stat_coder_init(struct stat_coder *c, const struct stat_spec *spec, const struct geo_db *geo,
                    struct stat_texts *texts, bool plain)
{
    memset(c, 0, sizeof *c);
    c->spec = spec;
    c->geo = geo;
    c->texts = texts;
    c->plain = plain;
    buf_init(&c->work);
    for (unsigned k = 0; k < STAT_FIELDS_MAX; k++) {
        if (k > 0 && spec->element->field[k] == FIELD_NONE) {
            break;
        }
        c->field[k].rows = malloc(BATCH_ROWS_MAX * sizeof *c->field[k].rows);
        c->field[k].code = malloc(BATCH_ROWS_MAX * sizeof *c->field[k].code);
        if (c->field[k].rows == NULL || c->field[k].code == NULL) {
            return ERR_NOMEM;
        }
    }
    return 0;
}

void stat_coder_free(struct stat_coder *c)
{
    for (unsigned k = 0; k < STAT_FIELDS_MAX; k++) {
        free(c->field[k].rows);
        free(c->field[k].code);
    }
    free(c->slot);
    free(c->keys);
    buf_free(&c->work);
}

/* ------------------------------------------------------------------ keys as codes */

static bool is_same(const struct value_key *a, const struct value_key *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->tag == b->tag;
}

/* Room for n keys. */
static int keys_clear(struct stat_coder *c, uint32_t n)
{
    if (c->slot == NULL) {
        c->slot = malloc(SLOTS * sizeof *c->slot);
        c->keys = malloc(KEYS_MAX * sizeof *c->keys);
    }
    if (c->slot == NULL || c->keys == NULL) {
        return ERR_NOMEM;
    }
    c->mask = 1023;
    while (c->mask / 2 < n) {
        c->mask = c->mask * 2 + 1;
    }
    memset(c->slot, 0, ((size_t)c->mask + 1) * sizeof *c->slot);
    c->nkeys = 0;
    return 0;
}

static uint32_t key_code(struct stat_coder *c, const struct value_key *key)
{
    uint32_t i = (uint32_t)value_key_hash(key) & c->mask;
    for (; c->slot[i] != 0; i = (i + 1) & c->mask) {
        if (is_same(&c->keys[c->slot[i] - 1], key)) {
            return c->slot[i] - 1;
        }
    }
    c->keys[c->nkeys] = *key;
    c->slot[i] = ++c->nkeys;
    return c->nkeys - 1;
}

/* The number of a text in the order of arrival: only good for telling texts apart. */
static int number_text(struct stat_texts *t, const char *text, uint64_t *number)
{
    bool is_new;
    size_t i;
    pthread_mutex_lock(&t->lock);
    i = groups_put(&t->groups, text, &is_new);
    pthread_mutex_unlock(&t->lock);
    *number = i;
    return i == GROUP_NONE ? ERR_NOMEM : 0;
}

static int code_by_row(struct stat_coder *c, const struct stat_reading *r, unsigned k,
                       const uint32_t *rows, uint32_t n, struct stat_codes *out)
{
    bool is_text = stat_kind_is_text(c->spec->element->kind);
    char text[STAT_TEXT_ROOM];
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = rows != NULL ? rows[i] : i;
        struct value_key key;
        if (!stat_key(r, row, &key, text)) {
            continue;
        }
        if (is_text && number_text(c->texts, text, &key.word[0]) != 0) {
            return ERR_NOMEM;
        }
        c->field[k].rows[m] = row;
        c->field[k].code[m++] = key_code(c, &key);
    }
    *out = (struct stat_codes){.values = CODES_KEYS, .keys = c->keys, .nrows = m,
                               .rows = c->field[k].rows, .code = c->field[k].code};
    return 0;
}

/* ------------------------------------------------------------------ columns as codes */

static const bool needs_group[] = {
    [STAT_KIND_HEX] = true, [STAT_KIND_MAC] = true,   [STAT_KIND_MPLS] = true,
    [STAT_KIND_LATENCY] = true, [STAT_KIND_FLAGS] = true, [STAT_KIND_EVENT] = true,
    [STAT_KIND_NAT_EVENT] = true, [STAT_KIND_JA4] = false,
};

/* Kinds whose value is that of the column, or follows from the address alone. */
static bool is_simple(const struct stat_coder *c)
{
    enum stat_kind kind = c->spec->element->kind;
    bool is_as = kind == STAT_KIND_AS || kind == STAT_KIND_ORG;
    return !c->plain && kind != STAT_KIND_ACL && kind != STAT_KIND_NBAR &&
           !stat_kind_is_text(kind) && !(is_as && c->geo != NULL) &&
           (!c->spec->by_proto || kind == STAT_KIND_PROTO);
}

static bool is_own_address(enum field_id id)
{
    return id == FIELD_SRC_ADDR || id == FIELD_DST_ADDR;
}

/* Codes [*first, *end) of a sorted table of addresses are IPv4. */
static void mapped_codes(const struct column *c, uint32_t *first, uint32_t *end)
{
    const struct ip *table = c->values;
    const struct ip bound[2] = {ip_from_v4(0), ip_from_v4(UINT32_MAX)};
    uint32_t at[2];
    for (unsigned k = 0; k < 2; k++) {
        uint32_t low = 0, high = c->nvalues;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            int cmp = ip_cmp(&table[middle], &bound[k]);
            if (cmp < 0 || (cmp == 0 && k == 1)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        at[k] = low;
    }
    *first = at[0];
    *end = at[1];
}

static uint8_t family_of_groups(uint64_t g)
{
    return (g & group_bit(GROUP_IPV4)) ? 4 : (g & group_bit(GROUP_IPV6)) ? 6 : 0;
}

#define FIT(name, group_type, code_type)                                                           \
    SIMD_CLONES static bool fit_##name(const uint8_t *is4, const void *groups, const void *codes,  \
                                       uint32_t n, uint32_t first, uint32_t length)                \
    {                                                                                              \
        const group_type *g = groups;                                                              \
        const code_type *c = codes;                                                                \
        uint32_t wrong = 0;                                                                        \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            wrong |= (uint32_t)(c[i] - first < length) ^ is4[g[i]];                                \
        }                                                                                          \
        return wrong == 0;                                                                         \
    }
FIT(u16, uint8_t, uint16_t)
FIT(u32, uint8_t, uint32_t)

/* Whether each row of the block has the family of its address, for codes of a usual width. */
static bool all_families_fit(const struct column *groups, const struct column *addr,
                             uint32_t nrows)
{
    uint8_t is4[GROUP_CODES_MAX] = {0};
    uint8_t constant = 0;
    uint32_t first, end;
    bool is_dict = groups->form == COLUMN_DICT && groups->code_width == 1;
    if (!is_dict && groups->form != COLUMN_CONST) {
        return false;
    }
    for (uint32_t i = 0; i < groups->nvalues; i++) {
        uint8_t family = family_of_groups(((const uint64_t *)groups->values)[i]);
        if (family == 0) {
            return false;
        }
        is4[i] = family == 4;
    }
    mapped_codes(addr, &first, &end);
    if (!is_dict) {
        constant = is4[0];
        return constant != 0 ? first == 0 && end == addr->nvalues : first == end;
    }
    end -= first;
    return addr->code_width == 2   ? fit_u16(is4, groups->codes, addr->codes, nrows, first, end)
           : addr->code_width == 4 ? fit_u32(is4, groups->codes, addr->codes, nrows, first, end)
                                   : false;
}

/* The slow way, for chosen rows and columns of any form. */
static bool families_fit(const struct column *groups, const struct column *addr,
                         const uint32_t *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = rows != NULL ? rows[i] : i;
        int family = ip_is_mapped(column_ip(addr, row)) ? 4 : 6;
        if (family_of_groups(column_u64(groups, row)) != family) {
            return false;
        }
    }
    return true;
}

static bool column_fits(const struct stat_reading *r, const uint32_t *rows, uint32_t n)
{
    const struct column *c = r->column;
    const struct column *groups = batch_column(r->batch, FIELD_GROUPS);
    if (c->form != COLUMN_DICT && c->form != COLUMN_CONST &&
        !(c->form == COLUMN_FLAT && c->width <= 2)) {
        return false;
    }
    if (c->width != sizeof(struct ip) || !is_own_address(r->id)) {
        return true;
    }
    return (c->form == COLUMN_DICT && c->sorted && groups->width == 8 &&
            all_families_fit(groups, c, r->batch->nrows)) ||
           families_fit(groups, c, rows, n);
}

#define READ_CODES(name, type)                                                                     \
    SIMD_CLONES static void read_##name(const void *from, const uint32_t *rows, uint32_t n,        \
                                        uint32_t *out)                                             \
    {                                                                                              \
        const type *code = from;                                                                   \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            out[i] = rows != NULL ? code[rows[i]] : code[i];                                       \
        }                                                                                          \
    }
READ_CODES(u8, uint8_t)
READ_CODES(u16, uint16_t)
READ_CODES(u32, uint32_t)

static void read_codes(const void *from, unsigned width, const uint32_t *rows, uint32_t n,
                       uint32_t *out)
{
    if (width == 1) {
        read_u8(from, rows, n, out);
    } else if (width == 2) {
        read_u16(from, rows, n, out);
    } else {
        read_u32(from, rows, n, out);
    }
}

/* A table of small numbers: its values are better codes. */
static void look_up_small(const struct column *c, uint32_t n, uint32_t *code)
{
    const uint16_t *wide = c->values;
    const uint8_t *narrow = c->values;
    for (uint32_t i = 0; i < n; i++) {
        code[i] = c->width == 2 ? wide[code[i]] : narrow[code[i]];
    }
}

static void code_column(const struct stat_reading *r, uint32_t *code, struct stat_codes *out)
{
    const struct column *c = r->column;
    out->table = c;
    out->values = c->width <= 2 && c->form != COLUMN_CONST ? CODES_NUMBERS : CODES_TABLE;
    out->n = out->values == CODES_NUMBERS ? 1u << 8 * c->width : c->nvalues;
    if (c->form == COLUMN_CONST) {
        out->code = NULL;
        return;
    }
    out->code = code;
    if (c->form == COLUMN_FLAT) {
        read_codes(c->values, c->width, out->rows, out->nrows, code);
    } else {
        read_codes(c->codes, c->code_width, out->rows, out->nrows, code);
        if (out->values == CODES_NUMBERS) {
            look_up_small(c, out->nrows, code);
        }
    }
}

/* The rows that have the field's group, where that matters. */
static void choose_rows(const struct stat_coder *c, const struct stat_reading *r, unsigned k,
                        const uint32_t *rows, uint32_t n, struct stat_codes *out)
{
    enum stat_kind kind = c->spec->element->kind;
    uint64_t group = group_bit(field_of(r->id)->group);
    bool needs = (kind == STAT_KIND_ADDR && !is_own_address(r->id)) ||
                 (kind < sizeof needs_group / sizeof needs_group[0] && needs_group[kind]);
    const struct column *groups;
    uint32_t m = 0;
    *out = (struct stat_codes){.rows = rows, .nrows = n};
    if (!needs || (r->batch->groups_all & group)) {
        return;
    }
    groups = batch_column(r->batch, FIELD_GROUPS);
    for (uint32_t i = 0; i < n && (r->batch->groups_any & group); i++) {
        uint32_t row = rows != NULL ? rows[i] : i;
        c->field[k].rows[m] = row;
        m += (column_u64(groups, row) & group) != 0;
    }
    out->rows = c->field[k].rows;
    out->nrows = m;
}

/* ------------------------------------------------------------------ one block */

static int code_rows(struct stat_coder *c, const struct stat_reading *r, unsigned nfields,
                     const uint32_t *rows, uint32_t n, struct stat_codes *out)
{
    int rc = keys_clear(c, n * nfields);
    for (unsigned k = 0; k < nfields && rc == 0; k++) {
        rc = code_by_row(c, &r[k], k, rows, n, &out[k]);
    }
    for (unsigned k = 0; k < nfields; k++) {
        out[k].n = c->nkeys;
    }
    return rc;
}

/* A statistic without fields has one value for all flows. */
static int code_all(const uint32_t *rows, uint32_t n, struct stat_codes *out)
{
    static const struct value_key all;
    *out = (struct stat_codes){.values = CODES_KEYS, .keys = &all, .n = 1, .rows = rows,
                               .nrows = n};
    return 1;
}

int stat_codes(struct stat_coder *c, struct batch *b, const uint32_t *rows, uint32_t n,
               struct stat_codes out[STAT_FIELDS_MAX])
{
    struct stat_reading r[STAT_FIELDS_MAX];
    unsigned nfields = stat_readings(c->spec, c->geo, &c->work, b, r);
    bool fits = is_simple(c);
    if (nfields == 0) {
        return code_all(rows, n, out);
    }
    for (unsigned k = 0; k < nfields && fits; k++) {
        fits = column_fits(&r[k], rows, n);
    }
    if (!fits) {
        int rc = code_rows(c, r, nfields, rows, n, out);
        return rc != 0 ? rc : (int)nfields;
    }
    for (unsigned k = 0; k < nfields; k++) {
        choose_rows(c, &r[k], k, rows, n, &out[k]);
        code_column(&r[k], c->field[k].code, &out[k]);
    }
    return (int)nfields;
}

bool stat_codes_same(const struct stat_codes *a, const struct stat_codes *b)
{
    return a->values == b->values && a->n == b->n &&
           (a->values != CODES_TABLE || a->table->values == b->table->values) &&
           (a->values != CODES_KEYS || a->keys == b->keys);
}

static struct value_key table_key(const struct stat_coder *c, const struct stat_codes *codes,
                                  uint32_t code)
{
    enum stat_kind kind = c->spec->element->kind;
    const struct column *t = codes->table;
    struct value_key key = {{0, 0}, 0};
    if (t->width == sizeof(struct ip)) {
        const struct ip *addr = (const struct ip *)t->values + code;
        int family = ip_is_mapped(addr) ? 4 : 6;
        if (kind == STAT_KIND_GEO) {
            key.word[0] = stat_geo_country(c->geo, addr, family);
        } else {
            memcpy(key.word, addr, sizeof *addr);
            key.tag = (uint16_t)(family << 8);
        }
        return key;
    }
    key.word[0] = t->width == 8   ? ((const uint64_t *)t->values)[code]
                  : t->width == 4 ? ((const uint32_t *)t->values)[code]
                  : t->width == 2 ? ((const uint16_t *)t->values)[code]
                                  : ((const uint8_t *)t->values)[code];
    return key;
}

struct value_key stat_code_key(const struct stat_coder *c, const struct stat_codes *codes,
                               uint32_t code)
{
    struct value_key key = {{code, 0}, 0};
    if (codes->values == CODES_KEYS) {
        return codes->keys[code];
    }
    if (codes->values == CODES_TABLE) {
        key = table_key(c, codes, code);
    }
    if (c->spec->by_proto) { /* the protocol itself: see is_simple() */
        key.tag |= (uint16_t)(key.word[0] & 0xff);
    }
    return key;
}

/* Addresses: family is 4 << 8 or 6 << 8. */
SIMD_CLONES static void hash_addresses(const struct ip *addr, uint32_t n, uint64_t tag,
                                       uint64_t *hash)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t word[2];
        memcpy(word, &addr[i], sizeof word);
        hash[i] = value_hash(word[0], word[1], tag);
    }
}

void stat_code_hashes(const struct stat_coder *c, const struct stat_codes *codes, uint64_t *hash)
{
    const struct column *t = codes->table;
    uint32_t first, end;
    if (codes->values == CODES_TABLE && t->sorted && t->width == sizeof(struct ip) &&
        c->spec->element->kind == STAT_KIND_ADDR && !c->spec->by_proto) {
        const struct ip *addr = t->values;
        mapped_codes(t, &first, &end);
        hash_addresses(addr, first, 6 << 8, hash);
        hash_addresses(addr + first, end - first, 4 << 8, hash + first);
        hash_addresses(addr + end, codes->n - end, 6 << 8, hash + end);
        return;
    }
    for (uint32_t i = 0; i < codes->n; i++) {
        struct value_key key = stat_code_key(c, codes, i);
        hash[i] = value_key_hash(&key);
    }
}

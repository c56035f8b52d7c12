/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rec.c - records: access by field id, and merging by the catalogue's rules.
 */
#include "flow/rec.h"

#include "flow/compute.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const uint16_t offsets[FIELD_STORED_] = {
#define FIELD(id, member, class, type, group, merge, doc)                                          \
    [FIELD_##id] = (uint16_t)offsetof(struct rec, member),
#include "field/fields.def"
};

void rec_clear(struct rec *r)
{
    memset(r, 0, sizeof *r);
    r->groups = group_bit(GROUP_HEADER);
}

size_t rec_offset(enum field_id id)
{
    assert(id < FIELD_STORED_);
    return offsets[id];
}

static uint64_t stored_u64(const struct rec *r, enum field_id id)
{
    const uint8_t *p = (const uint8_t *)r + offsets[id];
    uint64_t v = 0;
    assert(field_width(id) >= 1 && field_width(id) <= 8);
    memcpy(&v, p, field_width(id));
    return v;
}

uint64_t rec_u64(const struct rec *r, enum field_id id)
{
    uint64_t in[3] = {0, 0, 0};
    const struct field *f = field_of(id);
    if (!field_is_computed(id)) {
        return rec_has(r, f->group) ? stored_u64(r, id) : 0;
    }
    for (size_t i = 0; i < 3 && f->inputs[i] != FIELD_NONE; i++) {
        in[i] = stored_u64(r, f->inputs[i]);
    }
    return compute_value(id, in, r->groups);
}

void rec_set_u64(struct rec *r, enum field_id id, uint64_t value)
{
    assert(!field_is_computed(id) && field_width(id) <= 8);
    memcpy((uint8_t *)r + offsets[id], &value, field_width(id));
    rec_add_group(r, field_of(id)->group);
}

static uint64_t merged_number(enum field_merge rule, uint64_t a, uint64_t b)
{
    switch (rule) {
    case MERGE_SUM:
        return a + b;
    case MERGE_MIN:
        return b < a ? b : a;
    case MERGE_MAX:
        return b > a ? b : a;
    case MERGE_OR:
        return a | b;
    case MERGE_KEY:
    case MERGE_FIRST:
        break;
    }
    return a;
}

static void copy_field(struct rec *into, const struct rec *from, enum field_id id)
{
    size_t width = field_of(id)->type == TYPE_VAR ? sizeof(struct span) : field_width(id);
    memcpy((uint8_t *)into + offsets[id], (const uint8_t *)from + offsets[id], width);
}

/* Groups of `into` before the merge decide: a field of a new group is copied. */
static void merge_field(struct rec *into, const struct rec *from, enum field_id id, uint64_t groups)
{
    const struct field *f = field_of(id);
    uint64_t v;
    if (!rec_has(from, f->group)) {
        return;
    }
    if (!(groups & group_bit(f->group))) {
        copy_field(into, from, id);
    } else if (f->merge > MERGE_FIRST) {
        v = merged_number(f->merge, stored_u64(into, id), stored_u64(from, id));
        memcpy((uint8_t *)into + offsets[id], &v, field_width(id));
    }
}

void rec_merge(struct rec *into, const struct rec *from)
{
    uint64_t groups = into->groups;
    uint64_t flows = rec_u64(into, FIELD_FLOW_COUNT) + rec_u64(from, FIELD_FLOW_COUNT);
    for (unsigned id = FIELD_GROUPS + 1; id < FIELD_STORED_; id++) {
        merge_field(into, from, (enum field_id)id, groups);
    }
    into->groups |= from->groups;
    into->flows = flows;
    rec_add_group(into, GROUP_COUNTER);
}

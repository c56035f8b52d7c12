/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * lists.c - structured data (RFC 6313): subTemplateList and subTemplateMultiList.
 *
 * A flow has one place per field, so only the first record of each list is looked at, and it may
 * only add groups of fields that the record around it lacks. Lists in lists are not opened.
 */
#include "wire/message.h"

#include <string.h>

static void take_groups(struct rec *into, const struct rec *from, uint64_t groups)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        if (f->group != GROUP_HEADER && (groups >> f->group & 1) != 0) {
            size_t at = rec_offset((enum field_id)id);
            size_t width = f->type == TYPE_VAR ? sizeof(struct span)
                                               : field_width((enum field_id)id);
            memcpy((uint8_t *)into + at, (const uint8_t *)from + at, width);
        }
    }
}

/* The first record of that template at the cursor. Returns the groups it added. */
static uint64_t take_record(struct message *m, uint16_t id, struct cur c, uint64_t groups)
{
    const uint64_t never = group_bit(GROUP_HEADER) | group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6) |
                           group_bit(GROUP_GENERIC);
    const struct template *t = exporter_template(m->e, id);
    struct workspace *inner = &m->w->inner;
    uint64_t fresh;
    if (t == NULL || t->options || cur_left(&c) < t->min_length) {
        return 0;
    }
    fresh = t->groups & ~groups & ~never;
    memset(inner, 0, sizeof *inner);
    if (fresh == 0 || !template_run(t, &c, inner)) {
        return 0;
    }
    take_groups(&m->w->work.rec, &inner->rec, fresh);
    return fresh;
}

static uint64_t open_list(struct message *m, struct cur c, uint64_t groups)
{
    uint16_t id;
    cur_skip(&c, 1); /* semantic */
    id = cur_u16be(&c);
    return cur_ok(&c) ? groups | take_record(m, id, c, groups) : groups;
}

static uint64_t open_multi_list(struct message *m, struct cur c, uint64_t groups)
{
    enum { ENTRY_HEADER = 4 };
    cur_skip(&c, 1); /* semantic */
    while (cur_left(&c) > ENTRY_HEADER) {
        uint16_t id = cur_u16be(&c);
        uint16_t len = cur_u16be(&c);
        struct cur body = cur_sub(&c, len >= ENTRY_HEADER ? len - (size_t)ENTRY_HEADER : SIZE_MAX);
        if (!cur_ok(&c)) {
            break;
        }
        groups |= take_record(m, id, body, groups);
    }
    return groups;
}

uint64_t lists_open(struct message *m, uint64_t groups)
{
    struct workspace *w = &m->w->work;
    for (unsigned i = 0; i < w->nlists; i++) {
        struct cur c = cur_of(w->lists[i].body.data, w->lists[i].body.len);
        groups = (w->lists[i].many ? open_multi_list : open_list)(m, c, groups);
    }
    return groups;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdlayout.c - the tables of the catalogue turned around: from a field to its places.
 */
#include "store/nfdlayout.h"

#include "store/nfdrows.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

struct field_row {
    uint8_t element, codec;
    uint16_t field, offset;
};

static const struct field_row current[] = {
#define NFD(id, group, offset, codec) {GROUP_##group, NFD_##codec, FIELD_##id, offset},
#include "field/fields.def"
};

static const struct field_row old_fields[] = {
#define OLD_FIELD(element, field, offset, codec) {element, NFD_##codec, FIELD_##field, offset},
#include "store/nfdhistory.def"
};

static const struct old_row {
    uint8_t element;
    uint32_t since, until;
    uint16_t length;
} old_elements[] = {
#define OLD(element, since, until, length) {element, since, until, length},
#include "store/nfdhistory.def"
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void add_row(struct nfd_layout *l, const struct field_row *row)
{
    struct nfd_source *s = l->source[row->field];
    s += s->element != 0;
    assert(s->element == 0);
    *s = (struct nfd_source){row->element, row->codec, row->offset};
    l->groups[row->element] |= group_bit(field_of((enum field_id)row->field)->group);
}

static const struct old_row *old_of(uint8_t element, uint32_t release)
{
    for (size_t i = 0; i < COUNT(old_elements); i++) {
        const struct old_row *o = &old_elements[i];
        if (o->element == element && release >= o->since && release < o->until) {
            return o;
        }
    }
    return NULL;
}

/* Both families' elements stand for their own group, whatever the field's row says. */
static void fix_addresses(struct nfd_layout *l)
{
    l->groups[GROUP_IPV4] = group_bit(GROUP_IPV4);
    l->groups[GROUP_IPV6] = group_bit(GROUP_IPV6);
}

void nfdlayout_init(struct nfd_layout *l, uint32_t release)
{
    memset(l, 0, sizeof *l);
    for (unsigned e = 1; e < NFD_ELEMENTS; e++) {
        const struct old_row *o = old_of((uint8_t)e, release);
        l->length[e] = o != NULL ? o->length : (uint16_t)field_group_length(e);
    }
    for (size_t i = 0; i < COUNT(current); i++) {
        if (old_of(current[i].element, release) == NULL) {
            add_row(l, &current[i]);
        }
    }
    for (size_t i = 0; i < COUNT(old_fields); i++) {
        if (old_of(old_fields[i].element, release) != NULL) {
            add_row(l, &old_fields[i]);
        }
    }
    fix_addresses(l);
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * field.c - tables made from fields.def.
 */
#include "field/field.h"

#include <assert.h>

#include "base/ip.h"


static const struct field fields[FIELD_COUNT_] = {
#define FIELD(id, member_, class_, type_, group_, merge_, doc_)                                    \
    [FIELD_##id] = {#id, #member_, doc_, TYPE_##type_, CLASS_##class_, GROUP_##group_,             \
                    MERGE_##merge_, {FIELD_NONE, FIELD_NONE, FIELD_NONE}},
#define COMPUTED(id, class_, type_, in1, in2, in3, doc_)                                           \
    [FIELD_##id] = {#id, #id, doc_, TYPE_##type_, CLASS_##class_, GROUP_HEADER, MERGE_FIRST,       \
                    {FIELD_##in1, FIELD_##in2, FIELD_##in3}},
#include "field/fields.def"
};

static const unsigned type_width[TYPE_COUNT_] = {
#define TYPE(id, width, ctype) [TYPE_##id] = width,
#include "field/types.def"
};

static const struct {
    const char *name;
    unsigned length;
} groups[GROUP_COUNT_] = {
#define GROUP(id, number, length_, name_) [number] = {name_, length_},
#include "field/fields.def"
};

const struct field *field_of(enum field_id id)
{
    assert(id < FIELD_COUNT_);
    return &fields[id];
}

size_t field_width(enum field_id id)
{
    return type_width[field_of(id)->type];
}

const char *field_group_name(unsigned number)
{
    return number < GROUP_COUNT_ ? groups[number].name : NULL;
}

unsigned field_group_length(unsigned number)
{
    return number < GROUP_COUNT_ ? groups[number].length : 0;
}

void field_set_union(struct field_set *into, const struct field_set *from)
{
    for (size_t i = 0; i < FIELD_SET_WORDS; i++) {
        into->word[i] |= from->word[i];
    }
}

void field_set_add_all(struct field_set *s)
{
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        field_set_add(s, (enum field_id)id);
    }
}

static void replace_by_inputs(struct field_set *s, enum field_id id)
{
    const struct field *f = field_of(id);
    field_set_remove(s, id);
    for (size_t i = 0; i < 3; i++) {
        if (f->inputs[i] != FIELD_NONE) {
            field_set_add(s, f->inputs[i]);
        }
    }
    field_set_add(s, FIELD_GROUPS); /* values of absent groups are not looked at */
}

void field_set_close(struct field_set *s)
{
    for (unsigned id = FIELD_STORED_; id < FIELD_COUNT_; id++) {
        if (field_set_has(s, (enum field_id)id)) {
            replace_by_inputs(s, (enum field_id)id);
        }
    }
}

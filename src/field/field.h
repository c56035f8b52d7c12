/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * field.h - the catalogue as enums and a constant table.
 *
 * Everything here derives from fields.def and types.def.
 */
#ifndef WEIR_FIELD_FIELD_H
#define WEIR_FIELD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
#define TYPE(id, width, ctype) TYPE_##id,
#include "field/types.def"
    TYPE_COUNT_
};

enum field_class {
#define CLASS(id, doc) CLASS_##id,
#include "field/types.def"
    CLASS_COUNT_
};

enum field_merge { MERGE_KEY, MERGE_FIRST, MERGE_SUM, MERGE_MIN, MERGE_MAX, MERGE_OR };

/* Group numbers are bits of the group mask and nfdump's V3 element numbers. */
enum field_group {
#define GROUP(id, number, length, name) GROUP_##id = number,
#include "field/fields.def"
    GROUP_COUNT_ = 64
};

enum field_id {
#define FIELD(id, member, class, type, group, merge, doc) FIELD_##id,
#include "field/fields.def"
    FIELD_STORED_,               /* number of stored fields */
    FIELD_LAST_STORED_ = FIELD_STORED_ - 1,
#define COMPUTED(id, class, type, input1, input2, input3, doc) FIELD_##id,
#include "field/fields.def"
    FIELD_COUNT_,
    FIELD_NONE = FIELD_COUNT_
};

struct field {
    const char *name;   /* "SRC_PORT" */
    const char *member; /* "src_port"; computed fields: their name */
    const char *doc;
    enum field_type type;
    enum field_class class;
    enum field_group group;      /* computed fields: GROUP_HEADER */
    enum field_merge merge;      /* computed fields: MERGE_FIRST */
    enum field_id inputs[3];     /* of a computed field; FIELD_NONE fills up */
};

/* Facts of one field; id < FIELD_COUNT_. */
const struct field *field_of(enum field_id id);

/* Width of a value in octets; 0 for VAR. */
size_t field_width(enum field_id id);

static inline bool field_is_computed(enum field_id id)
{
    return id >= FIELD_STORED_;
}

/* Facts about where a record was read, which are not written to files. */
static inline bool field_is_transient(enum field_id id)
{
    return id == FIELD_RECORD_NO || id == FIELD_RECORD_SIZE || id == FIELD_RECORD_ELEMENTS;
}

/* Name of a group ("genericFlow"), or NULL if no group has that number. */
const char *field_group_name(unsigned number);

/* Length of the group's nfdump V3 element with its head, without a variable tail; 0 if it has
 * none. */
unsigned field_group_length(unsigned number);

static inline uint64_t group_bit(enum field_group g)
{
    return (uint64_t)1 << g;
}

/* A set of fields. */
#define FIELD_SET_WORDS ((FIELD_COUNT_ + 63) / 64)

struct field_set {
    uint64_t word[FIELD_SET_WORDS];
};

static inline void field_set_add(struct field_set *s, enum field_id id)
{
    s->word[id / 64] |= (uint64_t)1 << (id % 64);
}

static inline void field_set_remove(struct field_set *s, enum field_id id)
{
    s->word[id / 64] &= ~((uint64_t)1 << (id % 64));
}

static inline bool field_set_has(const struct field_set *s, enum field_id id)
{
    return s->word[id / 64] >> (id % 64) & 1;
}

void field_set_union(struct field_set *into, const struct field_set *from);
void field_set_add_all(struct field_set *s); /* all stored fields */

/* Replace computed fields by the stored ones they need. */
void field_set_close(struct field_set *s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * elements.h - which information element fills which field.
 *
 * The facts stand in the catalogue (field/fields.def) as rows
 *
 *     ELEM(SET, pen, number, FIELD, CODEC)
 *
 * SET: V9, IPFIX or BOTH; WEAK: both, but only in templates that fill the field with nothing else
 * (the network of an address instead of the address). pen: private enterprise number, 0 for IANA's;
 * 29305 are the reverse elements of RFC 5103, which have rows of their own and are never taken for
 * the forward ones.
 * CODEC: how the octets become the value:
 *
 *     NUM    unsigned big-endian number of any length (reduced-size encoding), cut to the field
 *     IP4    4 octets          IP6    16 octets (other lengths are skipped)
 *     MPLS   label stack entry without its time to live: the first three octets
 *     TEXT   octets up to the first NUL             BYTES  octets as they are
 *
 * Elements that are only a piece of a field's value go to registers (wire/registers.def). When a
 * template has several elements for one field, the last one that is not zero counts (with tunnels:
 * the inner packet's).
 */
#ifndef WEIR_WIRE_ELEMENTS_H
#define WEIR_WIRE_ELEMENTS_H

#include "field/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum element_set { SET_V9 = 1, SET_IPFIX = 2, SET_BOTH = 3, SET_WEAK = 7 };

enum element_codec { CODEC_NUM, CODEC_IP4, CODEC_IP6, CODEC_MPLS, CODEC_TEXT, CODEC_BYTES,
                     CODEC_ACL };

enum wire_register {
#define REGISTER(id, doc) REG_##id,
#include "wire/registers.def"
    REG_COUNT_
};

struct element {
    uint32_t pen;
    uint16_t number;
    uint8_t sets;      /* SET_ bits */
    uint8_t codec;     /* enum element_codec */
    bool to_register;
    uint16_t target;   /* enum field_id or enum wire_register */
};

/* Number of elements known in a set. */
unsigned element_count(enum element_set set);

static inline bool element_is_weak(const struct element *e)
{
    return e->sets == SET_WEAK;
}

/* All of them, in no order; NULL behind the last one. */
const struct element *element_row(size_t row);

/* NULL if the element fills nothing. */
const struct element *element_find(enum element_set set, uint32_t pen, uint16_t number);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * elements.c - the rows of elements as one table, looked up when a template is compiled.
 */
#include "wire/elements.h"

#include <stddef.h>

static const struct element elements[] = {
#define ELEM(set, pen, number, id, codec)                                                          \
    {pen, number, SET_##set, CODEC_##codec, false, FIELD_##id},
#include "field/fields.def"
#define REGISTER_ELEM(set, pen, number, id)                                                        \
    {pen, number, SET_##set, CODEC_NUM, true, REG_##id},
#include "wire/registers.def"
};

enum { ELEMENTS = sizeof elements / sizeof elements[0] };

unsigned element_count(enum element_set set)
{
    unsigned n = 0;
    for (size_t i = 0; i < ELEMENTS; i++) {
        n += (elements[i].sets & set) != 0;
    }
    return n;
}

const struct element *element_row(size_t row)
{
    return row < ELEMENTS ? &elements[row] : NULL;
}

const struct element *element_find(enum element_set set, uint32_t pen, uint16_t number)
{
    for (size_t i = 0; i < ELEMENTS; i++) {
        const struct element *e = &elements[i];
        if (e->number == number && e->pen == pen && (e->sets & set) != 0) {
            return e;
        }
    }
    return NULL;
}

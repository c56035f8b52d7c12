/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * view.c - copy the values of one row into a rec.
 *
 * How a column is read depends on its form and on its widths. That is decided once for each batch;
 * columns as wide as the member of the record, nearly all, are then copied without further tests.
 */
#include "print/row.h"

#include <string.h>

enum load_how {
    LOAD_1, LOAD_2, LOAD_4, LOAD_8, LOAD_16, /* a value a row, as wide as the member */
    LOAD_CODED_16,                           /* codes into a table of addresses */
    LOAD_NUMBER,                             /* any other number */
    LOAD_ADDRESS,
    LOAD_VAR
};

static enum load_how how_to_load(const struct column *c, enum field_type type)
{
    size_t width = type == TYPE_U8 ? 1 : type == TYPE_U16 ? 2 : type == TYPE_U32 ? 4 : 8;

    switch (type) {
    case TYPE_VAR:
        return LOAD_VAR;
    case TYPE_IP:
        return c->form == COLUMN_FLAT   ? LOAD_16
               : c->form == COLUMN_DICT ? LOAD_CODED_16
                                        : LOAD_ADDRESS;
    default:
        if (c->form != COLUMN_FLAT || c->width != width) {
            return LOAD_NUMBER;
        }
        return width == 1 ? LOAD_1 : width == 2 ? LOAD_2 : width == 4 ? LOAD_4 : LOAD_8;
    }
}

/* The first octets of a number in memory are its low ones only on little-endian machines. */
static void load_number(char *to, enum field_type type, uint64_t value)
{
    switch (type) {
    case TYPE_U8:
        *(uint8_t *)to = (uint8_t)value;
        return;
    case TYPE_U16:
        *(uint16_t *)(void *)to = (uint16_t)value;
        return;
    case TYPE_U32:
        *(uint32_t *)(void *)to = (uint32_t)value;
        return;
    default:
        *(uint64_t *)(void *)to = value;
        return;
    }
}

static inline void load_one(struct view *v, const struct view_load *l, uint32_t row)
{
    char *to = (char *)&v->rec + l->offset;
    const char *values = l->column->values;

    switch ((enum load_how)l->how) {
    case LOAD_1:
        *to = values[row];
        return;
    case LOAD_2:
        memcpy(to, values + (size_t)row * 2, 2);
        return;
    case LOAD_4:
        memcpy(to, values + (size_t)row * 4, 4);
        return;
    case LOAD_8:
        memcpy(to, values + (size_t)row * 8, 8);
        return;
    case LOAD_16:
        memcpy(to, values + (size_t)row * 16, 16);
        return;
    case LOAD_CODED_16:
        memcpy(to, values + (size_t)column_code(l->column, row) * 16, 16);
        return;
    case LOAD_NUMBER:
        load_number(to, (enum field_type)l->type, column_u64(l->column, row));
        return;
    case LOAD_ADDRESS:
        memcpy(to, column_ip(l->column, row), sizeof(struct ip));
        return;
    case LOAD_VAR:
        *(struct span *)(void *)to = column_var(l->column, row);
        return;
    }
}

/* Computed fields are in no column. The number of a record differs, whatever its column says. */
static struct field_set always_varying(void)
{
    struct field_set set = {{0}};

    for (unsigned id = FIELD_STORED_; id < FIELD_COUNT_; id++) {
        field_set_add(&set, (enum field_id)id);
    }
    field_set_add(&set, FIELD_RECORD_NO);
    return set;
}

int view_bind(struct view *v, struct batch *b, const struct field_set *set)
{
    rec_clear(&v->rec);
    v->nloads = 0;
    v->varying = always_varying();
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct view_load l;
        if (!field_set_has(set, (enum field_id)id)) {
            continue;
        }
        l.id = (enum field_id)id;
        l.column = batch_column(b, (enum field_id)id);
        l.offset = (uint16_t)rec_offset((enum field_id)id);
        l.type = (uint8_t)field_of((enum field_id)id)->type;
        l.how = (uint8_t)how_to_load(l.column, field_of((enum field_id)id)->type);
        if (l.column->form == COLUMN_CONST) {
            load_one(v, &l, 0);
        } else {
            field_set_add(&v->varying, (enum field_id)id);
            v->loads[v->nloads++] = l;
        }
    }
    return batch_ok(b) ? 0 : b->fault.code;
}

void view_load(struct view *v, uint32_t row)
{
    for (unsigned i = 0; i < v->nloads; i++) {
        load_one(v, &v->loads[i], row);
    }
}

unsigned view_loads_of(const struct view *v, const struct field_set *set, uint16_t *which)
{
    struct field_set stored = *set;
    unsigned n = 0;

    field_set_close(&stored);
    for (unsigned i = 0; i < v->nloads; i++) {
        if (field_set_has(&stored, v->loads[i].id)) {
            which[n++] = (uint16_t)i;
        }
    }
    return n;
}

void view_load_some(struct view *v, const uint16_t *which, unsigned n, uint32_t row)
{
    for (unsigned i = 0; i < n; i++) {
        load_one(v, &v->loads[which[i]], row);
    }
}

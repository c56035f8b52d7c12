/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * view.c - copy the values of one row into a rec.
 */
#include "print/row.h"

#include <string.h>

static void load_one(struct view *v, const struct view_load *l, uint32_t row)
{
    char *to = (char *)&v->rec + l->offset;
    const struct column *c = l->column;
    uint64_t value;

    switch ((enum field_type)l->type) {
    case TYPE_IP:
        memcpy(to, column_ip(c, row), sizeof(struct ip));
        return;
    case TYPE_VAR:
        *(struct span *)(void *)to = column_var(c, row);
        return;
    case TYPE_U8:
        *(uint8_t *)to = (uint8_t)column_u64(c, row);
        return;
    case TYPE_U16:
        *(uint16_t *)(void *)to = (uint16_t)column_u64(c, row);
        return;
    case TYPE_U32:
        *(uint32_t *)(void *)to = (uint32_t)column_u64(c, row);
        return;
    case TYPE_U64:
        value = column_u64(c, row);
        memcpy(to, &value, sizeof value);
        return;
    case TYPE_COUNT_:
        return;
    }
}

int view_bind(struct view *v, struct batch *b, const struct field_set *set)
{
    rec_clear(&v->rec);
    v->nloads = 0;
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        struct view_load l;
        if (!field_set_has(set, (enum field_id)id)) {
            continue;
        }
        l.column = batch_column(b, (enum field_id)id);
        l.offset = (uint16_t)rec_offset((enum field_id)id);
        l.type = (uint8_t)field_of((enum field_id)id)->type;
        if (l.column->form == COLUMN_CONST) {
            load_one(v, &l, 0);
        } else {
            v->loads[v->nloads++] = l;
        }
    }
    return batch_ok(b) ? 0 : b->fault.code;
}

void view_load(struct view *v, uint32_t row)
{
    for (size_t i = 0; i < v->nloads; i++) {
        load_one(v, &v->loads[i], row);
    }
}

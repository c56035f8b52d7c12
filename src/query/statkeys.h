/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * statkeys.h - the value of a statistic that one flow has, row by row: the plain way, which works
 * for every kind. The fast way of statcodes.h must agree with it.
 */
#ifndef WEIR_QUERY_STATKEYS_H
#define WEIR_QUERY_STATKEYS_H

#include "base/buf.h"
#include "flow/batch.h"
#include "query/stat.h"
#include "query/valueset.h"

struct geo_db;

enum { STAT_TEXT_ROOM = 40, STAT_FIELDS_MAX = 4 };

/* One field of one block. */
struct stat_reading {
    const struct stat_spec *spec;
    const struct geo_db *geo;
    struct buf *work;
    struct batch *batch;
    enum field_id id;
    const struct column *column;
    const struct column *address; /* of the same side as an AS */
    const struct column *proto;
};

/* The readings of an element's fields; how many. */
unsigned stat_readings(const struct stat_spec *spec, const struct geo_db *geo, struct buf *work,
                       struct batch *b, struct stat_reading r[STAT_FIELDS_MAX]);

/* The value of a row; false: it has none. Texts (ja3, ja4) go to `text`. */
bool stat_key(const struct stat_reading *r, uint32_t row, struct value_key *key,
              char text[STAT_TEXT_ROOM]);

bool stat_kind_is_text(enum stat_kind kind);

/* The columns that values are read from. */
void stat_key_fields(const struct stat_spec *spec, bool has_geo, struct field_set *set);

/* The AS of an address that is not in the flow, and the country: numbers as keys have them. */
uint64_t stat_geo_as(const struct geo_db *geo, const struct ip *addr, int family);
uint64_t stat_geo_country(const struct geo_db *geo, const struct ip *addr, int family);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * layout.h - inside of the encoder: which elements a record has, in which order, from which field.
 *
 * A template is the numbers and lengths of a layout's rows, a record is their values.
 */
#ifndef WEIR_WIRE_LAYOUT_H
#define WEIR_WIRE_LAYOUT_H

#include "wire/encode.h"

enum { ROWS_MAX = 48 };

/* How a value goes onto the wire. */
enum encoding {
    AS_NUMBER,  /* big-endian, cut to the length */
    AS_V4,
    AS_V6,
    AS_MAC,
    AS_LABEL,   /* 3 octets */
    AS_UPTIME,
    AS_SECONDS,
    AS_NTP
};

struct row {
    uint16_t id;
    uint16_t length;
    uint32_t pen;
    enum field_id field;
    enum encoding encoding;
};

struct layout { /* one template */
    uint16_t id;
    uint16_t nrows;
    uint16_t octets; /* of a record */
    struct row rows[ROWS_MAX];
};

enum layout_kind { LAYOUT_V4, LAYOUT_V4_ICMP, LAYOUT_V6, LAYOUT_V6_ICMP, LAYOUTS_ };

void layout_make(const struct encoder_options *o, enum layout_kind kind, struct layout *l);

#endif

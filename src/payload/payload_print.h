/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * payload_print.h - captured payload as text, as nfdump 1.7.8 prints it for %ipl, %opl and raw.
 *
 * Port 53 on either side: the DNS message, or nothing if it does not decode. Else, printable text
 * (zero octets only at its end): the text and a newline. Else a hex dump, in raw records of TCP
 * flows after lines about the TLS hello; raw dumps text, too.
 */
#ifndef WEIR_PAYLOAD_PAYLOAD_PRINT_H
#define WEIR_PAYLOAD_PAYLOAD_PRINT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One direction's payload with the flow it belongs to; ports and proto are 0 if unknown. */
struct payload {
    const uint8_t *data;
    size_t len;
    uint8_t proto;
    uint16_t src_port;
    uint16_t dst_port;
};

/* Which dissectors the filter and the printers apply. */
bool payload_may_be_dns(const struct payload *p); /* port 53, UDP or TCP */
bool payload_may_be_tls(const struct payload *p); /* TCP */
bool payload_dns_prefixed(const struct payload *p);

void payload_print_line(struct buf *out, const struct payload *p); /* %ipl, %opl */
void payload_print_raw(struct buf *out, const struct payload *p);  /* -o raw, below the length */

/* Printable ASCII, CR, LF, TAB, then nothing but zero octets. */
bool payload_is_text(const uint8_t *data, size_t len);

/* 16 octets a line: offset, octets, letters. A multiple of 16 octets ends with a lone offset. */
void payload_hexdump(struct buf *out, const uint8_t *data, size_t len);

#endif

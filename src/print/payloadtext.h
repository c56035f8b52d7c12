/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * payloadtext.h - what the captured payload of a row says.
 *
 * A cache remembers, for one row, what was already decoded of its two payloads. Results live until
 * payload_cache_reset().
 */
#ifndef WEIR_PRINT_PAYLOADTEXT_H
#define WEIR_PRINT_PAYLOADTEXT_H

#include "base/buf.h"
#include "payload/tls.h"
#include "print/row.h"

enum payload_side { PAYLOAD_IN, PAYLOAD_OUT, PAYLOAD_SIDES_ };

struct payload_cache;

struct payload_cache *payload_cache_new(void); /* NULL: no memory */
void payload_cache_free(struct payload_cache *c);
void payload_cache_reset(struct payload_cache *c);

enum payload_side payload_side_of(enum field_id id); /* FIELD_IN_PAYLOAD, FIELD_OUT_PAYLOAD */

/* The TLS hello in a TCP flow's payload, or NULL. */
const struct tls_hello *payload_tls(const struct row *row, enum payload_side side);

/* Fingerprints of the hello, or NULL. *server: of a server hello. */
const char *payload_ja3(const struct row *row, enum payload_side side);
const char *payload_ja4(const struct row *row, enum payload_side side, bool *server);

/* The payload as %ipl shows it, or as -o raw does; DNS only the first time for a row. */
void payload_show(const struct row *row, enum payload_side side, bool raw, struct buf *out);

#endif

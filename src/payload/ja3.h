/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ja3.h - fingerprints JA3 (client hello) and JA3S (server hello): the MD5 of a text of decimal
 * numbers, version,ciphers,extensions and for clients ,groups,point formats.
 *
 * GREASE values are left out of ciphers and extensions, but not out of the groups: so does nfdump,
 * and stored values must stay comparable. The published JA3 leaves them out there too.
 */
#ifndef WEIR_PAYLOAD_JA3_H
#define WEIR_PAYLOAD_JA3_H

#include "base/buf.h"
#include "payload/tls.h"

#define JA3_LENGTH 32 /* letters of the fingerprint */

/* Add the text that is hashed. */
void ja3_text(const struct tls_hello *hello, struct buf *text);

/* Write the fingerprint as lower case hexadecimal digits and a NUL. *work is overwritten; it only
 * lends memory. Returns 0 or ERR_NOMEM. */
int ja3_of(const struct tls_hello *hello, struct buf *work, char out[JA3_LENGTH + 1]);

/* Whether text may be compared with a fingerprint; it is copied to out in lower case. */
bool ja3_valid(const char *text, size_t len, char out[JA3_LENGTH + 1]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * lzo.h - bare LZO1X streams, as nfdump's files hold them: no frame, no length, no checksum.
 */
#ifndef WEIR_STORE_LZO_H
#define WEIR_STORE_LZO_H

#include <stddef.h>
#include <stdint.h>

/* Inflate n octets into at most room octets. Returns 0 with *made set; ERR_TRUNCATED (the stream
 * ends before its end mark), ERR_LIMIT (more than room), ERR_FORMAT (refers to before the start,
 * or octets follow the end mark). *made then tells how much could be inflated. */
int lzo_unpack(const uint8_t *in, size_t n, uint8_t *out, size_t room, size_t *made);

/* Octets that n octets need at most when packed. */
size_t lzo_bound(size_t n);

/* Pack n octets; out has lzo_bound(n) of room. Returns the packed size, or 0 when memory is out. */
size_t lzo_pack(const uint8_t *in, size_t n, uint8_t *out);

#endif

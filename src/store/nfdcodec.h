/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdcodec.h - octets of an nfdump block, packed and unpacked.
 */
#ifndef WEIR_STORE_NFDCODEC_H
#define WEIR_STORE_NFDCODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "store/flowfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No block holds more octets, neither stored nor unpacked. */
#define NFD_BLOCK_MAX 5242868

/* May files of this compression be read and written by this build? */
bool nfdcodec_built(enum flow_compression c);

/* The most octets that n stored ones can unpack to: no more is allocated for them. */
size_t nfdcodec_most(enum flow_compression c, size_t n);

/* Unpack n stored octets (at least 1). On success *out, *out_len: octets in the arena, or `in`
 * itself when nothing is packed. On ERR_TRUNCATED *out holds what could be unpacked. ERR_FORMAT,
 * ERR_LIMIT (more than NFD_BLOCK_MAX), ERR_UNSUPPORTED (not built), ERR_NOMEM. */
int nfdcodec_unpack(enum flow_compression c, const uint8_t *in, size_t n, struct arena *arena,
                    const uint8_t **out, size_t *out_len, struct fault *fault);

/* Octets that n octets need at most when packed. */
size_t nfdcodec_bound(enum flow_compression c, size_t n);

/* Pack n octets into out (nfdcodec_bound(c, n) of room); *packed is the size. level 0: the
 * default. */
int nfdcodec_pack(enum flow_compression c, int level, const uint8_t *in, size_t n, uint8_t *out,
                  size_t *packed, struct fault *fault);

#endif

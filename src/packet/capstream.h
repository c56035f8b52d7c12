/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capstream.h - the octets of a capture file, plain or gzip-compressed, piece by piece.
 *
 * What was asked for lies in one piece in the stream's own memory, so that frames need no copying.
 */
#ifndef WEIR_PACKET_CAPSTREAM_H
#define WEIR_PACKET_CAPSTREAM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPSTREAM_PIECE_MAX = 16 << 20 };

struct capstream;

/* "-" is standard input. On error *out is untouched: ERR_IO, ERR_NOMEM. */
int capstream_open(const char *path, struct capstream **out, struct fault *fault);
void capstream_close(struct capstream *s);

/* The next n octets (at most CAPSTREAM_PIECE_MAX), which stay to be asked for again; valid until
 * the next call. NULL: the file ends before; *left is how many there are then. */
const uint8_t *capstream_peek(struct capstream *s, size_t n, size_t *left);

/* Did the octets end because reading failed, or inside of what is compressed? */
bool capstream_failed(const struct capstream *s);

/* Go on behind n octets that were seen. */
void capstream_skip(struct capstream *s, size_t n);

#endif

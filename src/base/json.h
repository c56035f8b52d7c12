/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * json.h - texts as JSON strings.
 */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include "base/buf.h"

#include <stddef.h>

/* Add the text in quotation marks. What is not UTF-8 becomes U+FFFD, so the result is always
 * JSON. */
void json_string(struct buf *b, const char *text, size_t len);

#endif

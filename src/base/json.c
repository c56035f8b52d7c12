/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * json.c - texts as JSON strings: plain runs are copied whole, the rest escaped.
 */
#include "base/json.h"

#include <stdint.h>

/* Octets that are copied as they are. */
static inline bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Length of the well-formed UTF-8 sequence (RFC 3629) at p, or 0. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
    size_t n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
             : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

    if (n == 0 || n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0; /* overlong, a surrogate, or above U+10FFFF */
    }
    return n;
}

static void escape(struct buf *b, uint8_t c)
{
    static const char short_forms[] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };

    if (c < sizeof short_forms && short_forms[c] != 0) {
        buf_char(b, '\\');
        buf_char(b, short_forms[c]);
    } else {
        buf_str(b, "\\u");
        buf_hex(b, c, 4);
    }
}

void json_string(struct buf *b, const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + len;

    buf_char(b, '"');
    while (p < end) {
        const uint8_t *run = p;
        while (p < end && is_plain(*p)) {
            p++;
        }
        buf_add(b, run, (size_t)(p - run));
        if (p == end) {
            break;
        }
        if (*p < 0x80) {
            escape(b, *p++);
            continue;
        }
        size_t n = utf8_length(p, (size_t)(end - p));
        buf_add(b, n > 0 ? (const void *)p : "\xef\xbf\xbd", n > 0 ? n : 3);
        p += n > 0 ? n : 1;
    }
    buf_char(b, '"');
}

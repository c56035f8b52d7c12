/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ja3.c - see ja3.h; the lists are walked once, the text lives in the caller's buffer.
 */
#include "payload/ja3.h"

#include "base/digest.h"
#include "base/err.h"

#include <ctype.h>

/* Numbers are joined with '-'; first says whether one stands there already. */
static void add_number(struct buf *text, bool *first, uint16_t value)
{
    if (!*first) {
        buf_char(text, '-');
    }
    *first = false;
    buf_u64(text, value);
}

static void add_list16(struct buf *text, struct cur list, bool skip_grease)
{
    bool first = true;
    uint16_t value;

    buf_char(text, ',');
    while (tls_next_u16(&list, skip_grease, &value)) {
        add_number(text, &first, value);
    }
}

static void add_list8(struct buf *text, struct cur list)
{
    bool first = true;

    buf_char(text, ',');
    while (cur_left(&list) > 0) {
        add_number(text, &first, cur_u8(&list));
    }
}

static void add_extensions(struct buf *text, struct cur list)
{
    struct tls_extension extension;
    bool first = true;

    buf_char(text, ',');
    while (tls_next_extension(&list, true, &extension)) {
        add_number(text, &first, extension.type);
    }
}

void ja3_text(const struct tls_hello *hello, struct buf *text)
{
    buf_u64(text, hello->legacy_version);
    add_list16(text, hello->ciphers, hello->side == TLS_CLIENT);
    add_extensions(text, hello->extensions);
    if (hello->side == TLS_CLIENT) {
        add_list16(text, hello->groups, false);
        add_list8(text, hello->formats);
    }
}

int ja3_of(const struct tls_hello *hello, struct buf *work, char out[JA3_LENGTH + 1])
{
    uint8_t hash[DIGEST_MD5_SIZE];

    buf_clear(work);
    ja3_text(hello, work);
    if (work->failed) {
        return ERR_NOMEM;
    }
    digest_md5(work->data, work->len, hash);
    digest_hex(hash, sizeof hash, out);
    return 0;
}

bool ja3_valid(const char *text, size_t len, char out[JA3_LENGTH + 1])
{
    if (len != JA3_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isxdigit((unsigned char)text[i])) {
            return false;
        }
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[len] = '\0';
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ja4.c - see ja4.h. Lists are limited to 99 entries, so all work is done on the stack; only the
 * signature algorithms are unlimited, and those beyond SIGNATURES_MAX cannot occur in practice: a
 * hello with more has no fingerprint.
 */
#include "payload/ja4.h"

#include "base/digest.h"

#include <ctype.h>
#include <stdlib.h>

enum { LIST_MAX = 99, SIGNATURES_MAX = 256, HASH_OCTETS = 6, HEX4_LENGTH = 5 };

struct list {
    size_t count;
    uint16_t value[LIST_MAX];
};

/* Text of four-digit numbers with a separator behind each, as it is hashed. */
struct hash_text {
    size_t len;
    char text[(LIST_MAX + SIGNATURES_MAX) * HEX4_LENGTH];
};

static int order_u16(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static bool list_add(struct list *list, uint16_t value)
{
    if (list->count == LIST_MAX) {
        return false;
    }
    list->value[list->count++] = value;
    return true;
}

static bool list_ciphers(struct list *list, struct cur ciphers)
{
    uint16_t value;

    list->count = 0;
    while (tls_next_u16(&ciphers, true, &value)) {
        if (!list_add(list, value)) {
            return false;
        }
    }
    return true;
}

static bool list_extensions(struct list *list, struct cur extensions)
{
    struct tls_extension extension;

    list->count = 0;
    while (tls_next_extension(&extensions, true, &extension)) {
        if (!list_add(list, extension.type)) {
            return false;
        }
    }
    return true;
}

static void list_sort(struct list *list)
{
    qsort(list->value, list->count, sizeof list->value[0], order_u16);
}

static void hash_add(struct hash_text *t, uint16_t value)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4) {
        t->text[t->len++] = digits[value >> shift & 15];
    }
    t->text[t->len++] = ',';
}

/* The first six octets of the SHA-256 of the text without its last separator. */
static void hash_write(const struct hash_text *t, char *out)
{
    uint8_t hash[DIGEST_SHA256_SIZE];

    digest_sha256(t->text, t->len > 0 ? t->len - 1 : 0, hash);
    digest_hex(hash, HASH_OCTETS, out);
}

static char *put_count(char *out, size_t count)
{
    *out++ = (char)('0' + count / 10);
    *out++ = (char)('0' + count % 10);
    return out;
}

/* First and last letter; of octets that are neither letter nor digit the hexadecimal digits. */
static char *put_alpn(char *out, const struct tls_text *alpn)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char first = alpn->len > 0 ? (unsigned char)alpn->text[0] : '0';
    unsigned char last = alpn->len > 0 ? (unsigned char)alpn->text[alpn->len - 1] : '0';
    bool plain = isalnum(first) && isalnum(last);

    *out++ = plain ? (char)first : digits[first >> 4];
    *out++ = plain ? (char)last : digits[last & 15];
    return out;
}

static char *put_version(char *out, const char *version)
{
    *out++ = 't';
    *out++ = version[0];
    *out++ = version[1];
    return out;
}

static char *put_ciphers(char *out, struct list *ciphers)
{
    struct hash_text t = {.len = 0};

    list_sort(ciphers);
    for (size_t i = 0; i < ciphers->count; i++) {
        hash_add(&t, ciphers->value[i]);
    }
    *out = '_';
    hash_write(&t, out + 1);
    return out + 1 + 2 * HASH_OCTETS;
}

/* Server name (0) and ALPN (16) vary with the destination, so they are not hashed. */
static bool put_extensions(char *out, struct list *extensions, struct cur signatures)
{
    struct hash_text t = {.len = 0};
    uint16_t value;

    list_sort(extensions);
    for (size_t i = 0; i < extensions->count; i++) {
        if (extensions->value[i] != 0 && extensions->value[i] != 16) {
            hash_add(&t, extensions->value[i]);
        }
    }
    if (t.len == 0 || cur_left(&signatures) / 2 > SIGNATURES_MAX) {
        return false;
    }
    t.text[t.len - 1] = '_';
    while (tls_next_u16(&signatures, false, &value)) {
        hash_add(&t, value);
    }
    *out = '_';
    hash_write(&t, out + 1);
    return true;
}

bool ja4_of(const struct tls_hello *hello, char out[JA4_LENGTH + 1])
{
    struct list ciphers, extensions;
    char text[JA4_LENGTH + 1];
    char *at = text;

    if (hello->side != TLS_CLIENT || !list_ciphers(&ciphers, hello->ciphers) ||
        !list_extensions(&extensions, hello->extensions)) {
        return false;
    }
    at = put_version(at, tls_shown_version(hello));
    *at++ = hello->sni.len > 0 ? 'd' : 'i';
    at = put_count(at, ciphers.count);
    at = put_count(at, extensions.count);
    at = put_alpn(at, &hello->alpn);
    at = put_ciphers(at, &ciphers);
    if (!put_extensions(at, &extensions, hello->signatures)) {
        return false;
    }
    memcpy(out, text, sizeof text);
    return true;
}

/* Shape of a fingerprint, letter by letter: T transport, D name, _ itself, x hexadecimal, a any. */
static bool has_shape(const char *text, size_t len, const char *shape)
{
    if (len != strlen(shape)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool fits = shape[i] == 'T'   ? c == 't' || c == 'q'
                    : shape[i] == 'D' ? c == 'd' || c == 'i'
                    : shape[i] == 'x' ? isxdigit(c) != 0
                    : shape[i] == '_' ? c == '_'
                                      : c < 0x80;
        if (!fits) {
            return false;
        }
    }
    return true;
}

bool ja4_valid(const char *text, size_t len)
{
    return has_shape(text, len, "TaaDaaaaaa_xxxxxxxxxxxx_xxxxxxxxxxxx");
}

bool ja4s_valid(const char *text, size_t len)
{
    return has_shape(text, len, "Taaaaaa_xxxx_xxxxxxxxxxxx");
}

#ifdef ENABLE_JA4S

static const char *true_version(const struct tls_hello *hello)
{
    static const char *const names[] = {"s3", "10", "11", "12", "13"};

    if (hello->version < 0x0300 || hello->version > TLS_V1_3) {
        return "s2";
    }
    return names[hello->version & 0xff];
}

bool ja4s_enabled(void)
{
    return true;
}

bool ja4s_of(const struct tls_hello *hello, char out[JA4S_LENGTH + 1])
{
    struct hash_text t = {.len = 0};
    struct cur cipher = hello->ciphers;
    struct list extensions;
    char *at = out;

    if (hello->side != TLS_SERVER || !list_extensions(&extensions, hello->extensions)) {
        return false;
    }
    at = put_version(at, true_version(hello));
    at = put_count(at, extensions.count);
    at = put_alpn(at, &hello->alpn);
    hash_add(&t, cur_u16be(&cipher));
    *at++ = '_';
    memcpy(at, t.text, 4);
    at += 4;
    *at++ = '_';
    t.len = 0;
    for (size_t i = 0; i < extensions.count; i++) {
        hash_add(&t, extensions.value[i]);
    }
    hash_write(&t, at);
    return true;
}

#else

bool ja4s_enabled(void)
{
    return false;
}

bool ja4s_of(const struct tls_hello *hello, char out[JA4S_LENGTH + 1])
{
    (void)hello;
    (void)out;
    return false;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tls.c - record header, handshake header, hello, extensions: each level is a sub-cursor of the one
 * above, so that no length field reaches beyond its container. Nothing is copied.
 */
#include "payload/tls.h"

#include "base/err.h"
#include "payload/search.h"

enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2, RANDOM_LENGTH = 32 };

enum extension_type {
    EXT_SERVER_NAME = 0,
    EXT_GROUPS = 10,
    EXT_FORMATS = 11,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_SUPPORTED_VERSIONS = 43
};

/* The versions that a hello may carry, and how they are shown for each side (see tls.h). */
struct version_row {
    uint16_t field;
    uint16_t version;
    bool in_record;
    const char *client;
    const char *server; /* NULL: not accepted from a server */
};

static const struct version_row versions[] = {
    {0x0002, 0x0200, true, "s2", "s2"},
    {0x0300, 0x0300, true, "s3", "s3"},
    {TLS_V1_0, TLS_V1_0, true, "10", "10"},
    {TLS_V1_1, TLS_V1_1, true, "11", "12"},
    {TLS_V1_2, TLS_V1_2, true, "12", "13"},
    {TLS_V1_3, TLS_V1_3, false, "13", NULL},
};

static const struct version_row *version_find(uint16_t field)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].field == field) {
            return &versions[i];
        }
    }
    return NULL;
}

bool tls_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

bool tls_next_u16(struct cur *list, bool skip_grease, uint16_t *value)
{
    while (cur_left(list) >= 2) {
        *value = cur_u16be(list);
        if (!skip_grease || !tls_is_grease(*value)) {
            return true;
        }
    }
    return false;
}

bool tls_next_extension(struct cur *list, bool skip_grease, struct tls_extension *extension)
{
    while (cur_left(list) >= 4) {
        extension->type = cur_u16be(list);
        extension->body = cur_sub(list, cur_u16be(list));
        if (!skip_grease || !tls_is_grease(extension->type)) {
            return cur_ok(list);
        }
    }
    return false;
}

/* ---- extensions ---- */

static bool read_server_name(struct tls_hello *hello, struct cur body)
{
    struct cur list = cur_sub(&body, cur_u16be(&body));
    cur_skip(&list, 1); /* the only name type is host_name */
    size_t len = cur_u16be(&list);
    const uint8_t *name = cur_take(&list, len);

    if (!cur_ok(&list) || len > TLS_SNI_MAX) {
        return false;
    }
    hello->sni.text = (const char *)name;
    hello->sni.len = strnlen(hello->sni.text, len);
    return true;
}

static bool read_list16(struct cur *list, struct cur body)
{
    *list = cur_sub(&body, cur_u16be(&body));
    return cur_ok(list) && cur_ok(&body);
}

static bool read_list8(struct cur *list, struct cur body)
{
    *list = cur_sub(&body, cur_u8(&body));
    return cur_ok(list) && cur_ok(&body);
}

static bool read_alpn(struct tls_hello *hello, struct cur body)
{
    struct cur list = cur_sub(&body, cur_u16be(&body));
    size_t len = cur_u8(&list);
    const uint8_t *name = cur_take(&list, len);

    if (!cur_ok(&list)) {
        return false;
    }
    hello->alpn.text = (const char *)name;
    hello->alpn.len = strnlen(hello->alpn.text, len);
    return true;
}

/* Drafts of TLS 1.3 announced themselves as 0x7f00 + draft number. */
static uint16_t known_version(uint16_t field)
{
    const struct version_row *row = version_find(field);
    if (row != NULL) {
        return row->version;
    }
    return field >> 8 == 0x7f ? TLS_V1_3 : 0;
}

static bool read_supported_versions(struct tls_hello *hello, struct cur body)
{
    struct cur list = body;
    uint16_t field, best = 0;

    if (hello->side == TLS_CLIENT && !read_list8(&list, body)) {
        return false;
    }
    while (tls_next_u16(&list, true, &field)) {
        uint16_t version = known_version(field);
        best = version > best ? version : best;
    }
    if (best != 0) {
        hello->version = best;
    }
    return true;
}

static bool read_client_extension(struct tls_hello *hello, const struct tls_extension *extension)
{
    switch (extension->type) {
    case EXT_SERVER_NAME:
        return read_server_name(hello, extension->body);
    case EXT_GROUPS:
        return read_list16(&hello->groups, extension->body);
    case EXT_FORMATS:
        return read_list8(&hello->formats, extension->body);
    case EXT_SIGNATURES:
        return read_list16(&hello->signatures, extension->body);
    default:
        return true;
    }
}

static bool read_extension(struct tls_hello *hello, const struct tls_extension *extension)
{
    switch (extension->type) {
    case EXT_ALPN:
        return read_alpn(hello, extension->body);
    case EXT_SUPPORTED_VERSIONS:
        return read_supported_versions(hello, extension->body);
    default:
        return hello->side != TLS_CLIENT || read_client_extension(hello, extension);
    }
}

static bool read_extensions(struct tls_hello *hello)
{
    struct cur list = hello->extensions;
    struct tls_extension extension;

    while (tls_next_extension(&list, true, &extension)) {
        if (!read_extension(hello, &extension)) {
            return false;
        }
    }
    return cur_ok(&list);
}

/* ---- hello ---- */

static bool read_version(struct tls_hello *hello, struct cur *c)
{
    const struct version_row *row;

    hello->legacy_version = cur_u16be(c);
    row = version_find(hello->legacy_version);
    if (row == NULL || (hello->side == TLS_SERVER && row->server == NULL)) {
        return false;
    }
    hello->version = row->version;
    return true;
}

static bool read_hello(struct tls_hello *hello, struct cur *c)
{
    if (!read_version(hello, c)) {
        return false;
    }
    cur_skip(c, RANDOM_LENGTH);
    cur_skip(c, cur_u8(c)); /* session identifier */
    if (hello->side == TLS_CLIENT) {
        hello->ciphers = cur_sub(c, cur_u16be(c));
        cur_skip(c, cur_u8(c)); /* compression methods */
    } else {
        hello->ciphers = cur_sub(c, 2);
        cur_skip(c, 1);
    }
    hello->extensions = cur_sub(c, cur_u16be(c));
    return cur_ok(c) && cur_left(&hello->ciphers) >= 2;
}

static bool read_side(struct tls_hello *hello, uint8_t type)
{
    hello->side = type == CLIENT_HELLO ? TLS_CLIENT : TLS_SERVER;
    return type == CLIENT_HELLO || type == SERVER_HELLO;
}

/* The body of the first handshake message, if record and message are complete. */
static bool read_headers(struct tls_hello *hello, struct cur *c, struct cur *body)
{
    const struct version_row *row;
    struct cur record;

    if (cur_u8(c) != RECORD_HANDSHAKE) {
        return false;
    }
    hello->record_version = cur_u16be(c);
    row = version_find(hello->record_version);
    if (row == NULL || !row->in_record) {
        return false;
    }
    record = cur_sub(c, cur_u16be(c));
    if (!read_side(hello, cur_u8(&record))) {
        return false;
    }
    *body = cur_sub(&record, cur_uintbe(&record, 3));
    return cur_ok(&record);
}

int tls_parse(const void *payload, size_t len, struct tls_hello *hello)
{
    struct cur c = cur_of(payload, len);
    struct cur body;

    *hello = (struct tls_hello){.side = TLS_CLIENT};
    if (!read_headers(hello, &c, &body) || !read_hello(hello, &body)) {
        return ERR_FORMAT;
    }
    if (hello->side == TLS_CLIENT && cur_left(&hello->extensions) == 0) {
        return ERR_FORMAT;
    }
    return read_extensions(hello) ? 0 : ERR_FORMAT;
}

const char *tls_shown_version(const struct tls_hello *hello)
{
    const struct version_row *row = version_find(hello->legacy_version);
    return hello->side == TLS_SERVER ? row->server : row->client;
}

bool tls_sni_contains(const struct tls_hello *hello, const char *text, size_t len)
{
    return search_find(hello->sni.text, hello->sni.len, text, len) != SEARCH_NONE;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tls.h - the first message of a TLS or SSL 3 connection: client hello or server hello.
 *
 * tls_parse() reads the first octets of one direction of a TCP connection. The hello must be
 * complete and lie in one record. The result only points into the payload: it owns nothing and
 * lives as long as the payload. Lists are cursors; a reader takes a copy and walks it.
 *
 * GREASE values (RFC 8701) stand among ciphers, extensions, groups and versions; tls_next_u16() and
 * tls_next_extension() skip them when asked.
 */
#ifndef WEIR_PAYLOAD_TLS_H
#define WEIR_PAYLOAD_TLS_H

#include "base/cur.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_side { TLS_CLIENT = 1, TLS_SERVER = 2 };

enum { TLS_V1_0 = 0x0301, TLS_V1_1 = 0x0302, TLS_V1_2 = 0x0303, TLS_V1_3 = 0x0304 };

#define TLS_SNI_MAX 255

struct tls_text {
    const char *text; /* not NUL-terminated; NULL when absent */
    size_t len;
};

struct tls_hello {
    enum tls_side side;
    uint16_t record_version; /* of the record header */
    uint16_t legacy_version; /* the version field of the hello */
    uint16_t version;        /* offered at most (client) or chosen (server), from supported_versions
                                if there; SSL n is n * 256; TLS 1.3 drafts count as TLS 1.3 */
    struct cur ciphers;      /* u16 each; one for a server */
    struct cur extensions;   /* type, length, body each */
    struct cur groups;       /* u16 each: extension 10, client only like those below */
    struct cur formats;      /* u8 each: extension 11 */
    struct cur signatures;   /* u16 each: extension 13 */
    struct tls_text alpn;    /* the first protocol name of extension 16 */
    struct tls_text sni;     /* host name of extension 0, up to a NUL octet */
};

struct tls_extension {
    uint16_t type;
    struct cur body;
};

/* Returns 0, or ERR_FORMAT when the payload does not begin with a complete hello; *hello is then
 * undefined. */
int tls_parse(const void *payload, size_t len, struct tls_hello *hello);

bool tls_is_grease(uint16_t value);

/* Walk a list: false at its end. */
bool tls_next_u16(struct cur *list, bool skip_grease, uint16_t *value);
bool tls_next_extension(struct cur *list, bool skip_grease, struct tls_extension *extension);

/* Two letters of the version as nfdump 1.7.8 shows it: "s2", "s3", "10" to "13". It reads the
 * version field only, and that of a server hello one step too high from TLS 1.1 on; scripts know
 * these texts. For the true version see hello->version. */
const char *tls_shown_version(const struct tls_hello *hello);

/* Whether text occurs in the server name; the empty text occurs in every hello. */
bool tls_sni_contains(const struct tls_hello *hello, const char *text, size_t len);

#endif

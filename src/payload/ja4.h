/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ja4.h - fingerprint JA4 of a client hello seen over TCP, for example
 * t12d1612h1_94fc43e2fc61_c9eaec7dbab4: transport, version, name given (d) or not (i), number of
 * ciphers and extensions, first and last letter of the first ALPN name; SHA-256 of the sorted
 * ciphers; SHA-256 of the sorted extensions (without 0 and 16) and the signature algorithms.
 *
 * Equal to nfdump 1.7.8, also where that departs from the published JA4: the version is that of
 * the version field (12 for TLS 1.3), no value above 99 ciphers or extensions, none without an
 * extension to hash.
 */
#ifndef WEIR_PAYLOAD_JA4_H
#define WEIR_PAYLOAD_JA4_H

#include "payload/tls.h"

#define JA4_LENGTH 36
#define JA4S_LENGTH 25

/* Write the fingerprint and a NUL; false (out untouched) when the hello has none. */
bool ja4_of(const struct tls_hello *hello, char out[JA4_LENGTH + 1]);

/* Whether text has the shape of a fingerprint. */
bool ja4_valid(const char *text, size_t len);

/* JA4S of a server hello is under a licence of its own: only in builds with ENABLE_JA4S, else
 * ja4s_of() is always false. */
bool ja4s_enabled(void);
bool ja4s_of(const struct tls_hello *hello, char out[JA4S_LENGTH + 1]);
bool ja4s_valid(const char *text, size_t len);

#endif

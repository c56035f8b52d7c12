/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * digest.h - MD5 and SHA-256 of short texts, as fingerprints (JA3, JA4); not for secrets.
 */
#ifndef WEIR_BASE_DIGEST_H
#define WEIR_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_MD5_SIZE 16
#define DIGEST_SHA256_SIZE 32

void digest_md5(const void *data, size_t len, uint8_t out[DIGEST_MD5_SIZE]);
void digest_sha256(const void *data, size_t len, uint8_t out[DIGEST_SHA256_SIZE]);

/* n octets as 2 * n lower case hexadecimal digits and a NUL. */
void digest_hex(const uint8_t *octets, size_t n, char *text);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * value.h - values as text, one function per kind of value.
 *
 * All functions write at p, without NUL, and return the end. They use at most VALUE_TEXT_MAX octets
 * unless said otherwise, also behind the end that they return; the caller has made room. No
 * function calls printf for common values: these are the hot paths of listing flows.
 */
#ifndef WEIR_FIELD_VALUE_H
#define WEIR_FIELD_VALUE_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VALUE_TEXT_MAX 64

/* ---- numbers ---- */

char *value_u64(char *p, uint64_t v);
char *value_u64_wide(char *p, uint64_t v, int width); /* like %*llu; width at most 40 */
char *value_hex(char *p, uint64_t v);                 /* like %llx */
char *value_hex_wide(char *p, uint64_t v, int digits); /* zero filled, cut to that many digits */

/* A counter as people read it, steps of 1000 from a million on: "999999", "1.0 M", "2.5 T". */
char *value_scaled(char *p, uint64_t v, bool plain);

/* The same right-aligned in 8 columns ("%5.1f M"). */
char *value_scaled_wide(char *p, uint64_t v, bool plain);

/* v / 1000 with three decimals: msec as seconds, usec as msec; width as %*.3f. */
char *value_thousandths(char *p, uint64_t v, int width);

/* ---- text already written ---- */

/* Pad the text written since start to width columns on the left (negative width: on the right).
 * The text may be longer. */
char *value_pad(char *start, char *end, int width);

static inline char *value_copy(char *p, const char *text, size_t len)
{
    memcpy(p, text, len);
    return p + len;
}

#define value_literal(p, text) value_copy(p, text, sizeof(text) - 1)

/* ---- addresses ---- */

/* family 4 or 6; 0: "0.0.0.0". */
char *value_ip(char *p, const struct ip *ip, int family);

/* IPv6 texts of more than 16 characters become the first 7, "..", the last 7. */
char *value_ip_short(char *p, const struct ip *ip, int family);

char *value_mac(char *p, uint64_t mac);   /* xx:xx:xx:xx:xx:xx */
char *value_mpls(char *p, uint64_t label); /* "%8u-%1u-%1u" */

/* ---- time ---- */

/* 16 columns: "    HH:MM:SS.mmm" or " 1d HH:MM:SS.mmm". */
char *value_duration(char *p, uint64_t msec);

/* ---- transport ---- */

char *value_flags(char *p, uint64_t flags);  /* "CEUAPRSF", '.' for a flag that is not set */
char *value_proto(char *p, uint64_t proto);  /* name, or number from 138 on */

static inline bool proto_is_icmp(uint64_t proto)
{
    return proto == 1 || proto == 58;
}

/* A destination port: type.code of ICMP, else the number. */
char *value_dst_port(char *p, uint64_t port, uint64_t proto);

#endif

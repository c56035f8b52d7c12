/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * rowtest.c - tests on one value.
 */
#include "filter/rowtest.h"

#include "lookup/geo.h"
#include "lookup/tor.h"
#include "payload/dns.h"
#include "payload/ja3.h"
#include "payload/ja4.h"
#include "payload/regex.h"
#include "payload/search.h"
#include "payload/tls.h"

#include <assert.h>
#include <string.h>

bool row_number(const struct vm *vm, const struct insn *i, uint64_t v)
{
    switch (i->op) {
    case OP_RANGE:
        return v >= i->lo && v <= i->hi;
    case OP_BITS:
        v = v >> i->shift & i->arg;
        return v >= i->lo && v <= i->hi;
    case OP_GROUP:
        return (v & i->lo) != 0;
    default:
        assert(i->op == OP_SET);
        return constant_has_number(&vm->program->constants[i->arg], v);
    }
}

static bool has_country(const struct vm *vm, const struct insn *i, const struct ip *addr)
{
    char country[2];
    return geo_country(vm->geo, addr, i->shift, country) &&
           i->lo == ((uint64_t)(uint8_t)country[0] << 8 | (uint8_t)country[1]);
}

static bool has_zone(const struct vm *vm, const struct insn *i, const struct ip *addr)
{
    const struct constant *c = &vm->program->constants[i->arg];
    const char *zone;
    size_t len = geo_time_zone(vm->geo, addr, i->shift, &zone);
    return len > 0 && len == c->text_len && memcmp(zone, c->text, len) == 0;
}

bool row_addr(const struct vm *vm, const struct insn *i, const struct ip *addr)
{
    switch (i->op) {
    case OP_ADDR:
        return constant_has_addr(&vm->program->constants[i->arg], addr);
    case OP_ADDR_BITS:
        return ip_is_mapped(addr) && (ip_to_v4(addr) & (uint32_t)(i->lo >> 32)) == (uint32_t)i->lo;
    case OP_GEO:
        return has_country(vm, i, addr);
    case OP_ZONE:
        return has_zone(vm, i, addr);
    case OP_TOR:
        return tor_knows(vm->tor, addr, i->shift);
    default:
        assert(i->op == OP_ADDR_AS);
        return constant_has_number(&vm->program->constants[i->arg], geo_as(vm->geo, addr,
                                                                           i->shift));
    }
}

bool row_tor(const struct vm *vm, const struct insn *i, const struct ip *addr, uint64_t first,
             uint64_t last)
{
    return tor_lookup(vm->tor, addr, i->shift, first, last) != TOR_NEVER;
}

bool ident_equals(const char *ident, const char *text, size_t len)
{
    if (ident == NULL || ident[0] == '\0') {
        ident = "none";
    }
    return strlen(ident) == len && memcmp(ident, text, len) == 0;
}

bool row_ident(const struct vm *vm, const struct insn *i, const char *ident)
{
    const struct constant *c = &vm->program->constants[i->arg];
    return ident_equals(ident, c->text, c->text_len);
}

/* ------------------------------------------------------------------ octets */

static bool has_dns(const struct insn *i, const struct constant *c, struct span value)
{
    struct dns_message m;
    if (dns_open(&m, value.data, value.len, (i->lo & DNS_OVER_TCP) != 0) != 0) {
        return false;
    }
    switch (i->lo & 15) {
    case DNS_DEFINED:
        return true;
    case DNS_NAME:
        return dns_name_contains(&m, c->text != NULL ? c->text : "", c->text_len);
    default:
        return dns_address_contains(&m, c->text != NULL ? c->text : "", c->text_len);
    }
}

static bool has_tls(const struct insn *i, const struct constant *c, const struct tls_hello *hello)
{
    switch (i->lo & 255) {
    case TLS_DEFINED:
        return true;
    case TLS_VERSION: /* what nfdump reads, and what was really offered */
        return hello->legacy_version == i->lo >> 8 || hello->version == i->lo >> 8;
    default:
        return tls_sni_contains(hello, c->text != NULL ? c->text : "", c->text_len);
    }
}

static bool has_ja3(struct vm *vm, const struct insn *i, const struct constant *c,
                    const struct tls_hello *hello)
{
    char print[JA3_LENGTH + 1];
    if (i->hi == 0) {
        return true;
    }
    if (ja3_of(hello, &vm->text, print) != 0) {
        vm->failed = true;
        return false;
    }
    return c->text_len == JA3_LENGTH && memcmp(print, c->text, JA3_LENGTH) == 0;
}

static bool has_ja4(const struct insn *i, const struct constant *c, const struct tls_hello *hello)
{
    char print[JA4_LENGTH + 1];
    bool known = i->lo == 1 ? ja4s_of(hello, print) : ja4_of(hello, print);
    if (i->hi == 0 || !known) {
        return known;
    }
    return strlen(print) == c->text_len && memcmp(print, c->text, c->text_len) == 0;
}

static bool has_hello(struct vm *vm, const struct insn *i, const struct constant *c,
                      struct span value)
{
    struct tls_hello hello;
    if (tls_parse(value.data, value.len, &hello) != 0) {
        return false;
    }
    return i->op == OP_TLS ? has_tls(i, c, &hello)
         : i->op == OP_JA3 ? has_ja3(vm, i, c, &hello) : has_ja4(i, c, &hello);
}

/* Text fields on nfdump's disk may be filled up with NULs. */
static bool same_text(const struct constant *c, struct span value)
{
    const uint8_t *nul = value.len > 0 ? memchr(value.data, 0, value.len) : NULL;
    size_t len = nul != NULL ? (size_t)(nul - value.data) : value.len;
    return len == c->text_len && (len == 0 || memcmp(value.data, c->text, len) == 0);
}

bool row_octets(struct vm *vm, const struct insn *i, struct span value)
{
    const struct constant *c = &vm->program->constants[i->arg];
    switch (i->op) {
    case OP_TEXT:
        return same_text(c, value);
    case OP_CONTENT:
        return search_find(value.data, value.len, c->text != NULL ? c->text : "", c->text_len) !=
               SEARCH_NONE;
    case OP_REGEX:
        return regex_match(c->object, value.data, value.len, vm->scratch[c->number]) == 1;
    case OP_DNS:
        return has_dns(i, c, value);
    default:
        return has_hello(vm, i, c, value);
    }
}

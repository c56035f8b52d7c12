/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_nfarray.c - nfdump's data bases of places and Tor exits. What opens must answer any
 * question: texts end, countries have two letters; the octets of the file are the addresses asked.
 */
#include "lookup/geo.h"
#include "lookup/nfarray.h"
#include "lookup/tor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct geo_db *geo, const struct tor_db *tor, const struct ip *ip, int family)
{
    char country[2];
    struct buf text;
    const char *org;
    size_t len = geo_org(geo, ip, family, &org);
    buf_init(&text);
    geo_location(geo, ip, family, &text);
    if (geo_country(geo, ip, family, country) && memchr(country, '\0', sizeof country) != NULL) {
        abort();
    }
    if (len > 95) {
        abort();
    }
    geo_as_org(geo, geo_as(geo, ip, family), &org);
    tor_lookup(tor, ip, family, 1720684800000, 1720684801000);
    buf_free(&text);
}

/* The octets of the file are addresses as good as any. */
static void ask_all(const struct geo_db *geo, const struct tor_db *tor, const uint8_t *data,
                    size_t size)
{
    for (size_t at = 0; at + 16 <= size; at += 12) {
        struct ip six;
        uint32_t four;
        memcpy(&six, data + at, sizeof six);
        memcpy(&four, data + at, sizeof four);
        for (uint32_t near = 0; near < 3; near++) {
            struct ip ip = ip_from_v4(four - 1 + near);
            ask(geo, tor, &ip, 4);
        }
        ask(geo, tor, &six, 6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault;
    struct geo_db *geo = NULL;
    struct tor_db *tor = NULL;
    fault_clear(&fault);
    if (geo_parse(data, size, &geo, &fault) != 0 && fault.text[0] == '\0') {
        abort();
    }
    fault_clear(&fault);
    if (tor_parse(data, size, &tor, &fault) != 0 && fault.text[0] == '\0') {
        abort();
    }
    ask_all(geo, tor, data, size);
    geo_close(geo);
    tor_close(tor);
    return 0;
}

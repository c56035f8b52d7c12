/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_dns.c - DNS messages: decode, walk, search, print. The first octet of the input says whether
 * two octets with a length stand in front. Whatever decodes must print.
 */
#include "payload/dns.h"
#include "payload/dns_print.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_message m;
    struct buf out;

    if (size == 0 || dns_open(&m, data + 1, size - 1, data[0] & 1) != 0) {
        return 0;
    }
    (void)dns_name_contains(&m, "example", 7);
    (void)dns_address_contains(&m, "192.0.2", 7);
    buf_init(&out);
    dns_print(&out, &m);
    if (out.len == 0) {
        abort();
    }
    buf_free(&out);
    return 0;
}

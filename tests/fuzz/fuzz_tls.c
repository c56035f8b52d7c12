/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_tls.c - TLS hellos: decode, fingerprints, and the printers of payload.
 */
#include "payload/ja3.h"
#include "payload/ja4.h"
#include "payload/payload_print.h"
#include "payload/tls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fingerprint(const struct tls_hello *hello, struct buf *work)
{
    char ja3[JA3_LENGTH + 1], ja4[JA4_LENGTH + 1];
    char lower[JA3_LENGTH + 1];

    if (ja3_of(hello, work, ja3) != 0 || !ja3_valid(ja3, JA3_LENGTH, lower)) {
        abort();
    }
    if (ja4_of(hello, ja4) && !ja4_valid(ja4, JA4_LENGTH)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct payload p = {data, size, 6, 443, 50000};
    struct tls_hello hello;
    struct buf out;

    buf_init(&out);
    if (tls_parse(data, size, &hello) == 0) {
        fingerprint(&hello, &out);
        (void)tls_shown_version(&hello);
        (void)tls_sni_contains(&hello, "example", 7);
    }
    payload_print_raw(&out, &p);
    payload_print_line(&out, &p);
    buf_free(&out);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * dns_print.h - a DNS message as lines of text, as nfdump 1.7.8 prints it.
 *
 * Control characters in names and strings are printed as \DDD (decimal), so that a payload cannot
 * talk to the terminal.
 */
#ifndef WEIR_PAYLOAD_DNS_PRINT_H
#define WEIR_PAYLOAD_DNS_PRINT_H

#include "base/buf.h"
#include "payload/dns.h"

/* m must come from a successful dns_open(). */
void dns_print(struct buf *out, const struct dns_message *m);

#endif

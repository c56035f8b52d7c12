/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * tor.h - was this address a Tor exit node at that time?
 *
 * Reads nfdump's own Tor data base (an nfdump file, layout 2, written by torlookup; IPv4 only). An
 * open data base is immutable and may be shared by threads.
 */
#ifndef WEIR_LOOKUP_TOR_H
#define WEIR_LOOKUP_TOR_H

#include "base/err.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct tor_db;

int tor_open(const char *name, struct tor_db **out, struct fault *fault);
void tor_close(struct tor_db *db);

/* The same for the octets of a file. */
int tor_parse(const void *data, size_t len, struct tor_db **out, struct fault *fault);

enum tor_says {
    TOR_NEVER,     /* not in the data base: printed ".." */
    TOR_OTHER_DAY, /* an exit node, but not at that time: "ex" */
    TOR_EXIT       /* an exit node during the flow, or within 24 h after it was last seen: "EX" */
};

/* first, last: msec since 1970 UTC. db may be NULL. */
enum tor_says tor_lookup(const struct tor_db *db, const struct ip *addr, int family, uint64_t first,
                         uint64_t last);

/* Is the address in the data base at all? */
bool tor_knows(const struct tor_db *db, const struct ip *addr, int family);

#endif

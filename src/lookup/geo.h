/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * geo.h - what data bases know about addresses: country, place, AS and its organisation.
 *
 * Reads nfdump's own geo data base (an nfdump file, layout 2, of array blocks, written by
 * geolookup) and, when built with libmaxminddb, MaxMind's .mmdb files. An open data base is
 * immutable and may be shared by threads. Addresses are struct ip; family says how to read them (4
 * or 6).
 */
#ifndef WEIR_LOOKUP_GEO_H
#define WEIR_LOOKUP_GEO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct geo_db;

/* Open a data base. An .mmdb name may be a list "city.mmdb,asn.mmdb". Returns 0 and sets *out, or
 * ERR_* with *fault set. An nfdump file of another kind is a data base that knows nothing: like
 * nfdump, we only say so (in fault->text). */
int geo_open(const char *name, struct geo_db **out, struct fault *fault);
void geo_close(struct geo_db *db); /* NULL is allowed */

/* The same for the octets of a file in nfdump's form. */
int geo_parse(const void *data, size_t len, struct geo_db **out, struct fault *fault);

/* Two letters without NUL. False (and "..") if unknown. db may be NULL here and below. */
bool geo_country(const struct geo_db *db, const struct ip *addr, int family, char country[2]);

/* AS number of an address; 0 if unknown. */
uint32_t geo_as(const struct geo_db *db, const struct ip *addr, int family);

/* Organisation of the AS that an address belongs to, or of an AS number: a text that is not
 * NUL-terminated and lives as long as the data base, and its length; 0 if unknown. Those of AS
 * numbers have to be read first. */
size_t geo_org(const struct geo_db *db, const struct ip *addr, int family, const char **text);
size_t geo_as_org(const struct geo_db *db, uint32_t as, const char **text);
int geo_read_orgs(struct geo_db *db); /* 0 or ERR_NOMEM; of .mmdb files, all networks are read */

/* Appends "EU/CH/Zurich long/lat: 2.0000/1.0000"; nothing if unknown. */
void geo_location(const struct geo_db *db, const struct ip *addr, int family, struct buf *out);

/* Time zone name ("Europe/Zurich", not NUL-terminated) and its length; 0 if unknown (only .mmdb
 * files have them). */
size_t geo_time_zone(const struct geo_db *db, const struct ip *addr, int family, const char **zone);
bool geo_has_time_zones(const struct geo_db *db);

#endif

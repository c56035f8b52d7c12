/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * mmdb.h - MaxMind's data bases, behind functions that also exist without libmaxminddb.
 */
#ifndef WEIR_LOOKUP_MMDB_H
#define WEIR_LOOKUP_MMDB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct mmdb;

/* names: one or more files, separated by commas. ERR_UNSUPPORTED in builds without the library. */
int mmdb_open(const char *names, struct mmdb **out, struct fault *fault);
void mmdb_close(struct mmdb *db);

/* A text at a path of the data ("country", "iso_code", NULL); 0 if there is none. It is not
 * NUL-terminated and lives as long as the data base. */
size_t mmdb_text(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 const char **text);
bool mmdb_number(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 double *number);

#endif

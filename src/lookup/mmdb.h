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

/* All networks of all files whose data have a number and a text at these paths, in no order. An
 * error of each() ends it and is returned. */
typedef int mmdb_pair_fn(void *ctx, uint32_t number, const char *text, size_t len);
int mmdb_each_pair(const struct mmdb *db, const char *const *number, const char *const *text,
                   mmdb_pair_fn *each, void *ctx);

#endif

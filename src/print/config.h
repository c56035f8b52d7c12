/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * config.h - the table [nfdump] of a configuration file: own formats, data bases, threads.
 *
 * A config owns its texts. Files are TOML (base/toml.h); other tables are ignored.
 */
#ifndef WEIR_PRINT_CONFIG_H
#define WEIR_PRINT_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Predefined formats count too. */
#define PRINT_FORMATS_MAX 64

struct print_format {
    const char *name;
    const char *text; /* without "fmt:" or "csv:" */
    bool csv;
};

struct print_formats {
    size_t n;
    struct print_format format[PRINT_FORMATS_MAX];
};

struct config {
    struct print_formats formats;
    const char *geodb;  /* geodb.path, or NULL */
    const char *tordb;  /* tordb.path, or NULL */
    int64_t maxworkers; /* 0: not said */
    struct arena arena;
};

/* Read a file. ERR_SYNTAX: fault->text is the line for stdout ("Failed to parse config file ...");
 * ERR_LIMIT: there are more formats than places, a line for stderr, and all the rest is
 * usable; ERR_IO, ERR_NOTFOUND: cannot be read. config_free() in every case. */
int config_read(struct config *c, const char *path, struct fault *fault);
void config_free(struct config *c);

/* What -Z -C FILE prints: all entries. Returns as config_read(). */
int config_inventory(const char *path, struct buf *out, struct fault *fault);

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * compression.c - names and levels of compressions.
 */
#include "store/compression.h"

#include "base/text.h"

#include <string.h>

/* Highest levels: LZ4's and zstd's own; 0: the compression has no levels, one given is ignored. */
static const struct compression_row {
    const char *name;
    enum flow_compression compression;
    int highest;
    const char *title;
} rows[] = {
    {"none", COMPRESSION_NONE, 0, NULL}, {"0", COMPRESSION_NONE, 0, NULL},
    {"lzo", COMPRESSION_LZO, 0, NULL},   {"1", COMPRESSION_LZO, 0, NULL},
    {"bz2", COMPRESSION_BZ2, 0, NULL},   {"2", COMPRESSION_BZ2, 0, NULL},
    {"bzip2", COMPRESSION_BZ2, 0, NULL}, {"lz4", COMPRESSION_LZ4, 12, "LZ4"},
    {"3", COMPRESSION_LZ4, 12, "LZ4"},   {"zstd", COMPRESSION_ZSTD, 22, "ZSTD"},
    {"4", COMPRESSION_ZSTD, 22, "ZSTD"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const char *compression_name(enum flow_compression c)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].compression == c) {
            return rows[i].name;
        }
    }
    return "unknown";
}

static const struct compression_row *find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (text_same_n(name, len, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static int parse_level(const char *text, const struct compression_row *row, int *level,
                       struct fault *fault)
{
    uint64_t n;
    if (text_number(text, 0, INT32_MAX, &n) != 0) {
        return fault_set(fault, ERR_RANGE, "Invalid compression level: %s", text);
    }
    if (row->highest != 0 && n > (uint64_t)row->highest) {
        return fault_set(fault, ERR_RANGE, "%s max compression level is %d", row->title,
                         row->highest);
    }
    *level = row->highest != 0 ? (int)n : 0;
    return 0;
}

int compression_parse(const char *text, enum flow_compression *c, int *level, struct fault *fault)
{
    size_t len = strcspn(text, ":");
    const struct compression_row *row = find_row(text, len);
    *level = 0;
    if (row == NULL) {
        return fault_set(fault, ERR_SYNTAX, "%s", "");
    }
    *c = row->compression;
    return text[len] == ':' ? parse_level(text + len + 1, row, level, fault) : 0;
}

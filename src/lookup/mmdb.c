/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * mmdb.c - MaxMind's data bases.
 */
#include "lookup/mmdb.h"

#ifdef HAVE_MAXMINDDB

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 4 };

struct mmdb {
    MMDB_s files[FILES_MAX];
    unsigned nfiles;
};

static int open_one(struct mmdb *db, const char *name, struct fault *fault)
{
    int status;
    if (db->nfiles == FILES_MAX) {
        return fault_set(fault, ERR_LIMIT, "more than %d data base files", FILES_MAX);
    }
    status = MMDB_open(name, MMDB_MODE_MMAP, &db->files[db->nfiles]);
    if (status != MMDB_SUCCESS) {
        fault_at_file(fault, name, 0);
        return fault_set(fault, ERR_FORMAT, "%s", MMDB_strerror(status));
    }
    db->nfiles++;
    return 0;
}

int mmdb_open(const char *names, struct mmdb **out, struct fault *fault)
{
    struct mmdb *db = calloc(1, sizeof *db);
    char *copy = strdup(names);
    char *rest = copy;
    int rc = db == NULL || copy == NULL ? fault_set(fault, ERR_NOMEM, "out of memory") : 0;
    while (rc == 0 && rest != NULL) {
        rc = open_one(db, strsep(&rest, ","), fault);
    }
    free(copy);
    if (rc != 0) {
        mmdb_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

void mmdb_close(struct mmdb *db)
{
    if (db != NULL) {
        for (unsigned i = 0; i < db->nfiles; i++) {
            MMDB_close(&db->files[i]);
        }
        free(db);
    }
}

static MMDB_lookup_result_s look_up(const MMDB_s *file, const struct ip *addr, int family,
                                    int *error)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (family == 4) {
        memcpy(&v4.sin_addr, addr->octet + 12, 4);
        return MMDB_lookup_sockaddr(file, (const struct sockaddr *)&v4, error);
    }
    memcpy(&v6.sin6_addr, addr->octet, 16);
    return MMDB_lookup_sockaddr(file, (const struct sockaddr *)&v6, error);
}

/* ::a.b.c.d: below ::/96 the files keep IPv4, but an IPv6 address is not an IPv4 one. */
static bool is_compatible(const struct ip *addr)
{
    static const uint8_t zeros[12] = {0};
    return memcmp(addr->octet, zeros, sizeof zeros) == 0;
}

static bool find(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 MMDB_entry_data_s *data)
{
    for (unsigned i = 0; i < db->nfiles && !(family == 6 && is_compatible(addr)); i++) {
        int error = MMDB_SUCCESS;
        MMDB_lookup_result_s found = look_up(&db->files[i], addr, family, &error);
        if (error == MMDB_SUCCESS && found.found_entry &&
            MMDB_aget_value(&found.entry, data, path) == MMDB_SUCCESS && data->has_data) {
            return true;
        }
    }
    return false;
}

size_t mmdb_text(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 const char **text)
{
    MMDB_entry_data_s data;
    if (!find(db, addr, family, path, &data) || data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return 0;
    }
    *text = data.utf8_string;
    return data.data_size;
}

bool mmdb_number(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 double *number)
{
    MMDB_entry_data_s data;
    if (!find(db, addr, family, path, &data)) {
        return false;
    }
    if (data.type == MMDB_DATA_TYPE_UINT32) {
        *number = data.uint32;
    } else if (data.type == MMDB_DATA_TYPE_DOUBLE) {
        *number = data.double_value;
    } else {
        return false;
    }
    return true;
}

static int visit_record(MMDB_entry_s entry, uint8_t type, const char *const *number,
                        const char *const *text, mmdb_pair_fn *each, void *ctx)
{
    MMDB_entry_data_s n, t;
    if (type != MMDB_RECORD_TYPE_DATA ||
        MMDB_aget_value(&entry, &n, number) != MMDB_SUCCESS || !n.has_data ||
        n.type != MMDB_DATA_TYPE_UINT32 || MMDB_aget_value(&entry, &t, text) != MMDB_SUCCESS ||
        !t.has_data || t.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return 0;
    }
    return each(ctx, n.uint32, t.utf8_string, t.data_size);
}

int mmdb_each_pair(const struct mmdb *db, const char *const *number, const char *const *text,
                   mmdb_pair_fn *each, void *ctx)
{
    int rc = 0;
    for (unsigned i = 0; i < db->nfiles; i++) {
        for (uint32_t k = 0; k < db->files[i].metadata.node_count && rc == 0; k++) {
            MMDB_search_node_s node;
            if (MMDB_read_node(&db->files[i], k, &node) != MMDB_SUCCESS) {
                break; /* damaged behind here */
            }
            rc = visit_record(node.left_record_entry, node.left_record_type, number, text, each,
                              ctx);
            rc = rc != 0 ? rc
                         : visit_record(node.right_record_entry, node.right_record_type, number,
                                        text, each, ctx);
        }
    }
    return rc;
}

#else

int mmdb_open(const char *names, struct mmdb **out, struct fault *fault)
{
    (void)out;
    fault_at_file(fault, names, 0);
    return fault_set(fault, ERR_UNSUPPORTED, "this build cannot read .mmdb files");
}

void mmdb_close(struct mmdb *db)
{
    (void)db;
}

size_t mmdb_text(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 const char **text)
{
    (void)db, (void)addr, (void)family, (void)path, (void)text;
    return 0;
}

bool mmdb_number(const struct mmdb *db, const struct ip *addr, int family, const char *const *path,
                 double *number)
{
    (void)db, (void)addr, (void)family, (void)path, (void)number;
    return false;
}

int mmdb_each_pair(const struct mmdb *db, const char *const *number, const char *const *text,
                   mmdb_pair_fn *each, void *ctx)
{
    (void)db, (void)number, (void)text, (void)each, (void)ctx;
    return 0;
}

#endif

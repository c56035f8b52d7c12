/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * expire.c - read .nfstat, list the files, remove the oldest ones, write .nfstat.
 */
#include "collect/expire.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include "store/filename.h"

#include <ctype.h>
#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STAT_LIMIT = 4096, WATERMARK = 95, BLOCK = 512 };

enum key { KEY_FIRST, KEY_LAST, KEY_SIZE, KEY_MAXSIZE, KEY_NUMFILES, KEY_LIFETIME, KEY_WATERMARK,
           KEY_STATUS, KEYS_ };

static const char *const key_names[KEYS_] = {"first", "last", "size", "maxsize", "numfiles",
                                             "lifetime", "watermark", "status"};

struct stats {
    uint64_t value[KEYS_];
};

struct old_file {
    char *path;
    uint64_t start; /* of its slot, seconds */
    uint64_t size;
};

struct listing {
    struct old_file *files;
    size_t n, cap;
};

/* ---- .nfstat ---- */

static void read_line(struct stats *s, const char *line, size_t len)
{
    const char *eq = memchr(line, '=', len);
    for (size_t k = 0; eq != NULL && k < KEYS_; k++) {
        size_t n = strlen(key_names[k]);
        uint64_t v;
        if ((size_t)(eq - line) == n && memcmp(line, key_names[k], n) == 0 &&
            text_u64(eq + 1, len - n - 1, 0, UINT64_MAX, &v) == 0) {
            s->value[k] = v;
        }
    }
}

static int read_stats(const char *path, struct stats *s, struct fault *fault)
{
    struct buf text;
    int rc;
    buf_init(&text);
    rc = file_read_all(path, STAT_LIMIT, &text, fault);
    for (size_t at = 0; rc == 0 && at < text.len;) {
        const char *eol = memchr(text.data + at, '\n', text.len - at);
        size_t end = eol != NULL ? (size_t)(eol - text.data) : text.len;
        read_line(s, text.data + at, end - at);
        at = end + 1;
    }
    buf_free(&text);
    return rc;
}

/* In place, because nfexpire holds a lock on this very file. */
static int write_stats(const char *path, const struct stats *s, struct fault *fault)
{
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        return fault_sys(fault, "%s", path);
    }
    for (size_t k = 0; k < KEYS_; k++) {
        fprintf(f, "%s=%llu\n", key_names[k], (unsigned long long)s->value[k]);
    }
    return fclose(f) == 0 ? 0 : fault_sys(fault, "%s", path);
}

/* ---- files ---- */

static bool is_flow_file(const char *name)
{
    size_t n = strlen(name);
    if (strncmp(name, "nfcapd.", 7) != 0 || (n != 7 + 12 && n != 7 + 14)) {
        return false;
    }
    return strspn(name + 7, "0123456789") == n - 7;
}

static int add_file(struct listing *l, const FTSENT *e)
{
    struct old_file f = {NULL, 0, (uint64_t)e->fts_statp->st_blocks * BLOCK};
    if (!filename_parse(e->fts_name, &f.start)) {
        return 0;
    }
    if (l->n == l->cap) {
        size_t cap = l->cap != 0 ? l->cap * 2 : 256;
        struct old_file *files = realloc(l->files, cap * sizeof *files);
        if (files == NULL) {
            return ERR_NOMEM;
        }
        l->files = files;
        l->cap = cap;
    }
    f.path = strdup(e->fts_path);
    if (f.path == NULL) {
        return ERR_NOMEM;
    }
    l->files[l->n++] = f;
    return 0;
}

static int list_files(const char *dir, struct listing *l, struct fault *fault)
{
    char *roots[] = {(char *)(uintptr_t)dir, NULL};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *e;
    int rc = 0;
    if (fts == NULL) {
        return fault_sys(fault, "%s", dir);
    }
    while (rc == 0 && (e = fts_read(fts)) != NULL) {
        if (e->fts_info == FTS_D && e->fts_level > 0 && !isdigit((unsigned char)e->fts_name[0])) {
            fts_set(fts, e, FTS_SKIP);
        } else if (e->fts_info == FTS_F && is_flow_file(e->fts_name)) {
            rc = add_file(l, e);
        }
    }
    fts_close(fts);
    return rc;
}

static int by_start(const void *a, const void *b)
{
    const struct old_file *x = a;
    const struct old_file *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void free_listing(struct listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->files[i].path);
    }
    free(l->files);
}

/* The directories above a removed file go when they are empty. */
static void remove_empty_above(const char *dir, char *path)
{
    char *slash;
    while ((slash = strrchr(path, '/')) != NULL && (size_t)(slash - path) > strlen(dir)) {
        *slash = '\0';
        if (rmdir(path) != 0) {
            return;
        }
    }
}

/* Limits once passed are undercut by the watermark, so that not each file needs a pass. */
static size_t count_to_remove(const struct listing *l, const struct stats *s)
{
    uint64_t percent = s->value[KEY_WATERMARK] != 0 ? s->value[KEY_WATERMARK] : WATERMARK;
    uint64_t last = l->n > 0 ? l->files[l->n - 1].start : 0;
    uint64_t life = s->value[KEY_LIFETIME];
    uint64_t max = s->value[KEY_MAXSIZE];
    uint64_t size = 0;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        size += l->files[i].size;
    }
    if (life != 0 && l->n > 0 && last - l->files[0].start > life) {
        while (n < l->n - 1 && last - l->files[n].start > life * percent / 100) {
            size -= l->files[n++].size;
        }
    }
    if (max != 0 && size > max) {
        while (n < l->n - 1 && size > max / 100 * percent) {
            size -= l->files[n++].size;
        }
    }
    return n;
}

static void note_files(const struct listing *l, size_t from, struct stats *s)
{
    s->value[KEY_SIZE] = 0;
    for (size_t i = from; i < l->n; i++) {
        s->value[KEY_SIZE] += l->files[i].size;
    }
    s->value[KEY_NUMFILES] = l->n - from;
    s->value[KEY_FIRST] = from < l->n ? l->files[from].start : 0;
    s->value[KEY_LAST] = l->n > 0 ? l->files[l->n - 1].start : 0;
    s->value[KEY_STATUS] = 0;
}

int expire_pass(const char *dir, struct expire_result *result, struct fault *fault)
{
    char path[PATH_MAX];
    struct listing l = {0};
    struct stats s = {{0}};
    size_t gone = 0;
    int rc;
    *result = (struct expire_result){0, 0};
    snprintf(path, sizeof path, "%s/.nfstat", dir);
    if (access(path, F_OK) != 0) {
        return 0;
    }
    rc = read_stats(path, &s, fault);
    if (rc == 0) {
        rc = list_files(dir, &l, fault);
    }
    if (rc == 0) {
        qsort(l.files, l.n, sizeof *l.files, by_start);
        gone = count_to_remove(&l, &s);
        for (size_t i = 0; i < gone; i++) {
            if (unlink(l.files[i].path) == 0) {
                result->removed++;
                result->freed += l.files[i].size;
                remove_empty_above(dir, l.files[i].path);
            }
        }
        note_files(&l, gone, &s);
        rc = write_stats(path, &s, fault);
    }
    free_listing(&l);
    return rc;
}

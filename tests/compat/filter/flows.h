/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flows.h - flow files of a corpus, read once, and what a filter selects from them.
 */
#ifndef WEIR_TESTS_COMPAT_FLOWS_H
#define WEIR_TESTS_COMPAT_FLOWS_H

#include "base/bits.h"
#include "filter/filter.h"
#include "flow/meta.h"
#include "store/flowfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOWS_FILES_MAX = 16, FLOWS_BLOCKS_MAX = 64 };

struct flows_file {
    char name[64];
    struct flowfile *file;
    struct batch *blocks;
    uint32_t n;
};

struct flows {
    struct flows_file files[FLOWS_FILES_MAX];
    size_t n;
};

/* records, flows, packets, octets */
struct counts {
    uint64_t v[4];
};

static bool flows_read(struct flows_file *f, const char *name)
{
    char path[128];
    struct fault fault = {0};
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(path, sizeof path, "flows/%s", name);
    if (flowfile_open(path, &f->file, &fault) != 0) {
        printf("%s: %s\n", path, fault.text);
        return false;
    }
    f->n = flowfile_info(f->file)->nblocks;
    f->blocks = calloc(f->n, sizeof *f->blocks);
    for (uint32_t i = 0; i < f->n; i++) {
        batch_init(&f->blocks[i]);
        if (flowfile_read(f->file, i, &f->blocks[i], &fault) != 0) {
            printf("%s: block %u: %s\n", path, i, fault.text);
            return false;
        }
    }
    return true;
}

static struct flows_file *flows_find(struct flows *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->files[i].name, name) == 0) {
            return &all->files[i];
        }
    }
    if (all->n == FLOWS_FILES_MAX || !flows_read(&all->files[all->n], name)) {
        return NULL;
    }
    return &all->files[all->n++];
}

static struct counts flows_count(struct flows_file *file, const struct filter *f)
{
    static uint64_t sel[BITS_WORDS(BATCH_ROWS_MAX)];
    struct filter_work *w = filter_work_new(f);
    struct flow_totals totals;
    struct counts c = {{0}};
    totals_clear(&totals);
    for (uint32_t i = 0; i < file->n && w != NULL; i++) {
        struct batch *b = &file->blocks[i];
        if (filter_run(f, w, b, sel) != 0) {
            printf("filter_run failed: %s\n", b->fault.text);
        }
        c.v[0] += bits_count(sel, b->nrows);
        totals_add_batch(&totals, b, sel);
    }
    filter_work_free(w);
    c.v[1] = totals.flows;
    c.v[2] = totals.packets;
    c.v[3] = totals.bytes;
    return c;
}

static void flows_free(struct flows *all)
{
    for (size_t i = 0; i < all->n; i++) {
        for (uint32_t k = 0; k < all->files[i].n; k++) {
            batch_free(&all->files[i].blocks[k]);
        }
        free(all->files[i].blocks);
        flowfile_close(all->files[i].file);
    }
}

/* A file as text; the caller frees it. */
static char *read_text(const char *path, size_t *len)
{
    FILE *f = fopen(path, "r");
    char *text;
    long size;
    if (f == NULL) {
        return NULL;
    }
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    text = malloc((size_t)size + 1);
    *len = fread(text, 1, (size_t)size, f);
    text[*len] = '\0';
    fclose(f);
    return text;
}

/* \t \n \r \\ \xNN in place. */
static void unescape(char *s)
{
    char *to = s;
    for (; *s != '\0'; s++) {
        if (*s != '\\' || s[1] == '\0') {
            *to++ = *s;
            continue;
        }
        s++;
        if (*s == 'x' && s[1] != '\0' && s[2] != '\0') {
            char hex[3] = {s[1], s[2], '\0'};
            *to++ = (char)strtol(hex, NULL, 16);
            s += 2;
        } else {
            *to++ = *s == 't' ? '\t' : *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s;
        }
    }
    *to = '\0';
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_file.h - octets taken as a flow file: opened, every column of its blocks used.
 */
#ifndef WEIR_FUZZ_FILE_H
#define WEIR_FUZZ_FILE_H

#include "flow/batch.h"
#include "store/flowfile.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile uint64_t sink;

/* Use every value as a consumer would: codes below their tables, spans inside of their octets. */
static inline void use_column(const struct column *c, uint32_t nrows)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < nrows; i++) {
        if (c->width == 0) {
            struct span s = column_var(c, i);
            sum += s.len > 0 ? s.data[0] + s.data[s.len - 1] : 0;
        } else if (c->width == 16) {
            sum += column_ip(c, i)->octet[15];
        } else {
            sum += column_u64(c, i);
        }
    }
    sink += sum;
}

static inline void use_block(struct flowfile *f, uint32_t i, struct batch *b)
{
    struct fault fault;
    const struct zone *z = flowfile_zone(f, i);
    struct ip ip = ip_from_v4(0x0a000001);
    if (z->may_hold != NULL) {
        sink += z->may_hold(z->may_hold_ctx, &ip);
    }
    if (flowfile_read(f, i, b, &fault) != 0) {
        return;
    }
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        use_column(batch_column(b, (enum field_id)id), b->nrows);
    }
}

/* A file of these octets without a place in a file system; -1: none. The path is for opening. */
static inline int file_of(const uint8_t *data, size_t size, char path[64])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    if (fd >= 0 && write(fd, data, size) != (ssize_t)size) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void use_path(const char *path)
{
    static struct batch b;
    struct flowfile *f = NULL;
    struct fault fault;
    if (flowfile_open(path, &f, &fault) != 0) {
        return;
    }
    batch_init(&b);
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks && i < 64; i++) {
        use_block(f, i, &b);
    }
    batch_free(&b);
    flowfile_close(f);
}

static inline void use_file(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = file_of(data, size, path);
    if (fd >= 0) {
        use_path(path);
        close(fd);
    }
}

#endif

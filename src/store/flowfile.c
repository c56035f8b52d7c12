/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowfile.c - open a flow file of any format: recognise it, then hand on through its table.
 */
#include "store/flowfile.h"

#include "store/filename.h"
#include "store/format.h"
#include "store/nfdfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Asked in this order. */
static const struct flowfile_ops *const formats[] = {
    &weir1_file_ops,
    &nfd1_reader,
    &nfd2_reader,
    NULL,
};

int format_pread(int fd, void *to, size_t n, uint64_t offset, struct fault *fault)
{
    uint8_t *p = to;
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, p + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            fault_sys(fault, "read");
            return fault_at_file(fault, "", offset), ERR_IO;
        }
        if (got == 0) {
            fault_set(fault, ERR_TRUNCATED, "the file ends at octet %llu, %zu octets too early",
                      (unsigned long long)(offset + done), n - done);
            return fault_at_file(fault, "", offset), ERR_TRUNCATED;
        }
        done += (size_t)got;
    }
    return 0;
}

/* The first octets and the size. */
static int source_open(const char *path, struct format_source *src, struct fault *fault)
{
    struct stat st;
    ssize_t got;
    src->path = path;
    src->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (src->fd < 0) {
        int missing = errno == ENOENT;
        fault_sys(fault, "open");
        return missing ? ERR_NOTFOUND : ERR_IO;
    }
    got = fstat(src->fd, &st) == 0 ? pread(src->fd, src->head, sizeof src->head, 0) : -1;
    if (got < 0) {
        fault_sys(fault, "read");
        close(src->fd);
        return ERR_IO;
    }
    src->head_len = (size_t)got;
    src->size = (uint64_t)st.st_size;
    return 0;
}

/* Files that are met where flow files are expected. */
static const struct foreign {
    uint8_t octets[4];
    uint8_t n;
    const char *what;
} foreign[] = {
    {{0xa5, 0x0c}, 2, "a file of nfdump from a machine of the other byte order"},
    {{0x1f, 0x8b}, 2, "packed by gzip: unpack it first"},
    {{'B', 'Z', 'h'}, 3, "packed by bzip2: unpack it first"},
    {{0xfd, '7', 'z', 'X'}, 4, "packed by xz: unpack it first"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "packed by zstd: unpack it first"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "packed by lz4: unpack it first"},
    {{'P', 'K', 3, 4}, 4, "a zip archive: unpack it first"},
    {{0xd4, 0xc3, 0xb2, 0xa1}, 4, "a packet capture: weirprobe -r reads those"},
    {{0xa1, 0xb2, 0xc3, 0xd4}, 4, "a packet capture: weirprobe -r reads those"},
    {{0x4d, 0x3c, 0xb2, 0xa1}, 4, "a packet capture: weirprobe -r reads those"},
    {{0x0a, 0x0d, 0x0d, 0x0a}, 4, "a packet capture: weirprobe -r reads those"},
    {{0xcf, 0x10}, 2, "a file of flow-tools"},
};

static const char *what_is(const struct format_source *src)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (src->head_len >= foreign[i].n &&
            memcmp(src->head, foreign[i].octets, foreign[i].n) == 0) {
            return foreign[i].what;
        }
    }
    return "not a flow file";
}

/* nfdump's words for a foreign file, and ours for what it is. */
static int unknown_format(const struct format_source *src, struct fault *fault)
{
    if (src->head_len < 2) {
        return fault_set(fault, ERR_TRUNCATED, src->head_len == 0 ? "the file is empty"
                                                                   : "short read from file");
    }
    return fault_set(fault, ERR_FORMAT, "bad magic: 0x%02X%02X (%s)", src->head[1], src->head[0],
                     what_is(src));
}

static int open_source(const struct format_source *src, struct flowfile **out, struct fault *fault)
{
    for (size_t i = 0; formats[i] != NULL; i++) {
        if (formats[i]->matches(src->head, src->head_len)) {
            int rc = formats[i]->open(src, out, fault);
            if (rc == 0) {
                (*out)->ops = formats[i];
            }
            return rc;
        }
    }
    return unknown_format(src, fault);
}

/* Its writer was killed. All that it had written can be read, but no more is known. */
static void note_unclosed(struct flowfile *f)
{
    struct fault fault;
    if (f->info.complete || f->ndamage > 0 || filename_is_live(f->path)) {
        return;
    }
    fault_clear(&fault);
    fault_set(&fault, ERR_FORMAT,
              "the file was never closed: its %u blocks were found one by one, what its writer "
              "still held is lost", f->info.nblocks);
    fault_at_file(&fault, "", f->info.size);
    flowfile_add_damage(f, &fault);
}

static void name_damage(struct flowfile *f)
{
    for (size_t i = 0; i < f->ndamage; i++) {
        fault_at_file(&f->damage[i], f->path, f->damage[i].offset);
    }
}

static int fail_at(struct fault *fault, const char *path, int rc)
{
    if (fault != NULL) {
        fault->code = rc;
        fault_at_file(fault, path, fault->offset);
    }
    return rc;
}

int flowfile_open(const char *path, struct flowfile **out, struct fault *fault)
{
    struct format_source src = {.fd = -1};
    struct flowfile *f = NULL;
    char *name;
    int rc;
    fault_clear(fault);
    rc = source_open(path, &src, fault);
    if (rc != 0) {
        return fail_at(fault, path, rc);
    }
    name = strdup(path);
    rc = name != NULL ? open_source(&src, &f, fault) : ERR_NOMEM;
    if (rc != 0) {
        close(src.fd);
        free(name);
        return fail_at(fault, path, rc);
    }
    f->path = name;
    f->info.size = src.size;
    note_unclosed(f);
    name_damage(f);
    *out = f;
    return 0;
}

void flowfile_close(struct flowfile *f)
{
    if (f == NULL) {
        return;
    }
    free(f->path);
    free(f->damage);
    f->ops->close(f);
}

const struct flowfile_info *flowfile_info(const struct flowfile *f)
{
    return &f->info;
}

const char *flowfile_path(const struct flowfile *f)
{
    return f->path;
}

const struct zone *flowfile_zone(const struct flowfile *f, uint32_t block)
{
    assert(block < f->info.nblocks);
    return f->ops->zone(f, block);
}

uint64_t flowfile_records_before(const struct flowfile *f, uint32_t block)
{
    assert(block < f->info.nblocks);
    return f->ops->records_before(f, block);
}

int flowfile_read(struct flowfile *f, uint32_t block, struct batch *b, struct fault *fault)
{
    int rc;
    assert(block < f->info.nblocks);
    fault_clear(fault);
    batch_reset(b);
    rc = f->ops->read(f, block, b, fault);
    b->zone = f->ops->zone(f, block);
    return rc != 0 ? fail_at(fault, f->path, rc) : 0;
}

const struct flow_meta *flowfile_meta(const struct flowfile *f)
{
    return f->ops->meta(f);
}

int flowfile_check(const struct flowfile *f, struct fault *fault)
{
    fault_clear(fault);
    return f->ops->check != NULL ? f->ops->check(f, fault) : 0;
}

void flowfile_add_damage(struct flowfile *f, const struct fault *fault)
{
    size_t n = f->ndamage;
    struct fault *grown = f->damage;
    if ((n & (n - 1)) == 0) {
        grown = realloc(f->damage, (n == 0 ? 1 : n * 2) * sizeof *grown);
    }
    if (grown == NULL) {
        return;
    }
    f->damage = grown;
    f->damage[f->ndamage++] = *fault;
}

const struct fault *flowfile_damage(const struct flowfile *f, size_t i)
{
    return i < f->ndamage ? &f->damage[i] : NULL;
}

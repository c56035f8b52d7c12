/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowwriter.c - write a flow file of any format: the temporary file, appending, renaming.
 *
 * What is written lands under a temporary name in the same directory; flowwriter_finish() makes it
 * durable and renames it. So whoever opens path sees the old file or the complete new one.
 * Owns: the descriptor, both names and (through the format's release) the writer itself.
 */
#include "store/flowwriter.h"

#include "base/bits.h"
#include "store/format.h"
#include "store/nfd2writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct flowwriter_ops *const formats[] = {
    &weir1_writer_ops,
    &nfd2_writer,
    NULL,
};

#define TEMP_NAMES_MAX 1000 /* leftovers of killed writers with our process id */

int format_write(int fd, const void *data, size_t n, struct fault *fault)
{
    const uint8_t *p = data;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return fault_sys(fault, "write");
        }
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

/* The first n rows of a selection (NULL: of all) as one. */
static void select_first(const struct batch *b, const uint64_t *sel, uint32_t n, uint64_t *first)
{
    memset(first, 0, BITS_WORDS(b->nrows) * sizeof *first);
    for (uint32_t i = 0; i < b->nrows && n > 0; i++) {
        if (sel == NULL || bits_get(sel, i)) {
            bits_set(first, i);
            n--;
        }
    }
}

void format_taken(struct flowwriter *w, struct batch *b, const uint64_t *sel, uint32_t n)
{
    uint64_t first[BITS_WORDS(BATCH_ROWS_MAX)];
    uint32_t all = sel == NULL ? b->nrows : (uint32_t)bits_count(sel, b->nrows);
    w->taken = n;
    w->unwritten += n;
    if (n == all) {
        totals_add_batch(&w->totals, b, sel);
    } else if (n > 0) {
        select_first(b, sel, n, first);
        totals_add_batch(&w->totals, b, first);
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

/* Length of the directory part with its slash; 0 if there is none. */
static size_t dir_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* "dir/" ".name" suffix */
static char *hidden_name(const char *path, const char *suffix)
{
    size_t dir = dir_len(path);
    char *name = NULL;
    return asprintf(&name, "%.*s.%s%s", (int)dir, path, path + dir, suffix) >= 0 ? name : NULL;
}

int format_create(const char *name)
{
    return open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static int open_hidden_temp(struct format_target *t, struct fault *fault)
{
    char suffix[48];
    for (int i = 0; i < TEMP_NAMES_MAX; i++) {
        snprintf(suffix, sizeof suffix, ".%ld.%d.tmp", (long)getpid(), i);
        t->temp = hidden_name(t->path, suffix);
        if (t->temp == NULL) {
            return ERR_NOMEM;
        }
        t->fd = format_create(t->temp);
        if (t->fd >= 0) {
            return 0;
        }
        free(t->temp);
        t->temp = NULL;
        if (errno != EEXIST) {
            return fault_sys(fault, "create a file beside it");
        }
    }
    return fault_set(fault, ERR_BUSY, "%d temporary files are in the way", TEMP_NAMES_MAX);
}

static int open_given_temp(struct format_target *t, const char *name, struct fault *fault)
{
    t->temp = strdup(name);
    if (t->temp == NULL) {
        return ERR_NOMEM;
    }
    t->fd = format_create(name);
    if (t->fd >= 0) {
        return 0;
    }
    if (errno == EEXIST) {
        return fault_set(fault, ERR_BUSY, "%s exists: another writer, or one that was killed",
                         name);
    }
    return fault_sys(fault, "create %s", name);
}

/* Devices and pipes are written in place; a link to a file stays a link. */
static int target_open(struct format_target *t, const char *path, const char *temp,
                       struct fault *fault)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    *t = (struct format_target){.fd = -1};
    t->path = exists && S_ISREG(st.st_mode) ? realpath(path, NULL) : strdup(path);
    if (t->path == NULL) {
        return ERR_NOMEM;
    }
    if (exists && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fault_sys(fault, "open");
    }
    if (exists && !S_ISREG(st.st_mode)) {
        t->fd = open(path, O_WRONLY | O_CLOEXEC);
        return t->fd >= 0 ? 0 : fault_sys(fault, "open");
    }
    return temp != NULL ? open_given_temp(t, temp, fault) : open_hidden_temp(t, fault);
}

static void target_close(struct format_target *t, bool remove_temp)
{
    if (t->fd >= 0) {
        close(t->fd);
        if (remove_temp && t->temp != NULL) {
            unlink(t->temp);
        }
    }
    free(t->path);
    free(t->temp);
}

static const struct flowwriter_ops *ops_of(enum flow_format format)
{
    for (size_t i = 0; formats[i] != NULL; i++) {
        if (formats[i]->format == format) {
            return formats[i];
        }
    }
    return NULL;
}

/* Blocks of the old file go through our own add; damaged ones are left out and mark keep_old. */
static int add_blocks(struct flowwriter *w, struct flowfile *f, struct batch *b,
                      struct fault *fault)
{
    for (uint32_t i = 0; i < f->info.nblocks; i++) {
        struct fault damage;
        int rc;
        if (flowfile_read(f, i, b, &damage) != 0) {
            w->keep_old = true;
            continue;
        }
        rc = w->ops->add(w, b, NULL, fault);
        if (rc != 0 && !batch_ok(b)) {
            w->keep_old = true;
            continue;
        }
        if (rc == 0 && b->meta != NULL) {
            rc = w->ops->meta(w, b->meta, fault);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int add_old(struct flowwriter *w, struct flowfile *f, struct fault *fault)
{
    struct batch *b = malloc(sizeof *b);
    int rc = 0;
    if (b == NULL) {
        return ERR_NOMEM;
    }
    batch_init(b);
    w->keep_old = flowfile_damage(f, 0) != NULL;
    w->totals.sequence_failures += f->info.totals.sequence_failures;
    rc = add_blocks(w, f, b, fault);
    if (rc == 0 && flowfile_meta(f) != NULL) {
        rc = w->ops->meta(w, flowfile_meta(f), fault);
    }
    batch_free(b);
    free(b);
    return rc;
}

/* *old stays NULL if there is nothing to append to. */
static int open_old(const char *path, struct flowfile **old, struct fault *fault)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        return 0;
    }
    return flowfile_open(path, old, fault);
}

static int create_writer(const struct flowwriter_ops *ops, const char *path,
                         const struct flowwriter_options *options, struct flowfile *old,
                         struct flowwriter **out, struct fault *fault)
{
    struct format_target target;
    struct flowwriter *w = NULL;
    int rc = target_open(&target, path, options->temp, fault);
    if (rc == 0) {
        rc = ops->create(&target, options, &w, fault);
    }
    if (rc != 0) {
        target_close(&target, rc != ERR_BUSY);
        return rc;
    }
    w->ops = ops;
    w->target = target;
    w->live = options->live;
    w->keep_old = false;
    totals_clear(&w->totals);
    rc = old != NULL ? add_old(w, old, fault) : 0;
    if (rc != 0) {
        flowwriter_abort(w);
        return rc;
    }
    *out = w;
    return 0;
}

int flowwriter_create(const char *path, const struct flowwriter_options *options, bool append,
                      struct flowwriter **out, struct fault *fault)
{
    struct flowwriter_options o = *options;
    const struct flowwriter_ops *ops = ops_of(o.format);
    struct flowfile *old = NULL;
    int rc;
    fault_clear(fault);
    if (ops == NULL) {
        return fault_set(fault, ERR_UNSUPPORTED, "files of this format are not written");
    }
    rc = append ? open_old(path, &old, fault) : 0;
    if (rc == 0) {
        if (old != NULL && o.ident == NULL) {
            o.ident = old->info.ident;
        }
        rc = create_writer(ops, path, &o, old, out, fault);
    }
    flowfile_close(old);
    return rc != 0 ? fail_at(fault, path, rc) : 0;
}

int flowwriter_add(struct flowwriter *w, struct batch *b, const uint64_t *sel, struct fault *fault)
{
    int rc;
    fault_clear(fault);
    w->taken = 0;
    rc = w->ops->add(w, b, sel, fault);
    return rc != 0 ? fail_at(fault, w->target.path, rc) : 0;
}

int flowwriter_add_builder(struct flowwriter *w, struct builder *b, struct builder_back back,
                           struct fault *fault)
{
    int rc = ERR_UNSUPPORTED;
    fault_clear(fault);
    w->taken = 0;
    if (w->ops->add_builder != NULL) {
        rc = w->ops->add_builder(w, b, back, fault);
    }
    if (rc == ERR_UNSUPPORTED) {
        rc = w->ops->add(w, builder_batch(b), NULL, fault);
        if (rc == 0) {
            back.give(back.ctx, b);
        }
    }
    return rc != 0 ? fail_at(fault, w->target.path, rc) : 0;
}

uint32_t flowwriter_taken(const struct flowwriter *w)
{
    return w->taken;
}

int flowwriter_meta(struct flowwriter *w, const struct flow_meta *m, struct fault *fault)
{
    int rc;
    fault_clear(fault);
    rc = w->ops->meta(w, m, fault);
    return rc != 0 ? fail_at(fault, w->target.path, rc) : 0;
}

int flowwriter_rename(struct flowwriter *w, const char *ident)
{
    return w->ops->rename != NULL ? w->ops->rename(w, ident) : ERR_UNSUPPORTED;
}

void flowwriter_add_totals(struct flowwriter *w, const struct flow_totals *t)
{
    totals_merge(&w->totals, t);
}

void flowwriter_sequence_failures(struct flowwriter *w, uint64_t n)
{
    w->totals.sequence_failures += n;
}

uint64_t flowwriter_left_out(const struct flowwriter *w, uint64_t *flows)
{
    *flows = w->flows_cut;
    return w->left_out;
}

void flowwriter_slot(struct flowwriter *w, uint64_t first, uint64_t last)
{
    if (w->totals.first == UINT64_MAX) {
        w->totals.first = first;
        w->totals.last = last;
    }
}

void flowwriter_keep_old(struct flowwriter *w, bool keep)
{
    w->keep_old = keep;
}

int flowwriter_flush(struct flowwriter *w, struct fault *fault)
{
    int rc;
    fault_clear(fault);
    rc = w->ops->flush(w, fault);
    return rc != 0 ? fail_at(fault, w->target.path, rc) : 0;
}

const struct flow_totals *flowwriter_totals(const struct flowwriter *w)
{
    return &w->totals;
}

/* Make a rename in path's directory durable. */
static int sync_dir(const char *path, struct fault *fault)
{
    char *dir = strndup(path, dir_len(path));
    int fd =
        dir != NULL ? open(dir[0] != '\0' ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int rc = 0;
    free(dir);
    if (fd < 0) {
        return fault_sys(fault, "open the directory");
    }
    if (fsync(fd) != 0 && errno != EINVAL) {
        rc = fault_sys(fault, "fsync of the directory");
    }
    close(fd);
    return rc;
}

/* The damaged old file gets a second name, which survives the rename over its first. */
static void save_old(const char *path)
{
    char *copy = hidden_name(path, ".damaged");
    if (copy != NULL) {
        unlink(copy);
        if (link(path, copy) != 0) {
            rename(path, copy);
        }
    }
    free(copy);
}

static int put_in_place(struct flowwriter *w, struct fault *fault)
{
    struct format_target *t = &w->target;
    if (t->temp == NULL) {
        return 0;
    }
    if (fsync(t->fd) != 0) {
        return fault_sys(fault, "fsync");
    }
    if (w->keep_old) {
        save_old(t->path);
    }
    if (rename(t->temp, t->path) != 0) {
        return fault_sys(fault, "rename %s", t->temp);
    }
    return sync_dir(t->path, fault);
}

static void writer_free(struct flowwriter *w, bool remove_temp)
{
    struct format_target target = w->target;
    w->ops->release(w);
    target_close(&target, remove_temp);
}

int flowwriter_finish(struct flowwriter *w, struct fault *fault)
{
    uint64_t lost;
    return flowwriter_finish_counting(w, &lost, fault);
}

int flowwriter_finish_counting(struct flowwriter *w, uint64_t *lost, struct fault *fault)
{
    bool live = w->live;
    struct fault later;
    int rc;
    fault_clear(fault);
    fault_clear(&later);
    rc = w->ops->finish(w, fault);
    if (rc == 0) {
        rc = put_in_place(w, fault);
    } else if (live) {
        put_in_place(w, &later); /* what was flushed is worth keeping */
    }
    if (rc != 0) {
        fail_at(fault, w->target.path, rc);
    }
    *lost = rc != 0 ? w->unwritten : 0;
    writer_free(w, rc != 0 && !live);
    return rc;
}

void flowwriter_abort(struct flowwriter *w)
{
    if (w != NULL) {
        writer_free(w, true);
    }
}

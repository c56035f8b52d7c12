/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * format.h - what a file format gives to flowfile.c and flowwriter.c: one table of functions each.
 *
 * Inside of src/store only. A format's own structs begin with struct flowfile / struct flowwriter
 * ("base") and are allocated by its open / create and freed by its close / finish / abort. Both
 * tables are listed in flowfile.c and flowwriter.c: adding a format is adding one line there.
 */
#ifndef WEIR_STORE_FORMAT_H
#define WEIR_STORE_FORMAT_H

#include "store/flowfile.h"
#include "store/flowwriter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of the file's start that formats are told apart by (fewer if the file is shorter). */
#define FORMAT_HEAD_LEN 256

/* A file that was opened for reading. */
struct format_source {
    const char *path;
    int fd;                          /* belongs to the caller until open returns 0 */
    uint64_t size;                   /* octets at the time of opening */
    uint8_t head[FORMAT_HEAD_LEN];
    size_t head_len;
};

struct flowfile_ops {
    /* Is this our format? Decide by magic only; a bad version is open's to report. */
    bool (*matches)(const uint8_t *head, size_t len);

    /* Read headers. On success *out is new, owns src->fd and has info filled; flowfile.c sets ops,
     * path and size. On error everything is as before, src->fd stays open. Faults get their file
     * name from flowfile.c. */
    int (*open)(const struct format_source *src, struct flowfile **out, struct fault *fault);

    /* Free the format's part and f itself, close the descriptor. path, damage: flowfile.c. */
    void (*close)(struct flowfile *f);

    const struct zone *(*zone)(const struct flowfile *f, uint32_t block);
    uint64_t (*records_before)(const struct flowfile *f, uint32_t block);

    /* The batch was reset by flowfile.c; fill the rest. Called by any number of threads. */
    int (*read)(struct flowfile *f, uint32_t block, struct batch *b, struct fault *fault);

    const struct flow_meta *(*meta)(const struct flowfile *f);

    /* See flowfile_check(). NULL: blocks have their own checksums, or there are none. */
    int (*check)(const struct flowfile *f, struct fault *fault);
};

struct flowfile {
    const struct flowfile_ops *ops;
    char *path;
    int fd;
    struct flowfile_info info;
    struct fault *damage; /* ndamage of them, doubling; added while opening only */
    size_t ndamage;
};

/* Remember damage found while opening (a copy is kept). Losing one for lack of memory is
 * accepted. */
void flowfile_add_damage(struct flowfile *f, const struct fault *fault);

/* pread() of exactly n octets: 0, ERR_IO or ERR_TRUNCATED with *fault (offset set, no name). */
int format_pread(int fd, void *to, size_t n, uint64_t offset, struct fault *fault);

/* Where a writer writes, made by flowwriter.c before create is called and owned by it. */
struct format_target {
    char *path; /* final place */
    char *temp; /* what is written now; NULL: path itself (a device or pipe, fd is write-only) */
    int fd;     /* open for reading and writing, empty; finish may put another one of temp here */
};

struct flowwriter_ops {
    enum flow_format format;

    /* *out is new; flowwriter.c sets all members of the base. */
    int (*create)(const struct format_target *target, const struct flowwriter_options *options,
                  struct flowwriter **out, struct fault *fault); /* options->ident may go away */
    int (*add)(struct flowwriter *w, struct batch *b, const uint64_t *sel, struct fault *fault);
    /* Returns ERR_UNSUPPORTED, with nothing done, when the rows have to be copied. NULL: always. */
    int (*add_builder)(struct flowwriter *w, struct builder *b, struct builder_back back,
                       struct fault *fault);
    int (*meta)(struct flowwriter *w, const struct flow_meta *m, struct fault *fault);
    int (*flush)(struct flowwriter *w, struct fault *fault);
    int (*rename)(struct flowwriter *w, const char *ident); /* NULL: the ident is written first */

    /* Write what is left and what closes the file; flowwriter.c then syncs, renames and closes. */
    int (*finish)(struct flowwriter *w, struct fault *fault);

    /* Free the format's part and w itself. */
    void (*release)(struct flowwriter *w);
};

struct flowwriter {
    const struct flowwriter_ops *ops;
    struct format_target target;
    struct flow_totals totals; /* the format's add keeps them by format_taken() */
    uint32_t taken;            /* rows of the last add; format_taken() */
    uint64_t unwritten;        /* rows taken that are not in the file yet; the format lowers it */
    uint64_t left_out;         /* groups that the format cannot hold */
    uint64_t flows_cut;        /* flows that had some of them */
    bool live;
    bool keep_old;             /* the file at path was damaged: save it before taking its place */
};

/* A new file, open for reading and writing: the descriptor, or -1 with errno (EEXIST). */
int format_create(const char *name);

/* An add took the first n of the rows of b (sel: bitmap, NULL = all): they go into the totals. */
void format_taken(struct flowwriter *w, struct batch *b, const uint64_t *sel, uint32_t n);

/* write() of all n octets at the descriptor's place: 0 or ERR_IO with *fault. */
int format_write(int fd, const void *data, size_t n, struct fault *fault);

/* The formats. */
extern const struct flowfile_ops weir1_file_ops;
extern const struct flowwriter_ops weir1_writer_ops;

#endif

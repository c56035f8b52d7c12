/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * file.h - what files need beyond the system calls: whole reads and writes, maps, durable renames.
 *
 * All functions return 0 or a negative ERR_ code (ERR_NOTFOUND for a missing file, else ERR_IO) and
 * describe the failure, with the file's name, in *f.
 */
#ifndef WEIR_BASE_FILE_H
#define WEIR_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file mapped read-only. An empty file has data NULL and size 0. The descriptor is not kept. A
 * file that somebody truncates while it is mapped faults: use file_read_at on files that may
 * shrink. */
struct file_map {
    const uint8_t *data;
    size_t size;
};

int file_map(const char *path, struct file_map *map, struct fault *f);
void file_unmap(struct file_map *map);

/* Open a regular file for reading (O_CLOEXEC); *fd is the caller's. Directories are ERR_FORMAT. */
int file_open(const char *path, int *fd, struct fault *f);

/* Exactly size octets at offset; ERR_TRUNCATED when the file ends before. name is for *f only. */
int file_read_at(int fd, void *data, size_t size, uint64_t offset, const char *name,
                 struct fault *f);
int file_write(int fd, const void *data, size_t size, const char *name, struct fault *f);
int file_write_at(int fd, const void *data, size_t size, uint64_t offset, const char *name,
                  struct fault *f);

/* Append the whole contents of a file, pipe or device (path "-" is standard input) to *out;
 * ERR_LIMIT when there is more than limit. */
int file_read_all(const char *path, size_t limit, struct buf *out, struct fault *f);

/* The directory of a path: "." for a bare name, "/" for one in the root. */
void file_directory_of(const char *path, char dir[PATH_MAX]);

/* Make the directory and all missing ones above it / those above the file. */
int file_mkdirs(const char *path, mode_t mode, struct fault *f);
int file_mkdirs_above(const char *path, mode_t mode, struct fault *f);

/* A new file beside path, to be renamed to it later: its name (path, a dot, "tmp" and a random
 * part) goes to temp, the descriptor, open for reading and writing, to *fd. */
int file_create_temp(const char *path, mode_t mode, char *temp, size_t room, int *fd,
                     struct fault *f);

/* Rename within a file system and make it durable (the directory is fsynced). file_rename_new
 * never replaces: ERR_BUSY when the target is there. */
int file_rename(const char *from, const char *to, struct fault *f);
int file_rename_new(const char *from, const char *to, struct fault *f);

/* fsync the directory that holds path. */
int file_sync_above(const char *path, struct fault *f);

#endif

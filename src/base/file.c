/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * file.c - whole reads and writes, maps, durable renames.
 */
#include "base/file.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Describe the failed system call that wanted to do "what" with the file. */
static int failed(struct fault *f, const char *what, const char *name)
{
    int missing = errno == ENOENT;
    fault_sys(f, "cannot %s", what);
    fault_at_file(f, name, UINT64_MAX);
    if (missing && f != NULL) {
        f->code = ERR_NOTFOUND;
    }
    return missing ? ERR_NOTFOUND : ERR_IO;
}

int file_open(const char *path, int *fd, struct fault *f)
{
    struct stat st;
    int opened = open(path, O_RDONLY | O_CLOEXEC);

    if (opened < 0) {
        return failed(f, "open", path);
    }
    if (fstat(opened, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(opened);
        fault_set(f, ERR_FORMAT, "is a directory");
        fault_at_file(f, path, UINT64_MAX);
        return ERR_FORMAT;
    }
    *fd = opened;
    return ERR_OK;
}

static int map_descriptor(int fd, const char *path, struct file_map *map, struct fault *f)
{
    struct stat st;
    void *data;

    if (fstat(fd, &st) != 0) {
        return failed(f, "stat", path);
    }
    if (st.st_size == 0) {
        *map = (struct file_map){NULL, 0};
        return ERR_OK;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return failed(f, "map", path);
    }
    *map = (struct file_map){data, (size_t)st.st_size};
    return ERR_OK;
}

int file_map(const char *path, struct file_map *map, struct fault *f)
{
    int fd;
    int err = file_open(path, &fd, f);

    if (err != 0) {
        return err;
    }
    err = map_descriptor(fd, path, map, f);
    close(fd);
    return err;
}

void file_unmap(struct file_map *map)
{
    if (map->data != NULL) {
        munmap((void *)(uintptr_t)map->data, map->size);
    }
    *map = (struct file_map){NULL, 0};
}

int file_read_at(int fd, void *data, size_t size, uint64_t offset, const char *name,
                 struct fault *f)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return failed(f, "read", name);
        }
        if (n == 0) {
            fault_set(f, ERR_TRUNCATED, "ends early: %zu octets wanted, %zu there", size, done);
            fault_at_file(f, name, offset);
            return ERR_TRUNCATED;
        }
        done += (size_t)n;
    }
    return ERR_OK;
}

int file_write(int fd, const void *data, size_t size, const char *name, struct fault *f)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return failed(f, "write", name);
        }
        p += n;
        size -= (size_t)n;
    }
    return ERR_OK;
}

int file_write_at(int fd, const void *data, size_t size, uint64_t offset, const char *name,
                  struct fault *f)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pwrite(fd, (const char *)data + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return failed(f, "write", name);
        }
        done += (size_t)n;
    }
    return ERR_OK;
}

static int read_descriptor(int fd, const char *name, size_t limit, struct buf *out,
                           struct fault *f)
{
    size_t before = out->len;

    for (;;) {
        char *place = buf_room(out, 65536);
        ssize_t n;
        if (place == NULL) {
            return fault_set(f, ERR_NOMEM, "out of memory");
        }
        n = read(fd, place, 65536);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? ERR_OK : failed(f, "read", name);
        }
        buf_grow(out, (size_t)n);
        if (out->len - before > limit) {
            fault_set(f, ERR_LIMIT, "is larger than %zu octets", limit);
            fault_at_file(f, name, UINT64_MAX);
            return ERR_LIMIT;
        }
    }
}

int file_read_all(const char *path, size_t limit, struct buf *out, struct fault *f)
{
    int fd;
    int err;

    if (strcmp(path, "-") == 0) {
        return read_descriptor(STDIN_FILENO, "standard input", limit, out, f);
    }
    err = file_open(path, &fd, f);
    if (err != 0) {
        return err;
    }
    err = read_descriptor(fd, path, limit, out, f);
    close(fd);
    return err;
}

static int mkdir_one(const char *path, mode_t mode, struct fault *f)
{
    struct stat st;

    if (mkdir(path, mode) == 0 ||
        (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))) {
        return ERR_OK;
    }
    fault_sys(f, "cannot make directory");
    fault_at_file(f, path, UINT64_MAX);
    return ERR_IO;
}

/* Make each directory that ends before a slash of path, and with all also path itself. */
static int mkdirs(const char *path, bool all, mode_t mode, struct fault *f)
{
    char *copy = strdup(path);
    int err = ERR_OK;

    if (copy == NULL) {
        return fault_set(f, ERR_NOMEM, "out of memory");
    }
    for (char *p = copy + (copy[0] != '\0'); *p != '\0' && err == 0; p++) {
        if (*p == '/' && p[-1] != '/') {
            *p = '\0';
            err = mkdir_one(copy, mode, f);
            *p = '/';
        }
    }
    if (all && err == 0) {
        err = mkdir_one(copy, mode, f);
    }
    free(copy);
    return err;
}

void file_directory_of(const char *path, char dir[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    snprintf(dir, PATH_MAX, "%.*s", (int)n, slash == NULL ? "." : path);
}

int file_mkdirs(const char *path, mode_t mode, struct fault *f)
{
    return mkdirs(path, true, mode, f);
}

int file_mkdirs_above(const char *path, mode_t mode, struct fault *f)
{
    return mkdirs(path, false, mode, f);
}

int file_create_temp(const char *path, mode_t mode, char *temp, size_t room, int *fd,
                     struct fault *f)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        int len = snprintf(temp, room, "%s.tmp%08x", path, (unsigned)hash_random_seed());
        if (len < 0 || (size_t)len >= room) {
            errno = ENAMETOOLONG;
            break;
        }
        *fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (*fd >= 0) {
            return ERR_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return failed(f, "create", path);
}

/* Open the directory part of path. */
static int open_above(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir;
    int fd;

    if (slash == NULL) {
        return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (dir == NULL) {
        return -1;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    return fd;
}

int file_sync_above(const char *path, struct fault *f)
{
    int fd = open_above(path);
    int err = ERR_OK;

    if (fd < 0) {
        return failed(f, "open the directory of", path);
    }
    /* Some file systems cannot sync directories and say EINVAL: nothing more can be done there. */
    if (fsync(fd) != 0 && errno != EINVAL) {
        err = failed(f, "sync the directory of", path);
    }
    close(fd);
    return err;
}

int file_rename(const char *from, const char *to, struct fault *f)
{
    if (rename(from, to) != 0) {
        return failed(f, "rename to", to);
    }
    return file_sync_above(to, f);
}

/* renameat2 is missing on some file systems; a hard link never replaces either. */
static int rename_exclusive(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    return link(from, to) == 0 ? unlink(from) : -1;
}

int file_rename_new(const char *from, const char *to, struct fault *f)
{
    if (rename_exclusive(from, to) != 0) {
        if (errno == EEXIST) {
            fault_set(f, ERR_BUSY, "is there already");
            fault_at_file(f, to, UINT64_MAX);
            return ERR_BUSY;
        }
        return failed(f, "rename to", to);
    }
    return file_sync_above(to, f);
}

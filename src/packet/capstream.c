/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * capstream.c - a window over the file, moved to the front of its memory when it must be longer.
 *
 * A plain file is read directly; everything else goes through zlib, which hands on what is not
 * compressed.
 */
#include "packet/capstream.h"

#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

/* Where compressed octets are damaged, zlib keeps back what it decoded in the same call: small
 * calls lose less. */
enum { WINDOW_OCTETS = 256 << 10, GZIP_OCTETS = 16 << 10 };

struct capstream {
    int fd;
#ifdef HAVE_ZLIB
    gzFile gz; /* NULL: plain */
#endif
    uint8_t *data;
    size_t size, at, end; /* octets at..end are there and not yet skipped */
    bool ended, failed;
};

#ifdef HAVE_ZLIB

/* Is it a file that does not begin as gzip files do? What is no file can be read only once. */
static bool is_plain(int fd)
{
    uint8_t first[2];
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
           && (pread(fd, first, 2, 0) < 2 || first[0] != 0x1f || first[1] != 0x8b);
}

static int open_gzip(struct capstream *s)
{
    if (is_plain(s->fd)) {
        return 0;
    }
    s->gz = gzdopen(s->fd, "rb");
    if (s->gz == NULL) {
        return ERR_NOMEM;
    }
    s->fd = -1; /* zlib's now */
    gzbuffer(s->gz, GZIP_OCTETS);
    return 0;
}

static void close_gzip(struct capstream *s)
{
    if (s->gz != NULL) {
        gzclose(s->gz);
    }
}

/* What zlib could still decode comes first, then the error. */
static ssize_t read_gzip(struct capstream *s, void *to, size_t n)
{
    int code = Z_OK;
    int got = gzread(s->gz, to, n < GZIP_OCTETS ? (unsigned)n : GZIP_OCTETS);
    if (got == 0) {
        gzerror(s->gz, &code);
    }
    return code == Z_OK || code == Z_STREAM_END ? got : -1;
}

static ssize_t read_some(struct capstream *s, void *to, size_t n)
{
    return s->gz != NULL ? read_gzip(s, to, n) : read(s->fd, to, n);
}

#else

static int open_gzip(struct capstream *s)
{
    (void)s;
    return 0;
}

static void close_gzip(struct capstream *s)
{
    (void)s;
}

static ssize_t read_some(struct capstream *s, void *to, size_t n)
{
    return read(s->fd, to, n);
}

#endif

int capstream_open(const char *path, struct capstream **out, struct fault *fault)
{
    struct capstream *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    s->fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        int rc = fault_sys(fault, "Can't open capture file %s", path);
        free(s);
        return rc;
    }
    s->size = WINDOW_OCTETS;
    s->data = malloc(s->size);
    if (s->data == NULL || open_gzip(s) != 0) {
        capstream_close(s);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    *out = s;
    return 0;
}

void capstream_close(struct capstream *s)
{
    if (s == NULL) {
        return;
    }
    close_gzip(s);
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s->data);
    free(s);
}

/* Room for n octets from `at` on. */
static bool make_room(struct capstream *s, size_t n)
{
    memmove(s->data, s->data + s->at, s->end - s->at);
    s->end -= s->at;
    s->at = 0;
    if (n > s->size) {
        uint8_t *grown = realloc(s->data, n);
        if (grown == NULL) {
            return false;
        }
        s->data = grown;
        s->size = n;
    }
    return true;
}

/* Read until n octets are there or the file ends; so it does at an error, or when a signal that
 * is to end the program interrupts the wait for more. A directory fails at once. */
static void fill(struct capstream *s, size_t n)
{
    if (s->at + n > s->size && !make_room(s, n)) {
        s->ended = true;
    }
    while (!s->ended && s->end - s->at < n) {
        ssize_t got = read_some(s, s->data + s->end, s->size - s->end);
        if (got > 0) {
            s->end += (size_t)got;
        } else {
            s->ended = true;
            s->failed = got < 0;
        }
    }
}

const uint8_t *capstream_peek(struct capstream *s, size_t n, size_t *left)
{
    assert(n <= CAPSTREAM_PIECE_MAX);
    if (s->end - s->at < n) {
        fill(s, n);
    }
    *left = s->end - s->at;
    return *left >= n ? s->data + s->at : NULL;
}

bool capstream_failed(const struct capstream *s)
{
    return s->failed;
}

void capstream_skip(struct capstream *s, size_t n)
{
    assert(n <= s->end - s->at);
    s->at += n;
}

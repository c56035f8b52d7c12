/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * spill.c - see spill.h.
 */
#include "query/spill.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------ budget */

void budget_init(struct budget *b, uint64_t octets)
{
    b->octets = octets;
    pthread_mutex_init(&b->lock, NULL);
    fault_clear(&b->fault);
}

void budget_free(struct budget *b)
{
    pthread_mutex_destroy(&b->lock);
}

uint64_t budget_default(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : UINT64_MAX;
}

uint64_t budget_share(const struct budget *b, unsigned sixteenths)
{
    return b != NULL ? b->octets / 16 * sixteenths : UINT64_MAX;
}

static const char *directory(void)
{
    const char *dir = getenv("TMPDIR");
    return dir != NULL && dir[0] != '\0' ? dir : "/tmp";
}

/* Keep the first failure. Returns ERR_IO. */
static int fail(struct spill *s, const char *what)
{
    pthread_mutex_lock(&s->budget->lock);
    if (s->budget->fault.text[0] == '\0') {
        fault_sys(&s->budget->fault, "%s a temporary file in %s", what, directory());
    }
    pthread_mutex_unlock(&s->budget->lock);
    return ERR_IO;
}

/* ------------------------------------------------------------------ files */

void spill_init(struct spill *s, struct budget *b)
{
    *s = (struct spill){.budget = b, .fd = -1};
    pthread_mutex_init(&s->lock, NULL);
}

void spill_clear(struct spill *s)
{
    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = -1;
    s->size = 0;
}

void spill_free(struct spill *s)
{
    spill_clear(s);
    pthread_mutex_destroy(&s->lock);
}

static int open_file(void)
{
    char name[4096];
    int fd;
    snprintf(name, sizeof name, "%s/weir.spill.XXXXXX", directory());
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

/* A place of n octets in the file. */
static int claim(struct spill *s, size_t n, uint64_t *at)
{
    int fd;
    pthread_mutex_lock(&s->lock);
    if (s->fd < 0) {
        s->fd = open_file();
    }
    fd = s->fd;
    *at = s->size;
    s->size += n;
    pthread_mutex_unlock(&s->lock);
    return fd >= 0 ? 0 : fail(s, "cannot make");
}

int spill_write(struct spill *s, const void *data, size_t n, uint64_t *at)
{
    int rc = claim(s, n, at);
    if (rc == 0 && file_write_at(s->fd, data, n, *at, "", NULL) != 0) {
        rc = fail(s, "cannot write");
    }
    return rc;
}

int spill_read(struct spill *s, void *data, size_t n, uint64_t at)
{
    return file_read_at(s->fd, data, n, at, "", NULL) == 0 ? 0 : fail(s, "cannot read");
}

int spill_flush(struct spill *s, struct buf *out)
{
    uint64_t at;
    int rc = out->failed ? ERR_NOMEM : out->len > 0 ? spill_write(s, out->data, out->len, &at) : 0;
    buf_clear(out);
    return rc;
}

/* ------------------------------------------------------------------ reading */

int spill_reader_init(struct spill_reader *r, struct spill *s, uint64_t from, uint64_t to,
                      size_t room)
{
    *r = (struct spill_reader){.spill = s, .from = from, .to = to, .room = room};
    r->data = malloc(room);
    return r->data != NULL ? 0 : ERR_NOMEM;
}

void spill_reader_free(struct spill_reader *r)
{
    free(r->data);
}

static int fill(struct spill_reader *r, size_t need)
{
    size_t left = r->have - r->at, more;
    if (need > r->room) {
        uint8_t *data = realloc(r->data, need);
        if (data == NULL) {
            return ERR_NOMEM;
        }
        r->data = data;
        r->room = need;
    }
    memmove(r->data, r->data + r->at, left);
    more = r->to - r->from < r->room - left ? (size_t)(r->to - r->from) : r->room - left;
    r->at = 0;
    r->have = left + more;
    r->from += more;
    return more > 0 ? spill_read(r->spill, r->data + left, more, r->from - more) : 0;
}

int spill_ahead(struct spill_reader *r, size_t n)
{
    int rc = r->have - r->at < n ? fill(r, n) : 0;
    return rc != 0 ? rc : r->have - r->at >= n;
}

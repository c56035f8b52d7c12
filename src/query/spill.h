/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * spill.h - the memory budget of operators, and the temporary file for what exceeds it.
 *
 * A budget is shared by the operators of a run; its creator sets how many octets each may take. The
 * first failure of a temporary file is kept in it, because operators return codes only.
 *
 * A spill is a temporary file in the directory that TMPDIR names, else /tmp. It has no name any
 * more once it is open, so it is gone however the process ends. Any thread may write; what is
 * written does not change.
 */
#ifndef WEIR_QUERY_SPILL_H
#define WEIR_QUERY_SPILL_H

#include "base/buf.h"
#include "base/err.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    uint64_t octets;       /* of each operator */
    pthread_mutex_t lock;
    struct fault fault;    /* under the lock; text is empty: nothing failed */
};

void budget_init(struct budget *b, uint64_t octets);
void budget_free(struct budget *b);

/* Half of the machine's memory. */
uint64_t budget_default(void);

/* The share of the budget in sixteenths; UINT64_MAX without a budget (NULL). */
uint64_t budget_share(const struct budget *b, unsigned sixteenths);

struct spill {
    struct budget *budget;
    pthread_mutex_t lock;
    int fd;        /* -1: nothing was written yet */
    uint64_t size;
};

void spill_init(struct spill *s, struct budget *b);
void spill_free(struct spill *s);
void spill_clear(struct spill *s); /* forget what was written */

/* Append; *at is where. Read what was written. Return 0 or ERR_IO, with the budget's fault. */
int spill_write(struct spill *s, const void *data, size_t n, uint64_t *at);
int spill_read(struct spill *s, void *data, size_t n, uint64_t at);

/* Append what is in a buffer, and empty it. 0, ERR_NOMEM if the buffer failed, or ERR_IO. */
int spill_flush(struct spill *s, struct buf *out);

/* Reads a range of the file from one end to the other. */
struct spill_reader {
    struct spill *spill;
    uint64_t from, to;     /* what is not in the buffer yet */
    uint8_t *data;
    size_t room, have, at;
};

int spill_reader_init(struct spill_reader *r, struct spill *s, uint64_t from, uint64_t to,
                      size_t room); /* 0 or ERR_NOMEM */
void spill_reader_free(struct spill_reader *r);

/* Have the next n octets in the buffer: 1, 0 if fewer are left, or ERR_*. */
int spill_ahead(struct spill_reader *r, size_t n);

static inline uint8_t *spill_at(const struct spill_reader *r)
{
    return r->data + r->at;
}

static inline void spill_pass(struct spill_reader *r, size_t n)
{
    r->at += n;
}

#endif

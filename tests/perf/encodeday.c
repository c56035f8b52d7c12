/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encodeday.c - how fast blocks are encoded, on one core, without reading or writing files.
 *
 *     encodeday [-z LEVEL] [-n ROUNDS] FILE...
 *
 * Prints millions of flows a second of CPU time (the best round) and octets a flow.
 */
#include "store/flowfile.h"
#include "store/rowbuf.h"
#include "store/weir1.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct measured {
    uint64_t flows;
    uint64_t octets;
    double seconds;
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As a writer has them: every column an array. */
static int load_all(struct rowbuf *rows, struct batch *b)
{
    struct fault fault;
    int taken = rowbuf_require(b, &fault);
    rowbuf_clear(rows);
    taken = taken != 0 ? taken : rowbuf_add(rows, b, NULL, 0, b->nrows);
    return taken < 0 ? taken : (uint32_t)taken == b->nrows ? 0 : ERR_LIMIT;
}

static int encode_block(struct weir1_encoder *e, struct rowbuf *rows, struct batch *b,
                        unsigned rounds, struct measured *sum)
{
    struct fault fault;
    struct buf out;
    size_t head;
    double best = 1e9;
    int rc = load_all(rows, b);
    buf_init(&out);
    for (unsigned i = 0; i < rounds && rc == 0; i++) {
        double start = cpu_seconds();
        buf_clear(&out);
        rc = weir1_encode(e, rowbuf_batch(rows), 0, &out, &head, &fault);
        start = cpu_seconds() - start;
        best = start < best ? start : best;
    }
    sum->flows += b->nrows;
    sum->octets += out.len;
    sum->seconds += best;
    buf_free(&out);
    return rc;
}

static int encode_file(struct weir1_encoder *e, const char *path, struct rowbuf *rows,
                       struct batch *b, unsigned rounds, struct measured *sum)
{
    struct flowfile *f;
    struct fault fault;
    int rc = flowfile_open(path, &f, &fault);
    if (rc != 0) {
        return rc;
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks && rc == 0; i++) {
        rc = flowfile_read(f, i, b, &fault);
        rc = rc != 0 ? rc : encode_block(e, rows, b, rounds, sum);
    }
    flowfile_close(f);
    return rc;
}

int main(int argc, char **argv)
{
    struct measured sum = {0, 0, 0};
    struct weir1_encoder *e;
    struct batch *b = malloc(sizeof *b);
    struct rowbuf *rows = rowbuf_new();
    unsigned rounds = 3;
    int level = 1;
    int rc = 0;
    int c;
    while ((c = getopt(argc, argv, "z:n:")) != -1) {
        if (c == 'z') {
            level = atoi(optarg);
        } else if (c == 'n') {
            rounds = (unsigned)atoi(optarg);
        } else {
            return 2;
        }
    }
    e = weir1_encoder_new(level);
    if (e == NULL || b == NULL || rows == NULL) {
        return 1;
    }
    batch_init(b);
    for (int i = optind; i < argc && rc == 0; i++) {
        rc = encode_file(e, argv[i], rows, b, rounds, &sum);
    }
    if (rc == 0 && sum.flows > 0) {
        printf("%.2f M flows/s, %.2f octets a flow\n", (double)sum.flows / 1e6 / sum.seconds,
               (double)sum.octets / (double)sum.flows);
    }
    batch_free(b);
    free(b);
    rowbuf_free(rows);
    weir1_encoder_free(e);
    return rc != 0;
}

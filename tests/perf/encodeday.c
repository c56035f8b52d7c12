/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * encodeday.c - how fast blocks are encoded, on one core, without reading or writing files.
 *
 *     encodeday [-z LEVEL] [-n ROUNDS] [-b ROWS] FILE...
 *
 * -b: blocks of at most so many rows, as a collector flushes them. Prints millions of flows a
 * second of CPU time (the best round) and octets a flow.
 */
#include "store/flowfile.h"
#include "store/rowbuf.h"
#include "store/weir1.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct measured {
    struct buf out; /* kept from block to block, as a writer does */
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
static int load_rows(struct rowbuf *rows, struct batch *b, uint32_t from, uint32_t n)
{
    struct fault fault;
    int taken = rowbuf_require(b, &fault);
    rowbuf_clear(rows);
    taken = taken != 0 ? taken : rowbuf_add(rows, b, NULL, from, n);
    return taken < 0 ? taken : (uint32_t)taken == n ? 0 : ERR_LIMIT;
}

static int encode_rows(struct weir1_encoder *e, struct rowbuf *rows, struct batch *b,
                       uint32_t from, uint32_t n, unsigned rounds, struct measured *sum)
{
    struct fault fault;
    size_t head;
    double best = 1e9;
    int rc = load_rows(rows, b, from, n);
    for (unsigned i = 0; i < rounds && rc == 0; i++) {
        double start = cpu_seconds();
        buf_clear(&sum->out);
        rc = weir1_encode(e, rowbuf_batch(rows), 0, &sum->out, &head, &fault);
        start = cpu_seconds() - start;
        best = start < best ? start : best;
    }
    sum->flows += n;
    sum->octets += sum->out.len;
    sum->seconds += best;
    return rc;
}

static int encode_block(struct weir1_encoder *e, struct rowbuf *rows, struct batch *b,
                        uint32_t most, unsigned rounds, struct measured *sum)
{
    int rc = 0;
    for (uint32_t at = 0; at < b->nrows && rc == 0; at += most) {
        uint32_t left = b->nrows - at;
        rc = encode_rows(e, rows, b, at, left < most ? left : most, rounds, sum);
    }
    return rc;
}

static int encode_file(struct weir1_encoder *e, const char *path, struct rowbuf *rows,
                       struct batch *b, uint32_t most, unsigned rounds, struct measured *sum)
{
    struct flowfile *f;
    struct fault fault;
    int rc = flowfile_open(path, &f, &fault);
    if (rc != 0) {
        return rc;
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks && rc == 0; i++) {
        rc = flowfile_read(f, i, b, &fault);
        rc = rc != 0 ? rc : encode_block(e, rows, b, most, rounds, sum);
    }
    flowfile_close(f);
    return rc;
}

int main(int argc, char **argv)
{
    struct measured sum = {.flows = 0};
    struct weir1_encoder *e;
    struct batch *b = malloc(sizeof *b);
    struct rowbuf *rows = rowbuf_new();
    unsigned rounds = 1; /* more of them flatter: the encoder knows the block then */
    uint32_t most = BATCH_ROWS_MAX;
    int level = 1;
    int rc = 0;
    int c;
    while ((c = getopt(argc, argv, "z:n:b:")) != -1) {
        if (c == 'z') {
            level = atoi(optarg);
        } else if (c == 'n') {
            rounds = (unsigned)atoi(optarg);
        } else if (c == 'b' && atoi(optarg) > 0) {
            most = (uint32_t)atoi(optarg);
        } else {
            return 2;
        }
    }
    e = weir1_encoder_new(level);
    if (e == NULL || b == NULL || rows == NULL) {
        return 1;
    }
    batch_init(b);
    buf_init(&sum.out);
    for (int i = optind; i < argc && rc == 0; i++) {
        rc = encode_file(e, argv[i], rows, b, most, rounds, &sum);
    }
    if (rc == 0 && sum.flows > 0) {
        printf("%.2f M flows/s, %.2f octets a flow\n", (double)sum.flows / 1e6 / sum.seconds,
               (double)sum.octets / (double)sum.flows);
    }
    buf_free(&sum.out);
    batch_free(b);
    free(b);
    rowbuf_free(rows);
    weir1_encoder_free(e);
    return rc != 0;
}

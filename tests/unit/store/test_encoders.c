/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_encoders.c - threads that encode: the octets do not depend on them, and nothing is lost when
 * writing fails while blocks are under way.
 */
#include "store/encoders.h"

#include "store/flowfile.h"
#include "store/flowwriter.h"
#include "store/weir1.h"

#include "../check.h"
#include "randomflows.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 30000, TIMES = 7 }; /* three full blocks and a part of one */

static struct flowwriter_options options = {.format = FORMAT_WEIR1,
                                            .compression = COMPRESSION_ZSTD,
                                            .creator = CREATOR_NFCAPD};

static void path_of(const char *name, char path[512])
{
    const char *dir = getenv("WEIR_TMP");
    snprintf(path, 512, "%s/%s", dir != NULL ? dir : "/tmp", name);
}

static struct builder *some_flows(void)
{
    struct builder *b = builder_new();
    uint64_t seed = 1;
    struct rec r;
    for (uint32_t i = 0; i < ROWS; i++) {
        plausible_rec(&r, &seed);
        builder_add(b, &r);
    }
    return b;
}

static struct buf contents(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b;
    struct stat st = {0};
    buf_init(&b);
    if (f != NULL && fstat(fileno(f), &st) == 0) {
        buf_grow(&b, fread(buf_room(&b, (size_t)st.st_size), 1, (size_t)st.st_size, f));
        fclose(f);
    }
    return b;
}

/* Two files, turn by turn, through the same threads. */
static void write_two(struct check *t, unsigned threads, struct builder *b, char path[2][512])
{
    struct flowwriter_options o = options;
    struct flowwriter *w[2] = {NULL, NULL};
    struct fault fault = {0};
    o.encoders = flowwriter_encoders(&o, threads);
    CHECK_OR_RETURN(o.encoders != NULL);
    for (int k = 0; k < 2; k++) {
        CHECK_OR_RETURN(flowwriter_create(path[k], &o, false, &w[k], &fault) == 0);
    }
    for (int i = 0; i < TIMES; i++) {
        CHECK(flowwriter_add(w[i % 2], builder_batch(b), NULL, &fault) == 0);
        CHECK(flowwriter_add(w[1], builder_batch(b), NULL, &fault) == 0);
    }
    for (int k = 0; k < 2; k++) {
        CHECK(flowwriter_finish(w[k], &fault) == 0);
    }
    encoders_free(o.encoders);
}

static void test_same_octets(struct check *t)
{
    static const unsigned threads[] = {0, 1, 3};
    struct builder *b = some_flows();
    char path[2][512];
    struct buf want[2], got;
    path_of("encoders.a", path[0]);
    path_of("encoders.b", path[1]);
    for (size_t i = 0; i < 3; i++) {
        write_two(t, threads[i], b, path);
        for (int k = 0; k < 2; k++) {
            got = contents(path[k]);
            if (i == 0) {
                want[k] = got;
                CHECK(got.len > WEIR1_HEADER_LEN);
                continue;
            }
            CHECK(got.len == want[k].len && /* the header has the time of day */
                  memcmp(got.data + WEIR1_HEADER_LEN, want[k].data + WEIR1_HEADER_LEN,
                         got.len - WEIR1_HEADER_LEN) == 0);
            buf_free(&got);
        }
    }
    buf_free(&want[0]);
    buf_free(&want[1]);
    builder_free(b);
}

static void limit_file_size(rlim_t octets)
{
    struct rlimit r;
    getrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = octets < r.rlim_max ? octets : r.rlim_max;
    setrlimit(RLIMIT_FSIZE, &r);
    signal(SIGXFSZ, SIG_IGN);
}

/* Each row is either taken, and then it is in the file in the end, or refused. */
static void test_no_room(struct check *t)
{
    struct flowwriter_options o = options;
    struct builder *b = some_flows();
    struct flowwriter *w = NULL;
    struct flowfile *f = NULL;
    struct fault fault = {0};
    uint64_t taken = 0;
    bool refused = false;
    char path[512];
    path_of("encoders.c", path);
    o.encoders = flowwriter_encoders(&o, 2);
    CHECK_OR_RETURN(o.encoders != NULL && flowwriter_create(path, &o, false, &w, &fault) == 0);
    limit_file_size(1000);
    for (int i = 0; i < 3 * TIMES; i++) {
        int rc = flowwriter_add(w, builder_batch(b), NULL, &fault);
        refused = refused || rc != 0;
        CHECK((rc == 0) == (flowwriter_taken(w) == ROWS));
        taken += flowwriter_taken(w);
    }
    CHECK(refused);
    CHECK_EQ_U64(flowwriter_totals(w)->flows, taken);
    limit_file_size(RLIM_INFINITY);
    CHECK(flowwriter_add(w, builder_batch(b), NULL, &fault) == 0);
    CHECK(flowwriter_finish(w, &fault) == 0);
    CHECK_OR_RETURN(flowfile_open(path, &f, &fault) == 0);
    CHECK_EQ_U64(flowfile_info(f)->nrecords, taken + ROWS);
    flowfile_close(f);
    encoders_free(o.encoders);
    builder_free(b);
}

CHECK_MAIN(test_same_octets, test_no_room)

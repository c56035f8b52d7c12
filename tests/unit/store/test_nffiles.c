/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_nffiles.c - the corpus of nfdump's files: each one's records and totals equal its
 * manifest; of each damaged one the damage is named and the rest is read.
 * The corpus is looked for in $WEIR_SHARED/nffiles, else beside the source tree; without it all
 * is skipped. With arguments: print what the files hold.
 */
#include "store/flowfile.h"
#include "store/nfdcodec.h"

#include "../check.h"

#include <dirent.h>

struct seen {
    int rc;             /* of opening */
    uint64_t rows;
    uint64_t records;   /* the highest record number, or what the heads say */
    uint64_t unread;
    unsigned faults;    /* damage found while opening, blocks that failed */
    struct flowfile_info info;
    struct flow_totals totals;
    char text[4096];    /* everything that was said */
};

static void say(struct seen *s, const char *text)
{
    size_t len = strlen(s->text);
    snprintf(s->text + len, sizeof s->text - len, "%s\n", text);
}

static void read_blocks(struct flowfile *f, struct seen *s)
{
    struct batch *b = malloc(sizeof *b);
    batch_init(b);
    for (uint32_t i = 0; i < s->info.nblocks; i++) {
        struct fault fault;
        if (flowfile_read(f, i, b, &fault) != 0) {
            s->faults++;
            say(s, fault.text);
            continue;
        }
        s->rows += b->nrows;
        s->unread += b->unread;
        totals_add_batch(&s->totals, b, NULL);
        for (unsigned id = 0; id < FIELD_COUNT_; id++) {
            batch_column(b, (enum field_id)id);
        }
        if (b->notes != NULL) {
            say(s, b->notes);
        }
        if (!batch_ok(b)) {
            s->faults++;
            say(s, b->fault.text);
        }
    }
    batch_free(b);
    free(b);
}

static void read_file(const char *path, struct seen *s)
{
    struct flowfile *f = NULL;
    struct fault fault;
    memset(s, 0, sizeof *s);
    totals_clear(&s->totals);
    s->rc = flowfile_open(path, &f, &fault);
    if (s->rc != 0) {
        say(s, fault.text);
        return;
    }
    s->info = *flowfile_info(f);
    s->info.ident = NULL;
    s->records = s->info.nrecords;
    for (size_t i = 0; flowfile_damage(f, i) != NULL; i++) {
        s->faults++;
        say(s, flowfile_damage(f, i)->text);
    }
    read_blocks(f, s);
    flowfile_close(f);
}

static bool corpus(char *dir, size_t room)
{
    const char *shared = getenv("WEIR_SHARED");
    const char *src = getenv("WEIR_SRC");
    char path[512];
    FILE *f;
    if (shared != NULL) {
        snprintf(dir, room, "%s/nffiles", shared);
    } else {
        snprintf(dir, room, "%s/../shared/compat/nffiles", src != NULL ? src : ".");
    }
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", dir);
    f = fopen(path, "r");
    if (f != NULL) {
        fclose(f);
    }
    return f != NULL;
}

/* Columns of MANIFEST.tsv. */
enum { NAME, PRODUCER, LAYOUT, COMPRESSION, BLOCKS, ROWS, RECORDS, FLOWS, PACKETS, BYTES, SIZE,
       COLUMNS };

static int split(char *line, char *at[COLUMNS])
{
    int n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *p = line; p != NULL && n < COLUMNS; n++) {
        at[n] = strsep(&p, "\t");
    }
    return n;
}

static void check_sample(struct check *t, const char *dir, char *at[COLUMNS])
{
    char path[1024];
    static struct seen s;
    snprintf(path, sizeof path, "%s/%s", dir, at[NAME]);
    read_file(path, &s);
    if (s.rc == ERR_UNSUPPORTED && atoi(at[LAYOUT]) != 2) {
        t->skipped++;
        return;
    }
    printf("%s\n", at[NAME]);
    CHECK_EQ_I64(s.rc, 0);
    CHECK_EQ_U64(s.rows, strtoull(at[ROWS], NULL, 10));
    if (atoi(at[LAYOUT]) == 1) { /* the manifest counts extension maps, record numbers do not */
        CHECK(s.records >= s.rows && s.records < strtoull(at[RECORDS], NULL, 10));
    } else {
        CHECK_EQ_U64(s.records, strtoull(at[RECORDS], NULL, 10));
    }
    CHECK_EQ_U64(s.info.totals.flows, strtoull(at[FLOWS], NULL, 10));
    CHECK_EQ_U64(s.info.totals.packets, strtoull(at[PACKETS], NULL, 10));
    CHECK_EQ_U64(s.info.totals.bytes, strtoull(at[BYTES], NULL, 10));
    CHECK_STR(s.text, "");
    CHECK(s.faults + s.unread == 0);
}

static void test_samples(struct check *t)
{
    char dir[400], path[512], line[2048];
    char *at[COLUMNS];
    FILE *f;
    if (!corpus(dir, sizeof dir)) {
        t->skipped++;
        return;
    }
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", dir);
    f = fopen(path, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        if (split(line, at) == COLUMNS && strcmp(at[NAME], "file") != 0) {
            check_sample(t, dir, at);
        }
    }
    fclose(f);
}

static void show(const char *path)
{
    static struct seen s;
    read_file(path, &s);
    printf("%s: rc %d rows %" PRIu64 " records %" PRIu64 " blocks %u complete %d totals %" PRIu64
           "/%" PRIu64 " unread %" PRIu64 " faults %u\n%s",
           path, s.rc, s.rows, s.records, s.info.nblocks, s.info.complete, s.info.totals.flows,
           s.totals.flows, s.unread, s.faults, s.text);
}

int main(int argc, char **argv)
{
    struct check t = {0, 0, 0};
    for (int i = 1; i < argc; i++) {
        show(argv[i]);
    }
    if (argc > 1) {
        return 0;
    }
    test_samples(&t);
    printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return t.failed != 0;
}

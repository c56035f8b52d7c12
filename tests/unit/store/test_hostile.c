/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_hostile.c - files whose numbers lie do not make us allocate what they claim.
 *
 * Each file is opened and every column of its blocks is loaded in a process whose address space may
 * grow by ALLOWED octets and 64 times the file's size only; nothing may fail for lack of memory.
 * (ALLOWED covers what does not depend on the file, the work space of bzip2 above all: 3.7 MiB.)
 * Beside handmade files there is a sweep: at each even octet of a small file of each format a
 * large number is put, its checksums are put right where there are any.
 */
#include "flow/builder.h"
#include "store/flowfile.h"
#include "store/flowwriter.h"
#include "store/nfdcodec.h"

#include "../../tools/weirmend.h"
#include "../check.h"
#include "randomflows.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { ALLOWED = 6 << 20, TIMES_SIZE = 64, FILE_MAX = 1 << 20 };

struct file {
    uint8_t octets[FILE_MAX];
    size_t size;
};

/* ------------------------------------------------------------------ reading under a limit */

static struct batch batch;

/* Load all there is of a file; false if memory was out at any place. */
static bool read_all(int fd)
{
    char path[64];
    struct flowfile *f = NULL;
    struct fault fault;
    bool good = true;
    int rc;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    rc = flowfile_open(path, &f, &fault);
    if (rc != 0) {
        return rc != ERR_NOMEM;
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        rc = flowfile_read(f, i, &batch, &fault);
        good = good && rc != ERR_NOMEM;
        for (unsigned id = 0; rc == 0 && id < FIELD_STORED_; id++) {
            batch_column(&batch, (enum field_id)id);
        }
        good = good && batch.fault.code != ERR_NOMEM;
    }
    flowfile_close(f);
    batch_reset(&batch);
    return good;
}

static bool put_file(int fd, const uint8_t *octets, size_t size)
{
    return pwrite(fd, octets, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)size) == 0;
}

static void limit_growth(size_t size)
{
    struct rlimit limit;
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%llu", &pages) != 1) {
        _exit(2);
    }
    fclose(f);
    limit.rlim_cur = limit.rlim_max =
        pages * (unsigned long long)sysconf(_SC_PAGESIZE) + ALLOWED + TIMES_SIZE * size;
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        _exit(2);
    }
}

/* Run work in a process of its own, under the limit. */
static bool holds_limit(bool (*work)(const struct file *file, int fd), const struct file *file)
{
    int status = -1;
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int fd = memfd_create("hostile", MFD_CLOEXEC);
        limit_growth(file->size);
        bool good = fd >= 0 && work(file, fd);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static bool read_once(const struct file *file, int fd)
{
    return put_file(fd, file->octets, file->size) && read_all(fd);
}

/* ------------------------------------------------------------------ handmade files */

static void add(struct file *f, const void *octets, size_t n)
{
    memcpy(f->octets + f->size, octets, n);
    f->size += n;
}

static void add_number(struct file *f, uint64_t v, size_t width)
{
    add(f, &v, width);
}

/* As a killed collector leaves it. */
static void begin2(struct file *f, enum flow_compression c)
{
    static const uint8_t start[4] = {0x0c, 0xa5, 2, 0};
    memset(f->octets, 0, 40);
    memcpy(f->octets, start, sizeof start);
    f->octets[16] = (uint8_t)c;
    f->size = 40;
}

static void begin1(struct file *f, uint32_t flags)
{
    static const uint8_t start[4] = {0x0c, 0xa5, 1, 0};
    memset(f->octets, 0, 276);
    memcpy(f->octets, start, sizeof start);
    memcpy(f->octets + 4, &flags, sizeof flags);
    memset(f->octets + 8, 0xff, 4);
    f->size = 276;
}

static void add_block(struct file *f, uint32_t told, unsigned type, const void *stored, size_t n)
{
    add_number(f, told, 4);
    add_number(f, n, 4);
    add_number(f, type, 4);
    add(f, stored, n);
}

static const uint8_t junk[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* A zstd frame that announces 5 MiB and ends at once. */
static const uint8_t zstd_size[] = {0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0xf4, 0xff, 0x4f, 0x00,
                                    0x01, 0x00, 0x00};
/* One that wants a window of 128 MiB, with a broken block. */
static const uint8_t zstd_window[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0xff, 0xff, 0xff, 0xff};

static bool make_bz2(uint8_t *out, size_t *n)
{
    static const uint8_t record[12] = {11, 0, 12, 0};
    return nfdcodec_built(COMPRESSION_BZ2) &&
           nfdcodec_pack(COMPRESSION_BZ2, 9, record, sizeof record, out, n, NULL) == 0;
}

static struct file file;

static void check_file(struct check *t, const char *what)
{
    bool good = holds_limit(read_once, &file);
    CHECK(good);
    if (!good) {
        printf("    %s, %zu octets\n", what, file.size);
    }
}

static void test_packed(struct check *t)
{
    uint8_t bz2[1024];
    size_t n = 0;
    if (make_bz2(bz2, &n)) {
        begin2(&file, COMPRESSION_BZ2);
        add_block(&file, UINT32_MAX, 3, bz2, n);
        check_file(t, "a few octets of bzip2");
        begin1(&file, 8);
        add_block(&file, UINT32_MAX, 2, bz2, n);
        check_file(t, "layout 1, a few octets of bzip2");
    }
    begin2(&file, COMPRESSION_ZSTD);
    add_block(&file, UINT32_MAX, 3, zstd_size, sizeof zstd_size);
    check_file(t, "zstd that announces 5 MiB");
    begin2(&file, COMPRESSION_ZSTD);
    add_block(&file, UINT32_MAX, 3, zstd_window, sizeof zstd_window);
    check_file(t, "zstd with a large window");
    for (int c = COMPRESSION_NONE; c < COMPRESSION_COUNT_; c++) {
        begin2(&file, (enum flow_compression)c);
        add_block(&file, UINT32_MAX, 3, junk, sizeof junk);
        check_file(t, "junk");
    }
}

static void test_many_blocks(struct check *t)
{
    for (int c = COMPRESSION_NONE; c < COMPRESSION_COUNT_; c++) {
        begin2(&file, (enum flow_compression)c);
        for (int i = 0; i < 2000; i++) {
            add_block(&file, UINT32_MAX, 3, junk, 4);
        }
        check_file(t, "many blocks that announce many records");
    }
}

/* An array of names, counters of exporters, a map: each announces more than it has. */
static void test_records(struct check *t)
{
    static const struct {
        unsigned type, size;
    } records[] = {{12, 14}, {13, 12}, {14, 12}, {8, 8}, {2, 8}, {11, 12}, {10, 32}, {1, 28}};
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        uint8_t record[64];
        uint16_t head[2] = {(uint16_t)records[i].type, (uint16_t)records[i].size};
        memset(record, 0xff, sizeof record);
        memcpy(record, head, sizeof head);
        begin2(&file, COMPRESSION_NONE);
        add_block(&file, UINT32_MAX, 3, record, records[i].size);
        check_file(t, "a record");
        begin1(&file, 0);
        add_block(&file, UINT32_MAX, 2, record, records[i].size);
        check_file(t, "layout 1, a record");
    }
}

static void test_most(struct check *t)
{
    CHECK_EQ_U64(nfdcodec_most(COMPRESSION_NONE, 1000), 1000);
    CHECK(nfdcodec_most(COMPRESSION_LZO, 100) <= 26000);
    CHECK(nfdcodec_most(COMPRESSION_ZSTD, 12) <= 4 * 131072);
    for (int c = COMPRESSION_LZO; c < COMPRESSION_COUNT_; c++) {
        CHECK(nfdcodec_most((enum flow_compression)c, SIZE_MAX / 512) <= NFD_BLOCK_MAX ||
              !nfdcodec_built((enum flow_compression)c));
    }
}

/* ------------------------------------------------------------------ the sweep */

/* Of a file of weir's own format, without its trailer: then blocks are found by walking. */
static void mend(uint8_t *p, size_t size)
{
    if (memcmp(p, WEIR1_MAGIC, 8) == 0) {
        mend_file(p, size);
    }
}

static bool sweep(const struct file *whole, int fd)
{
    static const uint32_t numbers[] = {UINT32_MAX, 0x7fffffff, 0x004ffff4, 0x00010000};
    static uint8_t octets[FILE_MAX];
    bool good = true;
    for (size_t at = 2; at + 4 <= whole->size; at += 2) {
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            memcpy(octets, whole->octets, whole->size);
            memcpy(octets + at, &numbers[k], sizeof numbers[k]);
            mend(octets, whole->size);
            if (!put_file(fd, octets, whole->size) || !read_all(fd)) {
                printf("    octet %zu: 0x%x\n", at, (unsigned)numbers[k]);
                good = false;
            }
        }
    }
    return good;
}

static int write_flows(const char *path, enum flow_format format, enum flow_compression c)
{
    struct flowwriter_options o = {.format = format, .compression = c, .ident = "hostile"};
    struct builder *b = builder_new();
    struct flowwriter *w;
    struct fault fault;
    struct rec r;
    uint64_t seed = 3;
    int rc = flowwriter_create(path, &o, false, &w, &fault);
    for (int i = 0; i < 2 && rc == 0; i++) {
        random_rec(&r, &seed);
        rec_add_group(&r, GROUP_IN_PAYLOAD);
        r.in_payload = (struct span){random_octets, 40};
        rc = builder_add(b, &r);
    }
    rc = rc == 0 ? flowwriter_add(w, builder_batch(b), NULL, &fault) : rc;
    rc = rc == 0 ? flowwriter_finish(w, &fault) : rc;
    builder_free(b);
    return rc;
}

static bool load_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    file.size = f != NULL ? fread(file.octets, 1, sizeof file.octets, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    return file.size > 0;
}

static void test_sweep(struct check *t)
{
    static const struct {
        enum flow_format format;
        enum flow_compression compression;
        size_t without; /* octets of the end */
    } files[] = {
        {FORMAT_NFDUMP2, COMPRESSION_NONE, 0}, {FORMAT_NFDUMP2, COMPRESSION_LZO, 0},
        {FORMAT_NFDUMP2, COMPRESSION_BZ2, 0},  {FORMAT_NFDUMP2, COMPRESSION_LZ4, 0},
        {FORMAT_NFDUMP2, COMPRESSION_ZSTD, 0}, {FORMAT_WEIR1, COMPRESSION_ZSTD, 32},
    };
    const char *dir = getenv("WEIR_TMP");
    char path[512];
    snprintf(path, sizeof path, "%s/hostile", dir != NULL ? dir : "/tmp");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!nfdcodec_built(files[i].compression)) {
            t->skipped++;
            continue;
        }
        CHECK(write_flows(path, files[i].format, files[i].compression) == 0 && load_file(path));
        file.size -= files[i].without;
        printf("format %d, compression %d, %zu octets\n", (int)files[i].format,
               (int)files[i].compression, file.size);
        CHECK(holds_limit(sweep, &file));
    }
    unlink(path);
}

/* The limit is one. */
static bool take_more(const struct file *f, int fd)
{
    void *p = malloc(ALLOWED + TIMES_SIZE * f->size + 1);
    (void)fd;
    free(p);
    return p == NULL;
}

int main(void)
{
    struct check check = {0, 0, 0}, *t = &check;
    if (SANITIZED) {
        printf("0 passed, 0 failed, 1 skipped\n"); /* their own memory has no limit */
        return 0;
    }
    batch_init(&batch);
    begin2(&file, COMPRESSION_NONE);
    CHECK(holds_limit(take_more, &file));
    test_most(t);
    test_packed(t);
    test_many_blocks(t);
    test_records(t);
    test_sweep(t);
    batch_free(&batch);
    printf("%u passed, %u failed, %u skipped\n", t->passed, t->failed, t->skipped);
    return t->failed != 0;
}

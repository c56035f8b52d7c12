/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_flips.c - every bit of a small file of each format is turned over, one after the other: what
 * the file says is then the same, or the change is reported.
 *
 * Layouts of nfdump have no checksums (a compression may bring one: bzip2 does); files of layout 2
 * that weir wrote have a seal. Without one a turned bit of a value is another value, and nobody can
 * tell: without compression a flip that is not reported may change one flow, exporter or name, and
 * nothing beside; in an extension map of layout 1 all flows of that map.
 *
 * WEIR_FLIPS=all turns all eight bits of each octet; else the larger files get one bit an octet.
 */
#include "base/hash.h"
#include "flow/builder.h"
#include "query/inspect.h"
#include "store/nfdcodec.h"

#include "../check.h"
#include "../store/randomflows.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THINGS_MAX = 256 };

/* What a file says, thing by thing: flows, exporters, names, totals. */
struct content {
    uint64_t thing[THINGS_MAX];
    size_t n;
    bool refused; /* it could not be opened */
};

struct file {
    int fd;
    char path[64];
    uint8_t *octets;
    size_t size;
};

/* ------------------------------------------------------------------ content */

static void add_thing(struct content *c, uint64_t hash)
{
    if (c->n < THINGS_MAX) {
        c->thing[c->n++] = hash;
    }
}

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    uint64_t both[2] = {hash, hash_of(data, len)};
    return hash_of(both, sizeof both);
}

static uint64_t mix_value(uint64_t hash, const struct column *c, unsigned id, uint32_t row)
{
    if (field_of((enum field_id)id)->type == TYPE_VAR) {
        struct span s = column_var(c, row);
        return mix(hash, s.data, s.len);
    }
    if (field_of((enum field_id)id)->type == TYPE_IP) {
        return mix(hash, column_ip(c, row), sizeof(struct ip));
    }
    uint64_t v = column_u64(c, row);
    return mix(hash, &v, sizeof v);
}

static void add_flows(struct content *c, struct batch *b)
{
    for (uint32_t row = 0; row < b->nrows; row++) {
        uint64_t hash = 1;
        for (unsigned id = 0; id < FIELD_STORED_; id++) {
            if (id != FIELD_RECORD_NO && !field_is_transient((enum field_id)id)) {
                hash = mix_value(hash, batch_column(b, (enum field_id)id), id, row);
            }
        }
        add_thing(c, hash);
    }
}

static void add_exporter(struct content *c, const struct exporter *e)
{
    uint64_t v[] = {2, e->sysid, e->version, e->id, e->has_stat, e->sequence_failures, e->packets,
                    e->flows};
    add_thing(c, mix(hash_of(v, sizeof v), &e->addr, sizeof e->addr));
}

static void add_meta(struct content *c, const struct flow_meta *m)
{
    for (size_t i = 0; m != NULL && i < m->nexporters; i++) {
        add_exporter(c, &m->exporters[i]);
    }
    for (size_t i = 0; m != NULL && i < m->nsamplers; i++) {
        const struct sampler *s = &m->samplers[i];
        uint64_t v[] = {3, s->sysid, s->algorithm, (uint64_t)s->id, s->packet_interval,
                        s->space_interval};
        add_thing(c, hash_of(v, sizeof v));
    }
    for (size_t i = 0; m != NULL && i < m->nnames; i++) {
        const struct name *name = &m->names[i];
        add_thing(c, mix(4 + name->kind + ((uint64_t)name->id << 8), name->text,
                         strlen(name->text)));
    }
    for (size_t i = 0; m != NULL && i < m->napps; i++) {
        const struct app_name *a = &m->apps[i];
        add_thing(c, mix(mix(mix(9, a->id, a->id_len), a->name, strlen(a->name)), a->description,
                         strlen(a->description)));
    }
}

static void add_blocks(struct content *c, struct flowfile *f)
{
    static struct batch *b; /* kept: making one takes longer than reading a small file */
    struct fault fault;
    if (b == NULL) {
        b = malloc(sizeof *b);
        batch_init(b);
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        if (flowfile_read(f, i, b, &fault) == 0) {
            add_flows(c, b);
            add_meta(c, b->meta);
        }
    }
}

static void read_content(const char *path, struct content *c)
{
    struct flowfile *f;
    struct fault fault;
    c->n = 0;
    c->refused = flowfile_open(path, &f, &fault) != 0;
    if (c->refused) {
        return;
    }
    const struct flowfile_info *info = flowfile_info(f);
    add_thing(c, mix(10, info->ident, info->ident != NULL ? strlen(info->ident) : 0));
    add_thing(c, hash_of(&info->totals, sizeof info->totals));
    add_meta(c, flowfile_meta(f));
    add_blocks(c, f);
    flowfile_close(f);
}

/* Put the totals into a file of layout 1 that has none. */
static void seal1(struct file *f)
{
    enum { TOTALS_AT = 140 };
    struct flow_totals s;
    struct flowfile *in;
    struct fault fault;
    struct batch b;
    totals_clear(&s);
    batch_init(&b);
    if (flowfile_open(f->path, &in, &fault) != 0) {
        return;
    }
    for (uint32_t i = 0; i < flowfile_info(in)->nblocks; i++) {
        if (flowfile_read(in, i, &b, &fault) == 0) {
            totals_add_batch(&s, &b, NULL);
        }
    }
    flowfile_close(in);
    batch_free(&b);
    uint64_t sums[15] = {s.flows, s.bytes, s.packets};
    memcpy(sums + 3, s.flows_of, sizeof s.flows_of);
    memcpy(sums + 7, s.bytes_of, sizeof s.bytes_of);
    memcpy(sums + 11, s.packets_of, sizeof s.packets_of);
    uint32_t seconds[2] = {(uint32_t)(s.first / 1000), (uint32_t)(s.last / 1000)};
    uint16_t msec[2] = {s.first % 1000, s.last % 1000};
    memcpy(f->octets + TOTALS_AT, sums, sizeof sums);
    memcpy(f->octets + TOTALS_AT + sizeof sums, seconds, sizeof seconds);
    memcpy(f->octets + TOTALS_AT + sizeof sums + sizeof seconds, msec, sizeof msec);
    if (pwrite(f->fd, f->octets, f->size, 0) != (ssize_t)f->size) {
        f->size = 0;
    }
}

static size_t differences(const struct content *a, const struct content *b)
{
    size_t common = a->n < b->n ? a->n : b->n;
    size_t n = (a->n > b->n ? a->n : b->n) - common;
    for (size_t i = 0; i < common; i++) {
        n += a->thing[i] != b->thing[i];
    }
    return n;
}

static bool is_reported(const char *path)
{
    struct inspection i = {.tell = NULL};
    struct flowfile *f;
    struct fault fault;
    if (flowfile_open(path, &f, &fault) != 0) {
        return true;
    }
    inspect_file(f, NULL, &i, &fault);
    flowfile_close(f);
    return i.findings > 0;
}

/* ------------------------------------------------------------------ files */

static bool file_load(struct file *f)
{
    f->size = (size_t)lseek(f->fd, 0, SEEK_END);
    f->octets = malloc(f->size);
    return f->octets != NULL && pread(f->fd, f->octets, f->size, 0) == (ssize_t)f->size;
}

static void file_free(struct file *f)
{
    free(f->octets);
    close(f->fd);
}

static bool file_make(struct file *f)
{
    f->octets = NULL;
    f->fd = memfd_create("flips", MFD_CLOEXEC);
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
    return f->fd >= 0;
}

static int write_meta(struct flowwriter *w, struct fault *fault)
{
    struct flow_meta m;
    struct exporter e = {.sysid = 1, .version = 10, .id = 7, .addr = ip_from_v4(0xc0000201),
                         .has_stat = true, .sequence_failures = 3, .packets = 20, .flows = 6};
    struct sampler s = {.sysid = 1, .algorithm = 1, .id = 5, .packet_interval = 1,
                        .space_interval = 99};
    int rc;
    meta_init(&m);
    rc = meta_put_exporter(&m, &e);
    rc = rc == 0 ? meta_put_sampler(&m, &s) : rc;
    rc = rc == 0 ? meta_put_name(&m, NAME_INTERFACE, 12, "uplink") : rc;
    rc = rc == 0 ? flowwriter_meta(w, &m, fault) : rc;
    meta_free(&m);
    return rc;
}

static int write_flows(struct flowwriter *w, struct fault *fault)
{
    struct builder *b = builder_new();
    uint64_t seed = 20261125;
    struct rec r;
    int rc = b != NULL ? 0 : ERR_NOMEM;
    for (int i = 0; i < 5 && rc == 0; i++) {
        plausible_rec(&r, &seed);
        rc = builder_add(b, &r);
    }
    rc = rc == 0 ? flowwriter_add(w, builder_batch(b), NULL, fault) : rc;
    builder_free(b);
    return rc;
}

/* A few flows, an exporter, a sampler and a name. */
static bool file_write(struct file *f, enum flow_format format, enum flow_compression compression)
{
    struct flowwriter_options options = {.format = format, .compression = compression,
                                         .ident = "flips", .creator = CREATOR_NFCAPD};
    struct flowwriter *w;
    struct fault fault;
    char path[600];
    const char *dir = getenv("WEIR_TMP");
    snprintf(path, sizeof path, "%s/flips", dir != NULL ? dir : "/tmp");
    int rc = flowwriter_create(path, &options, false, &w, &fault);
    if (rc != 0) {
        return false;
    }
    rc = write_meta(w, &fault);
    rc = rc == 0 ? write_flows(w, &fault) : rc;
    rc = rc == 0 ? flowwriter_finish(w, &fault) : rc;
    FILE *in = rc == 0 ? fopen(path, "rb") : NULL;
    char octets[65536];
    size_t n = in != NULL ? fread(octets, 1, sizeof octets, in) : 0;
    if (in != NULL) {
        fclose(in);
    }
    unlink(path);
    return file_make(f) && n > 0 && write(f->fd, octets, n) == (ssize_t)n && file_load(f);
}

/* A seed of the fuzz target for layout 1: its first octet is not part of the file. */
static bool file_seed(struct file *f, const char *name)
{
    const char *src = getenv("WEIR_SRC");
    char path[600], octets[65536];
    snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", src != NULL ? src : ".", name);
    FILE *in = fopen(path, "rb");
    size_t n = in != NULL ? fread(octets, 1, sizeof octets, in) : 0;
    if (in != NULL) {
        fclose(in);
    }
    return n > 1 && file_make(f) && write(f->fd, octets + 1, n - 1) == (ssize_t)n - 1 &&
           file_load(f);
}

/* ------------------------------------------------------------------ the sweep */

struct tally {
    unsigned harmless, reported, one, map, more;
};

/* Is this octet part of an extension map, in the only block of an uncompressed file of layout 1? */
static bool in_map(const struct file *f, size_t at)
{
    enum { HEADER = 276, HEAD = 12, TYPE_MAP = 2 };
    for (size_t record = HEADER + HEAD; f->octets[2] == 1 && record + 4 <= f->size;) {
        uint16_t head[2];
        memcpy(head, f->octets + record, sizeof head);
        if (head[0] == TYPE_MAP && at >= record && at < record + head[1]) {
            return true;
        }
        record += head[1] >= sizeof head ? head[1] : f->size;
    }
    return false;
}

static void turn(const struct file *f, size_t at, unsigned bit, const struct content *whole,
                 struct tally *t)
{
    static struct content now;
    uint8_t octet = f->octets[at] ^ (uint8_t)(1u << bit);
    if (pwrite(f->fd, &octet, 1, (off_t)at) != 1) {
        t->more++;
        return;
    }
    read_content(f->path, &now);
    size_t changed = now.refused ? THINGS_MAX : differences(whole, &now);
    if (changed == 0) {
        t->harmless++;
    } else if (is_reported(f->path)) {
        t->reported++;
    } else if (changed == 1) {
        t->one++;
    } else if (in_map(f, at)) {
        t->map++;
    } else {
        t->more++;
        printf("octet %zu bit %u: %zu things are different\n", at, bit, changed);
    }
    octet = f->octets[at];
    if (pwrite(f->fd, &octet, 1, (off_t)at) != 1) {
        t->more++;
    }
}

static struct tally sweep(const struct file *f, size_t from, size_t to)
{
    enum { LARGE = 500 };
    static struct content whole;
    struct tally t = {0};
    bool all = to - from < LARGE || getenv("WEIR_FLIPS") != NULL;
    read_content(f->path, &whole);
    for (size_t at = from; at < to; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (all || bit == at % 8) {
                turn(f, at, bit, &whole, &t);
            }
        }
    }
    return t;
}

static void say(const char *what, const struct file *f, struct tally t)
{
    printf("%s, %zu octets: %u harmless, %u reported, %u change one thing, %u a map, %u more\n",
           what, f->size, t.harmless, t.reported, t.one, t.map, t.more);
}

static void test_strict(struct check *t, const char *what, struct file *f)
{
    CHECK(!is_reported(f->path));
    struct tally found = sweep(f, 0, f->size);
    say(what, f, found);
    CHECK(found.reported > f->size / 2);
    CHECK_EQ_U64(found.one + found.map + found.more, 0);
}

static void test_values(struct check *t, const char *what, struct file *f)
{
    CHECK(!is_reported(f->path));
    struct tally found = sweep(f, 0, f->size);
    say(what, f, found);
    CHECK(found.reported > f->size / 8);
    CHECK_EQ_U64(found.more, 0);
}

/* As nfdump would have written the file: without our seal. */
static void unseal(struct file *f)
{
    uint8_t *seal = memmem(f->octets, f->size, "\0weir", 5);
    if (seal != NULL) {
        memset(seal, 0, 5);
        f->size = pwrite(f->fd, f->octets, f->size, 0) == (ssize_t)f->size ? f->size : 0;
    }
}

static void test_unsealed(struct check *t, const char *what, struct file *f)
{
    unseal(f);
    test_values(t, what, f);
}

static void test_written(struct check *t, const char *what, enum flow_format format,
                         enum flow_compression compression,
                         void (*test)(struct check *t, const char *what, struct file *f))
{
    struct file f;
    if (format == FORMAT_NFDUMP2 && !nfdcodec_built(compression)) {
        t->skipped++;
        return;
    }
    CHECK(file_write(&f, format, compression));
    test(t, what, &f);
    file_free(&f);
}

int main(void)
{
    struct check t = {0, 0, 0};
    struct file f;
    mallopt(M_MMAP_THRESHOLD, 64 << 20); /* the same memory again for each of the files */
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    test_written(&t, "weir", FORMAT_WEIR1, COMPRESSION_ZSTD, test_strict);
    test_written(&t, "layout 2, bz2", FORMAT_NFDUMP2, COMPRESSION_BZ2, test_strict);
    test_written(&t, "layout 2", FORMAT_NFDUMP2, COMPRESSION_NONE, test_strict);
    test_written(&t, "layout 2, lzo", FORMAT_NFDUMP2, COMPRESSION_LZO, test_strict);
    test_written(&t, "layout 2, lz4", FORMAT_NFDUMP2, COMPRESSION_LZ4, test_strict);
    test_written(&t, "layout 2, zstd", FORMAT_NFDUMP2, COMPRESSION_ZSTD, test_strict);
    test_written(&t, "layout 2, not sealed", FORMAT_NFDUMP2, COMPRESSION_NONE, test_unsealed);
    if (file_seed(&f, "nfd1/file-none")) {
        seal1(&f);
        test_values(&t, "layout 1", &f);
        file_free(&f);
    } else {
        t.failed++;
    }
    printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return t.failed != 0;
}

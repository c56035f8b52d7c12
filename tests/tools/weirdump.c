/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weirdump.c - what the C reader sees, in the words of weirread.py; and files to compare them on.
 *
 *   weirdump --fields         the field table of doc/file-format.md
 *   weirdump --make KIND FILE write flows of a kind: random, small (few of them), plausible, live
 *                             (without its end), none (no compression)
 *   weirdump FILE...          one line a flow
 */
#include "store/flowfile.h"
#include "store/flowwriter.h"

#include "../unit/store/randomflows.h"


static void print_fields(void)
{
    static const char *const types[] = {
#define TYPE(id, width, ctype) [TYPE_##id] = #id,
#include "field/types.def"
    };
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        printf("| %u | %s | %s | %u |\n", id, f->name, types[f->type], (unsigned)f->group);
    }
}

static void print_octets(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        printf("%02x", p[i]);
    }
}

static void print_value(struct batch *b, uint32_t row, unsigned id)
{
    const struct column *c = batch_column(b, (enum field_id)id);
    if (field_of((enum field_id)id)->type == TYPE_VAR) {
        struct span s = column_var(c, row);
        print_octets(s.data, s.len);
    } else if (field_of((enum field_id)id)->type == TYPE_IP) {
        print_octets(column_ip(c, row)->octet, 16);
    } else {
        printf("%" PRIu64, column_u64(c, row));
    }
}

static void print_row(struct batch *b, uint32_t row)
{
    const char *space = "";
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        const struct field *f = field_of((enum field_id)id);
        if (!field_is_transient((enum field_id)id) && batch_has(b, f->group, row)) {
            printf("%s%s=", space, f->name);
            print_value(b, row, id);
            space = " ";
        }
    }
    printf("\n");
}

static int print_file(const char *path)
{
    struct flowfile *f = NULL;
    struct fault fault;
    static struct batch b;
    batch_init(&b);
    if (flowfile_open(path, &f, &fault) != 0) {
        fprintf(stderr, "weirdump: %s: %s\n", path, fault.text);
        return 1;
    }
    for (uint32_t i = 0; i < flowfile_info(f)->nblocks; i++) {
        if (flowfile_read(f, i, &b, &fault) != 0) {
            fprintf(stderr, "weirdump: %s: %s\n", path, fault.text);
            continue;
        }
        for (uint32_t row = 0; row < b.nrows; row++) {
            print_row(&b, row);
        }
    }
    batch_free(&b);
    flowfile_close(f);
    return 0;
}

static int flows_of(const char *kind)
{
    return strcmp(kind, "plausible") == 0 ? 20000 : strcmp(kind, "small") == 0 ? 3 : 400;
}

static int make_file(const char *kind, const char *path)
{
    struct flowwriter_options o = {.format = FORMAT_WEIR1, .compression = COMPRESSION_ZSTD};
    struct flowwriter *w = NULL;
    struct builder *b = builder_new();
    struct fault fault;
    uint64_t seed = 20260601;
    int rc;
    o.compression = strcmp(kind, "none") == 0 ? COMPRESSION_NONE : COMPRESSION_ZSTD;
    o.live = strcmp(kind, "live") == 0;
    rc = flowwriter_create(path, &o, false, &w, &fault);
    for (int i = 0; rc == 0 && i < flows_of(kind); i++) {
        struct rec r;
        if (strcmp(kind, "random") == 0 || strcmp(kind, "small") == 0) {
            random_rec(&r, &seed);
        } else {
            plausible_rec(&r, &seed);
        }
        rc = builder_add(b, &r);
        if (builder_rows(b) == 100 || i + 1 == flows_of(kind)) {
            rc = rc != 0 ? rc : flowwriter_add(w, builder_batch(b), NULL, &fault);
            rc = rc != 0 ? rc : flowwriter_flush(w, &fault);
            builder_reset(b);
        }
    }
    builder_free(b);
    if (rc == 0 && o.live) {
        /* As a killed writer leaves it: its temporary file, without an end. */
        char command[1024];
        snprintf(command, sizeof command, "cp \"$(dirname '%s')\"/.\"$(basename '%s')\".*.tmp '%s'",
                 path, path, path);
        rc = system(command);
        flowwriter_abort(w);
        return rc != 0;
    }
    return rc != 0 || flowwriter_finish(w, &fault) != 0;
}

int main(int argc, char **argv)
{
    int rc = 0;
    if (argc == 2 && strcmp(argv[1], "--fields") == 0) {
        print_fields();
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "--make") == 0) {
        return make_file(argv[2], argv[3]);
    }
    for (int i = 1; i < argc; i++) {
        rc |= print_file(argv[i]);
    }
    return rc;
}

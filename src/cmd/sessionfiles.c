/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sessionfiles.c - verify one flow file, or write one anew: repaired, with another compression or
 * ident.
 *
 * What is wrong with a file is told line by line on standard error and shows in the exit code.
 */
#include "cmd/session.h"

#include "query/rewrite.h"
#include "store/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct flowfile *session_open(struct session *s, const char *path)
{
    struct flowfile *f;
    struct fault fault;
    char line[1024];
    fault_clear(&fault);
    if (flowfile_open(path, &f, &fault) == 0) {
        return f;
    }
    scan_open_line(path, &fault, s->as_nfdump, line, sizeof line);
    say_line(line);
    s->damaged = true;
    return NULL;
}

static void say_fault(const struct fault *fault, int code)
{
    say_line(fault->text[0] != '\0' ? fault->text : err_text(code));
}

static void tell(void *ctx, const char *line)
{
    struct session *s = ctx;
    s->damaged = true;
    fflush(stdout);
    say_line(line);
}

static struct inspection inspection_of(struct session *s)
{
    return (struct inspection){.tell = tell, .ctx = s};
}

/* ------------------------------------------------------------------ verify */

/* As nfdump -v: to the byte, exit code included. */
static bool verify_as_nfdump(struct session *s)
{
    struct buf out, err;
    int rc;
    buf_init(&out);
    buf_init(&err);
    rc = verify_nfdump(s->asked.argument, s->asked.dump, &out, &err);
    say_out(&out);
    say_err(&err);
    buf_free(&out);
    buf_free(&err);
    return session_end(s, rc == 0 ? EXIT_OK : EXIT_FAILED);
}

/* The description that nfdump gives; what it finds wrong counts where we found nothing. */
static void describe_layout2(struct session *s, const struct flowfile *f,
                             const struct inspection *i)
{
    const char *path = s->asked.argument;
    struct buf out, err;
    buf_init(&out);
    buf_init(&err);
    verify_nfdump(path, s->asked.dump, &out, &err);
    say_out(&out);
    if (i->findings == 0 && flowfile_info(f)->complete && err.len > 0) {
        const char *line = buf_text(&err);
        fflush(stdout);
        fprintf(stderr, "%s: %.*s\n", path, (int)strcspn(line, "\n"), line);
        s->damaged = true;
    }
    buf_free(&out);
    buf_free(&err);
}

static void describe(struct session *s, const struct flowfile *f, const struct inspection *i)
{
    const struct flowfile_info *info = flowfile_info(f);
    printf("File       : %s\nSize       : %llu\nComplete   : %s\nBlocks     : %u\nRecords    : "
           "%llu\nDamaged    : %u\n",
           s->asked.argument, (unsigned long long)info->size, info->complete ? "yes" : "no",
           info->nblocks, (unsigned long long)info->nrecords, i->blocks_lost);
}

static bool verify_all(struct session *s)
{
    struct inspection i = inspection_of(s);
    struct flowfile *f = session_open(s, s->asked.argument);
    struct fault fault;
    int rc;
    if (f == NULL) {
        return session_end(s, EXIT_FAILED);
    }
    fault_clear(&fault);
    rc = inspect_file(f, NULL, &i, &fault);
    if (rc != 0) {
        say_fault(&fault, rc);
    } else if (verify_knows(s->asked.argument)) {
        describe_layout2(s, f, &i);
    } else {
        describe(s, f, &i);
    }
    flowfile_close(f);
    return session_end(s, rc != 0 || i.blocks_lost > 0 ? EXIT_FAILED : EXIT_OK);
}

bool session_verify(struct session *s)
{
    if (access(s->asked.argument, R_OK) != 0) {
        fprintf(stderr, "Can't read '%s': %s\n", s->asked.argument, strerror(errno));
        return session_end(s, EXIT_FAILED);
    }
    return s->as_nfdump && verify_knows(s->asked.argument) ? verify_as_nfdump(s) : verify_all(s);
}

/* ------------------------------------------------------------------ write anew */

/* False after telling what went wrong. */
static bool write_anew(const char *from, const char *to, const struct flowwriter_options *options,
                       enum rewrite_losses losses, struct inspection *i)
{
    struct fault fault;
    int rc;
    fault_clear(&fault);
    rc = rewrite_file(from, to, options, losses, i, &fault);
    if (rc != 0) {
        say_fault(&fault, rc);
    }
    return rc == 0;
}

/* Losses count in the exit code, wrong numbers that were put right do not. */
bool session_repair(struct session *s)
{
    const char *from = s->asked.argument;
    const char *to = s->asked.write != NULL ? s->asked.write : from;
    struct inspection i = inspection_of(s);
    struct flowfile *f = session_open(s, from);
    struct flowwriter_options options;
    bool written;
    if (f == NULL) {
        return session_end(s, EXIT_FAILED);
    }
    options = rewrite_as(f);
    written = write_anew(from, to, &options, REWRITE_REST, &i);
    flowfile_close(f);
    if (!written) {
        return session_end(s, EXIT_FAILED);
    }
    printf("%s: %llu flows, %u blocks lost\n", to, (unsigned long long)i.flows, i.blocks_lost);
    s->damaged = i.lost;
    return session_end(s, i.lost ? EXIT_FAILED : EXIT_OK);
}

static enum flow_compression fitting(enum flow_format format, enum flow_compression c)
{
    return format == FORMAT_WEIR1 && c != COMPRESSION_NONE ? COMPRESSION_ZSTD : c;
}

static bool recompress_one(struct session *s, const char *path)
{
    struct inspection i = inspection_of(s);
    struct flowfile *f = session_open(s, path);
    struct flowwriter_options options;
    enum flow_compression wanted;
    bool same, written;
    if (f == NULL) {
        return true;
    }
    options = rewrite_as(f); /* its ident is the file's: not to be closed yet */
    wanted = fitting(options.format, s->asked.compression);
    same = options.compression == wanted;
    options.compression = wanted;
    options.level = s->asked.level;
    written = !same && write_anew(path, path, &options, REWRITE_NOT, &i);
    flowfile_close(f);
    if (same) {
        printf("File %s is already same compression method\n", path);
    } else if (written) {
        printf("File %s compression changed\n", path);
    }
    return same || written;
}

bool session_recompress(struct session *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->files.n && ok; i++) {
        ok = recompress_one(s, s->files.path[i]);
    }
    return session_end(s, ok ? EXIT_OK : EXIT_FAILED);
}

bool session_ident(struct session *s)
{
    const char *path = s->asked.files.single;
    struct inspection i = inspection_of(s);
    struct flowfile *f = session_open(s, path);
    struct flowwriter_options options;
    bool written;
    if (f == NULL) {
        return session_end(s, EXIT_FAILED);
    }
    options = rewrite_as(f);
    options.ident = s->asked.ident;
    written = write_anew(path, path, &options, REWRITE_NOT, &i);
    if (written) {
        const char *old = flowfile_info(f)->ident;
        printf("%s ident: %s -> %s\n", path, old != NULL ? old : "none", s->asked.ident);
    }
    flowfile_close(f);
    return session_end(s, written ? EXIT_OK : EXIT_FAILED);
}

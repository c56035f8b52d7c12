/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/opt.h"
#include "../check.h"

#include <getopt.h>
#include <stdarg.h>

static const struct opt_row rows[] = {
    {'r', "read", OPT_REQUIRED, "file", "read flows from file"},
    {'q', NULL, OPT_NONE, NULL, "quiet"},
    {'N', NULL, OPT_NONE, NULL, "plain numbers"},
    {'z', "compress", OPT_OPTIONAL, "method", "compress"},
    {'y', NULL, OPT_NONE, NULL, NULL},
    {OPT_LONG, "explain", OPT_NONE, NULL, "show how the question is answered"},
    {OPT_LONG + 1, "explore", OPT_REQUIRED, "depth", ".leading dot and a back\\slash"},
};
#define NROWS (sizeof rows / sizeof rows[0])

/* The result as one line: "-r=file -q word1 word2", or the fault's text. */
static void shown(struct buf *b, ...)
{
    char *argv[20] = {(char[]){"weir"}};
    int argc = 1;
    struct arena a;
    struct opt_result r;
    struct fault f;
    va_list args;

    va_start(args, b);
    while ((argv[argc] = va_arg(args, char *)) != NULL) {
        argc++;
    }
    va_end(args);
    arena_init(&a);
    fault_clear(&f);
    buf_clear(b);
    if (opt_parse(rows, NROWS, argc, argv, &a, &r, &f) != 0) {
        buf_str(b, f.text);
        r.nevents = r.nwords = 0;
    }
    for (size_t i = 0; i < r.nevents; i++) {
        const struct opt_row *row = r.events[i].row;
        buf_str(b, i > 0 ? " " : "");
        row->key < OPT_LONG ? buf_printf(b, "-%c", row->key) : buf_printf(b, "--%s", row->name);
        r.events[i].value != NULL ? buf_printf(b, "=%s", r.events[i].value) : (void)0;
    }
    for (size_t i = 0; i < r.nwords; i++) {
        buf_printf(b, "|%s", r.words[i]);
    }
    arena_free(&a);
}

#define SHOWN(want, ...) (shown(&b, __VA_ARGS__, NULL), check_str(t, buf_text(&b), want, __FILE__, \
                                                                  __LINE__, #__VA_ARGS__))

static void test_forms(struct check *t)
{
    struct buf b;

    buf_init(&b);
    SHOWN("-r=file|proto|tcp", "-r", "file", "proto", "tcp");
    SHOWN("-r=file -q|proto|tcp", "proto", "-rfile", "tcp", "-q"); /* permuted */
    SHOWN("-q -N -r=f", "-qNrf");
    SHOWN("-q -r=-N", "-qr", "-N"); /* a detached argument may look like an option */
    SHOWN("-z|lz4", "-z", "lz4");   /* an optional one must be attached */
    SHOWN("-z=lz4 -z==zstd:3", "-zlz4", "-z=zstd:3");
    SHOWN("-q|-r|-|--", "-q", "--", "-r", "-", "--");
    SHOWN("-q|-", "-", "-q");
    SHOWN("|", "");
    SHOWN("-r=a -r=b -r=c", "--read=a", "--read", "b", "-rc");
    SHOWN("-r=", "--read=");
    SHOWN("-z -z=x", "--compress", "--compress=x");
    SHOWN("-r=x", "--re=x"); /* shortened */
    SHOWN("--explain", "--expla");
    SHOWN("-y", "-y"); /* hidden, but accepted */
    buf_free(&b);
}

static void test_errors(struct check *t)
{
    struct buf b;

    buf_init(&b);
    SHOWN("invalid option -- 'Q'", "-Q");
    SHOWN("invalid option -- 'Q'", "-qQ");
    SHOWN("option requires an argument -- 'r'", "x", "-r");
    SHOWN("option requires an argument -- 'r'", "-qr");
    SHOWN("unrecognized option '--nothing'", "--nothing");
    SHOWN("unrecognized option '--nothing=1'", "--nothing=1");
    SHOWN("option '--expl' is ambiguous", "--expl");
    SHOWN("option '--read' requires an argument", "--read");
    SHOWN("option '--explain' doesn't allow an argument", "--explain=1");
    buf_free(&b);
}

/* Random command lines of letters: the same options, arguments and words as getopt finds. */
static void test_like_getopt(struct check *t)
{
    static const char *const pieces[] = {"-q", "-qN", "-r", "f", "-rf", "-qrx", "-z", "-zx", "--",
                                         "-", "word", "-Nz", "-yq"};
    uint64_t state = 12;
    unsigned wrong = 0;

    for (int round = 0; round < 3000; round++) {
        char *argv[8] = {(char[]){"x"}};
        char *copy[8];
        struct arena a;
        struct opt_result r;
        int argc = 1 + (int)(check_random(&state) >> 61);
        size_t event = 0;
        int letter;
        for (int i = 1; i < argc; i++) {
            argv[i] = (char *)(uintptr_t)pieces[check_random(&state) % 13];
        }
        memcpy(copy, argv, sizeof copy);
        arena_init(&a);
        int err = opt_parse(rows, NROWS, argc, argv, &a, &r, NULL);
        optind = 0;
        opterr = 0;
        while ((letter = getopt(argc, copy, "r:qNz::y")) != -1 && letter != '?') {
            const struct opt_event *e = &r.events[event++];
            wrong += event > r.nevents || e->row->key != letter ||
                     (optarg == NULL) != (e->value == NULL) ||
                     (optarg != NULL && strcmp(optarg, e->value) != 0);
        }
        wrong += (letter == '?') != (err != 0);
        for (int i = optind; i < argc && err == 0; i++) {
            wrong += strcmp(copy[i], r.words[i - optind]) != 0;
        }
        wrong += err == 0 && r.nwords != (size_t)(argc - optind);
        arena_free(&a);
    }
    CHECK_EQ_U64(wrong, 0);
}

static void test_usage(struct check *t)
{
    struct buf b;
    static const struct opt_row wide[] = {
        {'w', NULL, OPT_REQUIRED, "a-very-long-argument-name", "one two three four five six seven "
         "eight nine ten eleven twelve thirteen"},
    };

    buf_init(&b);
    opt_usage(rows, NROWS, &b);
    CHECK_STR(buf_text(&b),
              "  -r, --read=file           read flows from file\n"
              "  -q                        quiet\n"
              "  -N                        plain numbers\n"
              "  -z, --compress[=method]   compress\n"
              "      --explain             show how the question is answered\n"
              "      --explore=depth       .leading dot and a back\\slash\n");
    buf_clear(&b);
    opt_usage(wide, 1, &b);
    CHECK_STR(buf_text(&b), "  -w a-very-long-argument-name\n"
                            "                            "
                            "one two three four five six seven eight nine ten\n"
                            "                            eleven twelve thirteen\n");
    buf_clear(&b);
    opt_mdoc(rows, NROWS, &b);
    CHECK(strstr(buf_text(&b), ".It Fl r Ar file , Fl -read Ns = Ns Ar file\n") != NULL);
    CHECK(strstr(buf_text(&b), ".It Fl q\nquiet\n") != NULL);
    CHECK(strstr(buf_text(&b), "\n\\&.leading dot and a back\\eslash\n") != NULL);
    CHECK(strstr(buf_text(&b), "Fl y") == NULL);
    buf_free(&b);
}

CHECK_MAIN(test_forms, test_errors, test_like_getopt, test_usage)

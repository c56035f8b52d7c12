/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * asked.c - option rows and one small reader for each kind of argument.
 *
 * A reader returns true to go on. It returns false when reading ends: a task of its own, or an
 * argument that fails, after saying so.
 */
#include "query/asked.h"

#include "store/compression.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 1, EXIT_INIT = 255, AGGREGATION_MAX = 128, IDENT_MAX = 127 };

enum long_option {
    LONG_HELP = OPT_LONG, LONG_EXPLAIN, LONG_MEMORY, LONG_UTC, LONG_STRICT, LONG_PROGRESS,
    LONG_RESOLVE,
    LONG_FORMAT, LONG_REPAIR
};

typedef bool option_reader(struct asked *q, const char *value);

/* ------------------------------------------------------------------ helpers */

static bool fail(struct asked *q, int code)
{
    q->task = TASK_FAILED;
    q->exit_code = code;
    return false;
}

static bool refuse(struct asked *q, const char *line)
{
    buf_str(&q->err, line);
    buf_char(&q->err, '\n');
    return fail(q, EXIT_USAGE);
}

static bool is_file(struct asked *q, const char *path, int code)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            buf_printf(&q->err, "path does not exist: %s\n", path);
        } else {
            buf_printf(&q->err, "stat() error for %s: %s\n", path, strerror(errno));
        }
        return fail(q, code);
    }
    if (!S_ISREG(st.st_mode)) {
        buf_printf(&q->err, "not a regular file: %s\n", path);
        return fail(q, code);
    }
    return true;
}

static bool task(struct asked *q, enum asked_task t, const char *argument)
{
    q->task = t;
    q->argument = argument;
    return false;
}

/* ------------------------------------------------------------------ tasks */

static bool read_h(struct asked *q, const char *v)
{
    return task(q, TASK_USAGE, v);
}

static bool read_help(struct asked *q, const char *v)
{
    return task(q, TASK_HELP, v);
}

static bool read_V(struct asked *q, const char *v)
{
    return task(q, TASK_VERSION, v);
}

static bool read_E(struct asked *q, const char *v)
{
    return task(q, TASK_EXPORTERS, v);
}

static bool read_x(struct asked *q, const char *v)
{
    return task(q, TASK_EXTENSIONS, v);
}

static bool read_v(struct asked *q, const char *v)
{
    return task(q, TASK_VERIFY, v);
}

/* Unlike the tasks of nfdump it waits for the options behind it: -w names the result. */
static bool read_repair(struct asked *q, const char *v)
{
    task(q, TASK_REPAIR, v);
    return true;
}

/* ------------------------------------------------------------------ switches */

#define SWITCH(letter, member)                                                                     \
    static bool read_##letter(struct asked *q, const char *v)                                      \
    {                                                                                              \
        (void)v;                                                                                   \
        q->member = true;                                                                          \
        return true;                                                                               \
    }

#define TEXT(letter, member)                                                                       \
    static bool read_##letter(struct asked *q, const char *v)                                      \
    {                                                                                              \
        q->member = v;                                                                             \
        return true;                                                                               \
    }

SWITCH(a, aggregate)
SWITCH(q, quiet)
SWITCH(N, plain)
SWITCH(6, long_ipv6)
SWITCH(T, tag_addresses)
SWITCH(I, totals)
SWITCH(g, plot)
SWITCH(Z, check)
SWITCH(X, dump)
SWITCH(explain, explain)
SWITCH(resolve, resolve)
SWITCH(strict, strict)
SWITCH(progress, progress)
SWITCH(utc, utc)
TEXT(r, files.single)
TEXT(M, files.dirs)
TEXT(w, write)
TEXT(P, post)
TEXT(t, window)
TEXT(o, format)

#undef SWITCH
#undef TEXT

static bool read_b(struct asked *q, const char *v)
{
    (void)v;
    q->bidirectional = true;
    q->aggregate = true;
    q->format = "biline";
    return true;
}

static bool read_B(struct asked *q, const char *v)
{
    q->guess_direction = true;
    return read_b(q, v);
}

/* ------------------------------------------------------------------ arguments that are checked */

static bool read_R(struct asked *q, const char *v)
{
    if (q->files.multiple != NULL) {
        buf_printf(&q->err, "Multiple files option already set: %s\n", q->files.multiple);
    } else {
        q->files.multiple = v;
    }
    return true;
}

static bool read_f(struct asked *q, const char *v)
{
    q->filter_file = v;
    return is_file(q, v, EXIT_INIT);
}

static bool read_C(struct asked *q, const char *v)
{
    q->config = v;
    return strcmp(v, "none") == 0 || is_file(q, v, EXIT_USAGE);
}

/* A list of .mmdb files is checked when it is opened. */
static bool is_database(struct asked *q, const char *v)
{
    return strcmp(v, "none") == 0 || strchr(v, ',') != NULL || is_file(q, v, EXIT_USAGE);
}

static bool read_G(struct asked *q, const char *v)
{
    q->geo = v;
    return is_database(q, v);
}

static bool read_H(struct asked *q, const char *v)
{
    q->tor = v;
    return is_database(q, v);
}

static bool read_n(struct asked *q, const char *v)
{
    q->top = atoi(v);
    if (q->top < 0) {
        buf_printf(&q->err, "TopnN number %d out of range\n", (int)q->top);
        return fail(q, EXIT_USAGE);
    }
    return true;
}

static bool read_c(struct asked *q, const char *v)
{
    long long n = strtoll(v, NULL, 10);
    if (n <= 0) {
        return refuse(q, "Option -c needs a number > 0");
    }
    q->count = (uint64_t)n;
    return true;
}

static bool read_W(struct asked *q, const char *v)
{
    int n = atoi(v);
    if (n < 0) {
        buf_printf(&q->err, "Invalid number of working threads: %d\n", n);
        return fail(q, EXIT_USAGE);
    }
    q->workers = (unsigned)n;
    return true;
}

static bool read_A(struct asked *q, const char *v)
{
    if (strlen(v) > AGGREGATION_MAX) {
        return refuse(q, "Aggregate mask format length error");
    }
    if (q->aggregation != NULL) {
        return refuse(q, "Multiple aggregation masks not allowed");
    }
    q->aggregation = v;
    return true;
}

static bool read_s(struct asked *q, const char *v)
{
    return stats_add(&q->stats, v, &q->out, &q->err) == 0 || fail(q, EXIT_USAGE);
}

static bool read_O(struct asked *q, const char *v)
{
    struct order_word w = order_read(v, strlen(v), ORDER_OF_RECORDS);
    const char *colon = strchr(v, ':');
    if (w.id == ORDER_NONE || (colon != NULL && w.direction == '\0')) {
        buf_printf(&q->err, "Unknown print order '%.*s'\n", (int)strcspn(v, ":"), v);
        order_list(ORDER_OF_RECORDS, &q->out);
        return fail(q, EXIT_USAGE);
    }
    q->order = w.id;
    q->order_ascends = w.direction != '\0' ? w.direction == 'a' : order_ascends(w.id);
    return true;
}

static bool read_m(struct asked *q, const char *v)
{
    (void)v;
    q->order = ORDER_TSTART;
    q->order_ascends = true;
    buf_str(&q->err, "Option -m deprecated. Use '-O tstart' instead\n");
    return true;
}

static bool read_D(struct asked *q, const char *v)
{
    (void)v;
    buf_str(&q->err, "Set nameserver option is deprecated - using nameserver in resolv.conf "
                     "instead\n");
    (void)q;
    return true;
}

static bool read_i(struct asked *q, const char *v)
{
    if (strchr(v, ' ') != NULL) {
        return refuse(q, "Ident must not contain spaces");
    }
    if (strlen(v) > IDENT_MAX) {
        return refuse(q, "Ident must not be longer than 127 characters");
    }
    q->ident = v;
    return true;
}

static bool set_compression(struct asked *q, const char *name, const char *usage)
{
    struct fault fault;
    fault_clear(&fault);
    if (compression_parse(name, &q->compression, &q->level, &fault) == 0) {
        return true;
    }
    if (fault.text[0] != '\0') {
        buf_printf(&q->err, "%s\n", fault.text);
    }
    return refuse(q, usage);
}

static bool set_output_compression(struct asked *q, const char *name)
{
    if (q->compress) {
        return refuse(q, "Use one compression only: set -z=lzo, -z=lz4, -z=bz2 or z=zstd for valid "
                         "compression formats");
    }
    q->compress = true;
    return set_compression(q, name, "Usage for option -z: set -z=lzo, -z=lz4, -z=bz2 or z=zstd for "
                                    "valid compression formats");
}

static bool read_z(struct asked *q, const char *v)
{
    return set_output_compression(q, v == NULL ? "lzo" : v[0] == '=' ? v + 1 : v);
}

static bool read_j(struct asked *q, const char *v)
{
    (void)v;
    return set_output_compression(q, "bz2");
}

static bool read_y(struct asked *q, const char *v)
{
    (void)v;
    return set_output_compression(q, "lz4");
}

static bool read_J(struct asked *q, const char *v)
{
    q->recompress = true;
    return set_compression(q, v[0] == '=' ? v + 1 : v,
                           "Expected -J <arg>, 0 for uncompressed, 1, LZO, 2, BZ2, 3, LZ4");
}

/* [+|-]N[KMGT]: at least N, with '-' at most N. */
static bool read_limit(struct asked *q, const char *v, struct asked_limit *limit)
{
    static const char units[] = "kmgt";
    char *end;
    const char *unit;
    limit->given = true;
    limit->below = v[0] == '-';
    limit->value = strtoull(v + (v[0] == '-' || v[0] == '+'), &end, 10);
    unit = *end != '\0' ? strchr(units, tolower((unsigned char)*end)) : NULL;
    for (const char *u = units; unit != NULL && u <= unit; u++) {
        limit->value *= 1000;
    }
    if (end == v || (*end != '\0' && (unit == NULL || end[1] != '\0'))) {
        buf_printf(&q->err, "Not a limit: %s\n", v);
        return fail(q, EXIT_USAGE);
    }
    return true;
}

static bool read_l(struct asked *q, const char *v)
{
    return read_limit(q, v, &q->packets);
}

static bool read_L(struct asked *q, const char *v)
{
    return read_limit(q, v, &q->bytes);
}

static bool read_format(struct asked *q, const char *v)
{
    q->file_format = v;
    if (strcmp(v, "weir") == 0 || strcmp(v, "nfdump") == 0) {
        return true;
    }
    return refuse(q, "--format needs weir or nfdump");
}

/* N[KMGT], in powers of 1024. */
static bool read_memory(struct asked *q, const char *v)
{
    static const char units[] = "kmgt";
    char *end;
    uint64_t n = strtoull(v, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, tolower((unsigned char)*end)) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    if (!isdigit((unsigned char)v[0]) || (*end != '\0' && (unit == NULL || end[1] != '\0'))) {
        return refuse(q, "--memory needs a size: 500m, 2g");
    }
    if (n == 0 || n > UINT64_MAX >> shift) {
        return refuse(q, "--memory: this size is not possible");
    }
    q->memory = n << shift;
    return true;
}

/* ------------------------------------------------------------------ rows */

/* key, long name, argument, its name, reader, help */
#define OPTIONS(X)                                                                                 \
    X('r', NULL, OPT_REQUIRED, "path", read_r,                                                     \
      "Read flows from a file, or all files below a directory.")                                   \
    X('R', NULL, OPT_REQUIRED, "list", read_R,                                                     \
      "Read a sequence of files: dir, dir/first or dir/first:last.")                               \
    X('M', NULL, OPT_REQUIRED, "dirs", read_M,                                                     \
      "Read the same files from several directories: /dir/a:b:c; needs -r or -R "                  \
      "without directory.")                                                                        \
    X('f', NULL, OPT_REQUIRED, "file", read_f, "Read the filter from a file.")                     \
    X('t', NULL, OPT_REQUIRED, "window", read_t,                                                   \
      "Only flows inside of a time window: yyyy/MM/dd.hh:mm:ss[-yyyy/MM/dd.hh:mm:ss].")            \
    X('c', NULL, OPT_REQUIRED, "count", read_c, "Stop after that many matching records.")          \
    X('n', NULL, OPT_REQUIRED, "count", read_n,                                                    \
      "Rows of sorted tables and statistics; 0 is all; default 10 for statistics.")                \
    X('o', NULL, OPT_REQUIRED, "format", read_o,                                                   \
      "Output format: line, long, extended, biline, bilong, raw, csv, csv-fast, json, "            \
      "ndjson, null, fmt:..., csv:...; see --help=fmt.")                                           \
    X('q', NULL, OPT_NONE, NULL, read_q, "No header and no summary.")                              \
    X('N', NULL, OPT_NONE, NULL, read_N, "Plain numbers: not scaled, no names.")                   \
    X('6', NULL, OPT_NONE, NULL, read_6, "Whole IPv6 addresses instead of shortened ones.")        \
    X('T', NULL, OPT_NONE, NULL, read_T,                                                           \
      "Mark addresses with an octet 1 for programs that make links of them.")                      \
    X('a', NULL, OPT_NONE, NULL, read_a, "Aggregate flows by addresses, ports and protocol.")      \
    X('A', NULL, OPT_REQUIRED, "list", read_A,                                                     \
      "Aggregate by a list of elements, with masks: srcip4/24,dstport; see "                       \
      "--help=aggr.")                                                                              \
    X('b', NULL, OPT_NONE, NULL, read_b,                                                           \
      "Aggregate both directions of a connection into one flow.")                                  \
    X('B', NULL, OPT_NONE, NULL, read_B,                                                           \
      "The same, turned so that the server is the destination.")                                   \
    X('s', NULL, OPT_REQUIRED, "stat", read_s,                                                     \
      "Statistic: element[:p][/order[:a|:d]...] or record[/order...]; see --help=stat.")           \
    X('O', NULL, OPT_REQUIRED, "order", read_O,                                                    \
      "Sort the output: tstart, tend, duration, flows, packets, bytes, pps, bps, bpp, "            \
      "...; :a or :d gives the direction.")                                                        \
    X('m', NULL, OPT_NONE, NULL, read_m, NULL)                                                     \
    X('P', NULL, OPT_REQUIRED, "filter", read_P,                                                   \
      "Filter for the rows of tables made by aggregation or sorting.")                             \
    X('l', NULL, OPT_REQUIRED, "packets", read_l,                                                  \
      "Only table rows with at least (with -: at most) that many packets.")                        \
    X('L', NULL, OPT_REQUIRED, "bytes", read_L,                                                    \
      "Only table rows with at least (with -: at most) that many octets.")                         \
    X('w', NULL, OPT_REQUIRED, "file", read_w, "Write the matching flows to a flow file.")         \
    X('z', NULL, OPT_OPTIONAL, "method", read_z,                                                   \
      "Compression of the written file: -z=zstd[:level], lz4[:level], bz2, lzo, none.")            \
    X('j', NULL, OPT_NONE, NULL, read_j, "The same as -z=bz2.")                                    \
    X('y', NULL, OPT_NONE, NULL, read_y, "The same as -z=lz4.")                                    \
    X('I', NULL, OPT_NONE, NULL, read_I, "Totals of the files, from their headers.")               \
    X('g', NULL, OPT_NONE, NULL, read_g, "One line of totals for each file, for plotting.")        \
    X('E', NULL, OPT_REQUIRED, "file", read_E, "Exporters and samplers of a file.")                \
    X('v', NULL, OPT_REQUIRED, "file", read_v, "Verify a file; after -X with all its blocks.")     \
    X('x', NULL, OPT_REQUIRED, "file", read_x,                                                     \
      "Extension maps of a file (only nfdump 1.6 has them).")                                      \
    X('i', NULL, OPT_REQUIRED, "ident", read_i, "Change the ident of the file given by -r.")       \
    X('J', NULL, OPT_REQUIRED, "method", read_J,                                                   \
      "Change the compression of files: 0 none, 1 lzo, 2 bz2, 3 lz4[:level], 4 "                   \
      "zstd[:level].")                                                                             \
    X('C', NULL, OPT_REQUIRED, "file", read_C, "Configuration file; none: no configuration.")      \
    X('G', NULL, OPT_REQUIRED, "file", read_G,                                                     \
      "Geo data base (nfdump's, or .mmdb); none: no data base.")                                   \
    X('H', NULL, OPT_REQUIRED, "file", read_H, "Tor data base; none: no data base.")               \
    X('W', NULL, OPT_REQUIRED, "count", read_W, "Threads that read and filter.")                   \
    X('X', NULL, OPT_NONE, NULL, read_X, "Show the compiled filter and end.")                      \
    X('Z', NULL, OPT_NONE, NULL, read_Z, "Check the filter and end.")                              \
    X('D', NULL, OPT_REQUIRED, "server", read_D, NULL)                                             \
    X('V', "version", OPT_NONE, NULL, read_V, "Version.")                                          \
    X('h', NULL, OPT_NONE, NULL, read_h, "This text.")                                             \
    X(LONG_HELP, "help", OPT_OPTIONAL, "topic", read_help, "Help on filter, fmt, stat or aggr.")   \
    X(LONG_EXPLAIN, "explain", OPT_NONE, NULL, read_explain,                                       \
      "Show how the query is done: program, columns, blocks left out, times.")                     \
    X(LONG_RESOLVE, "resolve", OPT_NONE, NULL, read_resolve,                                       \
      "Look up host names in the filter.")                                                         \
    X(LONG_STRICT, "strict", OPT_NONE, NULL, read_strict,                                          \
      "Exit with 1 when files, blocks or flows are missing.")                                      \
    X(LONG_MEMORY, "memory", OPT_REQUIRED, "size", read_memory,                                    \
      "Memory that tables may take: 500m, 2g; default half of the machine's.")                     \
    X(LONG_PROGRESS, "progress", OPT_NONE, NULL, read_progress,                                    \
      "Show progress on standard error.")                                                          \
    X(LONG_UTC, "utc", OPT_NONE, NULL, read_utc, "Times in UTC instead of the local zone.")        \
    X(LONG_FORMAT, "format", OPT_REQUIRED, "name", read_format,                                    \
      "Format of written files: weir or nfdump.")                                                  \
    X(LONG_REPAIR, "repair", OPT_REQUIRED, "file", read_repair,                                    \
      "Rebuild a damaged or unfinished file from its readable blocks; -w names the "               \
      "result.")

const struct opt_row asked_rows[] = {
#define X(key, name, arg, arg_name, reader, help) {key, name, arg, arg_name, help},
    OPTIONS(X)
#undef X
};

static option_reader *const readers[] = {
#define X(key, name, arg, arg_name, reader, help) reader,
    OPTIONS(X)
#undef X
};

const size_t asked_nrows = sizeof asked_rows / sizeof asked_rows[0];

/* ------------------------------------------------------------------ reading */

/* Empty words are ignored. */
static const char *join_words(struct arena *arena, const struct opt_result *typed)
{
    struct buf b;
    const char *text = NULL;
    buf_init(&b);
    for (size_t i = 0; i < typed->nwords; i++) {
        if (typed->words[i][0] != '\0') {
            buf_str(&b, b.len > 0 ? " " : "");
            buf_str(&b, typed->words[i]);
        }
    }
    if (b.len > 0) {
        text = arena_strndup(arena, b.data, b.len);
    }
    buf_free(&b);
    return text;
}

static void read_events(struct asked *q, const struct opt_result *typed)
{
    for (size_t i = 0; i < typed->nevents; i++) {
        const struct opt_event *e = &typed->events[i];
        if (!readers[e->row - asked_rows](q, e->value)) {
            return;
        }
    }
}

void asked_read(struct asked *q, int argc, char *const *argv, struct arena *arena)
{
    struct opt_result typed = {0};
    struct fault fault;
    fault_clear(&fault);
    memset(q, 0, sizeof *q);
    buf_init(&q->out);
    buf_init(&q->err);
    q->top = -1;
    q->order = ORDER_NONE;
    if (opt_parse(asked_rows, asked_nrows, argc, argv, arena, &typed, &fault) != 0) {
        read_events(q, &typed); /* what was right before the wrong one */
        if (q->task == TASK_QUERY) {
            buf_printf(&q->err, "%s: %s\n", argv[0], fault.text);
            q->task = TASK_USAGE;
            q->exit_code = EXIT_USAGE;
        }
        return;
    }
    read_events(q, &typed);
    q->filter = join_words(arena, &typed);
}

void asked_free(struct asked *q)
{
    buf_free(&q->out);
    buf_free(&q->err);
}

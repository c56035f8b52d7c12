/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filelist.c - which files a query reads.
 *
 * What was typed becomes roots (directories) and a range: at which depth below a root files are
 * taken, between which names, through which directories. Then each root is walked in byte order of
 * names. The messages are nfdump's.
 *
 * All texts live in the arena of struct lister until the walk is over; the paths found are the
 * caller's.
 */
#include "store/filelist.h"

#include "base/arena.h"
#include "store/filename.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* directories below a root; ends loops of symbolic links */

struct strings {
    char **at;
    size_t n;
};

/* Depth 0: all files at any depth. Else files at this depth only (1: in the root itself), with
 * names from first to last; directories above them whose path below the root lies between the
 * leading parts of from and to. NULL: no bound. */
struct range {
    int depth;
    const char *from;
    const char *to;
    const char *first;
    const char *last;
};

struct lister {
    filelist_warn *warn;
    void *ctx;
    struct arena arena;
    struct strings roots;
    struct strings found;
    struct range range;
    bool no_memory;
};

/* ------------------------------------------------------------------ texts */

static const char *vtext(struct lister *l, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
static const char *vtext(struct lister *l, const char *fmt, va_list args)
{
    char line[2 * 4096 + 128];
    int n = vsnprintf(line, sizeof line, fmt, args);
    const char *copy = arena_strndup(&l->arena, line, n < 0 ? 0 : strnlen(line, sizeof line));
    l->no_memory |= copy == NULL;
    return copy != NULL ? copy : "";
}

static const char *text(struct lister *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static const char *text(struct lister *l, const char *fmt, ...)
{
    const char *t;
    va_list args;
    va_start(args, fmt);
    t = vtext(l, fmt, args);
    va_end(args);
    return t;
}

/* Tell the user; false, so that a rule can end with it. */
static bool say(struct lister *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool say(struct lister *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    l->warn(l->ctx, vtext(l, fmt, args));
    va_end(args);
    return false;
}

static void strings_add(struct lister *l, struct strings *s, const char *value)
{
    char **grown = s->at;
    char *copy = strdup(value);
    if ((s->n & (s->n - 1)) == 0) {
        grown = realloc(s->at, (s->n == 0 ? 1 : s->n * 2) * sizeof *grown);
    }
    if (grown == NULL || copy == NULL) {
        l->no_memory = true;
        free(copy);
        return;
    }
    s->at = grown;
    s->at[s->n++] = copy;
}

static void strings_free(struct strings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->at[i]);
    }
    free(s->at);
    *s = (struct strings){NULL, 0};
}

/* ------------------------------------------------------------------ paths */

/* Without "//", "/./", a leading "./" and a trailing "/". */
static const char *clean(struct lister *l, const char *path)
{
    char *out = arena_alloc(&l->arena, strlen(path) + 1);
    size_t n = 0;
    if (out == NULL) {
        l->no_memory = true;
        return "";
    }
    for (const char *p = path; *p != '\0';) {
        bool at_start = p == path || p[-1] == '/';
        if (at_start && p[0] == '.' && p[1] == '/') {
            p += 2;
        } else if (p[0] == '/' && n > 0 && out[n - 1] == '/') {
            p++;
        } else {
            out[n++] = *p++;
        }
    }
    if (n > 1 && out[n - 1] == '/') {
        n--;
    }
    out[n] = '\0';
    return out;
}

static int levels_of(const char *path)
{
    int n = 0;
    for (path += path[0] == '/'; *path != '\0'; path++) {
        n += *path == '/';
    }
    return n;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The part before the last slash, or `none` if there is no slash. */
static const char *dir_of(struct lister *l, const char *path, const char *none)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? none : slash == path ? "/" : text(l, "%.*s", (int)(slash - path), path);
}

static bool is_kind(const char *path, mode_t kind)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* Whether 12 or 14 digits are a time that can be. */
static bool is_time(const char *digits)
{
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    sscanf(digits, "%*4u%2u%2u%2u%2u%2u", &month, &day, &hour, &minute, &second);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 &&
           second <= 60;
}

/* The layout of sub directories in which a file of nfcapd's naming lies below dir; NULL: in
 * none. */
static const char *guess_subdir(struct lister *l, const char *dir, const char *name)
{
    const char *base = base_of(name);
    size_t len = strlen(base);
    char sub[FILENAME_MAX_LEN];
    uint64_t start;
    if ((len != 19 && len != 21) || strncmp(base, "nfcapd.", 7) != 0) {
        return NULL;
    }
    if (!is_time(base + 7) || !filename_parse(base, &start)) {
        say(l, strspn(base + 7, "0123456789") == len - 7 ? "Out-of-range values in '%s'"
                                                         : "Invalid character in time string '%s'",
            base + 7);
        return NULL;
    }
    for (unsigned level = 0; filename_subdir(level, start, sub); level++) {
        if (is_kind(text(l, "%s/%s/%s", dir, sub, name), S_IFREG) ||
            is_kind(text(l, "%s/%s/%s", dir, sub, base), S_IFREG)) {
            return text(l, "%s", sub);
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the walk */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_flow_file_name(const char *name)
{
    return name[0] != '.' && !filename_is_live(name) && strstr(name, "pcap") == NULL;
}

/* The first n parts of a path. */
static const char *leading(struct lister *l, const char *path, int n)
{
    size_t len = 0;
    for (; path[len] != '\0'; len++) {
        if (path[len] == '/' && --n == 0) {
            break;
        }
    }
    return text(l, "%.*s", (int)len, path);
}

static bool enters(struct lister *l, const char *rel, int depth)
{
    const struct range *r = &l->range;
    if (r->depth == 0) {
        return depth < DEPTH_MAX;
    }
    return depth < r->depth &&
           (r->from == NULL || strcmp(rel, leading(l, r->from, depth)) >= 0) &&
           (r->to == NULL || strcmp(rel, leading(l, r->to, depth)) <= 0);
}

static bool takes(const struct lister *l, const char *name, int depth)
{
    const struct range *r = &l->range;
    return is_flow_file_name(name) && (r->depth == 0 || depth == r->depth) &&
           (r->first == NULL || strcmp(name, r->first) >= 0) &&
           (r->last == NULL || strcmp(name, r->last) <= 0);
}

/* A name in a directory, behind a letter that tells what it is: the directory says so, which spares
 * asking for each of thousands of files. */
enum { KIND_FILE = 'f', KIND_DIRECTORY = 'd', KIND_UNKNOWN = '?' };

static int kind_of(const struct dirent *e)
{
    return e->d_type == DT_REG ? KIND_FILE : e->d_type == DT_DIR ? KIND_DIRECTORY : KIND_UNKNOWN;
}

static int kind_by_asking(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 ? KIND_UNKNOWN
         : S_ISREG(st.st_mode)  ? KIND_FILE
         : S_ISDIR(st.st_mode)  ? KIND_DIRECTORY : KIND_UNKNOWN;
}

static int by_name_behind_kind(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a + 1, *(const char *const *)b + 1);
}

/* Names in a directory with their kinds, sorted; false if it cannot be read. */
static bool names_in(struct lister *l, const char *path, struct strings *names)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    if (dir == NULL) {
        return say(l, "opendir() - can not open directory %s", path);
    }
    while ((e = readdir(dir)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            strings_add(l, names, text(l, "%c%s", kind_of(e), e->d_name));
        }
    }
    closedir(dir);
    if (names->n > 1 && !l->no_memory) {
        qsort(names->at, names->n, sizeof *names->at, by_name_behind_kind);
    }
    return true;
}

/* rel: the directory below the root, "" for the root itself; depth of what is in it. */
static void walk(struct lister *l, const char *root, const char *rel, int depth)
{
    const char *dir = rel[0] != '\0' ? text(l, "%s/%s", root, rel) : root;
    struct strings names = {NULL, 0};
    names_in(l, dir, &names);
    for (size_t i = 0; i < names.n && !l->no_memory; i++) {
        const char *name = names.at[i] + 1;
        const char *path = text(l, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
        const char *below = rel[0] != '\0' ? text(l, "%s/%s", rel, name) : name;
        int kind = names.at[i][0] != KIND_UNKNOWN ? names.at[i][0] : kind_by_asking(path);
        if (kind == KIND_DIRECTORY && enters(l, below, depth)) {
            walk(l, root, below, depth + 1);
        } else if (kind == KIND_FILE && takes(l, name, depth)) {
            strings_add(l, &l->found, path);
        }
    }
    strings_free(&names);
}

static void warn_if_empty(struct lister *l)
{
    const struct range *r = &l->range;
    for (int n = 1; n < r->depth && r->from != NULL && r->to != NULL; n++) {
        const char *from = leading(l, r->from, n);
        const char *to = leading(l, r->to, n);
        if (strcmp(from, to) > 0) {
            say(l, "WARNING: Entry '%s' > '%s'. Will not match anything!", from, to);
        }
    }
    if (r->first != NULL && r->last != NULL && strcmp(r->first, r->last) > 0) {
        say(l, "WARNING: File '%s' > '%s'. Will not match anything!", r->first, r->last);
    }
}

/* Directories of -M are visited by name, whatever their order was. */
static void walk_roots(struct lister *l)
{
    warn_if_empty(l);
    if (l->roots.n > 1) {
        qsort(l->roots.at, l->roots.n, sizeof *l->roots.at, by_name);
    }
    for (size_t i = 0; i < l->roots.n; i++) {
        walk(l, l->roots.at[i], "", 1);
    }
}

/* ------------------------------------------------------------------ -R */

/* The two sides of -R: first and, behind a colon, last (NULL if there is none). */
static bool split_range(struct lister *l, const char *typed, const char **first, const char **last)
{
    const char *path = clean(l, typed);
    const char *colon = strchr(path, ':');
    *first = path;
    *last = NULL;
    if (colon == NULL) {
        return true;
    }
    if (strrchr(path, ':') != colon) {
        return say(l, "Multiple file separators ':' are not allowed in %s", path);
    }
    if (colon[1] == '\0') {
        return say(l, "Missing last file option after ':'!");
    }
    *first = text(l, "%.*s", (int)(colon - path), path);
    *last = clean(l, colon + 1);
    if ((*last)[0] == '/') {
        return say(l, "Last file name in -R list must not start with '/'");
    }
    return true;
}

/* A bare last name may lie in a sub directory of any directory above the first file. */
static const char *complete_last(struct lister *l, const char *first, const char *last)
{
    const char *dir = first;
    while (strrchr(dir, '/') != NULL && strcmp(dir, "/") != 0) {
        const char *sub;
        dir = dir_of(l, dir, "");
        sub = guess_subdir(l, dir, last);
        if (sub != NULL) {
            return sub[0] != '\0' ? text(l, "%s/%s", sub, last) : last;
        }
    }
    return last;
}

/* The path is cut `levels` directories above its file: what is before goes to *root, behind to
 * *rest. */
static void cut_above(struct lister *l, const char *path, int levels, const char **root,
                      const char **rest)
{
    const char *at = strrchr(path, '/');
    for (int i = 0; i < levels && at > path; i++) {
        do {
            at--;
        } while (at > path && *at != '/');
    }
    if (at == path && *path != '/') {
        *root = ".";
        *rest = path;
        return;
    }
    *root = at == path ? "/" : text(l, "%.*s", (int)(at - path), path);
    *rest = text(l, "%s", at + 1);
}

static bool set_range(struct lister *l, const char *first, const char *last)
{
    const char *root;
    const char *rest;
    int levels = last != NULL ? levels_of(last) : 0;
    if (levels > levels_of(first)) {
        return say(l, "Number of sub dirs for sub level hierarchy for file list -R do not match");
    }
    if (strchr(first, '/') == NULL) {
        root = ".";
        rest = first;
    } else {
        cut_above(l, first, levels, &root, &rest);
    }
    strings_add(l, &l->roots, root);
    l->range = (struct range){.depth = levels + 1, .first = base_of(rest),
                              .last = last != NULL ? base_of(last) : NULL};
    if (levels > 0) {
        l->range.from = dir_of(l, rest, NULL);
        l->range.to = dir_of(l, last, NULL);
    }
    return true;
}

static bool range_of_files(struct lister *l, const char *typed)
{
    const char *first;
    const char *last;
    struct stat st;
    if (!split_range(l, typed, &first, &last)) {
        return false;
    }
    if (last != NULL && levels_of(last) == 0) {
        last = complete_last(l, first, last);
    }
    if (stat(first, &st) != 0) {
        return say(l, "stat() error '%s': %s", first, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        return say(l, "Not a file or directory: '%s'", first);
    }
    if (S_ISDIR(st.st_mode) && last != NULL) {
        return say(l, "Not a file: '%s'", first);
    }
    if (S_ISDIR(st.st_mode)) {
        strings_add(l, &l->roots, first);
        return true;
    }
    return set_range(l, first, last);
}

/* ------------------------------------------------------------------ -M */

static bool add_root(struct lister *l, const char *dir)
{
    if (!is_kind(dir, S_IFDIR)) {
        say(l, access(dir, F_OK) != 0 ? "path does not exist: %s" : "not a directory: %s", dir);
        return say(l, "Not a directory: '%s'", dir);
    }
    strings_add(l, &l->roots, dir);
    return true;
}

/* "/p/a:b:c": all but the first beside the first. A missing one ends the list. */
static void roots_of_list(struct lister *l, const char *dirs)
{
    const char *colon = strchr(dirs, ':');
    const char *first = colon != NULL ? text(l, "%.*s", (int)(colon - dirs), dirs) : dirs;
    const char *above = dir_of(l, first, ".");
    const char *name = base_of(first);
    bool go_on = true;
    if (colon == NULL) {
        add_root(l, dirs);
        return;
    }
    while (go_on && name != NULL) {
        go_on = add_root(l, text(l, "%s/%s", above, name));
        name = NULL;
        if (colon != NULL) {
            const char *next = strchr(colon + 1, ':');
            name = next != NULL ? text(l, "%.*s", (int)(next - colon - 1), colon + 1) : colon + 1;
            colon = next;
        }
    }
}

/* "/p/dir@": each directory in /p/dir. */
static void roots_in_dir(struct lister *l, const char *dir)
{
    struct strings names = {NULL, 0};
    names_in(l, dir, &names);
    for (size_t i = 0; i < names.n && !l->no_memory; i++) {
        const char *path = text(l, "%s/%s", dir, names.at[i] + 1);
        if (is_kind(path, S_IFDIR)) {
            strings_add(l, &l->roots, path);
        }
    }
    if (l->roots.n == 0) {
        say(l, "Can not expand wildcard in %s/", dir);
    }
    strings_free(&names);
}

static void roots_of_dirs(struct lister *l, const char *dirs)
{
    size_t len = strlen(dirs);
    bool wildcard = len > 0 && dirs[len - 1] == '@';
    const char *plain = wildcard ? text(l, "%.*s", (int)len - 1, dirs) : dirs;
    if (wildcard && strchr(dirs, ':') == NULL) {
        roots_in_dir(l, plain);
        return;
    }
    if (wildcard) {
        say(l, "Can not process wildcard '@' and dirlist ':' in %s", dirs);
        say(l, "Remove wildcard");
    }
    roots_of_list(l, plain);
}

/* -M with -r: one file of each directory, in the order typed. */
static void file_of_roots(struct lister *l, const char *typed)
{
    const char *name = clean(l, typed);
    if (name[0] == '/') {
        say(l, "File -r must not start with '/', when combined with a source list -M");
        return;
    }
    if (l->roots.n == 0) {
        say(l, "Error open file: %s", strerror(ENOENT));
    }
    for (size_t i = 0; i < l->roots.n; i++) {
        const char *root = l->roots.at[i];
        const char *path = text(l, "%s/%s", root, name);
        const char *sub = is_kind(path, S_IFREG) ? "" : guess_subdir(l, root, name);
        if (sub == NULL) {
            say(l, access(path, F_OK) == 0 ? "Skip non file entry: '%s'"
                                           : "stat() error '%s': File not found!", path);
        } else {
            strings_add(l, &l->found,
                        sub[0] != '\0' ? text(l, "%s/%s/%s", root, sub, name) : path);
        }
    }
}

/* Give bare names the sub directories in which they lie below the first root. */
static bool guess_both(struct lister *l, const char **first, const char **last)
{
    const char *root = l->roots.at[0];
    const char *sub = guess_subdir(l, root, *first);
    if (sub == NULL) {
        return say(l, "stat() error '%s/%s': File not found!", root, *first);
    }
    *first = sub[0] != '\0' ? text(l, "%s/%s", sub, *first) : *first;
    if (*last == NULL) {
        return true;
    }
    sub = guess_subdir(l, root, *last);
    if (sub == NULL) {
        return say(l, "'%s': File not found!", *last);
    }
    *last = sub[0] != '\0' ? text(l, "%s/%s", sub, *last) : *last;
    return true;
}

/* -M with -R: the same range below each directory. */
static bool range_of_roots(struct lister *l, const char *typed)
{
    const char *first;
    const char *last;
    const char *path;
    if (!split_range(l, typed, &first, &last)) {
        return false;
    }
    if (first[0] == '/') {
        return say(l, "File list -R must not start with '/' when combined with a source list -M");
    }
    if (l->roots.n == 0 && access(first, F_OK) != 0) {
        return say(l, "stat() error '%s': %s", first, strerror(errno));
    }
    if (strcmp(first, ".") == 0 || l->roots.n == 0) {
        return true;
    }
    path = text(l, "%s/%s", l->roots.at[0], first);
    if (access(path, F_OK) != 0 ? !guess_both(l, &first, &last)
                                : !is_kind(path, S_IFREG) && !say(l, "Not a file : '%s'", path)) {
        return false;
    }
    if (last != NULL && levels_of(first) != levels_of(last)) {
        return say(l, "Number of sub dirs must agree in '%s' and '%s'", first, last);
    }
    l->range = (struct range){.depth = levels_of(first) + 1, .first = base_of(first),
                              .last = last != NULL ? base_of(last) : NULL,
                              .from = dir_of(l, first, NULL),
                              .to = last != NULL ? dir_of(l, last, NULL) : NULL};
    return true;
}

/* ------------------------------------------------------------------ all together */

static int check_asked(const struct filelist_asked *a, struct fault *fault)
{
    if (a->single != NULL && a->multiple != NULL) {
        return fault_set(fault, ERR_USAGE,
                         "-r and -R are mutually exclusive. Please specify either -r or -R");
    }
    if (a->dirs != NULL && a->single == NULL && a->multiple == NULL) {
        return fault_set(fault, ERR_USAGE,
                         "-M needs either -r or -R to specify the file or file list. "
                         "Add '-R .' for all files in the directories.");
    }
    if (a->single == NULL && a->multiple == NULL) {
        return fault_set(fault, ERR_USAGE, "no input: -r, -R or -M");
    }
    if (a->dirs == NULL && a->single != NULL && !is_kind(a->single, S_IFDIR) &&
        !is_kind(a->single, S_IFREG)) {
        return fault_set(fault, ERR_NOTFOUND, "%s is not a file or directory", a->single);
    }
    return 0;
}

static void list(struct lister *l, const struct filelist_asked *a)
{
    if (a->dirs != NULL) {
        roots_of_dirs(l, a->dirs);
        if (a->single != NULL) {
            file_of_roots(l, a->single);
        } else if (range_of_roots(l, a->multiple)) {
            walk_roots(l);
        }
    } else if (a->single != NULL && !is_kind(a->single, S_IFDIR)) {
        strings_add(l, &l->found, clean(l, a->single));
    } else if (range_of_files(l, a->single != NULL ? a->single : a->multiple)) {
        walk_roots(l);
    }
}

static void ignore(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

int filelist_make(const struct filelist_asked *asked, filelist_warn *warn, void *ctx,
                  struct filelist *out, struct fault *fault)
{
    struct lister l = {.warn = warn != NULL ? warn : ignore, .ctx = ctx};
    int rc = check_asked(asked, fault);
    if (rc != 0) {
        return rc;
    }
    arena_init(&l.arena);
    list(&l, asked);
    strings_free(&l.roots);
    arena_free(&l.arena);
    if (l.no_memory) {
        strings_free(&l.found);
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    *out = (struct filelist){l.found.at, l.found.n};
    return 0;
}

void filelist_free(struct filelist *l)
{
    struct strings s = {l->path, l->n};
    strings_free(&s);
    *l = (struct filelist){NULL, 0};
}

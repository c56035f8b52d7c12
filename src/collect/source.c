/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * source.c - senders and their directories.
 *
 * Definitions are searched newest first, as nfcapd does.
 */
#include "collect/source.h"

#include "base/file.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct sender { /* an address or prefix and where it leads */
    struct ip addr;
    unsigned prefix; /* of 128; 0 with any: everybody */
    bool any;
    struct source *source;
};

struct sources {
    struct sender *senders;
    size_t nsenders;
    struct source **sources;
    size_t nsources;
    char *dynamic_dir; /* NULL: none */
};

struct sources *sources_new(void)
{
    return calloc(1, sizeof(struct sources));
}

static void free_source(struct source *s)
{
    if (s == NULL) {
        return;
    }
    free(s->ident);
    free(s->dir);
    meta_free(&s->known);
    meta_free(&s->news);
    free(s);
}

void sources_free(struct sources *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->nsources; i++) {
        free_source(s->sources[i]);
    }
    free(s->sources);
    free(s->senders);
    free(s->dynamic_dir);
    free(s);
}

/* ---- defining ---- */

static int check_dir(const char *dir, char real[PATH_MAX], struct fault *fault)
{
    struct stat st;
    if (realpath(dir, real) == NULL) {
        return fault_sys(fault, "%s", dir);
    }
    if (stat(real, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return fault_set(fault, ERR_FORMAT, "%s is not a directory", dir);
    }
    return 0;
}

static struct source *new_source(struct sources *s, const char *ident, const char *dir)
{
    struct source **grown = realloc(s->sources, (s->nsources + 1) * sizeof(*grown));
    struct source *source = calloc(1, sizeof *source);
    if (grown != NULL) {
        s->sources = grown;
    }
    if (grown == NULL || source == NULL) {
        free(source);
        return NULL;
    }
    meta_init(&source->known);
    meta_init(&source->news);
    source->ident = strdup(ident);
    source->dir = strdup(dir);
    if (source->ident == NULL || source->dir == NULL) {
        free_source(source);
        return NULL;
    }
    s->sources[s->nsources++] = source;
    return source;
}

static int add_sender(struct sources *s, const struct sender *sender)
{
    struct sender *grown = realloc(s->senders, (s->nsenders + 1) * sizeof *grown);
    if (grown == NULL) {
        return ERR_NOMEM;
    }
    s->senders = grown;
    s->senders[s->nsenders++] = *sender;
    return 0;
}

static int out_of_memory(struct fault *fault)
{
    return fault_set(fault, ERR_NOMEM, "out of memory");
}

int sources_add_single(struct sources *s, const char *ident, const char *dir, struct fault *fault)
{
    char real[PATH_MAX];
    struct sender sender = {.any = true};
    int rc = check_dir(dir, real, fault);
    if (rc != 0) {
        return rc;
    }
    sender.source = new_source(s, ident, real);
    return sender.source != NULL && add_sender(s, &sender) == 0 ? 0 : out_of_memory(fault);
}

/* "a.b.c.d", "a.b.c.d/n", "v6", "v6/n" */
static int parse_sender(const char *text, size_t len, struct sender *sender, struct fault *fault)
{
    const char *slash = memchr(text, '/', len);
    size_t addr_len = slash != NULL ? (size_t)(slash - text) : len;
    int family = ip_parse(text, addr_len, &sender->addr);
    uint64_t n = family == 4 ? 32 : 128;
    if (family == 0
        || (slash != NULL
            && text_u64(slash + 1, len - addr_len - 1, 0, n, &n) != 0)) {
        return fault_set(fault, ERR_USAGE, "Not an address: %.*s", (int)len, text);
    }
    sender->prefix = (unsigned)n + (family == 4 ? 96 : 0);
    sender->addr = ip_mask(&sender->addr, sender->prefix);
    return 0;
}

static int add_senders(struct sources *s, const char *list, size_t len, struct source *source,
                       struct fault *fault)
{
    size_t at = 0;
    while (at < len) {
        struct sender sender = {.source = source};
        size_t n = 0;
        int rc;
        while (at + n < len && list[at + n] != ';') {
            n++;
        }
        rc = parse_sender(list + at, n, &sender, fault);
        if (rc != 0) {
            return rc;
        }
        if (add_sender(s, &sender) != 0) {
            return out_of_memory(fault);
        }
        at += n + 1;
    }
    return 0;
}

int sources_add_static(struct sources *s, const char *text, struct fault *fault)
{
    const char *first = strchr(text, ',');
    const char *second = first != NULL ? strchr(first + 1, ',') : NULL;
    char real[PATH_MAX], ident[128];
    struct source *source;
    int rc;
    if (second == NULL || second == first + 1 || first == text) {
        return fault_set(fault, ERR_USAGE, "ident,address,directory expected, not \"%s\"", text);
    }
    if ((size_t)(first - text) >= sizeof ident) {
        return fault_set(fault, ERR_USAGE, "Ident too long: %.*s", (int)(first - text), text);
    }
    rc = check_dir(second + 1, real, fault);
    if (rc != 0) {
        return rc;
    }
    memcpy(ident, text, (size_t)(first - text));
    ident[first - text] = '\0';
    source = new_source(s, ident, real);
    return source != NULL
               ? add_senders(s, first + 1, (size_t)(second - first - 1), source, fault)
               : out_of_memory(fault);
}

int sources_set_dynamic(struct sources *s, const char *dir, struct fault *fault)
{
    char real[PATH_MAX];
    int rc = check_dir(dir, real, fault);
    if (rc == 0) {
        s->dynamic_dir = strdup(real);
    }
    return rc != 0 ? rc : s->dynamic_dir != NULL ? 0 : out_of_memory(fault);
}

size_t sources_directories(const struct sources *s, const char **dirs, size_t max)
{
    size_t n = 0;
    if (s->dynamic_dir != NULL && n < max) {
        dirs[n++] = s->dynamic_dir;
    }
    for (size_t i = 0; i < s->nsources && n < max; i++) {
        dirs[n++] = s->sources[i]->dir;
    }
    return n;
}

bool sources_is_empty(const struct sources *s)
{
    return s->nsenders == 0 && s->dynamic_dir == NULL;
}

/* ---- changing ---- */

static struct source *find_same(const struct sources *s, const struct source *like)
{
    for (size_t i = 0; i < s->nsources; i++) {
        if (strcmp(s->sources[i]->ident, like->ident) == 0
            && strcmp(s->sources[i]->dir, like->dir) == 0) {
            return s->sources[i];
        }
    }
    return NULL;
}

static void lead_to(struct sources *s, const struct source *from, struct source *to)
{
    for (size_t i = 0; i < s->nsenders; i++) {
        if (s->senders[i].source == from) {
            s->senders[i].source = to;
        }
    }
}

/* Move source number i of `fresh` here, unless it is here already. */
static void take_source(struct sources *s, struct sources *fresh, size_t i)
{
    struct source *source = fresh->sources[i];
    struct source *old = find_same(s, source);
    struct source **grown;
    if (old != NULL) {
        lead_to(fresh, source, old);
        old->retired = false;
        return;
    }
    grown = realloc(s->sources, (s->nsources + 1) * sizeof(*grown));
    if (grown == NULL) {
        return; /* its senders go with fresh */
    }
    s->sources = grown;
    s->sources[s->nsources++] = source;
    fresh->sources[i] = NULL;
}

/* Senders that a directory was made for stay, when it is the same directory. */
static bool keeps_dynamic(const struct sources *s, const struct sources *fresh)
{
    return s->dynamic_dir != NULL && fresh->dynamic_dir != NULL
           && strcmp(s->dynamic_dir, fresh->dynamic_dir) == 0;
}

void sources_update(struct sources *s, struct sources *fresh)
{
    struct sources was = *s;
    if (!keeps_dynamic(s, fresh)) {
        for (size_t i = 0; i < s->nsources; i++) {
            s->sources[i]->retired = true;
        }
        for (size_t i = 0; i < fresh->nsources; i++) {
            take_source(s, fresh, i);
        }
        s->senders = fresh->senders;
        s->nsenders = fresh->nsenders;
        s->dynamic_dir = fresh->dynamic_dir;
        fresh->senders = was.senders;
        fresh->dynamic_dir = was.dynamic_dir;
    }
    sources_free(fresh);
}

/* ---- finding ---- */

static bool sender_matches(const struct sender *sender, const struct ip *from)
{
    struct ip masked = ip_mask(from, sender->prefix);
    return sender->any || ip_equal(&masked, &sender->addr);
}

/* The address as a directory name: 192-0-2-1. */
static void name_of_address(const struct ip *from, int family, char name[IP_TEXT_MAX])
{
    ip_format(from, family, name);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '.' || *c == ':') {
            *c = '-';
        }
    }
}

static struct source *add_dynamic(struct sources *s, const struct ip *from, int family)
{
    char name[IP_TEXT_MAX], dir[PATH_MAX];
    struct sender sender = {.addr = *from, .prefix = 128};
    if (s->dynamic_dir == NULL || s->nsources >= SOURCES_DYNAMIC_MAX) {
        return NULL;
    }
    name_of_address(from, family, name);
    if (snprintf(dir, sizeof dir, "%s/%s", s->dynamic_dir, name) >= (int)sizeof dir
        || file_mkdirs(dir, 0755, NULL) != 0) {
        return NULL;
    }
    sender.source = new_source(s, name, dir);
    return sender.source != NULL && add_sender(s, &sender) == 0 ? sender.source : NULL;
}

struct source *sources_find(struct sources *s, const struct ip *from, int family, bool *fresh)
{
    struct source *made;
    *fresh = false;
    for (size_t i = s->nsenders; i-- > 0;) {
        if (sender_matches(&s->senders[i], from)) {
            return s->senders[i].source;
        }
    }
    made = add_dynamic(s, from, family);
    *fresh = made != NULL;
    return made;
}

size_t sources_count(const struct sources *s)
{
    return s->nsources;
}

struct source *sources_at(struct sources *s, size_t i)
{
    return s->sources[i];
}

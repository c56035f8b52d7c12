/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * source.c - senders and their directories.
 *
 * Of several definitions that match a sender the newest counts, as in nfcapd. Single addresses are
 * looked up by their hash: -M may make a thousand of them, and strangers are looked up too.
 */
#include "collect/source.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "flow/keyindex.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SINGLE_ADDRESS = 128 };

struct sender { /* an address or prefix and where it leads */
    struct ip addr;
    unsigned prefix; /* of 128; 0: everybody */
    size_t number;   /* of the definition: the greater one counts */
    struct source *source;
};

struct senders {
    struct sender *single; /* addresses, each once */
    size_t nsingle;
    struct keyindex by_address;
    struct sender *wide; /* prefixes, oldest first */
    size_t nwide;
    size_t defined;
};

struct sources {
    struct senders senders;
    struct source **sources;
    size_t nsources;
    char *dynamic_dir; /* NULL: none */
};

struct sources *sources_new(void)
{
    return calloc(1, sizeof(struct sources));
}

static void free_senders(struct senders *s)
{
    free(s->single);
    free(s->wide);
    keyindex_free(&s->by_address);
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
    free_senders(&s->senders);
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

static uint64_t hash_address(const void *sender)
{
    return hash_of(&((const struct sender *)sender)->addr, sizeof(struct ip));
}

static bool same_address(const void *a, const void *b)
{
    return ip_equal(&((const struct sender *)a)->addr, &((const struct sender *)b)->addr);
}

static const struct keyindex_kind addresses = {hash_address, same_address, sizeof(struct sender)};

static struct sender *find_single(const struct senders *s, const struct ip *addr)
{
    struct sender like = {.addr = *addr};
    size_t at = keyindex_find(&s->by_address, &addresses, s->single, s->nsingle, &like);
    return at < s->nsingle ? &s->single[at] : NULL;
}

static int append(struct sender **list, size_t *n, const struct sender *sender)
{
    struct sender *grown = realloc(*list, (*n + 1) * sizeof *grown);
    if (grown == NULL) {
        return ERR_NOMEM;
    }
    *list = grown;
    grown[(*n)++] = *sender;
    return 0;
}

static int add_sender(struct sources *sources, const struct sender *as)
{
    struct senders *s = &sources->senders;
    struct sender sender = *as;
    struct sender *old = find_single(s, &sender.addr);
    sender.number = s->defined++;
    if (sender.prefix != SINGLE_ADDRESS) {
        return append(&s->wide, &s->nwide, &sender);
    }
    if (old != NULL) {
        *old = sender;
        return 0;
    }
    return append(&s->single, &s->nsingle, &sender) == 0
               ? keyindex_added(&s->by_address, &addresses, s->single, s->nsingle) : ERR_NOMEM;
}

static int out_of_memory(struct fault *fault)
{
    return fault_set(fault, ERR_NOMEM, "out of memory");
}

int sources_add_single(struct sources *s, const char *ident, const char *dir, struct fault *fault)
{
    char real[PATH_MAX];
    struct sender sender = {.prefix = 0};
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
    return s->senders.defined == 0 && s->dynamic_dir == NULL;
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

static void lead_to(struct sender *senders, size_t n, const struct source *from,
                    struct source *to)
{
    for (size_t i = 0; i < n; i++) {
        if (senders[i].source == from) {
            senders[i].source = to;
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
        lead_to(fresh->senders.single, fresh->senders.nsingle, source, old);
        lead_to(fresh->senders.wide, fresh->senders.nwide, source, old);
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
    return sender->prefix == 0 || ip_equal(&masked, &sender->addr);
}

static const struct sender *find_sender(const struct senders *s, const struct ip *from)
{
    const struct sender *found = find_single(s, from);
    for (size_t i = s->nwide; i-- > 0;) {
        if (found != NULL && found->number > s->wide[i].number) {
            break;
        }
        if (sender_matches(&s->wide[i], from)) {
            return &s->wide[i];
        }
    }
    return found;
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
    struct sender sender = {.addr = *from, .prefix = SINGLE_ADDRESS};
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
    const struct sender *known = find_sender(&s->senders, from);
    struct source *made;
    *fresh = false;
    if (known != NULL) {
        return known->source;
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

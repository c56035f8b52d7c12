/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * flowrows.h - flows that tests write down as text: the format is explained on top of flows.txt.
 */
#ifndef WEIR_TESTS_FLOWROWS_H
#define WEIR_TESTS_FLOWROWS_H

#include "base/ip.h"
#include "filter/filter.h"
#include "flow/rec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOWROWS_MAX = 128, FLOWROWS_NAME_MAX = 32 };

struct flowrows {
    const char *top; /* directory that @file is relative to */
    struct rec recs[FLOWROWS_MAX];
    char names[FLOWROWS_MAX][FLOWROWS_NAME_MAX];
    void *texts[4 * FLOWROWS_MAX]; /* values of variable length */
    size_t n, ntexts;
};

static enum field_id flowrows_field(const char *member)
{
    unsigned id = 0;
    while (id < FIELD_STORED_ && strcmp(field_of((enum field_id)id)->member, member) != 0) {
        id++;
    }
    return id < FIELD_STORED_ ? (enum field_id)id : FIELD_NONE;
}

static void *flowrows_member(struct rec *r, enum field_id id)
{
    return (uint8_t *)r + rec_offset(id);
}

/* 'text' with \xHH; returns the octets. */
static uint8_t *flowrows_unquote(const char *text, size_t *len)
{
    uint8_t *out = malloc(strlen(text) + 1);
    size_t n = 0;
    for (const char *p = text + 1; *p != '\0' && !(*p == '\'' && p[1] == '\0'); p++) {
        if (*p == '\\' && p[1] == 'x') {
            char hex[3] = {p[2], p[3], '\0'};
            out[n++] = (uint8_t)strtoul(hex, NULL, 16);
            p += 3;
        } else {
            out[n++] = (uint8_t)*p;
        }
    }
    *len = n;
    return out;
}

static uint8_t *flowrows_octets(const char *top, const char *name, size_t *len)
{
    enum { OCTETS_MAX = 4096 };
    char path[1024];
    uint8_t *data = malloc(OCTETS_MAX);
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", top, name);
    f = fopen(path, "rb");
    *len = f != NULL ? fread(data, 1, OCTETS_MAX, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    return data;
}

static bool flowrows_text(struct flowrows *all, struct rec *r, enum field_id id, const char *value)
{
    struct span *span = flowrows_member(r, id);
    size_t len;
    uint8_t *data = value[0] == '@' ? flowrows_octets(all->top, value + 1, &len)
                                    : flowrows_unquote(value, &len);
    all->texts[all->ntexts++] = data;
    *span = (struct span){data, (uint32_t)len};
    rec_add_group(r, field_of(id)->group);
    return len > 0;
}

static bool flowrows_address(struct rec *r, enum field_id id, const char *value)
{
    struct ip ip;
    int family = ip_parse(value, strlen(value), &ip);
    if (family == 0) {
        return false;
    }
    memcpy(flowrows_member(r, id), &ip, sizeof ip);
    rec_add_group(r, id != FIELD_SRC_ADDR && id != FIELD_DST_ADDR ? field_of(id)->group
                     : family == 4 ? GROUP_IPV4 : GROUP_IPV6);
    return true;
}

static bool flowrows_number(struct rec *r, enum field_id id, const char *value)
{
    uint64_t n = 0;
    char *end = NULL;
    if (field_of(id)->class == CLASS_TIME) {
        if (!filter_time_parse(value, strlen(value), &n)) {
            return false;
        }
    } else if (field_of(id)->class == CLASS_MAC) {
        for (const char *p = value; *p != '\0'; p = *end == ':' ? end + 1 : end) {
            n = n << 8 | strtoul(p, &end, 16);
        }
    } else {
        n = strtoull(value, &end, 0);
        if (*end != '\0') {
            return false;
        }
    }
    rec_set_u64(r, id, n);
    return true;
}

static bool flowrows_assign(struct flowrows *all, struct rec *r, char *word)
{
    char *value = strchr(word, '=');
    enum field_id id;
    if (word[0] == '+') {
        for (unsigned g = 1; g < GROUP_COUNT_; g++) {
            const char *name = field_group_name(g);
            if (name != NULL && strcmp(name, word + 1) == 0) {
                rec_add_group(r, (enum field_group)g);
                return true;
            }
        }
        return false;
    }
    if (value == NULL) {
        return false;
    }
    *value++ = '\0';
    id = flowrows_field(word);
    return id == FIELD_NONE                   ? false
         : field_of(id)->type == TYPE_VAR     ? flowrows_text(all, r, id, value)
         : field_of(id)->type == TYPE_IP      ? flowrows_address(r, id, value)
                                              : flowrows_number(r, id, value);
}

/* The next word of a line; blanks inside of '...' belong to it. NULL at the end. */
static char *flowrows_word(char **at)
{
    char *start = *at + strspn(*at, " \n");
    char *end = start;
    bool quoted = false;
    if (*start == '\0') {
        return NULL;
    }
    for (; *end != '\0' && *end != '\n' && (quoted || *end != ' '); end++) {
        quoted = quoted != (*end == '\'');
    }
    *at = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return start;
}

static bool flowrows_line(struct flowrows *all, char *line)
{
    struct rec *r;
    char *word;
    if (line[0] != ' ') {
        char *name = flowrows_word(&line);
        if (all->n == FLOWROWS_MAX || name[strlen(name) - 1] != ':') {
            return false;
        }
        snprintf(all->names[all->n], FLOWROWS_NAME_MAX, "%.*s", (int)strlen(name) - 1, name);
        rec_clear(&all->recs[all->n++]);
    }
    r = &all->recs[all->n - 1];
    r->exporter_id = (uint16_t)all->n;
    r->record_no = all->n;
    while ((word = flowrows_word(&line)) != NULL) {
        if (!flowrows_assign(all, r, word)) {
            printf("%s: cannot read %s\n", all->names[all->n - 1], word);
            return false;
        }
    }
    return true;
}

/* Read a file of flows; false (and a message) if it cannot be read. */
static bool flowrows_read(struct flowrows *all, const char *top, const char *name)
{
    char line[4096];
    char path[1024];
    FILE *f;
    bool good = true;
    memset(all, 0, sizeof *all);
    all->top = top;
    snprintf(path, sizeof path, "%s/%s", top, name);
    f = fopen(path, "r");
    if (f == NULL) {
        printf("%s: cannot open\n", path);
        return false;
    }
    while (good && fgets(line, sizeof line, f) != NULL) {
        good = line[0] == '#' || line[0] == '\n' || flowrows_line(all, line);
    }
    fclose(f);
    return good;
}

static void flowrows_free(struct flowrows *all)
{
    for (size_t i = 0; i < all->ntexts; i++) {
        free(all->texts[i]);
    }
}

#endif

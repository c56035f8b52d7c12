/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * persist.c - what is known of exporters as text, so that a restart loses no data for want of
 * templates.
 *
 *     weir-exporters 1
 *     exporter 10 192.0.2.1 0.0.0.0 256            version, address, agent, domain
 *     boot 1700000000000
 *     template 256 0 8:4 12:4 29305/1:8 ...        id, scopes, number:length or pen/number:length
 *     options 257 1 145:2 302:8 ...                the same for option data
 *     sampler 1 0 1 99                             id, algorithm, packets, space; also "interface"
 */
#include "base/text.h"
#include "wire/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "weir-exporters 1\n"

/* ---- writing ---- */

static void write_address(struct buf *out, const struct ip *ip)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, ip_is_mapped(ip) ? 4 : 6, text);
    buf_str(out, text);
    buf_char(out, ' ');
}

static void write_template(struct buf *out, const struct template *t)
{
    buf_printf(out, "%s %u %u", t->options ? "options" : "template", t->id, t->nscopes);
    for (unsigned i = 0; i < t->nspecs; i++) {
        const struct field_spec *s = &t->specs[i];
        if (s->pen != 0) {
            buf_printf(out, " %u/%u:%u", s->pen, s->number, s->length);
        } else {
            buf_printf(out, " %u:%u", s->number, s->length);
        }
    }
    buf_char(out, '\n');
}

static void write_exporter(struct buf *out, const struct wire_entry *e)
{
    buf_printf(out, "exporter %u ", e->key.version);
    write_address(out, &e->key.addr);
    write_address(out, &e->key.agent);
    buf_printf(out, "%u\n", e->key.domain);
    if (e->boot != 0) {
        buf_printf(out, "boot %llu\n", (unsigned long long)e->boot);
    }
    for (unsigned i = 0; i < e->nslots; i++) {
        if (e->templates[i] != NULL) {
            write_template(out, e->templates[i]);
        }
    }
    for (unsigned i = 0; i < e->nsamplers; i++) {
        const struct sampler *s = &e->samplers[i].s;
        buf_printf(out, "%s %lld %u %u %u\n",
                   e->samplers[i].by_interface ? "interface" : "sampler", (long long)s->id,
                   s->algorithm, s->packet_interval, s->space_interval);
    }
}

void wire_save(struct wire *w, struct buf *out)
{
    buf_str(out, HEAD);
    for (unsigned i = 0; i < w->nentries; i++) {
        const struct wire_entry *e = w->entries[i];
        if (e->pub.templates + e->nsamplers > 0) {
            write_exporter(out, e);
        }
    }
}

/* ---- reading: words of a line ---- */

struct words {
    const char *at;
    const char *end; /* of the line */
};

static bool next_word(struct words *l, const char **word, size_t *len)
{
    while (l->at < l->end && *l->at == ' ') {
        l->at++;
    }
    *word = l->at;
    while (l->at < l->end && *l->at != ' ') {
        l->at++;
    }
    *len = (size_t)(l->at - *word);
    return *len > 0;
}

static bool next_number(struct words *l, uint64_t highest, uint64_t *v)
{
    const char *word;
    size_t len;
    return next_word(l, &word, &len) && text_u64(word, len, 0, highest, v) == 0;
}

static bool next_signed(struct words *l, int64_t *v)
{
    const char *word;
    size_t len;
    uint64_t n;
    bool minus;
    if (!next_word(l, &word, &len)) {
        return false;
    }
    minus = word[0] == '-';
    if (text_u64(word + minus, len - minus, 0, INT64_MAX, &n) != 0) {
        return false;
    }
    *v = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool next_ip(struct words *l, struct ip *ip)
{
    const char *word;
    size_t len;
    return next_word(l, &word, &len) && ip_parse(word, len, ip) != 0;
}

struct loader {
    struct wire *w;
    void *(*source_of)(void *ctx, const struct ip *addr);
    void *ctx;
    struct wire_entry *e; /* of the last exporter line */
};

static bool load_exporter(struct loader *l, struct words *line)
{
    struct exporter_key key = {.version = 0};
    uint64_t version, domain;
    int rc;
    if (!next_number(line, UINT32_MAX, &version) || !next_ip(line, &key.addr) ||
        !next_ip(line, &key.agent) || !next_number(line, UINT32_MAX, &domain)) {
        return false;
    }
    key.version = (uint32_t)version;
    key.domain = (uint32_t)domain;
    l->e = exporter_find(l->w, &key);
    if (l->e == NULL) {
        l->e = exporter_make(l->w, &key, l->source_of(l->ctx, &key.addr), &rc);
    }
    return l->e != NULL;
}

static bool parse_spec(const char *word, size_t len, struct field_spec *s)
{
    const char *slash = memchr(word, '/', len);
    const char *number = slash != NULL ? slash + 1 : word;
    const char *colon = memchr(number, ':', (size_t)(word + len - number));
    uint64_t pen = 0, n, length;
    if (colon == NULL ||
        (slash != NULL && text_u64(word, (size_t)(slash - word), 0, UINT32_MAX, &pen) != 0) ||
        text_u64(number, (size_t)(colon - number), 0, 65535, &n) != 0 ||
        text_u64(colon + 1, (size_t)(word + len - colon - 1), 0, 65535, &length) != 0) {
        return false;
    }
    *s = (struct field_spec){(uint32_t)pen, (uint16_t)n, (uint16_t)length};
    return true;
}

static bool load_template(struct loader *l, struct words *line, bool options)
{
    struct wire *w = l->w;
    uint64_t id, scopes = 0;
    unsigned n = 0;
    const char *word;
    size_t len;
    struct template *t;
    if (!next_number(line, 65535, &id) ||
        (!next_number(line, TEMPLATE_FIELDS_MAX, &scopes))) {
        return false;
    }
    while (next_word(line, &word, &len)) {
        if (n == TEMPLATE_FIELDS_MAX || !parse_spec(word, len, &w->specs[n++])) {
            return false;
        }
    }
    if (n == 0 || scopes > n || id < 256) {
        return false;
    }
    t = template_new(l->e->key.version == 9 ? SET_V9 : SET_IPFIX, (uint16_t)id, options,
                     (unsigned)scopes, w->specs, n, w->options.groups);
    return t != NULL && exporter_put_template(w, l->e, t) == 0;
}

static bool load_sampler(struct loader *l, struct words *line, bool by_interface)
{
    struct sampler s = {0};
    uint64_t algorithm, packets, space;
    if (!next_signed(line, &s.id) || !next_number(line, 65535, &algorithm) ||
        !next_number(line, UINT32_MAX, &packets) || !next_number(line, UINT32_MAX, &space)) {
        return false;
    }
    s.algorithm = (uint16_t)algorithm;
    s.packet_interval = (uint32_t)packets;
    s.space_interval = (uint32_t)space;
    exporter_put_sampler(l->w, l->e, &s, by_interface);
    return true;
}

static bool word_is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static bool load_line(struct loader *l, struct words *line)
{
    const char *word;
    size_t len;
    if (!next_word(line, &word, &len)) {
        return true;
    }
    if (word_is(word, len, "exporter")) {
        return load_exporter(l, line);
    }
    if (l->e == NULL) {
        return false;
    }
    if (word_is(word, len, "template") || word_is(word, len, "options")) {
        return load_template(l, line, word[0] == 'o');
    }
    if (word_is(word, len, "sampler") || word_is(word, len, "interface")) {
        return load_sampler(l, line, word[0] == 'i');
    }
    return word_is(word, len, "boot") && next_number(line, UINT64_MAX, &l->e->boot);
}

int wire_load(struct wire *w, const char *text, size_t len,
              void *(*source_of)(void *ctx, const struct ip *addr), void *ctx, struct fault *fault)
{
    struct loader l = {w, source_of, ctx, NULL};
    const char *end = text + len;
    unsigned number = 1;
    if (len < strlen(HEAD) || memcmp(text, HEAD, strlen(HEAD)) != 0) {
        return fault_set(fault, ERR_FORMAT, "not a file of exporters");
    }
    for (text += strlen(HEAD); text < end; number++) {
        const char *eol = memchr(text, '\n', (size_t)(end - text));
        struct words line = {text, eol != NULL ? eol : end};
        if (!load_line(&l, &line)) {
            return fault_set(fault, ERR_FORMAT, "line %u cannot be read", number + 1);
        }
        text = eol != NULL ? eol + 1 : end;
    }
    return 0;
}

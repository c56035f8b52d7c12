/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * sets.c - NetFlow v9 and IPFIX: messages made of sets of templates and data.
 *
 * A datagram is one message; what lies behind it is not looked at. A datagram that ends too early
 * is read as far as it goes, but a set that does not fit its message is not believed; both are
 * counted. Data whose template is not known waits for it (pending_keep).
 */
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

enum { V9_HEADER = 20, IPFIX_HEADER = 16, SET_HEADER = 4, DATA_SET_FIRST = 256 };
enum { V9_TEMPLATES = 0, V9_OPTIONS = 1, IPFIX_TEMPLATES = 2, IPFIX_OPTIONS = 3 };
enum { V9_WINDOW = 256, IPFIX_WINDOW = 20000 };

static void bad(struct message *m, const char *what)
{
    m->e->pub.loss.bad_datagrams++;
    wire_say(m->w, WIRE_TROUBLE, "%s from exporter %u: %s",
             m->version == 9 ? "NetFlow v9" : "IPFIX", m->e->pub.id.sysid, what);
}

static enum element_set set_of(const struct message *m)
{
    return m->version == 9 ? SET_V9 : SET_IPFIX;
}

/* ---- data ---- */

static bool is_zero_fill(const struct cur *c)
{
    for (const uint8_t *p = c->at; p < c->end; p++) {
        if (*p != 0) {
            return false;
        }
    }
    return true;
}

/* Fewer octets than the shortest record are padding; so are a few zeros. */
static bool at_padding(const struct cur *c, const struct template *t)
{
    size_t left = cur_left(c);
    return left == 0 || left < t->min_length || (left < SET_HEADER && is_zero_fill(c));
}

static bool one_record(struct message *m, const struct template *t, struct cur *c)
{
    struct workspace *w = &m->w->work;
    if (t->options) {
        return options_record(m, t, c);
    }
    memset(w, 0, sizeof *w);
    if (!template_run(t, c, w)) {
        return false;
    }
    finish_record(m, t, w->nlists == 0 ? t->groups : lists_open(m, t->groups));
    return true;
}

/* Returns the number of records. */
static unsigned data_set(struct message *m, const struct template *t, struct cur c)
{
    unsigned n = t->plain ? bulk_records(m, t, &c) : 0;
    while (!at_padding(&c, t)) {
        const uint8_t *before = c.at;
        if (!one_record(m, t, &c)) {
            m->e->pub.loss.bad_records++;
            return n;
        }
        n++;
        if (c.at == before) { /* a template of no length */
            return n;
        }
    }
    return n;
}

static void data_that_waited(struct message *m, const struct template *t)
{
    struct pending *p;
    while ((p = pending_take(m->w, m->e, t->id)) != NULL) {
        struct message then = *m;
        then.received = p->received;
        then.export_sec = p->export_sec;
        then.export_msec = message_export_msec(p->export_sec, p->received);
        then.uptime = p->uptime;
        then.flows = 0;
        data_set(&then, t, cur_of(p->data, p->len));
        m->flows += then.flows;
        free(p);
    }
}

/* ---- templates ---- */

static void announce(struct message *m, uint16_t id, bool options, unsigned nscopes, unsigned n)
{
    const struct field_spec *specs = m->w->specs;
    struct template *t = exporter_template(m->e, id);
    if (t == NULL || !template_same(t, options, nscopes, specs, n)) {
        t = template_new(set_of(m), id, options, nscopes, specs, n, m->w->options.groups);
        if (t == NULL || exporter_put_template(m->w, m->e, t) != 0) {
            wire_say(m->w, WIRE_TROUBLE, "exporter %u: no room for template %u",
                     m->e->pub.id.sysid, id);
            return;
        }
    }
    data_that_waited(m, exporter_template(m->e, id));
}

/* Read n field descriptions into w->specs. */
static bool read_specs(struct message *m, struct cur *c, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct field_spec *s = &m->w->specs[i];
        s->number = cur_u16be(c);
        s->length = cur_u16be(c);
        s->pen = 0;
        if (m->version != 9 && (s->number & 0x8000) != 0) {
            s->number &= 0x7fff;
            s->pen = cur_u32be(c);
        }
    }
    return cur_ok(c);
}

static bool template_v9(struct message *m, struct cur *c)
{
    uint16_t id = cur_u16be(c);
    unsigned n = cur_u16be(c);
    if (!cur_ok(c) || id < DATA_SET_FIRST || n > TEMPLATE_FIELDS_MAX || !read_specs(m, c, n)) {
        return false;
    }
    if (n > 0) {
        announce(m, id, false, 0, n);
    }
    return true;
}

static bool options_v9(struct message *m, struct cur *c)
{
    uint16_t id = cur_u16be(c);
    unsigned scopes = cur_u16be(c) / 4;
    unsigned n = scopes + cur_u16be(c) / 4;
    if (!cur_ok(c) || id < DATA_SET_FIRST || n > TEMPLATE_FIELDS_MAX || !read_specs(m, c, n)) {
        return false;
    }
    if (n > 0) {
        announce(m, id, true, scopes, n);
    }
    return true;
}

/* A template without fields takes back the one of its id, or all of its kind. */
static void withdraw(struct message *m, uint16_t id, bool options)
{
    if (id == (options ? IPFIX_OPTIONS : IPFIX_TEMPLATES)) {
        exporter_drop_all(m->w, m->e, options);
    } else {
        exporter_drop_template(m->w, m->e, id);
    }
}

static bool template_ipfix(struct message *m, struct cur *c, bool options)
{
    uint16_t id = cur_u16be(c);
    unsigned n = cur_u16be(c);
    unsigned scopes = 0;
    if (!cur_ok(c)) {
        return false;
    }
    if (n == 0) {
        withdraw(m, id, options);
        return true;
    }
    if (options) {
        scopes = cur_u16be(c);
    }
    if (id < DATA_SET_FIRST || n > TEMPLATE_FIELDS_MAX || scopes > n || !read_specs(m, c, n)) {
        return false;
    }
    announce(m, id, options, scopes, n);
    return true;
}

static bool one_template(struct message *m, uint16_t set, struct cur *c)
{
    switch (set) {
    case V9_TEMPLATES:
        return template_v9(m, c);
    case V9_OPTIONS:
        return options_v9(m, c);
    default:
        return template_ipfix(m, c, set == IPFIX_OPTIONS);
    }
}

static void template_set(struct message *m, uint16_t set, struct cur c)
{
    while (cur_left(&c) >= SET_HEADER && !is_zero_fill(&c)) {
        if (!one_template(m, set, &c)) {
            bad(m, "malformed template");
            return;
        }
    }
}

/* ---- sets ---- */

static bool is_template_set(const struct message *m, uint16_t id)
{
    return m->version == 9 ? id <= V9_OPTIONS : id == IPFIX_TEMPLATES || id == IPFIX_OPTIONS;
}

/* Returns the number of data records, or -1 when it cannot be known. */
static int one_set(struct message *m, uint16_t id, struct cur c)
{
    const struct template *t;
    if (is_template_set(m, id)) {
        template_set(m, id, c);
        return 0;
    }
    if (id < DATA_SET_FIRST) {
        bad(m, "invalid set id");
        return 0;
    }
    t = exporter_template(m->e, id);
    if (t == NULL) {
        pending_keep(m->w, m->e, id, c.at, (uint32_t)cur_left(&c), m->received, m->export_sec,
                     m->uptime);
        return -1;
    }
    return (int)data_set(m, t, c);
}

/* Walk the sets. *records: data records, -1 when unknown. Returns 0 or ERR_FORMAT. cut: the
 * datagram ended before the message did. */
static int walk_sets(struct message *m, struct cur *c, bool cut, int64_t *records)
{
    *records = 0;
    while (cur_left(c) >= SET_HEADER) {
        uint16_t id = cur_u16be(c);
        uint16_t len = cur_u16be(c);
        size_t body = len >= SET_HEADER ? len - SET_HEADER : 0;
        int n;
        if (len < SET_HEADER) {
            return len == 0 && id == 0 && is_zero_fill(c) ? 0 : ERR_FORMAT;
        }
        if (body > cur_left(c) && !cut) {
            return ERR_FORMAT;
        }
        n = one_set(m, id, cur_sub(c, body > cur_left(c) ? cur_left(c) : body));
        *records = n < 0 || *records < 0 ? -1 : *records + n;
    }
    return 0;
}

/* ---- messages ---- */

int decode_v9(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    struct message m = {.w = w, .version = 9, .received = d->received, .has_uptime = true};
    enum sequence_place place;
    uint32_t sequence, domain;
    int64_t records;
    int rc;
    cur_skip(c, 4); /* version and count, which nobody gets right */
    m.uptime = cur_u32be(c);
    m.export_sec = cur_u32be(c);
    m.export_msec = message_export_msec(m.export_sec, d->received);
    sequence = cur_u32be(c);
    domain = cur_u32be(c);
    m.engine_type = (uint8_t)(domain >> 8);
    m.engine_id = (uint8_t)domain;
    if (!cur_ok(c)) {
        return ERR_FORMAT;
    }
    m.e = exporter_get(w, d, 9, domain, &rc);
    if (m.e == NULL) {
        return rc;
    }
    message_note_clock(&m);
    place = sequence_check(m.e, sequence, V9_WINDOW);
    rc = walk_sets(&m, c, false, &records);
    sequence_advance(m.e, place, sequence, 1);
    *flows += m.flows;
    if (rc != 0) {
        bad(&m, "set does not fit the datagram");
    }
    return rc;
}

int decode_ipfix(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    struct message m = {.w = w, .version = 10, .received = d->received};
    enum sequence_place place;
    struct cur body;
    uint32_t sequence, domain;
    int64_t records;
    size_t len;
    bool cut;
    int rc;
    cur_skip(c, 2);
    len = cur_u16be(c);
    m.export_sec = cur_u32be(c);
    m.export_msec = message_export_msec(m.export_sec, d->received);
    sequence = cur_u32be(c);
    domain = cur_u32be(c);
    if (!cur_ok(c) || len < IPFIX_HEADER) {
        return ERR_FORMAT;
    }
    m.e = exporter_get(w, d, 10, domain, &rc);
    if (m.e == NULL) {
        return rc;
    }
    message_note_clock(&m);
    cut = len - IPFIX_HEADER > cur_left(c);
    body = cur_sub(c, cut ? cur_left(c) : len - IPFIX_HEADER);
    place = sequence_check(m.e, sequence, IPFIX_WINDOW);
    rc = walk_sets(&m, &body, cut, &records);
    if (records >= 0 && !cut) {
        sequence_advance(m.e, place, sequence, (uint32_t)records);
    } else {
        sequence_forget(m.e);
    }
    *flows += m.flows;
    if (rc != 0 || cut) {
        bad(&m, cut ? "message longer than the datagram" : "set does not fit the message");
        return ERR_FORMAT;
    }
    return 0;
}

int wire_message_length(const uint8_t *data, size_t len)
{
    struct cur c = cur_of(data, len);
    uint16_t version = cur_u16be(&c);
    uint16_t length = cur_u16be(&c);
    if (len >= 2 && version != 10) {
        return ERR_FORMAT;
    }
    if (!cur_ok(&c)) {
        return 0;
    }
    return length >= IPFIX_HEADER ? length : ERR_FORMAT;
}

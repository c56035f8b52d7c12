/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * payloadtext.c - payload as text.
 */
#include "print/payloadtext.h"

#include "payload/ja3.h"
#include "payload/ja4.h"
#include "payload/payload_print.h"

#include <stdlib.h>

enum { PORT_DNS = 53, PROTO_TCP = 6 };

/* What is known of one payload. */
enum payload_known { KNOWN_NOTHING, KNOWN_NO, KNOWN_YES };

struct payload_facts {
    enum payload_known tls;
    enum payload_known ja3;
    enum payload_known ja4;
    bool dns_shown;
    bool ja4_server;
    struct tls_hello hello;
    char ja3_text[JA3_LENGTH + 1];
    char ja4_text[JA4_LENGTH + 1];
};

struct payload_cache {
    bool used;
    struct payload_facts facts[PAYLOAD_SIDES_];
    struct buf work;
};

struct payload_cache *payload_cache_new(void)
{
    return calloc(1, sizeof(struct payload_cache));
}

void payload_cache_free(struct payload_cache *c)
{
    if (c != NULL) {
        buf_free(&c->work);
        free(c);
    }
}

void payload_cache_reset(struct payload_cache *c)
{
    if (!c->used) {
        return;
    }
    c->used = false;
    for (size_t i = 0; i < PAYLOAD_SIDES_; i++) {
        struct payload_facts *f = &c->facts[i];
        f->tls = f->ja3 = f->ja4 = KNOWN_NOTHING;
        f->dns_shown = false;
    }
}

enum payload_side payload_side_of(enum field_id id)
{
    return id == FIELD_OUT_PAYLOAD ? PAYLOAD_OUT : PAYLOAD_IN;
}

static struct payload_facts *facts_of(const struct row *row, enum payload_side side)
{
    row->work->payload->used = true;
    return &row->work->payload->facts[side];
}

static struct span payload_of(const struct row *row, enum payload_side side)
{
    return side == PAYLOAD_IN ? row->r->in_payload : row->r->out_payload;
}

static bool has_payload(const struct row *row, enum payload_side side)
{
    return rec_has(row->r, side == PAYLOAD_IN ? GROUP_IN_PAYLOAD : GROUP_OUT_PAYLOAD);
}

const struct tls_hello *payload_tls(const struct row *row, enum payload_side side)
{
    struct payload_facts *f;
    struct span s;

    if (!has_payload(row, side) || row->r->proto != PROTO_TCP) {
        return NULL;
    }
    f = facts_of(row, side);
    if (f->tls == KNOWN_NOTHING) {
        s = payload_of(row, side);
        f->tls = tls_parse(s.data, s.len, &f->hello) == 0 ? KNOWN_YES : KNOWN_NO;
    }
    return f->tls == KNOWN_YES ? &f->hello : NULL;
}

const char *payload_ja3(const struct row *row, enum payload_side side)
{
    const struct tls_hello *hello = payload_tls(row, side);
    struct payload_facts *f;

    if (hello == NULL) {
        return NULL;
    }
    f = facts_of(row, side);
    if (f->ja3 == KNOWN_NOTHING) {
        f->ja3 = ja3_of(hello, &row->work->payload->work, f->ja3_text) == 0 ? KNOWN_YES : KNOWN_NO;
    }
    return f->ja3 == KNOWN_YES ? f->ja3_text : NULL;
}

const char *payload_ja4(const struct row *row, enum payload_side side, bool *server)
{
    const struct tls_hello *hello = payload_tls(row, side);
    struct payload_facts *f;

    if (hello == NULL) {
        return NULL;
    }
    f = facts_of(row, side);
    if (f->ja4 == KNOWN_NOTHING) {
        bool ok = hello->side == TLS_CLIENT ? ja4_of(hello, f->ja4_text)
                                            : ja4s_of(hello, f->ja4_text);
        f->ja4 = ok ? KNOWN_YES : KNOWN_NO;
        f->ja4_server = hello->side == TLS_SERVER;
    }
    *server = f->ja4_server;
    return f->ja4 == KNOWN_YES ? f->ja4_text : NULL;
}

/* ---- showing ---- */

static bool is_dns(const struct rec *r)
{
    return rec_has(r, GROUP_GENERIC) && (r->src_port == PORT_DNS || r->dst_port == PORT_DNS);
}

static struct payload with_flow(const struct row *row, enum payload_side side)
{
    struct span s = payload_of(row, side);
    const struct rec *r = row->r;
    return (struct payload){s.data, s.len, r->proto, r->src_port, r->dst_port};
}

void payload_show(const struct row *row, enum payload_side side, bool raw, struct buf *out)
{
    struct payload p = with_flow(row, side);
    struct payload_facts *f = facts_of(row, side);

    if (is_dns(row->r)) {
        if (f->dns_shown) {
            return;
        }
        f->dns_shown = true;
    }
    if (raw) {
        payload_print_raw(out, &p);
    } else {
        payload_print_line(out, &p);
    }
}

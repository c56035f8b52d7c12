/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_encode.c - when templates go out: with the first datagram, after so many others, after a
 * minute, when asked for; in a stream once a session.
 */
#include "wire/encode.h"

#include "../check.h"

enum { BOOT = 1000, VERSIONS = 2 };

static const int versions[VERSIONS] = {9, 10};

struct sent {
    unsigned datagrams;
    bool templates; /* in the last one */
    bool lose;      /* the next ones */
};

/* The first set behind the header tells: templates stand in front. */
static bool take(void *ctx, const uint8_t *data, size_t len)
{
    struct sent *s = ctx;
    size_t at = data[1] == 9 ? 20 : 16;
    s->datagrams++;
    s->templates = len > at + 2 && data[at] == 0 && data[at + 1] == (data[1] == 9 ? 0 : 2);
    return !s->lose;
}

static struct encoder *new_encoder(int version, bool stream, struct sent *s)
{
    struct encoder_options o = {.version = version, .times = TIMES_MSEC, .boot = BOOT,
                                .stream = stream, .send = take, .ctx = s};
    memset(s, 0, sizeof *s);
    return encoder_new(&o);
}

/* A datagram with one record at `now`: does it carry templates? */
static bool carries_templates(struct encoder *e, struct sent *s, uint64_t now)
{
    struct rec r;
    rec_clear(&r);
    rec_add_group(&r, GROUP_GENERIC);
    rec_add_group(&r, GROUP_IPV4);
    r.proto = 17;
    r.packets = 1;
    encoder_add(e, &r, now);
    encoder_flush(e, now);
    return s->templates;
}

static void test_by_number(struct check *t)
{
    for (int v = 0; v < VERSIONS; v++) {
        struct sent s;
        struct encoder *e = new_encoder(versions[v], false, &s);
        unsigned wrong = 0;
        for (unsigned i = 0; i < 3 * ENCODE_TEMPLATE_EVERY; i++) {
            wrong += carries_templates(e, &s, BOOT + i) != (i % ENCODE_TEMPLATE_EVERY == 0);
        }
        CHECK_EQ_U64(wrong, 0);
        encoder_free(e);
    }
}

static void test_by_time(struct check *t)
{
    for (int v = 0; v < VERSIONS; v++) {
        struct sent s;
        struct encoder *e = new_encoder(versions[v], false, &s);
        CHECK(carries_templates(e, &s, BOOT));
        CHECK(!carries_templates(e, &s, BOOT + ENCODE_TEMPLATE_MSEC - 1));
        CHECK(carries_templates(e, &s, BOOT + ENCODE_TEMPLATE_MSEC));
        CHECK(!carries_templates(e, &s, BOOT + ENCODE_TEMPLATE_MSEC + 1));
        CHECK(carries_templates(e, &s, BOOT + 2 * ENCODE_TEMPLATE_MSEC)); /* a minute from then */
        encoder_free(e);
    }
}

static void test_when_asked(struct check *t)
{
    for (int v = 0; v < VERSIONS; v++) {
        struct sent s;
        struct encoder *e = new_encoder(versions[v], false, &s);
        CHECK(carries_templates(e, &s, BOOT));
        CHECK(!carries_templates(e, &s, BOOT + 1));
        encoder_send_templates(e);
        CHECK(carries_templates(e, &s, BOOT + 2));
        CHECK(!carries_templates(e, &s, BOOT + 3));
        encoder_free(e);
    }
}

static void test_once_a_session(struct check *t)
{
    struct sent s;
    struct encoder *e = new_encoder(10, true, &s);
    unsigned wrong = 0;
    CHECK(carries_templates(e, &s, BOOT));
    for (unsigned i = 1; i < 100; i++) {
        wrong += carries_templates(e, &s, BOOT + i * ENCODE_TEMPLATE_MSEC);
    }
    CHECK_EQ_U64(wrong, 0);
    s.lose = true;
    CHECK(!carries_templates(e, &s, BOOT)); /* the session broke */
    s.lose = false;
    CHECK(carries_templates(e, &s, BOOT));
    CHECK(!carries_templates(e, &s, BOOT));
    encoder_free(e);
}

CHECK_MAIN(test_by_number, test_by_time, test_when_asked, test_once_a_session)

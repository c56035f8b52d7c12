/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * legacy.c - NetFlow v1, v5, v7: fixed records, described as templates.
 *
 * A header that counts more records than the datagram holds is a bad datagram, but the complete
 * records in it are decoded. Octets behind the counted records are not looked at.
 */
#include "wire/message.h"

#include <string.h>

enum { SEQUENCE_WINDOW = 2000 };

/* NetFlow's element numbers; 0 is padding. */
static const struct field_spec v1_record[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2}, {0, 14, 2}, {0, 2, 4}, {0, 1, 4}, {0, 22, 4},
    {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, 0, 2},  {0, 4, 1},  {0, 5, 1}, {0, 6, 1}, {0, 0, 7},
};
static const struct field_spec v5_record[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2}, {0, 14, 2}, {0, 2, 4},  {0, 1, 4},
    {0, 22, 4}, {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, 0, 1},  {0, 6, 1},  {0, 4, 1},
    {0, 5, 1},  {0, 16, 2}, {0, 17, 2}, {0, 9, 1},  {0, 13, 1}, {0, 0, 2},
};
static const struct field_spec v7_record[] = {
    {0, 8, 4},  {0, 12, 4}, {0, 15, 4}, {0, 10, 2}, {0, 14, 2}, {0, 2, 4},  {0, 1, 4},
    {0, 22, 4}, {0, 21, 4}, {0, 7, 2},  {0, 11, 2}, {0, 0, 1},  {0, 6, 1},  {0, 4, 1},
    {0, 5, 1},  {0, 16, 2}, {0, 17, 2}, {0, 9, 1},  {0, 13, 1}, {0, 0, 6},
};

#define ROWS(a) a, sizeof(a) / sizeof((a)[0])

struct template *legacy_template(unsigned version, uint64_t groups)
{
    switch (version) {
    case 1:
        return template_new(SET_V9, 1, false, 0, ROWS(v1_record), groups);
    case 5:
        return template_new(SET_V9, 5, false, 0, ROWS(v5_record), groups);
    default:
        return template_new(SET_V9, 7, false, 0, ROWS(v7_record), groups);
    }
}

/* Groups whose fields are all zero tell nothing in these versions. */
static void prune(struct rec *r)
{
    const struct ip zero = ip_from_v4(0);
    if (ip_equal(&r->next4, &zero)) {
        r->next4 = (struct ip){{0}};
        r->groups &= ~group_bit(GROUP_NEXT4);
    }
    if ((r->src_as | r->dst_as) == 0) {
        r->groups &= ~group_bit(GROUP_AS);
    }
    if ((r->in_if | r->out_if) == 0 && (r->src_mask | r->dst_mask) == 0) {
        r->groups &= ~group_bit(GROUP_MISC);
    }
}

/* The plan's groups without the ones that are empty in this record. */
static void one_record(struct message *m, const struct template *t)
{
    struct rec *r = &m->w->work.rec;
    r->groups = t->groups;
    prune(r);
    finish_record(m, t, r->groups);
}

static unsigned records(struct message *m, struct cur *c, const struct template *t, unsigned count)
{
    struct workspace *w = &m->w->work;
    unsigned n = 0;
    for (; n < count && cur_left(c) >= t->min_length; n++) {
        memset(w, 0, sizeof *w);
        if (!template_run(t, c, w)) {
            break;
        }
        one_record(m, t);
    }
    return n;
}

struct legacy_header {
    uint16_t version;
    uint16_t count;
    uint32_t uptime, sec, nsec, sequence;
    uint8_t engine_type, engine_id;
    uint16_t sampling;
};

static struct legacy_header read_header(struct cur *c)
{
    struct legacy_header h = {0};
    h.version = cur_u16be(c);
    h.count = cur_u16be(c);
    h.uptime = cur_u32be(c);
    h.sec = cur_u32be(c);
    h.nsec = cur_u32be(c);
    if (h.version == 1) {
        return h;
    }
    h.sequence = cur_u32be(c);
    if (h.version == 7) {
        cur_skip(c, 4);
        return h;
    }
    h.engine_type = cur_u8(c);
    h.engine_id = cur_u8(c);
    h.sampling = cur_u16be(c);
    return h;
}

/* The header's sampling word becomes the exporter's generic sampler the first time it is seen. */
static void note_sampling(struct message *m, uint16_t word)
{
    struct sampler s = {.algorithm = (uint16_t)(word >> 14), .id = SAMPLER_GENERIC,
                        .packet_interval = 1};
    uint16_t interval = word & 0x3fff;
    if (interval < 2) {
        return;
    }
    s.space_interval = interval - 1u;
    exporter_put_sampler(m->w, m->e, &s, false);
}

/* ERR_FORMAT when there are fewer records than counted. */
static int one_message(struct wire *w, const struct wire_datagram *d, struct cur *c,
                       const struct template *t, unsigned *flows)
{
    struct legacy_header h = read_header(c);
    struct message m = {.w = w, .version = (uint8_t)h.version, .received = d->received,
                        .engine_type = h.engine_type, .engine_id = h.engine_id,
                        .export_sec = h.sec, .uptime = h.uptime, .has_uptime = true,
                        .export_msec = (uint64_t)h.sec * 1000 + h.nsec / 1000000};
    enum sequence_place place;
    unsigned n;
    int rc;
    if (!cur_ok(c)) {
        return ERR_FORMAT;
    }
    m.e = exporter_get(w, d, h.version, (uint32_t)h.engine_type << 8 | h.engine_id, &rc);
    if (m.e == NULL) {
        return rc;
    }
    message_note_clock(&m);
    note_sampling(&m, h.sampling);
    place = h.version == 1 ? SEQUENCE_NEXT : sequence_check(m.e, h.sequence, SEQUENCE_WINDOW);
    n = records(&m, c, t, h.count);
    sequence_advance(m.e, place, h.sequence, n);
    *flows += m.flows;
    if (n < h.count) {
        m.e->pub.loss.bad_datagrams++;
        wire_say(w, WIRE_TROUBLE, "NetFlow v%u: %u records counted, %u there", h.version,
                 h.count, n);
        return ERR_FORMAT;
    }
    return 0;
}

int decode_v1(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    return one_message(w, d, c, w->fixed[0], flows);
}

int decode_v5(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    return one_message(w, d, c, w->fixed[1], flows);
}

int decode_v7(struct wire *w, const struct wire_datagram *d, struct cur *c, unsigned *flows)
{
    return one_message(w, d, c, w->fixed[2], flows);
}

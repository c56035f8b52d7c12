/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * template.c - compile templates to copy plans, and run them.
 */
#include "wire/template.h"

#include "base/bits.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t op_of_codec[] = {
    [CODEC_NUM] = STEP_NUM,   [CODEC_IP4] = STEP_IP4,     [CODEC_IP6] = STEP_IP6,
    [CODEC_MPLS] = STEP_MPLS, [CODEC_TEXT] = STEP_TEXT, [CODEC_BYTES] = STEP_BYTES,
    [CODEC_ACL] = STEP_ACL,
};

/* ---- compiling ---- */

/* Can a value of this announced length be what the codec wants? */
static bool length_fits(enum element_codec codec, uint16_t length)
{
    switch (codec) {
    case CODEC_IP4:
        return length == 4;
    case CODEC_IP6:
        return length == 16;
    case CODEC_MPLS:
        return length == 3 || length == 4;
    case CODEC_NUM:
        return length >= 1;
    case CODEC_ACL:
        return length == 12;
    case CODEC_TEXT:
    case CODEC_BYTES:
        break;
    }
    return length >= 1;
}

static enum field_group group_of(const struct element *e)
{
    if (e->target == FIELD_SRC_ADDR || e->target == FIELD_DST_ADDR) {
        return e->codec == CODEC_IP6 ? GROUP_IPV6 : GROUP_IPV4;
    }
    return field_of((enum field_id)e->target)->group;
}

enum { SUB_TEMPLATE_LIST = 292, SUB_TEMPLATE_MULTI_LIST = 293 };

static bool is_list(enum element_set set, const struct field_spec *s)
{
    return set == SET_IPFIX && s->pen == 0 &&
           (s->number == SUB_TEMPLATE_LIST || s->number == SUB_TEMPLATE_MULTI_LIST);
}

/* Access lists are registers in the table but twelve octets on the wire. */
static bool is_acl(const struct element *e)
{
    return e->to_register && (e->target == REG_IN_ACL || e->target == REG_OUT_ACL);
}

static const struct element *wanted(enum element_set set, const struct field_spec *s,
                                    uint64_t enabled)
{
    const struct element *e = element_find(set, s->pen, s->number);
    if (e == NULL) {
        return NULL;
    }
    if (is_acl(e)) {
        return s->length == 12 && (enabled & group_bit(GROUP_ACL)) != 0 ? e : NULL;
    }
    if (!length_fits((enum element_codec)e->codec, s->length)) {
        return NULL;
    }
    return e->to_register || (enabled & group_bit(group_of(e))) != 0 ? e : NULL;
}

static void target_field(const struct element *e, struct step *s)
{
    enum field_id id = (enum field_id)e->target;
    s->op = op_of_codec[e->codec];
    s->place = e->target;
    s->width = (uint8_t)field_width(id);
    s->target = (uint16_t)(offsetof(struct workspace, rec) + rec_offset(id));
}

static void target_register(const struct element *e, struct step *s)
{
    if (is_acl(e)) {
        enum field_id first = e->target == REG_IN_ACL ? FIELD_IN_ACL1 : FIELD_OUT_ACL1;
        s->op = STEP_ACL;
        s->target = (uint16_t)(offsetof(struct workspace, rec) + rec_offset(first));
        return;
    }
    s->op = STEP_NUM;
    s->to_register = true;
    s->place = e->target;
    s->width = 8;
    s->target = (uint16_t)(offsetof(struct workspace, reg) + e->target * sizeof(uint64_t));
}

/* A template with addresses of both families keeps the IPv6 ones apart; finish.c chooses. */
static void move_ip6(struct template *t)
{
    size_t src = offsetof(struct workspace, rec) + rec_offset(FIELD_SRC_ADDR);
    size_t dst = offsetof(struct workspace, rec) + rec_offset(FIELD_DST_ADDR);
    t->two_families = true;
    for (unsigned i = 0; i < t->nsteps; i++) {
        struct step *s = &t->steps[i];
        if (s->op == STEP_IP6 && s->target == src) {
            s->target = offsetof(struct workspace, src6);
        } else if (s->op == STEP_IP6 && s->target == dst) {
            s->target = offsetof(struct workspace, dst6);
        }
    }
}

static bool stores(const struct step *s)
{
    return s->op != STEP_SKIP && s->op != STEP_LIST;
}

static void mark_seconds(struct template *t)
{
    uint64_t filled[BITS_WORDS(sizeof(struct workspace))] = {0}; /* by offset */
    for (unsigned i = 0; i < t->nsteps; i++) {
        struct step *s = &t->steps[i];
        if (stores(s)) {
            s->second = bits_get(filled, s->target);
            bits_set(filled, s->target);
        }
    }
}

/* Elements whose values come out the same for each record of the template, or by finish_row(). */
static bool is_plain_step(const struct step *s)
{
    const uint64_t registers =
        (uint64_t)1 << REG_FIRST_UPTIME | (uint64_t)1 << REG_LAST_UPTIME |
        (uint64_t)1 << REG_FIRST_SEC | (uint64_t)1 << REG_LAST_SEC | (uint64_t)1 << REG_FIRST_MSEC |
        (uint64_t)1 << REG_LAST_MSEC | (uint64_t)1 << REG_FIRST_NTP | (uint64_t)1 << REG_LAST_NTP |
        (uint64_t)1 << REG_ICMP | (uint64_t)1 << REG_ICMP_TYPE | (uint64_t)1 << REG_ICMP_CODE;
    switch ((enum step_op)s->op) {
    case STEP_NUM:
        return !s->second && (!s->to_register || (registers >> s->place & 1) != 0);
    case STEP_IP4:
    case STEP_IP6:
    case STEP_MPLS:
        return !s->second;
    default:
        return false;
    }
}

static bool is_plain(const struct template *t)
{
    const uint64_t special = group_bit(GROUP_NSEL) | group_bit(GROUP_NAT) |
                             group_bit(GROUP_OBSERVATION) | group_bit(GROUP_LATENCY) |
                             group_bit(GROUP_ACL);
    bool plain = !t->options && !t->two_families && (t->groups & special) == 0 &&
                 field_set_has(&t->fields, FIELD_SRC_ADDR) ==
                     field_set_has(&t->fields, FIELD_DST_ADDR) && t->min_length >= 4;
    for (unsigned i = 0; i < t->nspecs && plain; i++) {
        plain = t->specs[i].length != LENGTH_VARIABLE;
    }
    for (unsigned i = 0; i < t->nsteps && plain; i++) {
        plain = is_plain_step(&t->steps[i]);
    }
    return plain;
}

static void note_filled(struct template *t, const struct element *e)
{
    if (is_acl(e)) {
        t->groups |= group_bit(GROUP_ACL);
    } else if (e->to_register) {
        t->registers |= (uint64_t)1 << e->target;
    } else {
        t->groups |= group_bit(group_of(e));
        field_set_add(&t->fields, (enum field_id)e->target);
    }
}

/* The fields that a template fills with other than weak elements. */
static struct field_set strong_fields(const struct template *t, enum element_set set)
{
    struct field_set strong = {{0}};
    for (unsigned i = 0; i < t->nspecs; i++) {
        const struct element *e = element_find(set, t->specs[i].pen, t->specs[i].number);
        if (e != NULL && !e->to_register && !element_is_weak(e)) {
            field_set_add(&strong, (enum field_id)e->target);
        }
    }
    return strong;
}

static void compile(struct template *t, enum element_set set, uint64_t enabled)
{
    const uint64_t both = group_bit(GROUP_IPV4) | group_bit(GROUP_IPV6);
    const struct field_set strong = strong_fields(t, set);
    uint32_t skip = 0;
    for (unsigned i = 0; i < t->nspecs; i++) {
        const struct field_spec *spec = &t->specs[i];
        const struct element *e = wanted(set, spec, enabled);
        struct step s = {.skip = skip, .at = t->min_length, .length = spec->length,
                         .op = STEP_SKIP};
        t->min_length += spec->length == LENGTH_VARIABLE ? 1 : spec->length;
        if (e != NULL && element_is_weak(e) &&
            field_set_has(&strong, (enum field_id)e->target)) {
            e = NULL;
        }
        if (is_list(set, spec)) {
            s.op = STEP_LIST;
            s.width = spec->number == SUB_TEMPLATE_MULTI_LIST;
        } else if (e == NULL && spec->length != LENGTH_VARIABLE) {
            skip += spec->length;
            continue;
        }
        if (e != NULL) {
            note_filled(t, e);
            (e->to_register ? target_register : target_field)(e, &s);
        }
        t->steps[t->nsteps++] = s;
        skip = 0;
    }
    t->tail = skip;
    if ((t->groups & both) == both) {
        move_ip6(t);
    }
    mark_seconds(t);
    t->plain = is_plain(t);
}

static size_t octets_for(unsigned nspecs)
{
    return sizeof(struct template) + nspecs * (sizeof(struct field_spec) + sizeof(struct step));
}

struct template *template_new(enum element_set set, uint16_t id, bool options, unsigned nscopes,
                              const struct field_spec *specs, unsigned nspecs, uint64_t enabled)
{
    struct template *t = calloc(1, octets_for(nspecs));
    if (t == NULL) {
        return NULL;
    }
    t->id = id;
    t->options = options;
    t->nscopes = (uint16_t)nscopes;
    t->nspecs = (uint16_t)nspecs;
    t->steps = (struct step *)(void *)(t + 1);
    t->specs = (struct field_spec *)(void *)(t->steps + nspecs);
    memcpy(t->specs, specs, nspecs * sizeof *specs);
    compile(t, set, enabled | group_bit(GROUP_HEADER));
    return t;
}

void template_free(struct template *t)
{
    free(t);
}

size_t template_octets(const struct template *t)
{
    return octets_for(t->nspecs);
}

bool template_same(const struct template *t, bool options, unsigned nscopes,
                   const struct field_spec *specs, unsigned nspecs)
{
    if (t->options != options || t->nscopes != nscopes || t->nspecs != nspecs) {
        return false;
    }
    for (unsigned i = 0; i < nspecs; i++) {
        const struct field_spec *a = &t->specs[i];
        if (a->pen != specs[i].pen || a->number != specs[i].number ||
            a->length != specs[i].length) {
            return false;
        }
    }
    return true;
}

/* ---- running ---- */

static uint64_t number_of(const uint8_t *p, uint32_t len)
{
    uint64_t v = 0;
    uint16_t v2;
    uint32_t v4;
    switch (len) { /* the common lengths need no loop */
    case 1:
        return p[0];
    case 2:
        memcpy(&v2, p, 2);
        return __builtin_bswap16(v2);
    case 4:
        memcpy(&v4, p, 4);
        return __builtin_bswap32(v4);
    case 8:
        memcpy(&v, p, 8);
        return __builtin_bswap64(v);
    default:
        for (uint32_t i = 0; i < len; i++) {
            v = v << 8 | p[i];
        }
        return v;
    }
}

/* A switch, because a copy of variable length is a call: 10 % of decoding (perf, 2026-11-24). */
static void put_number(uint8_t *to, uint64_t v, unsigned width)
{
    switch (width) {
    case 1:
        *to = (uint8_t)v;
        return;
    case 2:
        memcpy(to, &v, 2);
        return;
    case 4:
        memcpy(to, &v, 4);
        return;
    default:
        memcpy(to, &v, 8);
        return;
    }
}

static void store_number(uint8_t *to, const struct step *s, const uint8_t *p, uint32_t len)
{
    uint64_t v = number_of(p, len);
    if (!s->second || v != 0) {
        put_number(to, v, s->width);
    }
}

static void store_ip(uint8_t *to, const struct step *s, const struct ip *ip)
{
    if (!s->second || !ip_is_zero(ip)) {
        memcpy(to, ip, sizeof *ip);
    }
}

static void store_span(uint8_t *to, const struct step *s, const uint8_t *p, uint32_t len)
{
    struct span span = {p, len};
    if (s->op == STEP_TEXT) {
        span.len = (uint32_t)strnlen((const char *)p, len);
    }
    if (!s->second || span.len != 0) {
        memcpy(to, &span, sizeof span);
    }
}

static void store_acl(uint8_t *to, const uint8_t *p)
{
    for (unsigned i = 0; i < 3; i++) {
        uint32_t v = (uint32_t)number_of(p + 4 * i, 4);
        memcpy(to + 4 * i, &v, sizeof v);
    }
}

_Static_assert(offsetof(struct rec, in_acl3) == offsetof(struct rec, in_acl1) + 8 &&
               offsetof(struct rec, out_acl3) == offsetof(struct rec, out_acl1) + 8,
               "the three numbers of an access list are neighbours");

static void store(struct workspace *w, const struct step *s, const uint8_t *p, uint32_t len)
{
    uint8_t *to = (uint8_t *)w + s->target;
    struct ip ip;
    switch ((enum step_op)s->op) {
    case STEP_SKIP:
        return;
    case STEP_NUM:
        store_number(to, s, p, len);
        return;
    case STEP_MPLS:
        store_number(to, s, p, 3);
        return;
    case STEP_IP4:
        ip = ip_from_v4((uint32_t)number_of(p, 4));
        store_ip(to, s, &ip);
        return;
    case STEP_IP6:
        memcpy(&ip, p, sizeof ip);
        store_ip(to, s, &ip);
        return;
    case STEP_TEXT:
    case STEP_BYTES:
        store_span(to, s, p, len);
        return;
    case STEP_ACL:
        store_acl(to, p);
        return;
    case STEP_LIST:
        if (w->nlists < LISTS_MAX) {
            w->lists[w->nlists++] = (struct list){s->width != 0, {p, len}};
        }
        return;
    }
}

static uint32_t length_on_wire(struct cur *c, uint16_t length)
{
    uint32_t len = length;
    if (length == LENGTH_VARIABLE) {
        len = cur_u8(c);
        if (len == 255) {
            len = cur_u16be(c);
        }
    }
    return len;
}

bool template_run(const struct template *t, struct cur *c, struct workspace *w)
{
    for (unsigned i = 0; i < t->nsteps; i++) {
        const struct step *s = &t->steps[i];
        const uint8_t *p;
        uint32_t len;
        cur_skip(c, s->skip);
        len = length_on_wire(c, s->length);
        p = cur_take(c, len);
        if (p == NULL) {
            return false;
        }
        if (len > 0) {
            store(w, s, p, len);
        }
    }
    cur_skip(c, t->tail);
    return cur_ok(c);
}

struct span template_value(struct cur *c, const struct field_spec *spec)
{
    uint32_t len = length_on_wire(c, spec->length);
    const uint8_t *p = cur_take(c, len);
    return (struct span){p, p != NULL ? len : 0};
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * options.c - option data: samplers, names of interfaces, VRFs and applications, the exporter's
 * start and what it says of its own work.
 *
 * What a record is about shows from the elements it has, not from its template's id. The elements
 * are the rows below; each fills a place of struct facts.
 */
#include "wire/message.h"

#include <string.h>

enum fact {
    FACT_SELECTOR,   /* 48, 302 */
    FACT_ALGORITHM,  /* 35, 49, 304 */
    FACT_INTERVAL,   /* 34, 50: 1 in N */
    FACT_PACKETS,    /* 305: looked at in a row */
    FACT_SPACE,      /* 306: skipped in a row */
    FACT_SIZE,       /* 309: n of ... */
    FACT_POPULATION, /* 310: ... N */
    FACT_INTERFACE,  /* 10, 14; v9 scope 2 */
    FACT_INTERFACE_NAME,
    FACT_INTERFACE_DESCRIPTION,
    FACT_VRF,
    FACT_VRF_NAME,
    FACT_APP,
    FACT_APP_NAME,
    FACT_APP_DESCRIPTION,
    FACT_BOOT,
    FACT_PROBABILITY, /* 311: a float */
    FACT_EXPORTED,    /* 42: flow records, since its start */
    FACT_NOT_SENT,    /* 166: flow records it could not send, since its start */
    FACTS_
};

static const struct {
    uint16_t number;
    enum fact fact;
} facts_of[] = {
    {48, FACT_SELECTOR},     {302, FACT_SELECTOR},     {35, FACT_ALGORITHM},
    {49, FACT_ALGORITHM},    {304, FACT_ALGORITHM},    {34, FACT_INTERVAL},
    {50, FACT_INTERVAL},     {305, FACT_PACKETS},      {306, FACT_SPACE},
    {309, FACT_SIZE},        {310, FACT_POPULATION},   {10, FACT_INTERFACE},
    {14, FACT_INTERFACE},    {82, FACT_INTERFACE_NAME}, {83, FACT_INTERFACE_DESCRIPTION},
    {234, FACT_VRF},         {235, FACT_VRF},          {236, FACT_VRF_NAME},
    {95, FACT_APP},          {96, FACT_APP_NAME},      {94, FACT_APP_DESCRIPTION},
    {160, FACT_BOOT},        {311, FACT_PROBABILITY},  {42, FACT_EXPORTED},
    {166, FACT_NOT_SENT},
};

enum { V9_SCOPE_INTERFACE = 2, TEXT_MAX = 256 };

struct facts {
    struct span value[FACTS_]; /* data NULL: absent */
};

static void note_fact(struct facts *f, enum fact fact, struct span value)
{
    if (f->value[fact].data == NULL) {
        f->value[fact] = value;
    }
}

static void note(const struct message *m, const struct template *t, unsigned i, struct span value,
                 struct facts *f)
{
    const struct field_spec *s = &t->specs[i];
    if (m->version == 9 && i < t->nscopes) { /* scope types are numbers of their own */
        if (s->number == V9_SCOPE_INTERFACE) {
            note_fact(f, FACT_INTERFACE, value);
        }
        return;
    }
    for (size_t k = 0; s->pen == 0 && k < sizeof facts_of / sizeof facts_of[0]; k++) {
        if (facts_of[k].number == s->number) {
            note_fact(f, facts_of[k].fact, value);
            return;
        }
    }
}

static bool has(const struct facts *f, enum fact fact)
{
    return f->value[fact].data != NULL;
}

static uint64_t number(const struct facts *f, enum fact fact)
{
    struct cur c;
    if (!has(f, fact)) {
        return 0;
    }
    c = cur_of(f->value[fact].data, f->value[fact].len);
    return cur_uintbe(&c, f->value[fact].len);
}

/* A text up to its first NUL; trailing blanks go. */
static const char *text(const struct facts *f, enum fact fact, char out[TEXT_MAX])
{
    const struct span *s = &f->value[fact];
    size_t n = s->data != NULL ? strnlen((const char *)s->data, s->len) : 0;
    if (n >= TEXT_MAX) {
        n = TEXT_MAX - 1;
    }
    if (n > 0) {
        memcpy(out, s->data, n);
    }
    while (n > 0 && out[n - 1] == ' ') {
        n--;
    }
    out[n] = '\0';
    return out;
}

/* ---- what to do about them ---- */

/* 0: none, or not a probability. */
static double probability(const struct facts *f)
{
    struct cur c = cur_of(f->value[FACT_PROBABILITY].data, f->value[FACT_PROBABILITY].len);
    uint64_t v64;
    uint32_t v32;
    double d = 0;
    float s;
    if (cur_left(&c) == sizeof d) {
        v64 = cur_u64be(&c);
        memcpy(&d, &v64, sizeof d);
    } else if (cur_left(&c) == sizeof s) {
        v32 = cur_u32be(&c);
        memcpy(&s, &v32, sizeof s);
        d = (double)s;
    }
    return d > 1.0 / UINT32_MAX && d <= 1 ? d : 0;
}

static bool read_rate(const struct facts *f, struct sampler *s)
{
    if (has(f, FACT_PACKETS) && has(f, FACT_SPACE)) {
        s->packet_interval = (uint32_t)number(f, FACT_PACKETS);
        s->space_interval = (uint32_t)number(f, FACT_SPACE);
    } else if (has(f, FACT_INTERVAL) || has(f, FACT_PACKETS)) {
        uint64_t n = number(f, has(f, FACT_INTERVAL) ? FACT_INTERVAL : FACT_PACKETS);
        if (n == 1 && !has(f, FACT_INTERVAL)) { /* one in a row and nothing skipped: no sampling */
            return false;
        }
        s->packet_interval = 1;
        s->space_interval = n > 0 ? (uint32_t)n - 1 : 0;
    } else if (has(f, FACT_SIZE) && has(f, FACT_POPULATION)) {
        uint64_t size = number(f, FACT_SIZE);
        uint64_t of = number(f, FACT_POPULATION);
        s->packet_interval = (uint32_t)size;
        s->space_interval = of > size ? (uint32_t)(of - size) : 0;
    } else if (has(f, FACT_PROBABILITY) && probability(f) > 0) {
        s->packet_interval = 1;
        s->space_interval = (uint32_t)(1 / probability(f) + 0.5) - 1;
    } else {
        return false;
    }
    return s->packet_interval != 0;
}

static void take_sampler(struct message *m, const struct facts *f)
{
    struct sampler s = {.id = SAMPLER_GENERIC};
    bool by_interface = has(f, FACT_INTERFACE) && !has(f, FACT_SELECTOR);
    if (!read_rate(f, &s)) {
        return;
    }
    s.algorithm = (uint16_t)number(f, FACT_ALGORITHM);
    if (has(f, FACT_SELECTOR)) {
        s.id = (int64_t)(number(f, FACT_SELECTOR) & INT64_MAX);
    } else if (by_interface) {
        s.id = (int64_t)(uint32_t)number(f, FACT_INTERFACE);
    }
    exporter_put_sampler(m->w, m->e, &s, by_interface);
}

static void take_name(struct message *m, const struct facts *f, enum name_kind kind, enum fact id,
                      enum fact name)
{
    char out[TEXT_MAX];
    if (m->w->sink.name != NULL && has(f, id) && has(f, name) && text(f, name, out)[0] != '\0') {
        m->w->sink.name(m->w->sink.ctx, &m->e->pub, kind, (uint32_t)number(f, id), out);
    }
}

static void take_app(struct message *m, const struct facts *f)
{
    char name[TEXT_MAX];
    char description[TEXT_MAX];
    struct app_name a = {f->value[FACT_APP].data, f->value[FACT_APP].len,
                         text(f, FACT_APP_NAME, name), text(f, FACT_APP_DESCRIPTION, description)};
    if (m->w->sink.app != NULL && a.id_len > 0) {
        m->w->sink.app(m->w->sink.ctx, &m->e->pub, &a);
    }
}

/* Totals since the exporter's start; one that is smaller than before is a new start. */
static void take_statistics(struct message *m, const struct facts *f)
{
    struct wire_exporter *e = &m->e->pub;
    if (has(f, FACT_EXPORTED)) {
        e->says_exported = number(f, FACT_EXPORTED);
    }
    if (has(f, FACT_NOT_SENT)) {
        uint64_t total = number(f, FACT_NOT_SENT);
        uint64_t before = total >= e->says_not_sent ? e->says_not_sent : 0;
        e->loss.not_sent += e->knows_not_sent ? total - before : 0;
        e->says_not_sent = total;
        e->knows_not_sent = true;
    }
}

bool options_record(struct message *m, const struct template *t, struct cur *c)
{
    struct facts f = {0};
    for (unsigned i = 0; i < t->nspecs; i++) {
        struct span value = template_value(c, &t->specs[i]);
        if (!cur_ok(c)) {
            return false;
        }
        note(m, t, i, value, &f);
    }
    take_sampler(m, &f);
    take_name(m, &f, NAME_INTERFACE, FACT_INTERFACE,
              has(&f, FACT_INTERFACE_DESCRIPTION) ? FACT_INTERFACE_DESCRIPTION
                                                  : FACT_INTERFACE_NAME);
    take_name(m, &f, NAME_VRF, FACT_VRF, FACT_VRF_NAME);
    if (has(&f, FACT_APP)) {
        take_app(m, &f);
    }
    take_statistics(m, &f);
    if (has(&f, FACT_BOOT)) {
        m->e->boot = number(&f, FACT_BOOT);
    }
    return true;
}

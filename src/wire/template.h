/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * template.h - templates of NetFlow v9 and IPFIX: announced once, compiled to a copy plan, run on
 * each record.
 *
 * A plan is a list of steps: skip so many octets, take so many, store them there. Elements nobody
 * knows are skipped by their length; neighbours in the record never move because of them. Scope
 * fields of options templates come first in `specs`. Lists of RFC 6313 are noted, not opened; a
 * basicList is skipped.
 */
#ifndef WEIR_WIRE_TEMPLATE_H
#define WEIR_WIRE_TEMPLATE_H

#include "base/cur.h"
#include "flow/rec.h"
#include "wire/elements.h"

#include <stdbool.h>
#include <stdint.h>

enum { LENGTH_VARIABLE = 0xffff, TEMPLATE_FIELDS_MAX = 1024 };

/* A field of a template as announced. */
struct field_spec {
    uint32_t pen;
    uint16_t number;
    uint16_t length; /* LENGTH_VARIABLE: each record says */
};

enum { LISTS_MAX = 8 };

struct list {
    bool many;        /* subTemplateMultiList; else subTemplateList */
    struct span body;
};

/* Where a plan stores: the record and the registers beside it. */
struct workspace {
    struct rec rec;
    uint64_t reg[REG_COUNT_];
    struct ip src6, dst6; /* IPv6 addresses of a template that has IPv4 ones too */
    unsigned nlists;      /* RFC 6313 lists met, for the caller to open */
    struct list lists[LISTS_MAX];
};

enum step_op { STEP_SKIP, STEP_NUM, STEP_IP4, STEP_IP6, STEP_MPLS, STEP_TEXT, STEP_BYTES,
               STEP_ACL, STEP_LIST };

struct step {
    uint32_t skip;   /* octets to pass before this element */
    uint32_t at;     /* octets in front of it, if the record's length is fixed */
    uint16_t place;  /* enum field_id or enum wire_register */
    bool to_register;
    uint16_t length; /* octets of the element, or LENGTH_VARIABLE */
    uint16_t target; /* offset in struct workspace */
    uint8_t op;      /* enum step_op */
    uint8_t width;   /* STEP_NUM: octets of the target */
    bool second;     /* an earlier element fills the same target: replaces it unless zero */
};

struct template {
    uint16_t id;
    bool options;
    bool two_families;    /* addresses of both families */
    bool plain;           /* many records can be decoded at once (bulk.c) */
    uint16_t nscopes;
    uint16_t nspecs;
    uint16_t nsteps;
    uint32_t tail;        /* octets to pass behind the last step */
    uint32_t min_length;  /* octets of the shortest record */
    struct field_set fields; /* that are filled */
    uint64_t groups;      /* groups that records of this template have */
    uint64_t registers;   /* bit per enum wire_register that is filled */
    struct field_spec *specs; /* nspecs; in one allocation with the template */
    struct step *steps;
};

_Static_assert(REG_COUNT_ <= 64, "registers must fit a mask");

static inline bool template_fills(const struct template *t, enum wire_register reg)
{
    return t->registers >> reg & 1;
}

/* Compile. enabled: groups to keep. NULL when memory is out. template_free() it. */
struct template *template_new(enum element_set set, uint16_t id, bool options, unsigned nscopes,
                              const struct field_spec *specs, unsigned nspecs, uint64_t enabled);
void template_free(struct template *t);
size_t template_octets(const struct template *t); /* of memory */

/* Same fields announced again? */
bool template_same(const struct template *t, bool options, unsigned nscopes,
                   const struct field_spec *specs, unsigned nspecs);

/* Run the plan on the next record of c into *w (cleared by the caller). False when the record
 * does not fit into what is left. */
bool template_run(const struct template *t, struct cur *c, struct workspace *w);

/* The octets of the n-th spec's value in a record for which the cursor stands at the record's
 * begin; used for options data, which no plan describes. */
struct span template_value(struct cur *c, const struct field_spec *spec);

#endif

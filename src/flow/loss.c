/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * loss.c - the counters of a loss account, by number.
 */
#include "flow/loss.h"

#include <assert.h>
#include <stddef.h>

static const struct {
    size_t at; /* in struct loss */
    const char *metric, *text, *doc;
} counters[] = {
#define LOSS(member, metric, text, doc) {offsetof(struct loss, member), metric, text, doc},
#include "flow/losses.def"
};

uint64_t *loss_counter(struct loss *l, enum loss_counter which)
{
    assert(which < LOSS_COUNTERS_);
    return (uint64_t *)(void *)((char *)l + counters[which].at);
}

uint64_t loss_count(const struct loss *l, enum loss_counter which)
{
    assert(which < LOSS_COUNTERS_);
    return *(const uint64_t *)(const void *)((const char *)l + counters[which].at);
}

const char *loss_metric(enum loss_counter which)
{
    return counters[which].metric;
}

const char *loss_text(enum loss_counter which)
{
    return counters[which].text;
}

const char *loss_doc(enum loss_counter which)
{
    return counters[which].doc;
}

void loss_add(struct loss *into, const struct loss *from)
{
    for (unsigned i = 0; i < LOSS_COUNTERS_; i++) {
        *loss_counter(into, (enum loss_counter)i) += loss_count(from, (enum loss_counter)i);
    }
}

bool loss_is_none(const struct loss *l)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < LOSS_COUNTERS_; i++) {
        any |= loss_count(l, (enum loss_counter)i);
    }
    return any == 0;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * when.c - conditions of JSON and RAW rows.
 */
#include "print/when.h"

#include "print/payloadtext.h"

enum { RECORD_EVENT = 1 };

const struct sampler *row_sampler(const struct row *row)
{
    const struct sampler *s = NULL;

    for (size_t i = 0; i < 2 && s == NULL; i++) {
        if (row->names[i] != NULL) {
            s = meta_sampler(row->names[i], row->r->sampler_exporter,
                             (int64_t)row->r->sampler_selector);
        }
    }
    return s;
}

static bool sni_known(const struct row *row, enum payload_side side)
{
    const struct tls_hello *hello = payload_tls(row, side);
    return hello != NULL && hello->sni.len > 0;
}

bool when_holds(enum when when, const struct row *row, const struct place places[3])
{
    enum payload_side side = payload_side_of(places[0].id);
    bool server;

    switch (when) {
    case WHEN_ALWAYS:
        return true;
    case WHEN_ICMP:
        return proto_is_icmp(row->r->proto);
    case WHEN_PORTS:
        return !proto_is_icmp(row->r->proto);
    case WHEN_EVENT:
        return (row->r->record_flags & RECORD_EVENT) != 0;
    case WHEN_FLOW:
        return (row->r->record_flags & RECORD_EVENT) == 0;
    case WHEN_IDENT:
        return row->ident != NULL;
    case WHEN_NONZERO:
        return place_u64(&places[0], row->r) != 0 || place_u64(&places[1], row->r) != 0;
    case WHEN_AS_OR_GEO:
        return rec_has(row->r, GROUP_AS) || row->options->geo != NULL;
    case WHEN_SAMPLER_KNOWN:
        return row_sampler(row) != NULL;
    case WHEN_TLS:
        return payload_tls(row, side) != NULL;
    case WHEN_SNI:
        return sni_known(row, side);
    case WHEN_JA3:
        return payload_ja3(row, side) != NULL;
    case WHEN_JA4:
        return payload_ja4(row, side, &server) != NULL;
    }
    return false;
}

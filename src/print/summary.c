/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * summary.c - the four lines after the records.
 */
#include "print/summary.h"

#include "field/value.h"

static void put_scaled(struct buf *out, const char *label, uint64_t v, bool plain)
{
    char text[VALUE_TEXT_MAX];
    char *end = value_scaled(text, v, plain);

    buf_str(out, label);
    buf_add(out, text, (size_t)(end - text));
}

static void put_totals(const struct summary *s, bool plain, struct buf *out)
{
    uint64_t msec = s->last > s->first ? s->last - s->first : 0;
    double seconds = (double)msec / 1000.0;
    uint64_t bps = msec > 0 ? (uint64_t)((double)(s->bytes * 8) / seconds) : 0;
    uint64_t pps = msec > 0 ? (uint64_t)((double)s->packets / seconds) : 0;
    uint64_t bpp = msec > 0 && s->packets > 0 ? s->bytes / s->packets : 0;

    put_scaled(out, "Summary: total flows: ", s->flows, true);
    put_scaled(out, ", total bytes: ", s->bytes, plain);
    put_scaled(out, ", total packets: ", s->packets, plain);
    put_scaled(out, ", avg bps: ", bps, plain);
    put_scaled(out, ", avg pps: ", pps, plain);
    put_scaled(out, ", avg bpp: ", bpp, plain);
    buf_char(out, '\n');
}

static void put_window(const struct summary *s, struct clock_zone *clock, struct buf *out)
{
    char text[CLOCK_TEXT_MAX];
    char *end;

    if (s->window_last == 0) {
        buf_str(out, "Time window: <unknown>\n");
        return;
    }
    buf_str(out, "Time window: ");
    if (s->window_first == 0) {
        buf_str(out, "Time Window unknown");
    } else {
        buf_add(out, text, clock_format(clock, s->window_first, text));
        buf_str(out, " - ");
        buf_add(out, text, clock_format(clock, s->window_last, text));
    }
    buf_str(out, ", Duration:");
    end = value_duration(text, s->window_last - s->window_first);
    buf_add(out, text, (size_t)(end - text));
    buf_char(out, '\n');
}

void summary_print(const struct summary *s, bool plain_numbers, struct clock_zone *clock,
                   struct buf *out)
{
    put_totals(s, plain_numbers, out);
    put_window(s, clock, out);
    buf_printf(out, "Total records processed: %llu, passed: %llu, Blocks skipped: %llu, "
                    "Bytes read: %llu\n",
               (unsigned long long)s->processed, (unsigned long long)s->passed,
               (unsigned long long)s->blocks_skipped, (unsigned long long)s->bytes_read);
    buf_printf(out, "Sys: %.4fs User: %.4fs Wall: %.4fs flows/second: %.1f Runtime: %.4fs\n",
               s->seconds_system, s->seconds_user, s->seconds_wall, s->flows_per_second,
               s->seconds_run);
}

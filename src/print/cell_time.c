/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cell_time.c - cells that are points in time and durations.
 */
#include "print/token.h"

static void put_time(const struct row *row, struct clock_zone *clock, uint64_t msec,
                     struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, text_time(clock, msec, p));
}

void fmt_time(const struct part *t, const struct row *row, struct buf *out)
{
    put_time(row, &row->work->local, place_u64(&t->places[0], row->r), out);
}

void fmt_time_utc(const struct part *t, const struct row *row, struct buf *out)
{
    put_time(row, &row->work->utc, place_u64(&t->places[0], row->r), out);
}

/* Seconds since the epoch with three decimals. */
static void put_epoch(const struct part *t, const struct row *row, int width, struct buf *out)
{
    uint64_t msec = place_u64(&t->places[0], row->r);
    char *p = value_u64_wide(text_open(row, out), msec / 1000, width);
    *p++ = '.';
    *p++ = (char)('0' + msec / 100 % 10);
    *p++ = (char)('0' + msec / 10 % 10);
    *p++ = (char)('0' + msec % 10);
    text_close(out, p);
}

void fmt_time_raw(const struct part *t, const struct row *row, struct buf *out)
{
    put_epoch(t, row, 10, out);
}

void csv_time_raw(const struct part *t, const struct row *row, struct buf *out)
{
    put_epoch(t, row, 0, out);
}

void fmt_duration(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    uint64_t msec = row_duration(row->r);
    text_close(out, row->options->plain_numbers ? value_thousandths(p, msec, t->width)
                                                : value_duration(p, msec));
}

void fmt_seconds(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_thousandths(p, row_duration(row->r), t->width));
}

void csv_seconds(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    (void)t;
    text_close(out, value_thousandths(p, row_duration(row->r), 0));
}

void fmt_event_time(const struct part *t, const struct row *row, struct buf *out)
{
    (void)t;
    put_time(row, &row->work->local, row_event_time(row->r), out);
}

void fmt_event_msec(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64_wide(p, row_event_time(row->r), t->width));
}

void csv_event_msec(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    (void)t;
    text_close(out, value_u64(p, row_event_time(row->r)));
}

/* ---- fixed lists of columns: value 0 is the epoch there ---- */

void csv_time_seconds(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    uint64_t msec = place_u64(&t->places[0], row->r);
    text_close(out, p + clock_format(&row->work->local, msec, p) - sizeof(".mmm") + 1);
}

void csv_time_epoch(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, p + clock_format(&row->work->local, place_u64(&t->places[0], row->r), p));
}

void csv_epoch_seconds(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64(p, place_u64(&t->places[0], row->r) / 1000));
}

void csv_epoch_msec(const struct part *t, const struct row *row, struct buf *out)
{
    char *p = text_open(row, out);
    text_close(out, value_u64(p, place_u64(&t->places[0], row->r) % 1000));
}

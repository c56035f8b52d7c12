/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * cell_payload.c - cells that look into the payload.
 */
#include "print/payloadtext.h"
#include "print/token.h"

static enum payload_side side_of(const struct part *t)
{
    return payload_side_of(t->places[0].id);
}

static void put_padded(struct buf *out, const char *text, int width)
{
    buf_str_pad(out, text, strlen(text), width);
}

void fmt_payload(const struct part *t, const struct row *row, struct buf *out)
{
    if (place_present(&t->places[0], row->r)) {
        payload_show(row, side_of(t), false, out);
    } else {
        buf_str(out, "<no payload>");
    }
}

void fmt_ja3(const struct part *t, const struct row *row, struct buf *out)
{
    const char *ja3 = payload_ja3(row, side_of(t));

    if (ja3 == NULL) {
        put_padded(out, "no ja3", t->width);
        return;
    }
    buf_str(out, payload_tls(row, side_of(t))->side == TLS_CLIENT ? "ja3 : " : "ja3s: ");
    buf_str(out, ja3);
}

void csv_ja3(const struct part *t, const struct row *row, struct buf *out)
{
    const char *ja3 = payload_ja3(row, side_of(t));
    buf_str(out, ja3 != NULL ? ja3 : "no-ja3");
}

void fmt_ja4(const struct part *t, const struct row *row, struct buf *out)
{
    bool server = false;
    const char *ja4 = payload_ja4(row, side_of(t), &server);

    if (ja4 == NULL) {
        put_padded(out, "no ja4", t->width);
        return;
    }
    buf_str(out, server ? "ja4s: " : "ja4 : ");
    put_padded(out, ja4, t->width - 6);
}

void csv_ja4(const struct part *t, const struct row *row, struct buf *out)
{
    bool server = false;
    const char *ja4 = payload_ja4(row, side_of(t), &server);
    buf_str(out, ja4 != NULL ? ja4 : "no-ja4");
}

void fmt_sni(const struct part *t, const struct row *row, struct buf *out)
{
    const struct tls_hello *hello = payload_tls(row, side_of(t));

    if (hello != NULL) {
        buf_str_pad(out, hello->sni.text, hello->sni.len, t->width);
    } else {
        buf_str(out, "   0");
    }
}

void csv_sni(const struct part *t, const struct row *row, struct buf *out)
{
    const struct tls_hello *hello = payload_tls(row, side_of(t));

    if (hello != NULL) {
        text_span((struct span){(const uint8_t *)hello->sni.text, (uint32_t)hello->sni.len}, true,
                  out);
    } else {
        buf_char(out, '0');
    }
}

/* The version's name, written after a prefix and padded; `none` when it has none. */
struct version_style {
    const char *tls;
    const char *ssl;
    const char *none;
    int width;
};

static void put_version(const struct tls_hello *hello, const struct version_style *style,
                        struct buf *out)
{
    const char *shown = tls_shown_version(hello);
    char text[16];

    if (shown[0] != '1' && shown[0] != 's') {
        buf_str(out, style->none);
        return;
    }
    strcpy(text, shown[0] == '1' ? style->tls : style->ssl);
    strncat(text, shown + 1, 1);
    put_padded(out, text, style->width);
}

void fmt_tls(const struct part *t, const struct row *row, struct buf *out)
{
    static const struct version_style style = {"TLS 1.", "SSL ", "     0", -7};
    const struct tls_hello *hello = payload_tls(row, side_of(t));

    if (hello != NULL) {
        put_version(hello, &style, out);
    } else {
        buf_str(out, "   0");
    }
}

void csv_tls(const struct part *t, const struct row *row, struct buf *out)
{
    static const struct version_style style = {"TLS-1.", "SSL-", "0", 0};
    const struct tls_hello *hello = payload_tls(row, side_of(t));

    if (hello != NULL) {
        put_version(hello, &style, out);
    } else {
        buf_char(out, '0');
    }
}

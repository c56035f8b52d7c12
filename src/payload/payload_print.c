/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * payload_print.c - chooses the form and prints it; see payload_print.h.
 */
#include "payload/payload_print.h"

#include "payload/dns.h"
#include "payload/dns_print.h"
#include "payload/ja3.h"
#include "payload/ja4.h"
#include "payload/tls.h"

enum { PROTO_TCP = 6, PROTO_UDP = 17, PORT_DNS = 53, DUMP_WIDTH = 16 };

static bool has_dns_port(const struct payload *p)
{
    return p->src_port == PORT_DNS || p->dst_port == PORT_DNS;
}

bool payload_may_be_dns(const struct payload *p)
{
    return (p->proto == PROTO_TCP || p->proto == PROTO_UDP) && has_dns_port(p);
}

bool payload_may_be_tls(const struct payload *p)
{
    return p->proto == PROTO_TCP;
}

bool payload_dns_prefixed(const struct payload *p)
{
    return p->proto == PROTO_TCP;
}

static bool is_printable(uint8_t octet)
{
    return (octet >= ' ' && octet <= '~') || octet == '\n' || octet == '\r' || octet == '\t';
}

static size_t text_length(const uint8_t *data, size_t len)
{
    size_t n = 0;
    while (n < len && is_printable(data[n])) {
        n++;
    }
    return n;
}

bool payload_is_text(const uint8_t *data, size_t len)
{
    size_t n = text_length(data, len);
    while (n < len && data[n] == 0) {
        n++;
    }
    return n == len;
}

/* ---- hex dump ---- */

static char *put_octet(char *at, uint8_t octet)
{
    static const char digits[] = "0123456789ABCDEF";

    *at++ = digits[octet >> 4];
    *at++ = digits[octet & 15];
    *at++ = ' ';
    return at;
}

static void dump_line(struct buf *out, const uint8_t *data, size_t n)
{
    char hex[DUMP_WIDTH * 3 + 2], letters[DUMP_WIDTH];
    char *at = hex;

    for (size_t i = 0; i < n; i++) {
        at = put_octet(at, data[i]);
        if (i == 7) {
            *at++ = ' ';
        }
        letters[i] = data[i] >= ' ' && data[i] <= '~' ? (char)data[i] : '.';
    }
    memset(at, ' ', (size_t)(hex + sizeof hex - at));
    buf_add(out, hex, sizeof hex);
    buf_str(out, "|  ");
    buf_add(out, letters, n);
    buf_str(out, " \n");
}

static void dump_offset(struct buf *out, size_t offset)
{
    buf_hex(out, offset, 8);
    buf_char(out, ' ');
}

void payload_hexdump(struct buf *out, const uint8_t *data, size_t len)
{
    size_t done = 0;

    dump_offset(out, 0);
    while (done < len) {
        size_t n = len - done < DUMP_WIDTH ? len - done : DUMP_WIDTH;
        dump_line(out, data + done, n);
        done += n;
        if (n == DUMP_WIDTH) {
            dump_offset(out, done);
        }
    }
}

/* ---- forms ---- */

static void print_dns(struct buf *out, const struct payload *p)
{
    struct dns_message m;
    if (dns_open(&m, p->data, p->len, payload_dns_prefixed(p)) == 0) {
        dns_print(out, &m);
    }
}

static void print_text(struct buf *out, const struct payload *p)
{
    buf_add(out, p->data, text_length(p->data, p->len));
    buf_char(out, '\n');
}

static void print_tls_version(struct buf *out, const struct tls_hello *hello)
{
    const char *version = tls_shown_version(hello);

    buf_str(out, "    TLS vers   =            ");
    if (version[0] == 's') {
        buf_printf(out, "  SSL %c  \n", version[1]);
    } else {
        buf_printf(out, "TLS 1.%c\n", version[1]);
    }
}

static void print_ja3(struct buf *out, const struct tls_hello *hello)
{
    char hash[JA3_LENGTH + 1];
    struct buf work;

    buf_init(&work);
    if (ja3_of(hello, &work, hash) == 0) {
        const char *tag = hello->side == TLS_CLIENT ? "ja3 hash   =  " : "ja3s hash  =  ";
        buf_printf(out, "    %s%s\n", tag, hash);
    } else {
        out->failed = true;
    }
    buf_free(&work);
}

static void print_ja4(struct buf *out, const struct tls_hello *hello)
{
    char client[JA4_LENGTH + 1], server[JA4S_LENGTH + 1];

    if (ja4_of(hello, client)) {
        buf_printf(out, "    ja4 hash   =  %s\n", client);
    } else if (ja4s_of(hello, server)) {
        buf_printf(out, "    ja4s hash  =  %s\n", server);
    }
}

/* The server name as it came, but no control characters: they become '.'. */
static void print_sni(struct buf *out, const struct tls_text *sni)
{
    buf_str(out, "    sni name   =  ");
    for (size_t i = 0; i < sni->len; i++) {
        unsigned char c = (unsigned char)sni->text[i];
        buf_char(out, c < ' ' || c == 0x7f ? '.' : (char)c);
    }
    buf_char(out, '\n');
}

static void print_tls(struct buf *out, const struct payload *p)
{
    struct tls_hello hello;

    if (tls_parse(p->data, p->len, &hello) != 0) {
        return;
    }
    print_tls_version(out, &hello);
    if (hello.sni.len > 0) {
        print_sni(out, &hello.sni);
    }
    print_ja3(out, &hello);
    print_ja4(out, &hello);
}

void payload_print_line(struct buf *out, const struct payload *p)
{
    if (has_dns_port(p)) {
        print_dns(out, p);
    } else if (payload_is_text(p->data, p->len)) {
        print_text(out, p);
    } else {
        payload_hexdump(out, p->data, p->len);
    }
}

void payload_print_raw(struct buf *out, const struct payload *p)
{
    if (has_dns_port(p)) {
        print_dns(out, p);
        return;
    }
    if (payload_is_text(p->data, p->len)) {
        print_text(out, p);
    } else if (payload_may_be_tls(p)) {
        print_tls(out, p);
    }
    payload_hexdump(out, p->data, p->len);
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_format.c - the text of -o: compile it, print its head and an empty and a full record. What
 * compiles must print whole lines; what does not must say why.
 */
#include "flow/builder.h"
#include "print/print.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two records: one without anything, one with all groups, every number 1. */
static struct batch *two_rows(struct builder *b)
{
    struct rec r;

    rec_clear(&r);
    builder_add(b, &r);
    for (unsigned id = 0; id < FIELD_STORED_; id++) {
        enum field_type type = field_of((enum field_id)id)->type;
        if (id != FIELD_GROUPS && type != TYPE_IP && type != TYPE_VAR) {
            rec_set_u64(&r, (enum field_id)id, 1);
        }
    }
    rec_add_group(&r, GROUP_IPV4);
    rec_add_group(&r, GROUP_IN_PAYLOAD);
    builder_add(b, &r);
    return builder_batch(b);
}

static void print_rows(struct printer *p)
{
    struct builder *b = builder_new();
    struct printer_work *w = printer_work_new(p);
    struct buf out;

    buf_init(&out);
    if (b != NULL && w != NULL) {
        printer_head(p, &out);
        if (printer_rows(p, w, two_rows(b), NULL, 2, 1, &out) != 0) {
            abort();
        }
        printer_foot(p, &out);
    }
    buf_free(&out);
    printer_work_free(w);
    builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct print_options options = {.quiet = size % 2 == 0, .long_ipv6 = size % 3 == 0};
    struct fault fault = {0};
    struct printer *p = NULL;
    struct buf possible;
    char *text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    buf_init(&possible);
    if (printer_new(text, &options, &p, &fault, &possible) == 0) {
        print_rows(p);
        printer_free(p);
    } else if (fault.text[0] == '\0') {
        abort();
    }
    buf_free(&possible);
    free(text);
    return 0;
}

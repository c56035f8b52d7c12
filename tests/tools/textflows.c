/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * textflows.c - a flow file of flows written down as text: textflows TEXT FILE [weir|nfdump]
 *
 * TEXT is relative to the source directory (WEIR_SRC). With it go two exporters, one of them with a
 * sampler, and names of interfaces, so that everything that is shown has something to show.
 */
#include "../filter/flowrows.h"

#include "flow/builder.h"
#include "store/flowwriter.h"

static int put_flows(struct flowwriter *w, const struct flowrows *flows, struct fault *fault)
{
    struct builder *b = builder_new();
    int rc = b != NULL ? 0 : ERR_NOMEM;
    for (size_t i = 0; i < flows->n && rc == 0; i++) {
        rc = builder_add(b, &flows->recs[i]);
    }
    rc = rc == 0 ? flowwriter_add(w, builder_batch(b), NULL, fault) : rc;
    builder_free(b);
    return rc;
}

static int put_meta(struct flowwriter *w, struct fault *fault)
{
    static const struct exporter exporter[] = {
        {.sysid = 1, .version = 9, .id = 17, .has_stat = true, .sequence_failures = 3,
         .packets = 111, .flows = 2222},
        {.sysid = 2, .version = 10, .id = 5}};
    static const struct sampler sampler = {.sysid = 1, .id = 5, .algorithm = 2,
                                           .packet_interval = 1, .space_interval = 999};
    struct flow_meta m;
    int rc = 0;
    meta_init(&m);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        struct exporter e = exporter[i];
        e.addr = i == 0 ? ip_from_v4(0xc0000201u) : ip_from_halves(0x20010db800000000u, 1);
        rc = meta_put_exporter(&m, &e);
    }
    rc = rc == 0 ? meta_put_sampler(&m, &sampler) : rc;
    rc = rc == 0 ? meta_put_name(&m, NAME_INTERFACE, 1, "uplink") : rc;
    rc = rc == 0 ? meta_put_name(&m, NAME_VRF, 3, "red") : rc;
    rc = rc == 0 ? flowwriter_meta(w, &m, fault) : rc;
    meta_free(&m);
    return rc;
}

int main(int argc, char **argv)
{
    static struct flowrows flows;
    struct flowwriter_options options = {.format = FORMAT_NFDUMP2, .ident = "text",
                                         .creator = CREATOR_NFDUMP};
    const char *top = getenv("WEIR_SRC");
    struct flowwriter *w;
    struct fault fault;
    int rc = 1;
    if (argc < 3 || !flowrows_read(&flows, top != NULL ? top : ".", argv[1])) {
        return 2;
    }
    options.format = argc > 3 && strcmp(argv[3], "weir") == 0 ? FORMAT_WEIR1 : FORMAT_NFDUMP2;
    fault_clear(&fault);
    if (flowwriter_create(argv[2], &options, false, &w, &fault) == 0) {
        rc = put_meta(w, &fault);
        rc = rc == 0 ? put_flows(w, &flows, &fault) : rc;
        rc = rc == 0 ? flowwriter_finish(w, &fault) : (flowwriter_abort(w), rc);
    }
    if (rc != 0) {
        printf("%s\n", fault.text);
    }
    flowrows_free(&flows);
    return rc != 0;
}

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room payload: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-payload.a
libweir_payload_a_SOURCES = \
    src/payload/dns.c src/payload/dns.h \
    src/payload/dns_names.def \
    src/payload/dns_print.c src/payload/dns_print.h \
    src/payload/ja3.c src/payload/ja3.h \
    src/payload/ja4.c src/payload/ja4.h \
    src/payload/payload_print.c src/payload/payload_print.h \
    src/payload/regex.c src/payload/regex.h \
    src/payload/regex_pcre2.c src/payload/regex_pcre2.h \
    src/payload/regex_tree.c src/payload/regex_tree.h \
    src/payload/regex_vm.c src/payload/regex_vm.h \
    src/payload/search.c src/payload/search.h \
    src/payload/tls.c src/payload/tls.h
PAYLOAD_LIBS = libweir-payload.a $(FLOW_LIBS) $(PCRE2_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room filter: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-filter.a
libweir_filter_a_SOURCES = src/filter/filter.h
FILTER_LIBS = libweir-filter.a $(LOOKUP_LIBS) $(PAYLOAD_LIBS) $(PCRE2_LIBS)
# The grammar becomes its own library, because generated code does not meet our warnings. When
# grammar/parse.y and grammar/scan.l exist: the five lines below, and
# FILTER_LIBS = libweir-filter.a libweir-grammar.a libweir-filter.a $(LOOKUP_LIBS) ...
#   noinst_LIBRARIES += libweir-grammar.a
#   libweir_grammar_a_SOURCES = grammar/parse.y grammar/scan.l
#   libweir_grammar_a_CFLAGS = -std=gnu11 $(SAN_CFLAGS)
#   BUILT_SOURCES += grammar/parse.h
#   CLEANFILES += grammar/parse.c grammar/parse.h grammar/scan.c

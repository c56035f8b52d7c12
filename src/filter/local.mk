# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room filter: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-filter.a
libweir_filter_a_SOURCES = \
    src/filter/addresses.c \
    src/filter/ast.c src/filter/ast.h \
    src/filter/compile.c \
    src/filter/cond.c src/filter/cond.h \
    src/filter/constants.c src/filter/constants.h \
    src/filter/directions.def \
    src/filter/dump.c \
    src/filter/eventterms.c \
    src/filter/filter.c src/filter/filter.h \
    src/filter/filterhelp.c \
    src/filter/keywords.def \
    src/filter/mplsterms.c \
    src/filter/namedterms.c \
    src/filter/ops.def \
    src/filter/parsing.c src/filter/parsing.h \
    src/filter/payloadterms.c \
    src/filter/program.h \
    src/filter/ranges.c src/filter/ranges.h \
    src/filter/report.c src/filter/report.h \
    src/filter/resolve.c src/filter/resolve.h \
    src/filter/rowtest.c src/filter/rowtest.h \
    src/filter/simplify.c src/filter/simplify.h \
    src/filter/suggest.c src/filter/suggest.h \
    src/filter/terms.def \
    src/filter/timeliteral.c \
    src/filter/tokens.h \
    src/filter/verify.c \
    src/filter/vm.c src/filter/vm.h \
    src/filter/words.c src/filter/words.h \
    src/filter/zonecheck.c
# The grammar is its own library, because generated code does not meet our warnings. Token numbers are
# in the generated grammar/parse.h.
GRAMMAR_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) -I$(top_builddir)
libweir_filter_a_CPPFLAGS = $(GRAMMAR_CPPFLAGS)
noinst_LIBRARIES += libweir-grammar.a
libweir_grammar_a_SOURCES = grammar/parse.y grammar/scan.l
libweir_grammar_a_CPPFLAGS = $(GRAMMAR_CPPFLAGS)
libweir_grammar_a_CFLAGS = -std=gnu11 $(SAN_CFLAGS)
BUILT_SOURCES += grammar/parse.h
CLEANFILES += grammar/parse.c grammar/parse.h grammar/scan.c
FILTER_LIBS = libweir-filter.a libweir-grammar.a libweir-filter.a $(LOOKUP_LIBS) $(PAYLOAD_LIBS) $(PCRE2_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room print: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-print.a
libweir_print_a_SOURCES = \
    src/print/config.h \
    src/print/info.h \
    src/print/print.h \
    src/print/stattable.h \
    src/print/summary.h
PRINT_LIBS = libweir-print.a $(LOOKUP_LIBS) $(PAYLOAD_LIBS)

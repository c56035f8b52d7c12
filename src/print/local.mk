# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room print: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-print.a
libweir_print_a_SOURCES = \
    src/print/cell_address.c \
    src/print/cell_name.c \
    src/print/cell_number.c \
    src/print/cell_payload.c \
    src/print/cell_time.c \
    src/print/cells.def \
    src/print/config.c src/print/config.h \
    src/print/direct.c src/print/direct.h \
    src/print/formats.c \
    src/print/formats.h \
    src/print/info.c \
    src/print/info.h \
    src/print/jsonout.c \
    src/print/lines.c \
    src/print/part.c src/print/part.h \
    src/print/payloadtext.c \
    src/print/payloadtext.h \
    src/print/print.h \
    src/print/printer.c \
    src/print/printer.h \
    src/print/raw.c \
    src/print/row.c \
    src/print/row.h \
    src/print/shape.c \
    src/print/shape.h \
    src/print/stattable.c src/print/stattable.h \
    src/print/strips.c src/print/strips.h \
    src/print/summary.c \
    src/print/summary.h \
    src/print/texts.c src/print/texts.h \
    src/print/token.c \
    src/print/token.h \
    src/print/view.c \
    src/print/when.c \
    src/print/when.h
PRINT_LIBS = libweir-print.a $(LOOKUP_LIBS) $(PAYLOAD_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room wire: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-wire.a
libweir_wire_a_SOURCES = \
    src/wire/bulk.c \
    src/wire/elements.c src/wire/elements.h src/wire/registers.def \
    src/wire/encode.c src/wire/encode.h src/wire/layout.c src/wire/layout.h \
    src/wire/exporter.c src/wire/exporter.h \
    src/wire/finish.c src/wire/message.h \
    src/wire/legacy.c \
    src/wire/lists.c \
    src/wire/nfd.c \
    src/wire/options.c \
    src/wire/persist.c \
    src/wire/sequence.c \
    src/wire/sets.c \
    src/wire/sflow.c \
    src/wire/template.c src/wire/template.h \
    src/wire/wire.c src/wire/wire.h
WIRE_LIBS = libweir-wire.a $(PACKET_LIBS)

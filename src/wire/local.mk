# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room wire: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-wire.a
libweir_wire_a_SOURCES = \
    src/wire/encode.c src/wire/encode.h
WIRE_LIBS = libweir-wire.a $(PACKET_LIBS)

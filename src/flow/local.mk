# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room flow: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-flow.a
libweir_flow_a_SOURCES = \
    src/flow/batch.c src/flow/batch.h \
    src/flow/builder.c src/flow/builder.h \
    src/flow/compute.c src/flow/compute.h \
    src/flow/kernels.c src/flow/kernels.h \
    src/flow/loss.c src/flow/loss.h src/flow/losses.def \
    src/flow/keyindex.c src/flow/keyindex.h \
    src/flow/meta.c src/flow/meta.h \
    src/flow/pick.c \
    src/flow/rec.c src/flow/rec.h \
    src/flow/totals.c \
    src/flow/zone.h
FLOW_LIBS = libweir-flow.a $(FIELD_LIBS)

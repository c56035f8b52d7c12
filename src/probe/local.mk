# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room probe: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-probe.a
libweir_probe_a_SOURCES = \
    src/probe/probeargs.c src/probe/probeargs.h src/probe/softflowd.def src/probe/nfpcapd.def \
    src/probe/control.c src/probe/control.h src/probe/controlwords.def \
    src/probe/ctlargs.c src/probe/ctlargs.h \
    src/probe/duplicates.c src/probe/duplicates.h \
    src/probe/export.c src/probe/export.h \
    src/probe/probeplan.c \
    src/probe/probe.c src/probe/probe.h src/probe/opening.c src/probe/opening.h \
    src/probe/running.c src/probe/running.h \
    src/probe/slots.c src/probe/slots.h \
    src/probe/detail.c src/probe/detail.h \
    src/probe/flowkey.c src/probe/flowkey.h \
    src/probe/flowstat.c src/probe/flowstat.h \
    src/probe/flowtable.c src/probe/flowtable.h \
    src/probe/meter.c src/probe/meter.h src/probe/metering.h src/probe/counting.c \
    src/probe/record.c src/probe/record.h \
    src/probe/worker.c src/probe/worker.h \
    src/probe/timeouts.c src/probe/timeouts.h src/probe/timeouts.def
PROBE_LIBS = libweir-probe.a $(STORE_LIBS) $(WIRE_LIBS)

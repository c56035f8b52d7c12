# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room collect: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-collect.a
libweir_collect_a_SOURCES = \
    src/collect/collectargs.c src/collect/collectargs.h src/collect/collectargs.def \
    src/collect/collectconf.c src/collect/collectconf.h \
    src/collect/collecting.h \
    src/collect/collector.c src/collect/collector.h \
    src/collect/crew.c \
    src/collect/intake.c \
    src/collect/reload.c \
    src/collect/rotation.c \
    src/collect/standing.c \
    src/collect/source.c src/collect/source.h \
    src/collect/duty.c src/collect/duty.h \
    src/collect/expire.c src/collect/expire.h \
    src/collect/keepsake.c src/collect/keepsake.h \
    src/collect/launcher.c src/collect/launcher.h \
    src/collect/metric.c src/collect/metric.h \
    src/collect/notify.c src/collect/notify.h \
    src/collect/prometheus.c src/collect/prometheus.h \
    src/collect/recover.c src/collect/recover.h \
    src/collect/repeater.c src/collect/repeater.h \
    src/collect/stream.c src/collect/stream.h \
    src/collect/feed.c src/collect/feed.h \
    src/collect/receive.c src/collect/receive.h \
    src/collect/scribe.c src/collect/scribe.h
COLLECT_LIBS = libweir-collect.a $(STORE_LIBS) $(WIRE_LIBS)

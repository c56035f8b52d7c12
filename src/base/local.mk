# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room base: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-base.a
libweir_base_a_SOURCES = \
    src/base/arena.c src/base/arena.h \
    src/base/bits.c src/base/bits.h \
    src/base/buf.c src/base/buf.h \
    src/base/clock.c src/base/clock.h \
    src/base/cur.h \
    src/base/digest.c src/base/digest.h \
    src/base/err.c src/base/err.h \
    src/base/file.c src/base/file.h \
    src/base/hash.c src/base/hash.h \
    src/base/ip.c src/base/ip.h \
    src/base/json.c src/base/json.h \
    src/base/log.c src/base/log.h \
    src/base/net.c src/base/net.h \
    src/base/opt.c src/base/opt.h \
    src/base/optset.h \
    src/base/pages.c src/base/pages.h \
    src/base/pool.c src/base/pool.h \
    src/base/priv.c src/base/priv.h \
    src/base/queue.c src/base/queue.h \
    src/base/sandbox.c src/base/sandbox.h \
    src/base/simd.h \
    src/base/text.c src/base/text.h \
    src/base/toml.c src/base/toml.h
BASE_LIBS = libweir-base.a

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room store: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-store.a
libweir_store_a_SOURCES = \
    src/store/addrdict.c src/store/addrdict.h \
    src/store/addrfilter.c src/store/addrfilter.h src/store/weir1filter.c \
    src/store/addrkeys.c src/store/addrkeys.h \
    src/store/bitpack.c src/store/bitpack.h \
    src/store/compression.c src/store/compression.h \
    src/store/encoders.c src/store/encoders.h \
    src/store/filelist.c src/store/filelist.h \
    src/store/filename.c src/store/filename.h \
    src/store/flowfile.c src/store/flowfile.h \
    src/store/flowwriter.c src/store/flowwriter.h \
    src/store/format.h \
    src/store/lzo.c src/store/lzo.h \
    src/store/nfd1reader.c \
    src/store/nfdwalk1.c src/store/nfdextensions.def \
    src/store/nfdmaps.c src/store/nfdmaps.h \
    src/store/nfd2reader.c \
    src/store/nfd2writer.c src/store/nfd2writer.h \
    src/store/nfdblocks.c \
    src/store/nfdcodec.c src/store/nfdcodec.h \
    src/store/nfdfile.c src/store/nfdfile.h \
    src/store/nfdlayout.c src/store/nfdlayout.h src/store/nfdhistory.def \
    src/store/nfdmeta.c \
    src/store/nfdput.c src/store/nfdput.h \
    src/store/nfdresync.c src/store/nfdresync.h \
    src/store/nfdseal.c src/store/nfdseal.h \
    src/store/nfdverify.c src/store/verify.h src/store/nfdrows.c src/store/nfdrows.h \
    src/store/nfdwalk.h \
    src/store/nfdwalk2.c \
    src/store/rowbuf.c src/store/rowbuf.h \
    src/store/vec.c src/store/vec.h \
    src/store/vecpick.c \
    src/store/vectest.c \
    src/store/veckernels.c src/store/veckernels.h \
    src/store/vecplan.c src/store/vecplan.h \
    src/store/vecwrite.c \
    src/store/weir1.h \
    src/store/weir1enc.c \
    src/store/weir1file.c \
    src/store/weir1head.c \
    src/store/weir1load.c \
    src/store/weir1meta.c \
    src/store/weir1write.c
STORE_LIBS = libweir-store.a $(FLOW_LIBS) $(ZSTD_LIBS) $(LZ4_LIBS) $(BZ2_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room lookup: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-lookup.a
libweir_lookup_a_SOURCES = \
    src/lookup/geo.c src/lookup/geo.h \
    src/lookup/mmdb.c src/lookup/mmdb.h \
    src/lookup/nfarray.c src/lookup/nfarray.h \
    src/lookup/tor.c src/lookup/tor.h
LOOKUP_LIBS = libweir-lookup.a $(FLOW_LIBS) $(MAXMINDDB_LIBS) $(ZSTD_LIBS) $(LZ4_LIBS) $(BZ2_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room store: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-store.a
libweir_store_a_SOURCES =
STORE_LIBS = libweir-store.a $(FLOW_LIBS) $(ZSTD_LIBS) $(LZ4_LIBS) $(BZ2_LIBS)

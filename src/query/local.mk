# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room query: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-query.a
libweir_query_a_SOURCES =
QUERY_LIBS = libweir-query.a $(FILTER_LIBS) $(STORE_LIBS) $(PACKET_LIBS)

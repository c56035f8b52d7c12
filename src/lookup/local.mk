# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room lookup: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-lookup.a
libweir_lookup_a_SOURCES = src/lookup/geo.h src/lookup/tor.h
LOOKUP_LIBS = libweir-lookup.a $(FLOW_LIBS) $(MAXMINDDB_LIBS)

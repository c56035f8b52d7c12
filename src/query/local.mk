# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room query: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-query.a
libweir_query_a_SOURCES = \
	src/query/addressless.c \
	src/query/addressless.h \
	src/query/aggregate.c \
	src/query/aggregate.h \
	src/query/aggrlist.c \
	src/query/asked.c \
	src/query/asked.h \
	src/query/bounds.c \
	src/query/bounds.h \
	src/query/chunks.c \
	src/query/chunks.h \
	src/query/gather.c \
	src/query/gather.h \
	src/query/groupmerge.c \
	src/query/groupmerge.h \
	src/query/groups.c \
	src/query/groups.h \
	src/query/groupset.c \
	src/query/groupset.h \
	src/query/keyhash.c \
	src/query/keys.c \
	src/query/keys.h \
	src/query/known.c \
	src/query/known.h \
	src/query/listing.c \
	src/query/listing.h \
	src/query/operator.h \
	src/query/order.c \
	src/query/order.def \
	src/query/order.h \
	src/query/ranksort.c \
	src/query/ranksort.h \
	src/query/rewrite.c \
	src/query/rewrite.h \
	src/query/rows.c \
	src/query/rows.h \
	src/query/scan.c \
	src/query/scan.h src/query/scancost.h \
	src/query/sorting.c \
	src/query/sorting.h \
	src/query/stat.c \
	src/query/stat.h \
	src/query/statcells.c \
	src/query/statcells.h \
	src/query/statcodes.c \
	src/query/statcodes.h \
	src/query/statcount.c \
	src/query/statcount.h \
	src/query/statkeys.c \
	src/query/statkeys.h \
	src/query/statrank.c \
	src/query/statrank.h \
	src/query/stattally.c \
	src/query/stattally.h \
	src/query/stattimes.c \
	src/query/stattimes.h \
	src/query/table.c \
	src/query/table.h \
	src/query/tally.h \
	src/query/turn.c \
	src/query/turn.h \
	src/query/valueset.c \
	src/query/valueset.h \
	src/query/window.c \
	src/query/window.h \
	src/query/writing.c \
	src/query/writing.h
QUERY_LIBS = libweir-query.a $(FILTER_LIBS) $(STORE_LIBS) $(PACKET_LIBS)

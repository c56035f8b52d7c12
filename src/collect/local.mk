# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room collect: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-collect.a
libweir_collect_a_SOURCES =
COLLECT_LIBS = libweir-collect.a $(STORE_LIBS) $(WIRE_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room base: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-base.a
libweir_base_a_SOURCES =
BASE_LIBS = libweir-base.a

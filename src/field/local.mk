# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room field: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-field.a
libweir_field_a_SOURCES =
FIELD_LIBS = libweir-field.a $(BASE_LIBS)

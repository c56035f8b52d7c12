# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room field: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-field.a
libweir_field_a_SOURCES = \
    src/field/field.c src/field/field.h \
    src/field/names.c src/field/names.h src/field/names.def \
    src/field/value.c src/field/value.h \
    src/field/fields.def src/field/types.def
FIELD_LIBS = libweir-field.a $(BASE_LIBS)

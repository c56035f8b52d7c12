# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room flow: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-flow.a
libweir_flow_a_SOURCES =
FLOW_LIBS = libweir-flow.a $(FIELD_LIBS)

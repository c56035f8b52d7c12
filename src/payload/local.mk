# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room payload: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-payload.a
libweir_payload_a_SOURCES =
PAYLOAD_LIBS = libweir-payload.a $(FLOW_LIBS)

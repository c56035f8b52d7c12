# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room packet: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-packet.a
libweir_packet_a_SOURCES =
PACKET_LIBS = libweir-packet.a $(PAYLOAD_LIBS)

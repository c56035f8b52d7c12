# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room probe: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-probe.a
libweir_probe_a_SOURCES =
PROBE_LIBS = libweir-probe.a $(STORE_LIBS) $(WIRE_LIBS) $(PCAP_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The room packet: add file names here, headers too (they are distributed by being listed).
noinst_LIBRARIES += libweir-packet.a
libweir_packet_a_SOURCES = \
    src/packet/bpf.c src/packet/bpf.h \
    src/packet/capfile.c src/packet/capfile.h \
    src/packet/capstream.c src/packet/capstream.h \
    src/packet/capture.c src/packet/capture.h \
    src/packet/fragment.c src/packet/fragment.h \
    src/packet/link.c src/packet/packet.h \
    src/packet/network.c \
    src/packet/ring.c src/packet/ring.h \
    src/packet/transport.c \
    src/packet/tunnel.c \
    src/packet/walk.h
PACKET_LIBS = libweir-packet.a $(PAYLOAD_LIBS) $(PCAP_LIBS) $(ZLIB_LIBS)

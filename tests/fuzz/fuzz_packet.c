/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_packet.c - captured frames: the first octet picks the link type, the second the options, the
 * rest is the frame. What the decoder reports must lie inside the frame.
 */
#include "packet/packet.h"

#include <pcap/dlt.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_RAW, DLT_NULL, DLT_PPP, DLT_C_HDLC,
                                DLT_FRELAY, DLT_IEEE802_11, DLT_IEEE802_11_RADIO, DLT_PFLOG,
                                DLT_NFLOG, DLT_PPP_ETHER, DLT_LINUX_SLL2, DLT_PPP_SERIAL};
    struct packet_options options;
    struct packet p;
    if (size < 2) {
        return 0;
    }
    options.open_ip_tunnels = data[1] & 1;
    options.open_udp_tunnels = data[1] & 2;
    if (packet_decode(links[data[0] % (sizeof links / sizeof links[0])], data + 2, size - 2,
                      &options, &p) == PACKET_OK) {
        if (p.family != 4 && p.family != 6) {
            abort();
        }
        if (p.payload_length > 0
            && (p.payload < data + 2 || p.payload + p.payload_length > data + size)) {
            abort();
        }
        if (p.nlabels > PACKET_LABELS_MAX) {
            abort();
        }
    }
    return 0;
}

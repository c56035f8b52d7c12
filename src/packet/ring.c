/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * ring.c - TPACKET_V3: see packet_mmap in the kernel's documentation.
 */
#include "packet/ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RING_BLOCK_OCTETS = 1 << 20, RING_BLOCKS = 32, RING_BLOCK_MSEC = 20 };
enum { RING_FRAME_OCTETS = 2048, RETAG_MAX = 65536 + 4, MAC_PAIR = 12 };

struct ring {
    int fd;
    bool loopback;               /* each packet is seen going out and coming in: take one */
    uint8_t *map;
    unsigned blocks;
    unsigned block;              /* the one being read or waited for */
    struct tpacket_block_desc *open; /* NULL: waiting for the kernel */
    struct tpacket3_hdr *frame;  /* next frame of the open block */
    unsigned left;               /* frames left in it */
    struct capture_stats stats;
    uint8_t retagged[RETAG_MAX]; /* a frame with its VLAN tag put back */
};

static int interface_request(const struct ring *r, const char *name, unsigned long what,
                             struct ifreq *request)
{
    memset(request, 0, sizeof *request);
    if (strlen(name) >= sizeof request->ifr_name) {
        return -1;
    }
    memcpy(request->ifr_name, name, strlen(name));
    return ioctl(r->fd, what, request);
}

/* The interface's index, if it carries Ethernet frames. */
static int find_interface(struct ring *r, const char *name, int *index, struct fault *fault)
{
    struct ifreq request;
    if (interface_request(r, name, SIOCGIFINDEX, &request) != 0) {
        return strcmp(name, "any") == 0
                   ? fault_set(fault, ERR_UNSUPPORTED, "%s: no single interface", name)
                   : fault_sys(fault, "%s", name);
    }
    *index = request.ifr_ifindex;
    if (interface_request(r, name, SIOCGIFHWADDR, &request) != 0
        || (request.ifr_hwaddr.sa_family != ARPHRD_ETHER
            && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)) {
        return fault_set(fault, ERR_UNSUPPORTED, "%s: not Ethernet", name);
    }
    r->loopback = request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
    return 0;
}

/* A filter about VLAN tags must look where the kernel keeps the tags it took off. libpcap does so,
 * but only for a capture that is live. */
static int compile_filter(const struct capture_options *o, struct bpf_program *program,
                          struct fault *fault)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *live = pcap_create(o->interface, error);
    int rc = 0;
    if (live == NULL || pcap_set_snaplen(live, o->snap_length) != 0 || pcap_activate(live) < 0) {
        rc = fault_set(fault, ERR_IO, "%s: %s", o->interface,
                       live != NULL ? pcap_geterr(live) : error);
    } else if (pcap_compile(live, program, o->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        rc = fault_set(fault, ERR_SYNTAX, "bpf program \"%s\": %s", o->filter, pcap_geterr(live));
    }
    if (live != NULL) {
        pcap_close(live);
    }
    return rc;
}

static int attach_filter(struct ring *r, const struct capture_options *o, struct fault *fault)
{
    struct bpf_program program;
    struct sock_fprog attach;
    int rc = 0;
    if (o->filter == NULL || *o->filter == '\0') {
        return 0;
    }
    rc = compile_filter(o, &program, fault);
    if (rc != 0) {
        return rc;
    }
    attach = (struct sock_fprog){(unsigned short)program.bf_len,
                                 (struct sock_filter *)(void *)program.bf_insns};
    if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &attach, sizeof attach) != 0) {
        rc = fault_sys(fault, "bpf program");
    }
    pcap_freecode(&program);
    return rc;
}

static int map_ring(struct ring *r, const struct capture_options *o, struct fault *fault)
{
    int version = TPACKET_V3;
    struct tpacket_req3 request = {.tp_block_size = RING_BLOCK_OCTETS,
                                   .tp_frame_size = RING_FRAME_OCTETS,
                                   .tp_retire_blk_tov = RING_BLOCK_MSEC};
    r->blocks = o->buffer_octets > 0 ? (unsigned)o->buffer_octets / RING_BLOCK_OCTETS + 2
                                     : RING_BLOCKS;
    request.tp_block_nr = r->blocks;
    request.tp_frame_nr = RING_BLOCK_OCTETS / RING_FRAME_OCTETS * r->blocks;
    if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0
        || setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
        return fault_sys(fault, "packet ring");
    }
    r->map = mmap(NULL, (size_t)r->blocks * RING_BLOCK_OCTETS, PROT_READ | PROT_WRITE, MAP_SHARED,
                  r->fd, 0);
    if (r->map == MAP_FAILED) {
        r->map = NULL;
        return fault_sys(fault, "packet ring");
    }
    return 0;
}

static int join_fanout(struct ring *r, const struct capture_options *o, struct fault *fault)
{
    uint32_t how = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
    uint32_t group = ((uint32_t)getpid() & 0xffff) | how << 16;
    if (!o->share) {
        return 0;
    }
    return setsockopt(r->fd, SOL_PACKET, PACKET_FANOUT, &group, sizeof group) == 0
               ? 0 : fault_sys(fault, "packet fanout");
}

static int be_promiscuous(struct ring *r, int index, bool wanted, struct fault *fault)
{
    struct packet_mreq request = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    if (!wanted) {
        return 0;
    }
    return setsockopt(r->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) == 0
               ? 0 : fault_sys(fault, "promiscuous mode");
}

static int bind_ring(struct ring *r, int index, struct fault *fault)
{
    struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                               .sll_ifindex = index};
    return bind(r->fd, (const struct sockaddr *)&addr, sizeof addr) == 0
               ? 0 : fault_sys(fault, "bind to interface");
}

static int set_up(struct ring *r, const struct capture_options *o, struct fault *fault)
{
    int index = 0;
    int rc = find_interface(r, o->interface, &index, fault);
    if (rc == 0) {
        rc = attach_filter(r, o, fault);
    }
    if (rc == 0) {
        rc = map_ring(r, o, fault);
    }
    if (rc == 0) {
        rc = bind_ring(r, index, fault);
    }
    if (rc == 0) {
        rc = be_promiscuous(r, index, o->promiscuous, fault);
    }
    return rc == 0 ? join_fanout(r, o, fault) : rc;
}

int ring_open(const struct capture_options *options, struct ring **out, struct fault *fault)
{
    struct ring *r = calloc(1, sizeof *r);
    int rc;
    if (r == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: deaf until bound */
    rc = r->fd >= 0 ? set_up(r, options, fault) : fault_sys(fault, "packet socket");
    if (rc != 0) {
        ring_close(r);
        return rc;
    }
    r->stats.known = true;
    *out = r;
    return 0;
}

void ring_close(struct ring *r)
{
    if (r == NULL) {
        return;
    }
    if (r->map != NULL) {
        munmap(r->map, (size_t)r->blocks * RING_BLOCK_OCTETS);
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    free(r);
}

int ring_fd(const struct ring *r)
{
    return r->fd;
}

/* ---- frames ---- */

static void give_back(struct ring *r)
{
    if (r->open != NULL) {
        __atomic_store_n(&r->open->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        r->open = NULL;
        r->block = (r->block + 1) % r->blocks;
    }
}

/* Open the next block if the kernel has filled it. */
static bool open_block(struct ring *r)
{
    void *at = r->map + (size_t)r->block * RING_BLOCK_OCTETS;
    struct tpacket_block_desc *b = at;
    if ((__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
        return false;
    }
    r->open = b;
    r->left = b->hdr.bh1.num_pkts;
    r->frame = (struct tpacket3_hdr *)((uint8_t *)at + b->hdr.bh1.offset_to_first_pkt);
    return true;
}

/* The frame with the tag that the card stripped back behind the addresses. */
static void put_tag_back(struct ring *r, const struct tpacket3_hdr *h, struct frame *f)
{
    uint16_t type = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : ETH_P_8021Q;
    uint16_t tag[2] = {htons(type), htons((uint16_t)h->hv1.tp_vlan_tci)};
    if (f->captured < MAC_PAIR || f->captured + 4 > RETAG_MAX) {
        return;
    }
    memcpy(r->retagged, f->data, MAC_PAIR);
    memcpy(r->retagged + MAC_PAIR, tag, sizeof tag);
    memcpy(r->retagged + MAC_PAIR + 4, f->data + MAC_PAIR, f->captured - MAC_PAIR);
    f->data = r->retagged;
    f->captured += 4;
    f->length += 4;
}

/* The next frame of the ring, which then moves on; NULL: none for now. */
static const struct tpacket3_hdr *step(struct ring *r)
{
    struct tpacket3_hdr *h;
    while (r->left == 0) {
        give_back(r);
        if (!open_block(r)) {
            return NULL;
        }
    }
    h = r->frame;
    r->frame = (struct tpacket3_hdr *)((uint8_t *)h + h->tp_next_offset);
    r->left--;
    return h;
}

static bool is_echo(const struct ring *r, const struct tpacket3_hdr *h)
{
    const struct sockaddr_ll *addr =
        (const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof *h));
    return r->loopback && addr->sll_pkttype == PACKET_OUTGOING;
}

int ring_next(struct ring *r, struct frame *out)
{
    const struct tpacket3_hdr *h;
    do {
        h = step(r);
    } while (h != NULL && is_echo(r, h));
    if (h == NULL) {
        return 0;
    }
    *out = (struct frame){.usec = (uint64_t)h->tp_sec * 1000000 + h->tp_nsec / 1000,
                          .link_type = DLT_EN10MB, .data = (const uint8_t *)h + h->tp_mac,
                          .captured = h->tp_snaplen, .length = h->tp_len};
    if (h->tp_status & TP_STATUS_VLAN_VALID) {
        put_tag_back(r, h, out);
    }
    return 1;
}

void ring_stats(struct ring *r, struct capture_stats *out)
{
    struct tpacket_stats_v3 s; /* the kernel counts from the last question on */
    socklen_t len = sizeof s;
    if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0) {
        r->stats.received += s.tp_packets;
        r->stats.dropped += s.tp_drops;
    }
    *out = r->stats;
}

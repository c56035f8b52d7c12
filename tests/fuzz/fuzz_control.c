/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_control.c - what clients write into the control socket of a running probe.
 *
 * The input is a list of conversations, ended by octets 0xff. Each is written into a socket pair
 * that the probe answers at; between them the probe takes frames of a small capture. Whatever is
 * said, the probe answers what it was asked, and no flow is counted twice.
 */
#include "probe/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONVERSATION_END = 0xff, CONVERSATION_MAX = 4096, PACKETS = 12 };

/* A capture file header, link type raw IP; one record: a UDP datagram of 28 octets. */
static const uint8_t capture_head[24] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0,
                                         0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 101};
static const uint8_t record[44] = {0x5f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28,
                                   0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1,
                                   192, 0, 2, 2, 0x10, 0, 0, 9, 0, 8, 0, 0};

static int capture_file(void)
{
    int fd = memfd_create("capture", 0);
    uint8_t copy[sizeof record];
    if (fd < 0 || write(fd, capture_head, sizeof capture_head) < 0) {
        abort();
    }
    memcpy(copy, record, sizeof record);
    for (uint8_t i = 0; i < PACKETS; i++) {
        copy[37] = i; /* each a flow of its own */
        if (write(fd, copy, sizeof copy) < 0) {
            abort();
        }
    }
    return fd;
}

static void count_ended(void *ctx, const struct probe_flow *f, uint64_t usec)
{
    (void)usec;
    *(uint64_t *)ctx += f->dir[0].packets + f->dir[1].packets;
}

static struct worker *open_worker(int fd, uint64_t *ended)
{
    char path[64];
    struct fault fault = {0};
    struct worker *w = NULL;
    struct worker_options o = {.gathering = true, .ended = count_ended, .ctx = ended};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    o.capture.file = path;
    o.meter.scheme.level = TRACK_FULL;
    timeouts_default(&o.meter.timeouts);
    if (worker_open(&o, &w, &fault) != 0) {
        abort();
    }
    return w;
}

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* Nothing asked, nothing answered; else one of three kinds of answers. */
static void check_reply(const char *reply, size_t asked)
{
    if (asked == 0 ? *reply != '\0'
                   : !begins_with(reply, "weirprobe[") && !begins_with(reply, "Unknown control ")
                         && !begins_with(reply, "Valid control words")) {
        abort();
    }
}

static void converse(struct probe *p, const uint8_t *text, size_t n)
{
    static char reply[65536];
    size_t len = 0;
    ssize_t got;
    int pair[2];
    n = n < CONVERSATION_MAX ? n : CONVERSATION_MAX;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0
        || write(pair[0], text, n) != (ssize_t)n || shutdown(pair[0], SHUT_WR) != 0) {
        abort();
    }
    control_talk(pair[1], running_answer, p);
    while (len < sizeof reply - 1
           && (got = read(pair[0], reply + len, sizeof reply - 1 - len)) > 0) {
        len += (size_t)got;
    }
    reply[len] = '\0';
    close(pair[0]);
    check_reply(reply, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_plan plan = {.name = "weirprobe"};
    struct log log = {.highest = LOG_LEVEL_ERROR};
    struct probe p = {.plan = &plan, .log = &log, .nworkers = 1, .pid_fd = -1};
    struct fault fault = {0};
    uint64_t ended = 0;
    int fd = capture_file();
    p.workers[0] = open_worker(fd, &ended);
    close(fd);
    while (size > 0) {
        const uint8_t *end = memchr(data, CONVERSATION_END, size);
        size_t n = end != NULL ? (size_t)(end - data) : size;
        converse(&p, data, n);
        worker_turn(p.workers[0], &fault);
        size -= n + (end != NULL);
        data += n + (end != NULL);
    }
    running_expire_all(&p);
    if (ended > PACKETS) {
        abort();
    }
    worker_close(p.workers[0]);
    return 0;
}

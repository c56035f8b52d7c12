/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_capture.c - octets taken as a capture file, pcap or pcapng (or gzip of one), read with a BPF
 * expression. Every octet of every frame must be readable.
 */
#include "fuzz_file.h"
#include "packet/capture.h"

static void use_frame(const struct frame *f)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f->captured; i++) {
        sum += f->data[i];
    }
    sink += sum + f->usec + f->length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = file_of(data, size, path);
    struct capture_options o = {.file = path, .filter = size % 2 ? "udp or tcp" : NULL};
    struct capture *c = NULL;
    struct frame frame;
    struct fault fault = {0};
    if (fd >= 0 && capture_open(&o, &c, &fault) == 0) {
        while (capture_next(c, &frame, &fault) == 1) {
            use_frame(&frame);
        }
    }
    capture_close(c);
    close(fd);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_nfd.h - nfdump files from strangers. The first octet says how the rest is taken: as a file;
 * as the records of one block of a file (else few inputs would get beyond the heads); as the
 * stored octets of a packed block.
 */
#ifndef WEIR_FUZZ_NFD_H
#define WEIR_FUZZ_NFD_H

#include "store/verify.h"

#include "fuzz_file.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_HEADER_MAX 512

/* Make a file header for a compression; what it needs beside comes from the input. */
typedef size_t make_header(uint8_t *to, unsigned compression, uint32_t release);

static inline void verify_file(const uint8_t *data, size_t size)
{
    char path[64];
    struct buf out, err;
    int fd = file_of(data, size, path);
    if (fd < 0) {
        return;
    }
    buf_init(&out);
    buf_init(&err);
    if (verify_knows(path)) {
        sink += (unsigned)verify_nfdump(path, true, &out, &err);
    }
    buf_free(&out);
    buf_free(&err);
    close(fd);
}

/* One block around the input: its type, what the header needs, records. */
static inline void use_records(const uint8_t *data, size_t size, unsigned compression,
                               make_header *header)
{
    uint8_t *file = malloc(FUZZ_HEADER_MAX + size);
    uint32_t head[3] = {1, 0, 0}, release;
    size_t n;
    if (size < 8 || file == NULL) {
        free(file);
        return;
    }
    memcpy(&release, data, sizeof release);
    head[0] = data[4];
    head[1] = (uint32_t)size - 8;
    head[2] = data[5] % 5;
    n = header(file, compression, release);
    memcpy(file + n, head, sizeof head);
    memcpy(file + n + sizeof head, data + 8, size - 8);
    use_file(file, n + sizeof head + size - 8);
    free(file);
}

static inline int use_nfdump(const uint8_t *data, size_t size, make_header *header)
{
    if (size == 0 || size > (size_t)1 << 20) {
        return 0;
    }
    switch (data[0] & 7) {
    case 0:
        use_file(data + 1, size - 1);
        break;
    case 1:
        verify_file(data + 1, size - 1);
        break;
    case 2:
    case 3:
        use_records(data + 1, size - 1, COMPRESSION_NONE, header);
        break;
    default: /* 4 .. 7 */
        use_records(data + 1, size - 1, (data[0] & 7) - 3, header);
    }
    return 0;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * fuzz_weirfile.c - weir files from strangers. The first octet says how the rest is taken: as a
 * file; as a file whose checksums are put right first (else nothing behind them would be
 * reached); as one vec; as a meta block's contents.
 */
#include "store/flowfile.h"
#include "store/vec.h"

#include "../tools/weirmend.h"
#include "fuzz_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The magic and the version, too. */
static void mend(uint8_t *p, size_t size)
{
    if (size < WEIR1_HEADER_LEN) {
        return;
    }
    memcpy(p, WEIR1_MAGIC, 8);
    p[8] = WEIR1_VERSION, p[9] = 0;
    mend_file(p, size);
}

static void use_mended(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy != NULL) {
        memcpy(copy, data, size);
        mend(copy, size);
        /* Without its trailer the file is walked, so that the mended heads count. */
        use_file(copy, size > 32 && memcmp(copy + size - 8, WEIR1_MAGIC_TRAILER, 8) == 0 ? size - 32
                                                                                         : size);
    }
    free(copy);
}

static void use_vec(const uint8_t *data, size_t size)
{
    static const unsigned widths[4] = {1, 2, 4, 8};
    struct arena arena;
    struct vec_work work = {&arena, NULL};
    struct cur c;
    const void *out = NULL;
    static uint64_t bits[1024];
    static const uint32_t rows[2] = {0, 9};
    struct number_test test = {.ask = NUMBER_RANGE, .lo = 3, .hi = 70000};
    uint64_t picked[2] = {0, 0};
    struct vec v;
    uint32_t n;
    if (size < 4) {
        return;
    }
    n = (uint32_t)data[0] << 8 | data[1];
    arena_init(&arena);
    c = cur_of(data + 3, size - 3);
    if (vec_read(&work, &c, n, widths[data[2] & 3], &out, NULL) == 0 && n > 0) {
        sink += ((const uint8_t *)out)[(size_t)n * widths[data[2] & 3] - 1];
    }
    c = cur_of(data + 3, size - 3);
    if (n > 0 && vec_take(&c, &v, NULL) == 0) {
        vec_test(&work, &v, n, widths[data[2] & 3], &test, NULL, bits, NULL);
        vec_pick(&work, &v, n, widths[data[2] & 3], rows, n > 9 ? 2 : 1, picked, NULL);
        sink += bits[0] + picked[0];
    }
    vec_work_free(&work);
    arena_free(&arena);
}

static void use_meta(const uint8_t *data, size_t size)
{
    struct flow_meta m;
    struct cur c = cur_of(data, size);
    meta_init(&m);
    weir1_get_meta_body(&c, &m);
    sink += m.nexporters + m.nnames;
    meta_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const uses[])(const uint8_t *, size_t) = {use_file, use_mended, use_vec,
                                                            use_meta};
    if (size > 0 && size < (size_t)1 << 20) {
        uses[data[0] & 3](data + 1, size - 1);
    }
    return 0;
}

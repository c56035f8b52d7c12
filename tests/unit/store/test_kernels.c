/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_kernels.c - loops made for this machine give what the plain loops give: every kernel on the
 * same random numbers, of all widths and of lengths around its steps.
 *
 * What either of them should give is tested where they are used (test_vec, tests/unit/filter).
 */
#include "kernelset.h"

#include "base/bits.h"

#include "../check.h"

#define N_MAX 2100

extern const struct kernel_set portable_kernels;

static const uint32_t lengths[] = {0, 1, 31, 63, 64, 65, 127, 1023, 1024, 1025, N_MAX};
static const unsigned widths[] = {1, 2, 4, 8};

/* Both sets get the same; *plain and *fast have what they gave, and nothing else. */
struct numbers {
    uint32_t n;
    uint64_t seed;
    uint8_t in[8 * (N_MAX + 64)];
    uint8_t plain[8 * (N_MAX + 64)];
    uint8_t fast[8 * (N_MAX + 64)];
};

static void begin(struct numbers *d, uint32_t n)
{
    d->n = n;
    for (size_t i = 0; i < sizeof d->in; i += 8) {
        uint64_t r = check_random(&d->seed);
        memcpy(d->in + i, &r, 8);
    }
    memset(d->plain, 0x5a, sizeof d->plain);
    memset(d->fast, 0x5a, sizeof d->fast);
}

static bool same(const struct numbers *d)
{
    return memcmp(d->plain, d->fast, sizeof d->plain) == 0;
}

/* Call a kernel of both sets; OUT is where its result goes. */
#define BOTH(call)                                                                                 \
    do {                                                                                           \
        const struct kernel_set *K = &portable_kernels;                                            \
        void *OUT = d->plain;                                                                      \
        call;                                                                                      \
        K = &kernels_of_this_machine;                                                              \
        OUT = d->fast;                                                                             \
        call;                                                                                      \
        CHECK(same(d));                                                                            \
    } while (0)

static void test_comparing(struct check *t, struct numbers *d, uint32_t n, unsigned width)
{
    static uint64_t bitmap[1024];
    uint64_t mask = width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
    uint64_t lo = check_random(&d->seed) & mask;
    uint64_t hi = lo + (check_random(&d->seed) & mask >> 1);
    for (size_t i = 0; i < 1024; i++) {
        bitmap[i] = check_random(&d->seed);
    }
    begin(d, n);
    BOTH(K->range(d->in, width, n, lo, hi, OUT));
    begin(d, n);
    BOTH(K->bits(d->in, width, n, (unsigned)(lo % (8 * width)), 7, 2, 5, OUT));
    begin(d, n);
    BOTH(K->bitmap(d->in, width, n, bitmap, width == 1 ? 128 : 65536, OUT));
}

static void test_pairs(struct check *t, struct numbers *d, uint32_t n)
{
    begin(d, n);
    memcpy(d->in + 8 * (n / 2), d->in, n / 2); /* some that are equal */
    BOTH(K->le2((const uint64_t *)(void *)d->in, (const uint64_t *)(void *)d->in + n / 3,
                n - n / 3, OUT));
    begin(d, n);
    BOTH(K->eq2((const uint64_t *)(void *)d->in, (const uint64_t *)(void *)(d->in + 8 * (n / 2)),
                n / 2, OUT));
}

/* Codes below m, as many octets each as they need. */
static unsigned make_codes(struct numbers *d, uint32_t m, uint8_t *codes)
{
    unsigned width = m <= 256 ? 1 : 2;
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t code = (uint32_t)(check_random(&d->seed) % m);
        memcpy(codes + (size_t)i * width, &code, width);
    }
    return width;
}

static uint32_t count_escapes(const uint8_t *codes, unsigned width, uint32_t n, uint32_t escape)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t code = 0;
        memcpy(&code, codes + (size_t)i * width, width);
        count += code == escape;
    }
    return count;
}

static void test_codes(struct check *t, struct numbers *d, uint32_t n, uint32_t m)
{
    static uint8_t codes[2 * (N_MAX + 64)];
    static uint8_t yes[N_MAX];
    unsigned width;
    begin(d, n);
    width = make_codes(d, m, codes);
    for (uint32_t i = 0; i < m; i++) {
        yes[i] = check_random(&d->seed) % 3 == 0;
    }
    BOTH(K->codes(codes, width, n, yes, m, OUT));
    CHECK(portable_kernels.codes_max(codes, n, width) ==
          kernels_of_this_machine.codes_max(codes, n, width));
    CHECK(count_escapes(codes, width, n, m - 1) == portable_kernels.codes_count(codes, n, width,
                                                                                m - 1));
    CHECK(count_escapes(codes, width, n, m - 1) ==
          kernels_of_this_machine.codes_count(codes, n, width, m - 1));
    for (size_t w = 0; w < 4; w++) {
        begin(d, n);
        BOTH(K->look_up(d->in, codes, width, n, widths[w], OUT));
        begin(d, n);
        BOTH(K->popular(d->in, codes, width, m - 1, d->in + 8, n, widths[w], OUT));
    }
}

static void test_decoding(struct check *t, struct numbers *d, uint32_t n, unsigned width)
{
    const uint8_t *planes[8];
    uint64_t base = check_random(&d->seed);
    for (unsigned in_width = 1; in_width <= width; in_width *= 2) {
        begin(d, n);
        BOTH(K->widen(d->in + 1, n, in_width, base, width, OUT));
    }
    begin(d, n);
    BOTH(K->fill(OUT, n, width, base));
    begin(d, n);
    BOTH(K->narrow((const uint64_t *)(void *)d->in, n, width, OUT));
    for (int zigzag = 0; zigzag <= 1; zigzag++) {
        begin(d, n);
        BOTH((memcpy(OUT, d->in, (size_t)n * width), K->sum(OUT, n, width, base, zigzag)));
        begin(d, n);
        BOTH(K->sum_small((const uint32_t *)(void *)d->in, n, base, zigzag, OUT));
    }
    for (unsigned p = 1; p <= width; p++) {
        begin(d, n);
        planes[p - 1] = d->in + (size_t)p * n / 2;
        BOTH(K->planes(planes, p, n, base, width, OUT));
    }
    begin(d, n);
    BOTH(K->add(d->in, width, n, OUT));
}

static void test_scatter(struct check *t, struct numbers *d, uint32_t n, unsigned width)
{
    static uint32_t rows[N_MAX];
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        rows[k] = i;
        k += check_random(&d->seed) % 5 == 0;
    }
    begin(d, n);
    BOTH(K->scatter(d->in, rows, k, width, OUT));
}

static void test_packing(struct check *t, struct numbers *d, uint32_t n, unsigned bits)
{
    static uint64_t v[N_MAX];
    static uint8_t packed[8 * (N_MAX + 64)];
    begin(d, n);
    for (uint32_t i = 0; i < n; i++) {
        v[i] = 1000 + (check_random(&d->seed) & (((uint64_t)1 << bits) - 1));
    }
    BOTH(K->pack(v, n, bits, 1000, OUT));
    memcpy(packed, d->plain, sizeof packed);
    for (size_t w = 0; w < 4; w++) {
        begin(d, n);
        BOTH(K->unpack(packed, n, bits, 1000, widths[w], OUT));
    }
    for (uint32_t i = 0; i < n; i += 7) {
        CHECK(portable_kernels.get(packed, i, bits) == v[i] - 1000);
        CHECK(kernels_of_this_machine.get(packed, i, bits) == v[i] - 1000);
    }
}

static void test_all(struct check *t)
{
    static struct numbers d = {.seed = 1125};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        for (size_t w = 0; w < 4; w++) {
            test_comparing(t, &d, lengths[k], widths[w]);
            test_decoding(t, &d, lengths[k], widths[w]);
            test_scatter(t, &d, lengths[k], widths[w]);
        }
        for (uint32_t m = 1; m <= N_MAX; m = m * 3 + 1) {
            test_codes(t, &d, lengths[k], m);
        }
        for (unsigned bits = 1; bits <= 32; bits++) {
            test_packing(t, &d, lengths[k], bits);
        }
        test_pairs(t, &d, lengths[k]);
    }
}

CHECK_MAIN(test_all)

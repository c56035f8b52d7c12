/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * test_vec.c - arrays of numbers: every encoding gives back what it was given, on random and on
 * adversarial values, widths and lengths; damaged ones are refused.
 */
#include "base/bits.h"
#include "store/bitpack.h"
#include "store/vec.h"

#include "../check.h"

#define N_MAX 5000

static uint64_t mask_of(unsigned width)
{
    return width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

/* Shapes of data, by number. */
static uint64_t shape(unsigned kind, uint32_t i, uint64_t *seed)
{
    uint64_t r = check_random(seed);
    switch (kind) {
    case 0:
        return 77;
    case 1:
        return r;
    case 2:
        return r % 7;
    case 3:
        return i * 3 + r % 5;
    case 4:
        return r % 100 < 80 ? r % 5 * 1000 : r;
    case 5:
        return UINT64_MAX - r % 3;
    case 6:
        return i & 1 ? 0 : UINT64_MAX;
    case 7:
        return 1700000000000 + (r % 300000);
    case 8:
        return (r % 60) * (r % 60) * (r % 1500);
    case 9:
        return i / 100;
    case 10:
        return UINT64_MAX - i * 17;
    case 11:
        return r % 100 < 98 ? r % 40 * 3 : r >> 8;
    default:
        return r >> (r % 64);
    }
}

enum { SHAPES = 13 };

static uint64_t get(const void *v, unsigned width, uint32_t i)
{
    uint64_t x = 0;
    memcpy(&x, (const uint8_t *)v + (size_t)i * width, width);
    return x;
}

/* Decode and compare; kind -1: whatever the writer chose, -2: or remembers of other values. */
static void round_trip(struct check *t, struct vec_writer *w, struct arena *arena, int kind,
                       const uint64_t *v, uint32_t n, unsigned width)
{
    struct vec_work work = {arena, NULL};
    struct buf out;
    struct cur c;
    const void *back = NULL;
    struct fault fault;
    bool same = true;
    int rc;
    buf_init(&out);
    fault_clear(&fault);
    if (kind < 0) {
        vec_write(w, kind == -1 ? 0 : 7, v, n, width, &out);
    } else {
        vec_write_as(w, (enum vec_kind)kind, v, n, width, &out);
    }
    c = cur_of(out.data, out.len);
    rc = vec_read(&work, &c, n, width, &back, &fault);
    for (uint32_t i = 0; rc == 0 && i < n && same; i++) {
        same = get(back, width, i) == v[i];
    }
    if (rc != 0 || !same || cur_left(&c) != 0) {
        printf("kind %d n %u width %u: rc %d %s\n", kind, n, width, rc, fault.text);
    }
    CHECK(rc == 0 && same && cur_left(&c) == 0 && out.len % 8 == 0);
    vec_work_free(&work);
    buf_free(&out);
    arena_reset(arena);
}

/* Bounds near the values, at the ends, and crossed. */
static struct number_test question(unsigned which, const uint64_t *v, uint32_t n, uint64_t *seed)
{
    static const uint64_t even[] = {0x5555555555555555u, 0x5555555555555555u};
    uint64_t a = n > 0 ? v[check_random(seed) % n] : 3;
    uint64_t b = n > 0 ? v[check_random(seed) % n] : 9;
    switch (which) {
    case 0:
        return (struct number_test){.ask = NUMBER_RANGE, .lo = a, .hi = a};
    case 1:
        return (struct number_test){.ask = NUMBER_RANGE, .lo = a + 1, .hi = UINT64_MAX};
    case 2:
        return (struct number_test){.ask = NUMBER_RANGE, .lo = 0, .hi = b};
    case 3:
        return (struct number_test){.ask = NUMBER_BITS, .shift = 1, .bits = 5, .lo = 1, .hi = 4};
    case 4:
        return (struct number_test){.ask = NUMBER_SET, .bitmap = even, .limit = 128};
    default: /* crossed as often as not */
        return (struct number_test){.ask = NUMBER_RANGE, .lo = a, .hi = b};
    }
}

enum { QUESTIONS = 6 };

/* Asking the vec must give what asking each value gives; picking what reading gives. */
static void ask_and_pick(struct check *t, struct vec_work *work, const struct vec *vec,
                         const uint64_t *v, uint32_t n, unsigned width, uint64_t *seed)
{
    static uint64_t got[N_MAX / 64 + 1], need[N_MAX / 64 + 1], picked[N_MAX];
    static uint32_t rows[N_MAX];
    uint32_t k = 0;
    bool same = true;
    for (unsigned q = 0; q < QUESTIONS; q++) {
        struct number_test test = question(q, v, n, seed);
        bool all = check_random(seed) % 2 == 0;
        for (uint32_t i = 0; i < n; i++) {
            if (i % 64 == 0) {
                need[i / 64] = check_random(seed) & check_random(seed);
            }
        }
        if (n % 64 != 0) {
            need[n / 64] &= ((uint64_t)1 << n % 64) - 1;
        }
        CHECK(vec_test(work, vec, n, width, &test, all ? NULL : need, got, NULL) == 0);
        for (uint32_t i = 0; i < n; i++) {
            same &= !(all || bits_get(need, i)) || bits_get(got, i) == number_passes(&test, v[i]);
        }
    }
    CHECK(same);
    for (uint32_t i = 0; i < n; i++) {
        rows[k] = i;
        k += check_random(seed) % 7 == 0;
    }
    CHECK(vec_pick(work, vec, n, width, rows, k, picked, NULL) == 0);
    for (uint32_t i = 0; i < k; i++) {
        same &= picked[i] == v[rows[i]];
    }
    CHECK(same);
}

static unsigned least(const uint64_t *v, uint32_t n)
{
    unsigned width = 1;
    for (uint32_t i = 0; i < n; i++) {
        while (width < 8 && v[i] >> 8 * width != 0) {
            width *= 2;
        }
    }
    return width;
}

/* Narrower than they were written. */
static void read_narrow(struct check *t, struct vec_work *work, struct cur c, const uint64_t *v,
                        uint32_t n)
{
    const void *back = NULL;
    unsigned width = least(v, n);
    bool same = vec_read_narrow(work, &c, n, width, &back, NULL) == 0;
    for (uint32_t i = 0; same && i < n; i++) {
        same = get(back, width, i) == v[i];
    }
    CHECK(same);
}

static void ask_all_kinds(struct check *t, struct vec_writer *w, struct arena *arena,
                          const uint64_t *v, uint32_t n, unsigned width, uint64_t *seed)
{
    for (int kind = -1; kind < VEC_KINDS_; kind++) {
        struct vec_work work = {arena, NULL};
        struct buf out;
        struct cur c;
        struct vec vec;
        buf_init(&out);
        if (kind < 0) {
            vec_write(w, 0, v, n, width, &out);
        } else {
            vec_write_as(w, (enum vec_kind)kind, v, n, width, &out);
        }
        c = cur_of(out.data, out.len);
        read_narrow(t, &work, c, v, n);
        CHECK(vec_take(&c, &vec, NULL) == 0);
        ask_and_pick(t, &work, &vec, v, n, width, seed);
        vec_work_free(&work);
        buf_free(&out);
        arena_reset(arena);
    }
}

static void test_questions(struct check *t)
{
    static const uint32_t lengths[] = {0, 1, 31, 64, 65, 1023, 1025, N_MAX};
    static uint64_t v[N_MAX];
    uint64_t seed = 815;
    struct arena arena;
    arena_init(&arena);
    for (int level = 0; level <= 3; level += 3) {
        struct vec_writer *w = vec_writer_new(level);
        for (unsigned s = 0; s < SHAPES; s++) {
            for (unsigned k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
                for (unsigned width = 1; width <= 8; width *= 2) {
                    for (uint32_t i = 0; i < lengths[k]; i++) {
                        v[i] = shape(s, i, &seed) & mask_of(width);
                    }
                    ask_all_kinds(t, w, &arena, v, lengths[k], width, &seed);
                }
            }
        }
        vec_writer_free(w);
    }
    arena_free(&arena);
}

static void test_round_trips(struct check *t)
{
    static const uint32_t lengths[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, N_MAX};
    static const unsigned widths[] = {1, 2, 4, 8};
    static uint64_t v[N_MAX];
    uint64_t seed = 4711;
    struct arena arena;
    arena_init(&arena);
    for (int level = 0; level <= 3; level += 3) {
        struct vec_writer *w = vec_writer_new(level);
        for (unsigned s = 0; s < SHAPES; s++) {
            for (unsigned k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
                for (unsigned x = 0; x < 4; x++) {
                    for (uint32_t i = 0; i < lengths[k]; i++) {
                        v[i] = shape(s, i, &seed) & mask_of(widths[x]);
                    }
                    for (int kind = -2; kind < VEC_KINDS_; kind++) {
                        round_trip(t, w, &arena, kind, v, lengths[k], widths[x]);
                    }
                }
            }
        }
        vec_writer_free(w);
    }
    arena_free(&arena);
}

static void test_bitpack(struct check *t)
{
    static uint64_t v[3000];
    static uint8_t packed[3 * 128 * 33];
    static uint64_t out[3000];
    uint64_t seed = 99;
    for (unsigned bits = 1; bits <= 32; bits++) {
        for (uint32_t n = 1; n <= 3000; n += 487) {
            for (uint32_t i = 0; i < n; i++) {
                v[i] = (check_random(&seed) & (((uint64_t)1 << bits) - 1)) + 5000;
            }
            CHECK(bitpack_size(n, bits) <= sizeof packed);
            bitpack_pack(v, n, bits, 5000, packed);
            bitpack_unpack(packed, n, bits, 5000, 8, out);
            CHECK_MEM(out, v, n * sizeof *v);
        }
    }
}

/* Popular values with a long tail are kept as such, and shorter than packed bits. */
static void test_choice(struct check *t)
{
    static uint64_t v[65536];
    struct vec_writer *w = vec_writer_new(1);
    struct buf out;
    uint64_t seed = 5;
    struct cur c;
    struct vec head;
    buf_init(&out);
    for (uint32_t i = 0; i < 65536; i++) {
        uint64_t r = check_random(&seed);
        v[i] = r % 10 < 6 ? 443 : 32768 + (r >> 8) % 28000;
    }
    vec_write(w, 0, v, 65536, 2, &out);
    CHECK(out.len < 65536 * 3 / 2);
    buf_clear(&out);
    for (uint32_t i = 0; i < 65536; i++) {
        v[i] = 1000000 + i * 4;
    }
    vec_write(w, 0, v, 65536, 8, &out);
    c = cur_of(out.data, out.len);
    CHECK(vec_take(&c, &head, NULL) == 0 && head.kind == VEC_DELTA);
    CHECK(out.len < 1000);
    vec_writer_free(w);
    buf_free(&out);
}

/* Whatever they answer, they must not reach beyond. */
static void ask_damaged(struct vec_work *work, struct cur c, uint32_t n)
{
    static uint64_t got[N_MAX / 64 + 1], picked[4];
    struct number_test test = {.ask = NUMBER_RANGE, .lo = 1000, .hi = 200000};
    uint32_t rows[3] = {0, n / 2, n - 1};
    struct vec v;
    if (n > 2 && vec_take(&c, &v, NULL) == 0) {
        vec_test(work, &v, n, 4, &test, NULL, got, NULL);
        vec_pick(work, &v, n, 4, rows, 3, picked, NULL);
    }
}

/* Octets changed at random: an error or some values, never a crash. Unknown kinds say so. */
static void test_damage(struct check *t)
{
    static uint64_t v[2000];
    struct vec_writer *w = vec_writer_new(1);
    struct arena arena;
    uint64_t seed = 31337;
    struct fault fault;
    unsigned refused = 0;
    arena_init(&arena);
    for (int round = 0; round < 20000; round++) {
        int kind = round % VEC_KINDS_;
        uint32_t n = 1 + (uint32_t)(check_random(&seed) % 2000);
        struct vec_work work = {&arena, NULL};
        struct buf out;
        struct cur c;
        const void *back;
        buf_init(&out);
        for (uint32_t i = 0; i < n; i++) {
            v[i] = shape((unsigned)round % SHAPES, i, &seed) & 0xffffffff;
        }
        vec_write_as(w, (enum vec_kind)kind, v, n, 4, &out);
        out.data[check_random(&seed) % (round % 2 ? 48 : out.len) % out.len] ^=
            (char)(1 << check_random(&seed) % 8);
        c = cur_of(out.data, out.len - check_random(&seed) % 2 * 8);
        ask_damaged(&work, c, n);
        refused += vec_read(&work, &c, n, 4, &back, NULL) != 0;
        vec_work_free(&work);
        buf_free(&out);
        arena_reset(&arena);
    }
    CHECK(refused > 1000);
    {
        uint8_t unknown[VEC_HEAD] = {99};
        struct cur c = cur_of(unknown, sizeof unknown);
        struct vec head;
        CHECK(vec_take(&c, &head, &fault) == ERR_UNSUPPORTED);
        CHECK(strstr(fault.text, "encoding 99") != NULL);
    }
    vec_writer_free(w);
    arena_free(&arena);
}

CHECK_MAIN(test_round_trips, test_questions, test_bitpack, test_choice, test_damage)

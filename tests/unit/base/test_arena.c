/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/arena.h"
#include "../check.h"

static void test_alignment_and_contents(struct check *t)
{
    struct arena a;
    uint8_t *places[500];

    arena_init(&a);
    for (size_t i = 0; i < 500; i++) {
        places[i] = arena_alloc(&a, i * 7);
        CHECK_OR_RETURN(places[i] != NULL);
        CHECK((uintptr_t)places[i] % 32 == 0);
        memset(places[i], (int)(i & 0xff), i * 7);
    }
    for (size_t i = 1; i < 500; i += 37) {
        CHECK_EQ_U64(places[i][0], i & 0xff);
        CHECK_EQ_U64(places[i][i * 7 - 1], i & 0xff);
    }
    CHECK(a.used >= 500 * 499 / 2 * 7);
    arena_free(&a);
    CHECK_EQ_U64(a.used, 0);
    CHECK(arena_alloc(&a, 1) != NULL); /* may be used again */
    arena_free(&a);
}

static void test_reset_reuses(struct check *t)
{
    struct arena a;
    void *first;

    arena_init(&a);
    (void)arena_alloc(&a, 1000);
    (void)arena_alloc(&a, 10 << 20);
    arena_reset(&a);
    CHECK_EQ_U64(a.used, 0);
    first = arena_alloc(&a, 5 << 20);
    arena_reset(&a);
    CHECK(arena_alloc(&a, 5 << 20) == first); /* the same memory, no second chunk */
    arena_free(&a);
}

static void test_copies(struct check *t)
{
    struct arena a;
    uint8_t *zeros;

    arena_init(&a);
    memset(arena_alloc(&a, 4096), 0xff, 4096);
    arena_reset(&a);
    zeros = arena_zalloc(&a, 4096);
    CHECK(zeros[0] == 0 && memcmp(zeros, zeros + 1, 4095) == 0);
    CHECK_STR(arena_strndup(&a, "flows", 3), "flo");
    CHECK_STR(arena_strndup(&a, "flows", 99), "flows");
    CHECK_MEM(arena_dup(&a, "a\0b", 3), "a\0b", 3);
    CHECK(arena_dup(&a, NULL, 0) != NULL);
    CHECK(arena_alloc(&a, SIZE_MAX) == NULL);
    CHECK(arena_alloc(&a, 0) != arena_alloc(&a, 0));
    arena_free(&a);
}

static void test_grow(struct check *t)
{
    struct arena a;
    int *numbers = NULL;
    size_t room = 0;
    arena_init(&a);
    for (size_t n = 0; n < 1000; n++) {
        int *grown = arena_grow(&a, numbers, n, &room, sizeof *numbers);
        CHECK(grown != NULL && room > n);
        numbers = grown;
        numbers[n] = (int)n;
    }
    for (size_t n = 0; n < 1000; n++) {
        CHECK_EQ_U64((uint64_t)numbers[n], n);
    }
    CHECK(arena_grow(&a, numbers, 999, &room, sizeof *numbers) == numbers);
    room = SIZE_MAX / 8;
    CHECK(arena_grow(&a, numbers, room, &room, sizeof *numbers) == NULL);
    CHECK_EQ_U64(room, SIZE_MAX / 8);
    arena_free(&a);
}

CHECK_MAIN(test_alignment_and_contents, test_reset_reuses, test_copies, test_grow)

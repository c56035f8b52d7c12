/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/cur.h"
#include "../check.h"

static const uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void test_numbers(struct check *t)
{
    struct cur c = cur_of(octets, sizeof octets);

    CHECK_EQ_U64(cur_u8(&c), 1);
    CHECK_EQ_U64(cur_u16be(&c), 0x0203);
    CHECK_EQ_U64(cur_u16le(&c), 0x0504);
    CHECK_EQ_U64(cur_u32be(&c), 0x06070809);
    CHECK_EQ_U64(cur_u32le(&c), 0x0d0c0b0a);
    CHECK_EQ_U64(cur_offset(&c), 13);
    CHECK_EQ_U64(cur_left(&c), 2);
    CHECK(cur_ok(&c));
    c = cur_of(octets, sizeof octets);
    CHECK_EQ_U64(cur_u64be(&c), 0x0102030405060708);
    c = cur_of(octets, sizeof octets);
    CHECK_EQ_U64(cur_u64le(&c), 0x0807060504030201);
    c = cur_of(octets, sizeof octets);
    CHECK_EQ_U64(cur_uintbe(&c, 3), 0x010203);
    CHECK_EQ_U64(cur_uintbe(&c, 8), 0x0405060708090a0b);
    CHECK_EQ_U64(cur_uintbe(&c, 0), 0);
    CHECK(cur_ok(&c));
}

static void test_overrun_sticks(struct check *t)
{
    struct cur c = cur_of(octets, 3);
    uint8_t copy[4] = {9, 9, 9, 9};

    CHECK_EQ_U64(cur_u32be(&c), 0);
    CHECK(!cur_ok(&c));
    CHECK_EQ_U64(cur_left(&c), 0);
    CHECK_EQ_U64(cur_u8(&c), 0); /* not the octets that were left */
    cur_copy(&c, copy, sizeof copy);
    CHECK_MEM(copy, "\0\0\0\0", 4);
    CHECK(!cur_ok(&c));
    c = cur_of(octets, 3);
    CHECK(cur_take(&c, SIZE_MAX) == NULL);
    CHECK(!cur_ok(&c));
}

static void test_sub(struct check *t)
{
    struct cur c = cur_of(octets, sizeof octets);
    struct cur sub = cur_sub(&c, 4);

    CHECK_EQ_U64(cur_u32be(&sub), 0x01020304);
    CHECK_EQ_U64(cur_u8(&sub), 0); /* does not see what follows */
    CHECK(!cur_ok(&sub) && cur_ok(&c));
    CHECK_EQ_U64(cur_u8(&c), 5);
    sub = cur_sub(&c, 100);
    CHECK(!cur_ok(&sub) && !cur_ok(&c));
    CHECK_EQ_U64(cur_left(&sub), 0);
}

CHECK_MAIN(test_numbers, test_overrun_sticks, test_sub)

/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
#include "base/err.h"
#include "../check.h"

#include <errno.h>

static void test_codes(struct check *t)
{
    for (int code = 0; code > -ERR_COUNT_; code--) {
        CHECK(err_text(code) != NULL && err_text(code)[0] != '\0');
    }
    CHECK_STR(err_text(ERR_CHECKSUM), "checksum mismatch");
    CHECK_STR(err_text(-999), "unknown error");
    CHECK_STR(err_text(1), "unknown error");
}

static void test_fault(struct check *t)
{
    struct fault f;

    fault_clear(&f);
    CHECK_EQ_U64(f.offset, UINT64_MAX);
    CHECK_EQ_I64(fault_set(&f, ERR_RANGE, "port %d is above %d", 70000, 65535), ERR_RANGE);
    CHECK_STR(f.text, "port 70000 is above 65535");
    CHECK_EQ_I64(fault_at_text(&f, "filter.txt", 3, 12, 5), ERR_RANGE);
    CHECK_EQ_U64(f.column, 12);
    CHECK_STR(f.name, "filter.txt");
    fault_at_text(&f, NULL, 4, 1, 1);
    CHECK_STR(f.name, "filter.txt");
    fault_at_file(&f, "flows", 4096);
    CHECK_EQ_U64(f.offset, 4096);
    errno = ENOSPC;
    CHECK_EQ_I64(fault_sys(&f, "cannot write"), ERR_IO);
    CHECK_STR(f.text, "cannot write: No space left on device");
    CHECK_EQ_I64(f.sys_errno, ENOSPC);
    CHECK_EQ_I64(errno, ENOSPC);
}

static void test_long_and_absent(struct check *t)
{
    struct fault f;
    char path[1000];

    memset(path, 'd', sizeof path);
    memcpy(path + sizeof path - 6, "/file", 6);
    fault_clear(&f);
    fault_at_file(&f, path, 0);
    CHECK_STR(f.name + strlen(f.name) - 5, "/file"); /* the end is kept */
    fault_set(&f, ERR_IO, "%s%s", path, path);
    CHECK_EQ_U64(strlen(f.text), sizeof f.text - 1);
    CHECK_EQ_I64(fault_set(NULL, ERR_IO, "x"), ERR_IO);
    CHECK_EQ_I64(fault_sys(NULL, "x"), ERR_IO);
    CHECK_EQ_I64(fault_at_file(NULL, "x", 0), 0);
    fault_clear(NULL);
}

CHECK_MAIN(test_codes, test_fault, test_long_and_absent)

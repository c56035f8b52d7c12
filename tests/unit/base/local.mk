# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/base, two lines each; they link this room and those below, nothing else:
UNIT_TESTS += tests/unit/base/test_arena tests/unit/base/test_bits tests/unit/base/test_buf \
    tests/unit/base/test_clock tests/unit/base/test_cur tests/unit/base/test_digest \
    tests/unit/base/test_err tests/unit/base/test_file tests/unit/base/test_hash \
    tests/unit/base/test_ip tests/unit/base/test_json tests/unit/base/test_log \
    tests/unit/base/test_opt tests/unit/base/test_pool tests/unit/base/test_priv \
    tests/unit/base/test_queue tests/unit/base/test_sandbox tests/unit/base/test_text
tests_unit_base_test_arena_LDADD = $(BASE_LIBS)
tests_unit_base_test_bits_LDADD = $(BASE_LIBS)
tests_unit_base_test_buf_LDADD = $(BASE_LIBS)
tests_unit_base_test_clock_LDADD = $(BASE_LIBS)
tests_unit_base_test_cur_LDADD = $(BASE_LIBS)
tests_unit_base_test_digest_LDADD = $(BASE_LIBS)
tests_unit_base_test_err_LDADD = $(BASE_LIBS)
tests_unit_base_test_file_LDADD = $(BASE_LIBS)
tests_unit_base_test_hash_LDADD = $(BASE_LIBS)
tests_unit_base_test_ip_LDADD = $(BASE_LIBS)
tests_unit_base_test_json_LDADD = $(BASE_LIBS)
tests_unit_base_test_log_LDADD = $(BASE_LIBS)
tests_unit_base_test_opt_LDADD = $(BASE_LIBS)
tests_unit_base_test_pool_LDADD = $(BASE_LIBS)
tests_unit_base_test_priv_LDADD = $(BASE_LIBS)
tests_unit_base_test_queue_LDADD = $(BASE_LIBS)
tests_unit_base_test_sandbox_LDADD = $(BASE_LIBS)
tests_unit_base_test_text_LDADD = $(BASE_LIBS)

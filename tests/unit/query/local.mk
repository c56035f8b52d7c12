# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/query, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/query/test_x
#   tests_unit_query_test_x_LDADD = $(QUERY_LIBS)
UNIT_TESTS += tests/unit/query/test_ranksort
tests_unit_query_test_ranksort_LDADD = $(QUERY_LIBS)
UNIT_TESTS += tests/unit/query/test_statcount
tests_unit_query_test_statcount_LDADD = $(QUERY_LIBS)
UNIT_TESTS += tests/unit/query/test_prune
tests_unit_query_test_prune_LDADD = $(QUERY_LIBS)
UNIT_TESTS += tests/unit/query/test_aggregate
tests_unit_query_test_aggregate_LDADD = $(QUERY_LIBS)
EXTRA_DIST += tests/unit/query/flowday.h
UNIT_TESTS += tests/unit/query/test_flips
tests_unit_query_test_flips_LDADD = $(QUERY_LIBS)

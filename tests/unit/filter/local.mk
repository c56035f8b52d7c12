# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/filter, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/filter/test_x
#   tests_unit_filter_test_x_LDADD = $(FILTER_LIBS)
UNIT_TESTS += tests/unit/filter/test_filter
tests_unit_filter_test_filter_LDADD = $(FILTER_LIBS)
EXTRA_DIST += tests/unit/filter/randomflows.h

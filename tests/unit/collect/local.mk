# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/collect, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/collect/test_x
#   tests_unit_collect_test_x_LDADD = $(COLLECT_LIBS)

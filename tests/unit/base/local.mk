# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/base, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/base/test_x
#   tests_unit_base_test_x_LDADD = $(BASE_LIBS)

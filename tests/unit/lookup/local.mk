# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/lookup, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/lookup/test_x
#   tests_unit_lookup_test_x_LDADD = $(LOOKUP_LIBS)

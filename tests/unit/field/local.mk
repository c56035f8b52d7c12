# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/field, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/field/test_x
#   tests_unit_field_test_x_LDADD = $(FIELD_LIBS)

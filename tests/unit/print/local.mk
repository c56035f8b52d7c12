# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/print, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/print/test_x
#   tests_unit_print_test_x_LDADD = $(PRINT_LIBS)

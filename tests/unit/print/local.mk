# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/print, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/print/test_x
#   tests_unit_print_test_x_LDADD = $(PRINT_LIBS)
UNIT_TESTS += tests/unit/print/test_printer tests/unit/print/test_shape
UNIT_TESTS += tests/unit/print/test_value
tests_unit_print_test_printer_LDADD = $(PRINT_LIBS)
tests_unit_print_test_shape_LDADD = $(PRINT_LIBS)
tests_unit_print_test_value_LDADD = $(FIELD_LIBS)

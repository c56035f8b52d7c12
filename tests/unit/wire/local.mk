# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/wire, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/wire/test_x
#   tests_unit_wire_test_x_LDADD = $(WIRE_LIBS)
UNIT_TESTS += tests/unit/wire/test_wire
tests_unit_wire_test_wire_LDADD = $(WIRE_LIBS)
UNIT_TESTS += tests/unit/wire/test_encode
tests_unit_wire_test_encode_LDADD = $(WIRE_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/payload, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/payload/test_x
#   tests_unit_payload_test_x_LDADD = $(PAYLOAD_LIBS)

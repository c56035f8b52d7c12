# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/flow, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/flow/test_x
#   tests_unit_flow_test_x_LDADD = $(FLOW_LIBS)
UNIT_TESTS += tests/unit/flow/test_flow
tests_unit_flow_test_flow_LDADD = $(FLOW_LIBS)

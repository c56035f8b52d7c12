# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/probe, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/probe/test_x
#   tests_unit_probe_test_x_LDADD = $(PROBE_LIBS)
UNIT_TESTS += tests/unit/probe/test_flowtable
tests_unit_probe_test_flowtable_LDADD = $(PROBE_LIBS)
UNIT_TESTS += tests/unit/probe/test_meter
tests_unit_probe_test_meter_LDADD = $(PROBE_LIBS)

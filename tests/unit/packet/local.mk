# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/packet, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/packet/test_x
#   tests_unit_packet_test_x_LDADD = $(PACKET_LIBS)
UNIT_TESTS += tests/unit/packet/test_packet
tests_unit_packet_test_packet_LDADD = $(PACKET_LIBS)

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/payload, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/payload/test_x
#   tests_unit_payload_test_x_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_dns
tests_unit_payload_test_dns_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_ja
tests_unit_payload_test_ja_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_payload_print
tests_unit_payload_test_payload_print_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_regex
tests_unit_payload_test_regex_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_search
tests_unit_payload_test_search_LDADD = $(PAYLOAD_LIBS)
UNIT_TESTS += tests/unit/payload/test_tls
tests_unit_payload_test_tls_LDADD = $(PAYLOAD_LIBS)
EXTRA_DIST += tests/unit/payload/octets.h tests/unit/payload/hellos.def tests/unit/payload/messages.def

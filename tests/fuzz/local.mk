# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# Fuzz targets, one per parser of foreign bytes: tests/fuzz/fuzz_x.c has LLVMFuzzerTestOneInput, its
# seeds are in tests/fuzz/seeds/x/. In make check driver.c feeds it the seeds and variants of them;
# after ./configure CC=clang --enable-fuzzing it is a libFuzzer program (make fuzz FUZZ_SECONDS=60).
# Two lines each:
#   FUZZ_TARGETS += tests/fuzz/fuzz_x
#   tests_fuzz_fuzz_x_LDADD = $(FUZZ_MAIN) $(X_LIBS)
FUZZ_TARGETS =
FUZZ_SECONDS = 60

if FUZZING
FUZZ_MAIN = $(FUZZ_LDFLAGS)
FUZZ_TESTS =
else
FUZZ_MAIN = tests/fuzz/libdriver.a
FUZZ_TESTS = $(FUZZ_TARGETS)
check_LIBRARIES += tests/fuzz/libdriver.a
tests_fuzz_libdriver_a_SOURCES = tests/fuzz/driver.c
endif

check_PROGRAMS += $(FUZZ_TARGETS)
EXTRA_DIST += tests/fuzz/driver.c tests/fuzz/seeds

FUZZ_TARGETS += tests/fuzz/fuzz_base
tests_fuzz_fuzz_base_LDADD = $(FUZZ_MAIN) $(BASE_LIBS)

fuzz: $(FUZZ_TARGETS)
	@for target in $(FUZZ_TARGETS); do \
	    name=$${target##*fuzz_}; mkdir -p tests/fuzz/corpus/$$name; \
	    $$target -max_total_time=$(FUZZ_SECONDS) tests/fuzz/corpus/$$name \
	        $(srcdir)/tests/fuzz/seeds/$$name || exit 1; \
	done

.PHONY: fuzz

FUZZ_TARGETS += tests/fuzz/fuzz_packet
tests_fuzz_fuzz_packet_LDADD = $(FUZZ_MAIN) $(PACKET_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_capture
tests_fuzz_fuzz_capture_LDADD = $(FUZZ_MAIN) $(STORE_LIBS) $(PACKET_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_meter
tests_fuzz_fuzz_meter_LDADD = $(FUZZ_MAIN) $(PROBE_LIBS)
FUZZ_TARGETS += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_LDADD = $(FUZZ_MAIN) $(PROBE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_dns tests/fuzz/fuzz_tls tests/fuzz/fuzz_regex
tests_fuzz_fuzz_dns_LDADD = $(FUZZ_MAIN) $(PAYLOAD_LIBS)
tests_fuzz_fuzz_tls_LDADD = $(FUZZ_MAIN) $(PAYLOAD_LIBS)
tests_fuzz_fuzz_regex_LDADD = $(FUZZ_MAIN) $(PAYLOAD_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_v5 tests/fuzz/fuzz_v9 tests/fuzz/fuzz_ipfix tests/fuzz/fuzz_sflow \
    tests/fuzz/fuzz_wirestate
EXTRA_DIST += tests/fuzz/fuzz_wire.h
tests_fuzz_fuzz_v5_LDADD = $(FUZZ_MAIN) $(WIRE_LIBS)
tests_fuzz_fuzz_v9_LDADD = $(FUZZ_MAIN) $(WIRE_LIBS)
tests_fuzz_fuzz_ipfix_LDADD = $(FUZZ_MAIN) $(WIRE_LIBS)
tests_fuzz_fuzz_sflow_LDADD = $(FUZZ_MAIN) $(WIRE_LIBS)
tests_fuzz_fuzz_wirestate_LDADD = $(FUZZ_MAIN) $(WIRE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_weirfile
tests_fuzz_fuzz_weirfile_LDADD = $(FUZZ_MAIN) $(STORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_filter tests/fuzz/fuzz_bytecode
tests_fuzz_fuzz_filter_LDADD = $(FUZZ_MAIN) $(FILTER_LIBS)
tests_fuzz_fuzz_bytecode_LDADD = $(FUZZ_MAIN) $(FILTER_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_format tests/fuzz/fuzz_toml
tests_fuzz_fuzz_format_LDADD = $(FUZZ_MAIN) $(PRINT_LIBS)
tests_fuzz_fuzz_toml_LDADD = $(FUZZ_MAIN) $(BASE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_nfd1 tests/fuzz/fuzz_nfd2 tests/fuzz/fuzz_lzo
EXTRA_DIST += tests/fuzz/fuzz_file.h tests/fuzz/fuzz_nfd.h tests/tools/mknfd.py
tests_fuzz_fuzz_nfd1_LDADD = $(FUZZ_MAIN) $(STORE_LIBS)
tests_fuzz_fuzz_nfd2_LDADD = $(FUZZ_MAIN) $(STORE_LIBS)
tests_fuzz_fuzz_lzo_LDADD = $(FUZZ_MAIN) $(STORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_nfarray
tests_fuzz_fuzz_nfarray_LDADD = $(FUZZ_MAIN) $(LOOKUP_LIBS)

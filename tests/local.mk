# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# make check runs all of UNIT_TESTS (programs) and SUITES (scripts) through tests/runner.sh. Each ends
# with a line "N passed, N failed, N skipped". One of them: make check T=base (a part of its name).
UNIT_TESTS =

include tests/unit/base/local.mk
include tests/unit/field/local.mk
include tests/unit/flow/local.mk
include tests/unit/payload/local.mk
include tests/unit/packet/local.mk
include tests/unit/store/local.mk
include tests/unit/wire/local.mk
include tests/unit/lookup/local.mk
include tests/unit/filter/local.mk
include tests/unit/query/local.mk
include tests/unit/print/local.mk
include tests/unit/collect/local.mk
include tests/unit/probe/local.mk
include tests/filter/local.mk
include tests/compat/filter/local.mk
include tests/fuzz/local.mk
include tests/lint/local.mk
include tests/perf/local.mk
include tests/suites.mk

check_PROGRAMS += $(UNIT_TESTS)
EXTRA_DIST += tests/runner.sh tests/run.sh tests/packages.txt tests/unit/check.h

check-local: $(check_PROGRAMS) $(bin_PROGRAMS) $(sbin_PROGRAMS)
	@WEIR_SRC="$(abs_top_srcdir)" WEIR_BUILD="$(abs_top_builddir)" CC="$(CC)" T="$(T)" \
	    sh $(srcdir)/tests/runner.sh $(UNIT_TESTS) $(FUZZ_TESTS) $(SUITES)

clean-local:
	rm -rf tests/logs


# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Cases of the filter language, one a line, and what the optimiser makes of some.
check_PROGRAMS += tests/filter/filter_cases
tests_filter_filter_cases_LDADD = $(FILTER_LIBS) $(STORE_LIBS)
check_PROGRAMS += tests/filter/optimiser_cases
tests_filter_optimiser_cases_LDADD = $(FILTER_LIBS)
SUITES += tests/filter/run.py
EXTRA_DIST += tests/filter tests/tools/mkdatabases.py

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
SUITES += tests/lint/lint.py
EXTRA_DIST += tests/lint/lint.py tests/lint/giants.txt tests/lint/globals.txt

# Option lists of the manual pages against the option rows.
SUITES += tests/lint/options.sh
EXTRA_DIST += tests/lint/options.sh
check_PROGRAMS += tests/tools/options_mdoc
tests_tools_options_mdoc_LDADD = libweir-collect.a $(PROBE_LIBS)

# Tables of weir(1) against the rows they come from.
SUITES += tests/lint/weirpage.sh
EXTRA_DIST += tests/lint/weirpage.sh
check_PROGRAMS += tests/tools/query_mdoc
tests_tools_query_mdoc_LDADD = $(QUERY_LIBS)

# Tables of doc/filter.md, and the help text, against the vocabulary.
SUITES += tests/lint/filterpage.sh
EXTRA_DIST += tests/lint/filterpage.sh
check_PROGRAMS += tests/tools/filter_tables
tests_tools_filter_tables_LDADD = $(FILTER_LIBS)

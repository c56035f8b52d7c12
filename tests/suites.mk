# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Test scripts, relative to the source directory; with their data, which must be distributed:
#   SUITES += tests/cli/run.sh
#   EXTRA_DIST += tests/cli
SUITES += tests/compat/probe_vs_softflowd.py
EXTRA_DIST += tests/compat/probe_vs_softflowd.py tests/compat/probe_exceptions.txt
SUITES += tests/wire/corpora.py
EXTRA_DIST += tests/wire/corpora.py tests/wire/corpora_exceptions.txt
check_PROGRAMS += tests/wire/wiredump
tests_wire_wiredump_LDADD = $(WIRE_LIBS) $(PCAP_LIBS)

check_PROGRAMS += tests/tools/weirdump
tests_tools_weirdump_SOURCES = tests/tools/weirdump.c
tests_tools_weirdump_LDADD = $(STORE_LIBS)
SUITES += tests/format/run.sh
EXTRA_DIST += tests/format tests/tools/weirread.py
SUITES += tests/wire/live.py
EXTRA_DIST += tests/wire/live.py

SUITES += tests/compat/golden.py
EXTRA_DIST += tests/compat/golden.py tests/compat/golden-exceptions.txt tests/compat/golden-exceptions

SUITES += tests/cli/query.py tests/cli/cases.py
EXTRA_DIST += tests/cli/query.py tests/cli/cases.py tests/cli/cases
check_PROGRAMS += tests/tools/textflows
tests_tools_textflows_LDADD = $(FILTER_LIBS) $(STORE_LIBS)
check_PROGRAMS += tests/tools/mkflows
tests_tools_mkflows_LDADD = $(STORE_LIBS)
SUITES += tests/compat/cases_vs_nfdump.py
EXTRA_DIST += tests/compat/cases_vs_nfdump.py
SUITES += tests/cli/catalogue.py
EXTRA_DIST += tests/cli/catalogue.py
SUITES += tests/compat/collect_vs_nfcapd.py
EXTRA_DIST += tests/compat/collect_vs_nfcapd.py
# Random filters: weir selects what the installed nfdump selects.
SUITES += tests/compat/filter_vs_nfdump.py
EXTRA_DIST += tests/compat/filter_vs_nfdump.py
SUITES += tests/cli/filterfiles.py tests/cli/geography.py
EXTRA_DIST += tests/cli/filterfiles.py tests/cli/geography.py
SUITES += tests/cli/probe_live.py
EXTRA_DIST += tests/cli/probe_live.py
SUITES += tests/compat/probe_vs_nfpcapd.py
EXTRA_DIST += tests/compat/probe_vs_nfpcapd.py tests/compat/nfpcapd_exceptions.txt
SUITES += tests/cli/badinput.py
EXTRA_DIST += tests/cli/badinput.py
SUITES += tests/cli/probe_control.py tests/cli/probe_veth.py
EXTRA_DIST += tests/cli/probing.py tests/cli/probe_control.py tests/cli/probe_veth.py
SUITES += tests/compat/probe_totals.py tests/wire/probe_export.py
EXTRA_DIST += tests/compat/probe_totals.py tests/wire/probe_export.py tests/tools/capread.py
EXTRA_DIST += tests/tools/exportread.py
SUITES += tests/cli/probe_links.py
EXTRA_DIST += tests/cli/probe_links.py tests/tools/mklinks.py
EXTRA_DIST += tests/tools/checks.py tests/tools/exports.py tests/tools/weirmend.h
SUITES += tests/compat/damaged.py
EXTRA_DIST += tests/compat/damaged.py
SUITES += tests/compat/nffiles_vs_nfdump.py
EXTRA_DIST += tests/compat/nffiles_vs_nfdump.py
SUITES += tests/cli/archive.py tests/compat/collected_files.py
EXTRA_DIST += tests/cli/archive.py tests/compat/collected_files.py
SUITES += tests/wire/elements.py
EXTRA_DIST += tests/wire/elements.py
check_PROGRAMS += tests/tools/element_tables
tests_tools_element_tables_LDADD = $(WIRE_LIBS)
SUITES += tests/wire/vendors.py
EXTRA_DIST += tests/wire/vendors.py

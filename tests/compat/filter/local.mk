# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The corpus of filters: the only test of the filter that reads flow files.
UNIT_TESTS += tests/compat/filter/compat_filter
tests_compat_filter_compat_filter_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_compat_filter_compat_filter_LDADD = $(FILTER_LIBS) $(STORE_LIBS)
EXTRA_DIST += tests/compat/filter/flows.h

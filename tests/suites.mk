# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Test scripts, relative to the source directory; with their data, which must be distributed:
#   SUITES += tests/cli/run.sh
#   EXTRA_DIST += tests/cli
SUITES += tests/compat/probe_vs_softflowd.py
EXTRA_DIST += tests/compat/probe_vs_softflowd.py tests/compat/probe_exceptions.txt

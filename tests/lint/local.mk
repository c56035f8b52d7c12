# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
SUITES += tests/lint/lint.py
EXTRA_DIST += tests/lint/lint.py tests/lint/giants.txt tests/lint/globals.txt

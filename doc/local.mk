# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Documents that are part of a release.
EXTRA_DIST += doc/architecture.md doc/decisions doc/elements.md doc/file-format.md doc/filter.md doc/loss-account.md
EXTRA_DIST += doc/nfdump-files.md doc/performance.md

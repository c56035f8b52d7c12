# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Documents that are part of a release: EXTRA_DIST += doc/file-format.md
EXTRA_DIST += doc/file-format.md
EXTRA_DIST += doc/decisions/001-groups.md
EXTRA_DIST += doc/decisions/002-payload-room.md
EXTRA_DIST += doc/decisions/003-probe-accounting.md
EXTRA_DIST += doc/loss-account.md
EXTRA_DIST += doc/filter.md doc/decisions/010-filter-meanings.md
EXTRA_DIST += doc/decisions/005-collector-captures.md
EXTRA_DIST += doc/architecture.md

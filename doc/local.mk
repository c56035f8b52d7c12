# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Documents that are part of a release: EXTRA_DIST += doc/file-format.md

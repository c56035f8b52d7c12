# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Captures, flow files and scripts that are part of a release.

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Manual pages: dist_man_MANS += man/weir.1

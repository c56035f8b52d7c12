# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Manual pages: dist_man_MANS += man/weir.1
dist_man_MANS += man/weirprobe.8 man/weirctl.8 man/weircapd.8
dist_man_MANS += man/weir.1

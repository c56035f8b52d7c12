# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Units of the daemons, installed where the distribution looks for examples.
unitdir = $(datadir)/weir/systemd
dist_unit_DATA = systemd/weirprobe@.service
EXTRA_DIST += systemd/weircapd.service systemd/weircapd.default systemd/weir.sysusers

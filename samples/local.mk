# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Captures, flow files and scripts that are part of a release. office.pcap is what
# tests/tools/mkpcap.py writes without arguments.
EXTRA_DIST += samples/office.pcap samples/quickstart.sh tests/tools/mkpcap.py

office-pcap:
	python3 $(srcdir)/tests/tools/mkpcap.py -o $(srcdir)/samples/office.pcap

.PHONY: office-pcap

# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# make bench: the synthetic day, weir against its peers. BENCH="--flows 20000000" hands options on.
EXTRA_PROGRAMS += tests/perf/genday tests/perf/encodeday
tests_perf_genday_SOURCES = tests/perf/genday.c tests/perf/daymodel.c tests/perf/daymodel.h \
    tests/perf/daypcap.c tests/perf/daypcap.h
tests_perf_genday_LDADD = $(STORE_LIBS) $(WIRE_LIBS)
tests_perf_encodeday_SOURCES = tests/perf/encodeday.c
tests_perf_encodeday_LDADD = $(STORE_LIBS)
CLEANFILES += tests/perf/genday tests/perf/encodeday
EXTRA_PROGRAMS += tests/perf/meterbench
tests_perf_meterbench_LDADD = $(PROBE_LIBS)
CLEANFILES += tests/perf/meterbench
EXTRA_DIST += tests/perf/bench.py tests/perf/duck.py tests/perf/fanout.py

# make tests/tools/replay: a capture's datagrams to a collector at a steady rate.
EXTRA_PROGRAMS += tests/tools/replay
tests_tools_replay_SOURCES = tests/tools/replay.c
tests_tools_replay_LDADD = $(COLLECT_LIBS) $(PCAP_LIBS)
CLEANFILES += tests/tools/replay

bench: all tests/perf/genday tests/perf/encodeday tests/perf/meterbench
	WEIR_SRC="$(abs_top_srcdir)" WEIR_BUILD="$(abs_top_builddir)" \
	    python3 -B $(srcdir)/tests/perf/bench.py $(BENCH)

.PHONY: bench

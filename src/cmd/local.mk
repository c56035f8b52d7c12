# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The programs. A program enters its list together with its source:
#   sbin_PROGRAMS += weirprobe
#   weirprobe_SOURCES = src/cmd/weirprobe.c
#   weirprobe_LDADD = $(WEIRPROBE_LIBS)
WEIR_LIBS = $(PRINT_LIBS) $(QUERY_LIBS)
WEIRCAPD_LIBS = $(COLLECT_LIBS) $(FILTER_LIBS)
WEIRPROBE_LIBS = $(PROBE_LIBS) $(FILTER_LIBS)
WEIRCTL_LIBS = libweir-probe.a $(BASE_LIBS)

sbin_PROGRAMS += weirprobe weirctl weircapd
weircapd_SOURCES = src/cmd/weircapd.c
weircapd_LDADD = $(WEIRCAPD_LIBS)
weirprobe_SOURCES = src/cmd/weirprobe.c
weirprobe_LDADD = $(WEIRPROBE_LIBS)
weirctl_SOURCES = src/cmd/weirctl.c
weirctl_LDADD = $(WEIRCTL_LIBS)

bin_PROGRAMS += weir
weir_SOURCES = src/cmd/weir.c src/cmd/session.h src/cmd/sessionsteps.c src/cmd/sessionrun.c \
	src/cmd/sessiontasks.c src/cmd/sessionfiles.c src/cmd/coverage.c src/cmd/coverage.h
weir_CPPFLAGS = $(AM_CPPFLAGS) -DWEIR_SYSCONF_FILE='"$(sysconfdir)/weir.conf"'
weir_LDADD = $(WEIR_LIBS)

# The names of the programs replaced, for scripts: put this directory first in PATH. With
# configure --enable-drop-in it is bindir, and weir takes their place.
COMPAT_NAMES = nfdump:$(bindir)/weir nfcapd:$(sbindir)/weircapd sfcapd:$(sbindir)/weircapd \
    softflowd:$(sbindir)/weirprobe nfpcapd:$(sbindir)/weirprobe softflowctl:$(sbindir)/weirctl

install-exec-hook:
	$(MKDIR_P) "$(DESTDIR)$(compatdir)"
	for pair in $(COMPAT_NAMES); do \
	    $(LN_S) -f "$${pair#*:}" "$(DESTDIR)$(compatdir)/$${pair%%:*}"; \
	done

uninstall-hook:
	for pair in $(COMPAT_NAMES); do rm -f "$(DESTDIR)$(compatdir)/$${pair%%:*}"; done

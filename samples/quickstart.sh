#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# From nothing to answers, in under three minutes: installs packages (when run by root on Debian),
# builds, starts a collector on a free loopback port, lets the probe export a capture to it, asks
# some questions, and cleans up. Every command is printed before it runs.
#
#   samples/quickstart.sh [capture.pcap]

set -eu
cd "$(dirname "$0")/.."
capture=${1:-samples/office.pcap}
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-quickstart.XXXXXX")
collector=

clean_up() {
    [ -z "$collector" ] || kill "$collector" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

say() {
    printf '\n# %s\n' "$*"
}

run() {
    printf '$ %s\n' "$*"
    "$@"
}

# Wait until a command succeeds, at most ten seconds.
wait_for() {
    what=$1
    shift
    for _ in $(seq 100); do
        "$@" && return
        sleep 0.1
    done
    echo "quickstart: waited in vain for $what" >&2
    cat "$work/collector.log" >&2
    exit 1
}

install_packages() {
    packages="autoconf automake make gcc flex bison libzstd-dev libpcap-dev libxxhash-dev"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        dpkg -s $packages >/dev/null 2>&1 && return
        say "packages"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages \
            >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; exit 1; }
    fi
}

build() {
    say "build (log: only if it fails)"
    {
        [ -x configure ] || autoreconf -fi
        [ -f Makefile ] || ./configure
        make -j"$(nproc)"
    } >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
}

# A UDP port that nobody has; in /proc they stand in hexadecimal.
port_taken() {
    grep -qi ":$(printf '%04X' "$1") " /proc/net/udp /proc/net/udp6
}

free_port() {
    port=9995
    while port_taken $port; do
        port=$((port + 1))
    done
    echo $port
}

flows_stored() {
    ./weir -r "$work"/flows/nfcapd.current.* -o csv-fast 2>/dev/null | grep -c '^[0-9]' || true
}

# Everything exported has arrived when the count is above zero and stands still.
flows_arrived() {
    before=$count
    count=$(flows_stored)
    [ "$count" -gt 0 ] && [ "$count" -eq "$before" ]
}

install_packages
build

port=$(free_port)
mkdir "$work/flows"
say "a collector on loopback, and a probe that sends it the flows of $capture"
printf '$ %s\n' "./weircapd -w $work/flows -b 127.0.0.1 -p $port &"
./weircapd -w "$work/flows" -b 127.0.0.1 -p "$port" >"$work/collector.log" 2>&1 &
collector=$!
wait_for "the collector to listen" port_taken "$port"
run ./weirprobe -r "$capture" -v 10 -n "127.0.0.1:$port" | sed -n '1,8p'
count=0
wait_for "flows" flows_arrived
kill -TERM "$collector"
wait "$collector" || true
collector=

say "what was seen"
run ./weir -R "$work/flows" | head -n 5
say "larger downloads over TLS"
run ./weir -R "$work/flows" 'proto tcp and src port 443 and bytes > 20000'
say "who moved most"
run ./weir -R "$work/flows" -s ip/bytes -n 5
say "done: $count flows stored and asked; nothing is left behind"

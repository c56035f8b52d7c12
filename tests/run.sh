#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# The whole proof on a Debian machine: installs what is needed (when it may), builds with warnings
# as errors, runs every test, then builds and runs them all again under the address and undefined-
# behaviour sanitizers. The last line sums up all cases: "N passed, N failed, N skipped".
#
# The sanitizers make the start of a program slow: of the long lists of commands (golden corpus, own
# cases, damaged files) every third one is run there (WEIR_EVERY), of everything else all.
#
#   tests/run.sh [--no-install] [--no-sanitizers]

set -u
cd "$(dirname "$0")/.." || exit 1
top=$(pwd)
install=yes sanitizers=yes
for word in "$@"; do
    case $word in
    --no-install) install=no ;;
    --no-sanitizers) sanitizers=no ;;
    *) echo "usage: tests/run.sh [--no-install] [--no-sanitizers]" >&2; exit 1 ;;
    esac
done

install_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends $(sed 's/#.*//' tests/packages.txt) || {
        echo "run.sh: some packages could not be installed; one by one instead"
        for package in $(sed 's/#.*//' tests/packages.txt); do
            apt-get install -y -qq --no-install-recommends "$package" || echo "run.sh: no $package"
        done
    }
}

# build_and_check directory configure-options: leaves the log beside the directory
build_and_check() {
    where=$1
    shift
    mkdir -p "$where"
    log=$where/check.log
    (cd "$where" && "$top/configure" --enable-werror "$@" && make -j"$(nproc)" &&
        JOBS=$(nproc) make check) >"$log" 2>&1
    status=$?
    grep -E '^(FAIL|    )' "$log"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        tail -n 60 "$log"
        line="0 passed, 1 failed, 0 skipped"
    elif [ "$status" -ne 0 ] && [ "${line#*, 0 failed}" != "$line" ]; then
        tail -n 20 "$log"
        line="${line%, 0 failed*}, 1 failed${line#*, 0 failed}"
    fi
    echo "$where: $line"
    lines="$lines
$line"
}

[ $install = yes ] && install_packages
lines=
autoreconf -fi >build-autoreconf.log 2>&1 || {
    cat build-autoreconf.log
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}
# A source tree that is configured itself forbids other build trees.
[ -f Makefile ] && make -s distclean >/dev/null 2>&1
rm -rf build-plain build-sanitizers
build_and_check build-plain
export WEIR_EVERY=3
[ $sanitizers = yes ] && build_and_check build-sanitizers --enable-sanitizers
echo "$lines" | awk '
    NF { passed += $1; failed += $3; skipped += $5 }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }'

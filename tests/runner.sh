#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# Runs every test program and script named on the command line, $JOBS at a time, and adds up their
# last lines "N passed, N failed[, N skipped]". A test without such a line, or one that exits
# non-zero while claiming success, counts as one failure. Ends with the sum in the same form.
#
# Each gets WEIR_SRC, WEIR_BUILD (absolute) and WEIR_TMP (its own empty directory). T=text runs only
# tests whose name contains the text. Output of each is kept in tests/logs/.

set -u
: "${WEIR_SRC:=$(pwd)}" "${WEIR_BUILD:=$(pwd)}" "${T:=}" "${JOBS:=2}"
logs=$WEIR_BUILD/tests/logs
if [ "${1:-}" != --one ]; then
    rm -rf "$logs"
    mkdir -p "$logs" || exit 1
    export WEIR_SRC WEIR_BUILD
    for test in "$@"; do
        case $test in *"$T"*) echo "$test" ;; esac
    done | xargs -P "$JOBS" -n 1 sh "$0" --one
    cat "$logs"/*.sum 2>/dev/null | awk '
        { passed += $1; failed += $2; skipped += $3 }
        END {
            printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
            exit (failed > 0 || passed + skipped == 0)
        }'
    exit
fi

test=$2
name=$(echo "$test" | tr / _)
program=$WEIR_BUILD/$test
[ -x "$program" ] && [ ! -d "$program" ] || program=$WEIR_SRC/$test
WEIR_TMP=$(mktemp -d "${TMPDIR:-/tmp}/weir-test.XXXXXX") || exit 1
export WEIR_TMP
case $program in
*.sh) sh "$program" >"$logs/$name.log" 2>&1 </dev/null ;;
*.py) python3 -B "$program" >"$logs/$name.log" 2>&1 </dev/null ;;
*) "$program" >"$logs/$name.log" 2>&1 </dev/null ;;
esac
status=$?
rm -rf "$WEIR_TMP"
last=$(tail -n 1 "$logs/$name.log" | sed -n \
    -e 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' \
    -e 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 0/p')
set -- ${last:-0 0 0}
passed=$1 failed=$2 skipped=${3:-0}
if [ -z "$last" ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
    failed=$((failed + 1))
    echo "(exit status $status)" >>"$logs/$name.log"
fi
echo "$passed $failed $skipped" >"$logs/$name.sum"
if [ "$failed" -gt 0 ]; then
    echo "FAIL $test: $passed passed, $failed failed, $skipped skipped"
    tail -n 40 "$logs/$name.log" | sed 's/^/    /'
else
    echo "ok   $test: $passed passed, $skipped skipped"
fi
exit 0

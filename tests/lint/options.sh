#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The lists in manual pages (options, commands, timeouts) are those of the rows they come from. With
# --update the lists are put into the pages; without it, a difference is a failure.
src=${WEIR_SRC:-.}
build=${WEIR_BUILD:-$src}
passed=0
failed=0

# page with the list between its two marks replaced by the rows' list
page_with_list() {
    sed "/^\\.\\\\\" begin $3/q" "$1"
    "$build/tests/tools/options_mdoc" "$2" "$3"
    sed -n "/^\\.\\\\\" end $3/,\$p" "$1"
}

for each in weirprobe.8:options weirprobe.8:timeouts weircapd.8:options weirctl.8:options \
    weirctl.8:commands; do
    page=${each%:*}
    list=${each#*:}
    fresh=$(mktemp)
    page_with_list "$src/man/$page" "${page%.*}" "$list" > "$fresh"
    if [ "$1" = --update ]; then
        cat "$fresh" > "$src/man/$page"
    fi
    if diff -u "$src/man/$page" "$fresh"; then
        passed=$((passed + 1))
    else
        echo "man/$page: $list differ from their rows: run tests/lint/options.sh --update"
        failed=$((failed + 1))
    fi
    rm -f "$fresh"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The option lists of the manual pages are those of the option rows. With --update the lists
# are put into the pages; without it, a difference is a failure.
src=${WEIR_SRC:-.}
build=${WEIR_BUILD:-$src}
passed=0
failed=0

# page with the list between its two marks replaced by the rows' list
page_with_list() {
    sed '/^\.\\" begin options/q' "$1"
    "$build/tests/tools/options_mdoc" "$2"
    sed -n '/^\.\\" end options/,$p' "$1"
}

for page in weirprobe.8 weircapd.8; do
    fresh=$(mktemp)
    page_with_list "$src/man/$page" "${page%.*}" > "$fresh"
    if [ "$1" = --update ]; then
        cat "$fresh" > "$src/man/$page"
    fi
    if diff -u "$src/man/$page" "$fresh"; then
        passed=$((passed + 1))
    else
        echo "man/$page: options differ from their rows: run tests/lint/options.sh --update"
        failed=$((failed + 1))
    fi
    rm -f "$fresh"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

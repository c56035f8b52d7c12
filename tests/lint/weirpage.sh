#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The tables of weir(1) are those of the rows they describe. With --update they are put into the
# page; without it, a difference is a failure. mandoc, if there, says whether it is well formed.
src=${WEIR_SRC:-.}
build=${WEIR_BUILD:-$src}
page=$src/man/weir.1
passed=0
failed=0
skipped=0

verdict() {
    if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

for table in options stats aggregations orders; do
    fresh=$(mktemp)
    {
        sed "/^\\.\\\\\" begin $table\$/q" "$page"
        "$build/tests/tools/query_mdoc" "$table"
        sed -n "/^\\.\\\\\" end $table\$/,\$p" "$page"
    } > "$fresh"
    [ "$1" = --update ] && cat "$fresh" > "$page"
    diff -u "$page" "$fresh" ||
        echo "man/weir.1: $table differ from their rows: run tests/lint/weirpage.sh --update"
    cmp -s "$page" "$fresh"
    verdict $?
    rm -f "$fresh"
done
if command -v mandoc > /dev/null; then
    complaints=$(mandoc -Tlint -W warning "$page")
    echo "$complaints"
    [ -z "$complaints" ]
    verdict $?
else
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

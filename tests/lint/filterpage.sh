#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# The tables of doc/filter.md are those of the rows they describe, and weir --help=filter names
# every term of them. With --update the tables are put into the page; without it, a difference is
# a failure.
src=${WEIR_SRC:-.}
build=${WEIR_BUILD:-$src}
page=$src/doc/filter.md
passed=0
failed=0

verdict() {
    if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

for table in terms words names; do
    fresh=$(mktemp)
    {
        sed "/^<!-- begin $table -->\$/q" "$page"
        "$build/tests/tools/filter_tables" "$table"
        sed -n "/^<!-- end $table -->\$/,\$p" "$page"
    } > "$fresh"
    [ "$1" = --update ] && cat "$fresh" > "$page"
    diff -u "$page" "$fresh" ||
        echo "doc/filter.md: $table differ from their rows: run tests/lint/filterpage.sh --update"
    cmp -s "$page" "$fresh"
    verdict $?
    rm -f "$fresh"
done
help=$(mktemp)
"$build/weir" --help=filter > "$help"
verdict $?
sed -n '/^<!-- begin terms -->$/,/^<!-- end terms -->$/s/^| `\([^`]*\)`.*/\1/p' "$page" |
while read -r term; do
    grep -q "^  $term  *[a-z-]" "$help" || echo "$term"
done > "$help.missing"
[ -s "$help.missing" ] && { echo "weir --help=filter lacks:"; cat "$help.missing"; }
[ ! -s "$help.missing" ]
verdict $?
rm -f "$help" "$help.missing"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
#
# The flow file's description is true: a second reader (tests/tools/weirread.py, written from
# doc/file-format.md) and the C reader see the same flows in files of all kinds, and the table of
# fields in the description is the catalogue's.
set -u
dump=$WEIR_BUILD/tests/tools/weirdump
read="python3 -B $WEIR_SRC/tests/tools/weirread.py"
passed=0 failed=0 skipped=0

note() { # ok? what
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $2"
    fi
}

"$dump" --fields >"$WEIR_TMP/fields"
grep -E '^\| [0-9]+ \| [A-Z0-9_]+ \| (U8|U16|U32|U64|IP|VAR) \| [0-9]+ \|$' \
    "$WEIR_SRC/doc/file-format.md" >"$WEIR_TMP/documented"
cmp -s "$WEIR_TMP/fields" "$WEIR_TMP/documented"
note $? "table of fields in doc/file-format.md: replace it by the output of weirdump --fields"

for kind in random plausible none live; do
    "$dump" --make $kind "$WEIR_TMP/$kind"
    note $? "make $kind"
    "$dump" "$WEIR_TMP/$kind" >"$WEIR_TMP/c"
    note $? "C reader on $kind"
    $read "$WEIR_TMP/$kind" >"$WEIR_TMP/python"
    note $? "second reader on $kind"
    [ -s "$WEIR_TMP/c" ] && cmp "$WEIR_TMP/c" "$WEIR_TMP/python"
    note $? "both readers agree on $kind"
    $read --sizes "$WEIR_TMP/$kind" >>"$WEIR_TMP/sizes"
done

# Every encoding was met in these files.
for what in CONST RAW BITS DELTA DICT POPULAR PLANES 'form 1' 'form 2' 'form 3' 'form 4' 'form 5' \
    'form 6'; do
    grep -q "$what" "$WEIR_TMP/sizes"
    note $? "$what occurs in the files compared"
done

echo "$passed passed, $failed failed, $skipped skipped"

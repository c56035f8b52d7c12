# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""doc/elements.md: its table is that of the rows (--update puts it there), and every element that
the corpora show nfdump to drop is either mapped or listed with a reason, never both.

The corpora are not part of the source: WEIR_SHARED (default ../shared) tells where they are.
"""
import csv
import os
import subprocess
import sys

SRC = os.environ.get("WEIR_SRC", ".")
BUILD = os.environ.get("WEIR_BUILD", ".")
PAGE = os.path.join(SRC, "doc/elements.md")
ROOT = os.path.join(os.environ.get("WEIR_SHARED", os.path.join(SRC, "../shared")), "compat/packets")
BEGIN, END = "<!-- begin elements -->\n", "<!-- end elements -->\n"
PROTOCOLS = {"both": ("v9", "ipfix"), "v9": ("v9",), "IPFIX": ("ipfix",)}


def table_rows(text, columns):
    """The rows of tables with so many columns, without their heads."""
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns and cells[1].isdigit():
            yield cells


def elements(text):
    return {(p, int(pen), int(n)) for protocol, pen, numbers, *_ in table_rows(text, 5)
            for p in PROTOCOLS[protocol] for n in numbers.split()}


def main():
    made = subprocess.run([os.path.join(BUILD, "tests/tools/element_tables")], capture_output=True,
                          text=True, check=True).stdout
    page = open(PAGE).read()
    before, rest = page.split(BEGIN)
    stands, after = rest.split(END)
    if sys.argv[1:] == ["--update"]:
        with open(PAGE, "w") as f:
            f.write(before + BEGIN + made + END + after)
        return 0
    problems = []
    checks = 2
    if stands != made:
        problems.append("the table differs from its rows: run tests/wire/elements.py --update")
    kept, dropped = elements(made), elements(after)
    if kept & dropped:
        problems.append(f"mapped and listed as not kept: {sorted(kept & dropped)}")
    skipped = 0
    missing = os.path.join(ROOT, "NFCAPD-MISSING-ELEMENTS.tsv")
    if os.path.exists(missing):
        for row in csv.DictReader(open(missing), delimiter="\t"):
            element = (row["protocol"], int(row["pen"]), int(row["element"]))
            checks += 1
            if element not in kept | dropped:
                problems.append(f"{element} {row['name']}: neither mapped nor listed")
    else:
        skipped = 1
    for problem in problems:
        print(problem)
    print(f"{checks - len(problems)} passed, {len(problems)} failed, {skipped} skipped")
    return bool(problems)


sys.exit(main())

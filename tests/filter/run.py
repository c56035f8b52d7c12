#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Runs the filter cases of this directory, all in one go (no word of the language may be without
one), and what the optimiser makes of filters."""
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('WEIR_BUILD', os.path.join(HERE, '../..'))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
CASES = sorted(glob.glob(os.path.join(HERE, '*.ft')))


def run(program, *words):
    """Passed, failed, skipped of a test program; one failure if it does not say."""
    result = subprocess.run([os.path.join(BUILD, 'tests/filter', program), *words],
                            env=dict(os.environ, WEIR_SRC=SOURCE, TZ='UTC'),
                            stdout=subprocess.PIPE, text=True, errors='replace')
    print(result.stdout, end='')
    found = re.search(r'^(\d+) passed, (\d+) failed, (\d+) skipped\n\Z', result.stdout, re.M)
    return [int(n) for n in found.groups()] if found else [0, 1, 0]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        tool = os.path.join(HERE, '../tools/mkdatabases.py')
        subprocess.check_call([sys.executable, '-B', tool, scratch])
        sums = [sum(n) for n in zip(run('filter_cases', '-c', '-d', scratch, *CASES),
                                    run('optimiser_cases', os.path.join(HERE, 'optimiser.txt')))]
    print('%d passed, %d failed, %d skipped' % tuple(sums))
    return sums[1] > 0


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Runs the filter cases of this directory, all files in one go."""
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('WEIR_BUILD', os.path.join(HERE, '../..'))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
CASES = sorted(glob.glob(os.path.join(HERE, '*.ft')))

sys.exit(subprocess.call([os.path.join(BUILD, 'tests/filter/filter_cases')] + CASES,
                         env=dict(os.environ, WEIR_SRC=SOURCE, TZ='UTC')))

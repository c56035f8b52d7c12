#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Runs the filter cases of this directory, all in one go; no word may be without one."""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('WEIR_BUILD', os.path.join(HERE, '../..'))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
CASES = sorted(glob.glob(os.path.join(HERE, '*.ft')))

SCRATCH = os.environ.get('WEIR_TMP') or tempfile.mkdtemp()

subprocess.check_call([sys.executable, os.path.join(HERE, '../tools/mkdatabases.py'), SCRATCH])
sys.exit(subprocess.call([os.path.join(BUILD, 'tests/filter/filter_cases'), '-c', '-d', SCRATCH]
                         + CASES, env=dict(os.environ, WEIR_SRC=SOURCE, TZ='UTC')))

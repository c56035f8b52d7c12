#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The real nfdump against the answers in tests/cli/cases, which weir gives, too.

The program is NFDUMP from the environment, or the one in the path. It must agree with the cases
that are not marked as newer: formats, statistics and messages have changed a lot since 1.7.1.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, '../cli'))
import cases  # noqa: E402


def version_of(program):
    text = subprocess.run([program, '-V'], capture_output=True, timeout=60).stdout.decode('latin-1')
    found = re.search(r'Version:\s*(?:NSEL-NEL)?(\d+)\.(\d+)\.(\d+)', text)
    return tuple(int(n) for n in found.groups()) if found and '-weir-' not in text else None


def has_commands(case):
    return bool(case.commands)


def is_newer(case, version):
    return case.since == b'later' or (case.since == b'1.7.8' and version < (1, 7, 8))


def agrees(program, work, case):
    got = cases.answer(program, work, case)
    if got != case.commands:
        cases.show(program, case.commands, got)
    return got == case.commands


def main():
    program = os.environ.get('NFDUMP') or shutil.which('nfdump')
    version = version_of(program) if program else None
    if version is None or version < (1, 7, 1):
        print('0 passed, 0 failed, 1 skipped')
        return 0
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as work:
        cases.make_files(work)
        for path in sorted(glob.glob(os.path.join(HERE, '../cli/cases', '*.cases'))):
            for case in filter(has_commands, cases.read_cases(path)):
                if is_newer(case, version):
                    skipped += 1
                elif agrees(program, work, case):
                    passed += 1
                else:
                    failed += 1
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weir's answers to commands written down as text, on flows written down as text.

A case in *.cases is a few lines, up to an empty one:

    $ -r all.nf -o line -c 1      arguments of a command, in the words of a shell
    > Date first seen ...         a line of its standard output
    ! ...                         a line of its standard error
    = 254                         its exit code, if it is not 0
    ~ 1.7.8                       what nfdump has given since that version; "~ later": since some
                                  later commit; see tests/compat/cases_vs_nfdump.py

What is expected was printed by nfdump 1.7.8 and 81 commits, for the same file: the flows of
tests/filter/flows.txt. Lines that tell the times of the run are left out.

cases.py [-u] [FILE...]: -u writes down what weir prints now.
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
BUILD = os.environ.get('WEIR_BUILD', SOURCE)
WEIR = os.path.join(BUILD, 'weir')
TOOLS = os.path.join(BUILD, 'tests/tools')
OF_BOTH_FORMATS = ('orders.cases',)
READ = re.compile(rb'^Total records processed.*|^  RecordCount .*')
CONFIG = ('[nfdump]\nmaxworkers = 1\nfmt.mine = "%ts %sap -> %dap %byt"\n'
          'csv.table = "%pr,%sa,%da,%fl"\n')
LEFT_OUT = re.compile(rb'^(Sys: .*flows/second|Created    :|Using \d+ worker)')


def make_files(work, form='nfdump'):
    env = dict(os.environ, WEIR_SRC=SOURCE)
    for name, flows in (('all.nf', 'tests/filter/flows.txt'),):
        subprocess.run([os.path.join(TOOLS, 'textflows'), flows, os.path.join(work, name), form],
                       check=True, env=env)
    for i in range(2):
        os.makedirs(os.path.join(work, 'day/s%d' % i), exist_ok=True)
        for k in range(2):
            path = os.path.join(work, 'day/s%d/nfcapd.2023111422%02d' % (i, 15 + 5 * k))
            subprocess.run([os.path.join(TOOLS, 'mkflows'), path, '40', str(2 * i + k), form,
                            str(5 * k)], check=True)
    with open(os.path.join(work, 'conf'), 'w') as f:
        f.write(CONFIG)
    with open(os.path.join(work, 'icmp.filter'), 'w') as f:
        f.write('# only ICMP\nproto icmp\n')


class Case:
    def __init__(self):
        self.commands = []  # [words, output lines, error lines, code]
        self.since = b''
        self.comments = []

    def text(self):
        lines = list(self.comments)
        for words, out, err, code in self.commands:
            lines.append(b'$ ' + words)
            lines += [b'> ' + line if line else b'>' for line in out]
            lines += [b'! ' + line if line else b'!' for line in err]
            lines += [b'= %d' % code] if code else []
        lines += [b'~ ' + self.since] if self.since else []
        return b'\n'.join(lines) + b'\n'


def read_cases(path):
    cases = [Case()]
    with open(path, 'rb') as f:
        for line in f.read().split(b'\n'):
            case, mark, rest = cases[-1], line[:1], line[2:]
            if not line:
                if case.commands or case.comments:
                    cases.append(Case())
            elif mark == b'#':
                case.comments.append(line)
            elif mark == b'$':
                case.commands.append([rest, [], [], 0])
            elif mark == b'~':
                case.since = rest
            elif mark == b'=':
                case.commands[-1][3] = int(rest)
            else:
                case.commands[-1][1 if mark == b'>' else 2].append(rest)
    return [c for c in cases if c.commands or c.comments]


def lines_of(data, program):
    lines = data.replace(program.encode(), b'nfdump').split(b'\n')
    if lines and not lines[-1]:
        lines.pop()
    return [l for l in lines if not LEFT_OUT.match(l)]


def run(program, work, words):
    words = shlex.split(words.decode())
    env = {'PATH': '/usr/bin:/bin', 'TZ': 'UTC', 'LC_ALL': 'C', 'NFCONF': 'conf',
           'WEIR_FORMAT': 'nfdump'}
    while words and re.match('[A-Z]+=', words[0]):
        name, value = words.pop(0).split('=', 1)
        env[name] = value
    p = subprocess.run([program] + words, cwd=work, env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60)
    return [lines_of(p.stdout, program), lines_of(p.stderr, program), p.returncode]


def answer(program, work, case):
    return [[c[0]] + run(program, work, c[0]) for c in case.commands]


def blur(commands):
    """Without what only files of nfdump's layout say: their size, and the numbers of records."""
    return [[c[0], [READ.sub(b'', l) for l in c[1]]] + c[2:] for c in commands]


def show(path, want, got):
    for w, g in zip(want, got):
        if w != g:
            print('FAILED: %s: %s' % (os.path.basename(path), w[0].decode()))
            print('    want code %d, got %d' % (w[3], g[3]) if w[3] != g[3] else '')
            for x, y in zip(w[1] + w[2], g[1] + g[2]):
                if x != y:
                    print('    want %r\n    got  %r' % (x[:200], y[:200]))
                    break


def check_file(path, work, form):
    passed = failed = 0
    for case in read_cases(path)[::int(os.environ.get('WEIR_EVERY', 1))]:
        got = answer(WEIR, work, case)
        same = got == case.commands
        if same or (form == 'weir' and blur(got) == blur(case.commands)):
            passed += len(got)
        else:
            failed += 1
            show(path, case.commands, got)
    return passed, failed


def update_file(path, work):
    cases = read_cases(path)
    for case in cases:
        case.commands = answer(WEIR, work, case)
    with open(path, 'wb') as f:
        f.write(b'\n'.join(c.text() for c in cases))


def main():
    args = [a for a in sys.argv[1:] if a != '-u']
    paths = args or sorted(glob.glob(os.path.join(HERE, 'cases', '*.cases')))
    passed = failed = 0
    for form in ('nfdump', 'weir'):
        with tempfile.TemporaryDirectory() as work:
            make_files(work, form)
            for path in paths:
                if '-u' in sys.argv:
                    update_file(path, work) if form == 'nfdump' else None
                elif form == 'nfdump' or os.path.basename(path) in OF_BOTH_FORMATS:
                    p, f = check_file(path, work, form)
                    passed, failed = passed + p, failed + f
    print('%d passed, %d failed, 0 skipped' % (passed, failed))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())

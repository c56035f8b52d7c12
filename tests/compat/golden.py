#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Run recorded command lines of nfdump 1.7.8 with weir and compare what comes out.

The corpus is ../shared/compat/golden-query beside the checkout, or below $WEIR_SHARED; without it
all is skipped. A case is NAME.cmd (a command a line, run one after the other in a directory with
copies of the flow files), NAME.out, NAME.err and NAME.rc. Normalisation: the corpus' README.

What is said about damaged files (broken-*) may be worded differently: there standard error must
only be empty or not as recorded. Usage texts are our own: exit code and stream are compared.
golden-exceptions.txt lists the cases where weir differs on purpose, with the reason; what weir
prints there is kept in golden-exceptions/.

golden.py [-v] [-u] [-w PROGRAM] [NAME-PREFIX...]
  -v  show differences      -u  rewrite golden-exceptions/ (review the changes)
"""
import concurrent.futures
import difflib
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('WEIR_SRC', os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get('WEIR_BUILD', SOURCE)
SHARED = os.environ.get('WEIR_SHARED', os.path.join(SOURCE, '..', 'shared'))
CORPUS = os.path.join(SHARED, 'compat', 'golden-query')
EXTENSIONS = ('out', 'err', 'rc')

DROP = re.compile(r'^(Sys: .*flows/second|Using \d+ worker threads|Limit requested workers)')
PLACE = re.compile(r'in [A-Za-z0-9_]+\.c line \d+')
FRAGMENT = re.compile(r'("ip_fragment" ?: ?")DFMF[^"]*"')
OWN_USAGE = {'opt-noargs', 'opt-help', 'opt-unknown', 'opt-missing-arg', 'sel-none'}


def normalise(data, program):
    lines = []
    for line in data.replace(program.encode(), b'nfdump').split(b'\n'):
        text = line.decode('latin-1')
        if not DROP.match(text):
            text = FRAGMENT.sub(r'\1DFMF"', PLACE.sub('in FILE line N', text))
            lines.append(text.encode('latin-1'))
    return b'\n'.join(lines)


def commands(name):
    with open(os.path.join(CORPUS, name + '.cmd')) as f:
        found = [l for l in f.read().splitlines() if l.strip() and not l.startswith('#')]
    return found or ['']


def run_command(program, words, cwd):
    env = {'PATH': '/usr/bin:/bin', 'TZ': 'UTC', 'LC_ALL': 'C', 'NFCONF': 'conf/golden.conf',
           'WEIR_FORMAT': 'nfdump'}
    env.update({k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')})
    while words and re.match(r'^[A-Z_]+=', words[0]):
        key, value = words.pop(0).split('=', 1)
        env[key] = value
    try:
        p = subprocess.run([program] + words, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=60)
        return p.stdout, p.stderr, p.returncode
    except subprocess.TimeoutExpired as e:
        return e.stdout or b'', (e.stderr or b'') + b'TIMEOUT\n', 124


def run_case(name, program):
    lines = commands(name)
    tmp = tempfile.mkdtemp(prefix='golden.')
    try:
        work = os.path.join(tmp, 'w')
        shutil.copytree(os.path.join(CORPUS, 'flows'), work)
        for sub in ('geo', 'conf'):
            shutil.copytree(os.path.join(CORPUS, sub), os.path.join(work, sub))
        os.mkdir(os.path.join(work, 'tmp'))
        out, err, codes = b'', b'', []
        for n, line in enumerate(lines, 1):
            o, e, code = run_command(program, shlex.split(line), work)
            mark = b'--- step %d ---\n' % n if len(lines) > 1 else b''
            out += mark + normalise(o, program)
            err += mark + normalise(e, program)
            codes.append(str(code))
        return out, err, ('\n'.join(codes) + '\n').encode()
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def read_exceptions():
    found = {}
    with open(os.path.join(HERE, 'golden-exceptions.txt')) as f:
        for line in f:
            if line.strip() and not line.startswith('#'):
                name, reason = line.rstrip('\n').split('\t', 1)
                found[name] = reason
    return found


def read_expected(directory, name):
    parts = []
    for ext in EXTENSIONS:
        with open(os.path.join(directory, '%s.%s' % (name, ext)), 'rb') as f:
            parts.append(f.read())
    return tuple(parts)


def silence_agrees(want, got):
    return (want == b'') == (got == b'')


def agrees(name, want, got):
    if name in OWN_USAGE:
        return want[2] == got[2] and all(map(silence_agrees, want[:2], got[:2]))
    if name.startswith('broken-'):
        return want[0] == got[0] and want[2] == got[2] and silence_agrees(want[1], got[1])
    return want == got


def show(name, want, got):
    for ext, w, g in zip(EXTENSIONS, want, got):
        if w != g:
            print('DIFF %s.%s: %s' % (name, ext, ' ; '.join(commands(name))[:200]))
            for line in difflib.unified_diff(w.decode('latin-1').split('\n'),
                                             g.decode('latin-1').split('\n'), 'want', 'got',
                                             lineterm='', n=0):
                print('   ', line[:240])


def main():
    args = sys.argv[1:]
    verbose, update = '-v' in args, '-u' in args
    program = os.path.join(BUILD, 'weir')
    if '-w' in args:
        program = os.path.abspath(args.pop(args.index('-w') + 1))
    prefixes = [a for a in args if not a.startswith('-')]
    names = sorted(os.path.basename(f)[:-4] for f in glob.glob(os.path.join(CORPUS, '*.cmd')))
    names = [n for n in names if not prefixes or any(n.startswith(p) for p in prefixes)]
    names = names[::int(os.environ.get('WEIR_EVERY', 1))]
    if not names:
        print('no corpus at %s' % CORPUS)
        print('0 passed, 0 failed, 1 skipped')
        return 0
    exceptions = read_exceptions()
    own = os.path.join(HERE, 'golden-exceptions')
    failed = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, got in zip(names, pool.map(lambda n: run_case(n, program), names)):
            if name in exceptions and update:
                for ext, data in zip(EXTENSIONS, got):
                    with open(os.path.join(own, '%s.%s' % (name, ext)), 'wb') as f:
                        f.write(data)
            want = read_expected(own if name in exceptions else CORPUS, name)
            if not agrees(name, want, got):
                failed.append(name)
                print('differs: %s' % name)
                if verbose:
                    show(name, want, got)
    print('%d passed, %d failed, 0 skipped' % (len(names) - len(failed), len(failed)))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

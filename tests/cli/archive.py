#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""An archive as years leave it: files of nfdump 1.6 and 1.7 in all compressions, weir's own, in
directories by day, among them what a killed collector left, the file that is being written, cut,
encrypted, foreign and forbidden ones. All that can be read is read, each other one is told once
by its name and what it is, and the exit code says so (as nfdump: 0, see doc/decisions/031).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
BUILD = os.environ.get('WEIR_BUILD', SOURCE)
sys.path.insert(0, os.path.join(SOURCE, 'tests/tools'))
from checks import Checks  # noqa: E402
WEIR = os.path.join(BUILD, 'weir')
MKFLOWS = os.path.join(BUILD, 'tests/tools/mkflows')
MKNFD = os.path.join(SOURCE, 'tests/tools/mknfd.py')
ANYBODY = 65534

checks = Checks()
check = checks.named


def run(*words, form=None, user=None):
    env = dict(os.environ, TZ='UTC', LC_ALL='C')
    env.pop('WEIR_FORMAT', None)
    env.pop('NFCONF', None)
    if form is not None:
        env['WEIR_FORMAT'] = form
    return subprocess.run([WEIR, '-C', 'none'] + [str(w) for w in words],
                          capture_output=True, env=env, cwd=WORK,
                          text=True, errors='replace', timeout=60,
                          preexec_fn=(lambda: os.setuid(user)) if user else None)


def count(p):
    return len([l for l in p.stdout.splitlines() if l[:1].isdigit()])


def place(name):
    path = os.path.join(WORK, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def flows(name, n, form, minutes=0):
    subprocess.run([MKFLOWS, place(name), str(n), '1', form, str(minutes)], check=True)


def change(name, source, edit):
    with open(place(source), 'rb') as f:
        data = bytearray(f.read())
    edited = edit(data)
    with open(place(name), 'wb') as f:
        f.write(data if edited is None else edited)


def put(at, octets):
    def edit(data):
        data[at:at + len(octets)] = octets
    return edit


def killed(data):
    """The header as it was written first, no appendix."""
    end = int.from_bytes(data[24:32], 'little')
    data[18:20], data[24:32], data[36:40] = bytes(2), bytes(8), bytes(4)
    return data[:end]


def half_a_block(data):
    data = killed(data)
    return data + data[40:40 + (len(data) - 40) // 2]


GOOD = {   # what is read of each file
    'a/2023/11/14/nfcapd.202311142215': 40, 'a/2023/11/14/nfcapd.202311142220': 30,
    'a/2023/11/14/nfcapd.202311142225': 15, 'a/2023/11/15/nfcapd.202311150000': 15,
    'a/2023/11/15/nfcapd.202311150005': 20,
}
BAD = {    # how many flows are read nevertheless, and what is said
    'a/2023/11/15/nfcapd.202311150010': (40, 'never closed'),
    'a/2023/11/15/nfcapd.202311150015': (0, 'encrypted'),
    'a/2023/11/15/nfcapd.202311150020': (0, 'nfdump 1.8'),
    'a/2023/11/15/nfcapd.202311150025': (0, 'not a flow file'),
    'a/2023/11/15/nfcapd.202311150030': (0, 'gzip'),
    'a/2023/11/15/nfcapd.202311150035': (0, 'empty'),
    'a/2023/11/15/nfcapd.202311150040': (0, 'other byte order'),
    'a/2023/11/15/nfcapd.202311150045': (1, 'ends'),
}


def make_archive():
    good = list(GOOD)
    flows(good[0], 40, 'nfdump')
    flows(good[1], 30, 'weir', 5)
    subprocess.run([sys.executable, MKNFD, '1', place(good[2])], check=True)
    subprocess.run([sys.executable, MKNFD, '1', place(good[3]), 'bz2'], check=True)
    flows(good[4], 20, 'nfdump', 10)
    first, bad = good[0], list(BAD)
    change(bad[0], first, killed)
    change(bad[1], first, put(17, b'\x01'))
    change(bad[2], first, put(2, b'\x03\x00'))
    change(bad[3], first, lambda data: b'just some text\n' * 40)
    change(bad[4], first, put(0, b'\x1f\x8b\x08\x00'))
    change(bad[5], first, lambda data: b'')
    change(bad[6], first, put(0, b'\xa5\x0c\x00\x02'))
    change(bad[7], first, lambda data: data[:1000])
    # What collectors are writing: neither -R nor anybody else complains about them.
    change('a/nfcapd.current.AB12CD', first, half_a_block)
    shutil.copytree(place('a'), place('b'))
    os.chmod(WORK, 0o755)


def check_told(title, p):
    for name, (_, what) in BAD.items():
        lines = [l for l in p.stderr.splitlines() if os.path.basename(name) in l]
        check('%s: %s is told' % (title, name), lines and any(what in l for l in lines), p.stderr)
        check('%s: %s is told once' % (title, name), len(set(lines)) == len(lines) <= 4, lines)
    for name in GOOD:
        check('%s: nothing about %s' % (title, name), os.path.basename(name) not in p.stderr,
              p.stderr)


def test_whole():
    want = sum(GOOD.values()) + BAD['a/2023/11/15/nfcapd.202311150010'][0]
    for words, times in ((('-R', 'a'), 1), (('-M', 'a:b', '-R', '.'), 2)):
        p = run(*words, '-q', '-o', 'csv')
        title = ' '.join(words)
        check(title + ': flows', want * times <= count(p) <= (want + 39) * times, count(p))
        check(title + ': exit code', p.returncode == 1, p.returncode)
        if times == 1:
            check_told(title, p)
        p = run(*words, '-q', '-o', 'csv', form='nfdump')
        check(title + ': exit code as nfdump', p.returncode == 0, p.returncode)


def test_parts():
    """Ranges, times and filters see the same files."""
    day = 'a/2023/11/14'
    p = run('-R', day, '-q', '-o', 'csv')
    check('a good day: flows', count(p) == 85, count(p))
    check('a good day: quiet', p.returncode == 0 and not p.stderr, p)
    p = run('-R', 'a/2023/11/14/nfcapd.202311142220:nfcapd.202311142225', '-q', '-o', 'csv')
    check('a range: flows', count(p) == 45 and p.returncode == 0, (count(p), p.stderr))
    p = run('-M', 'a:b', '-r', '2023/11/14/nfcapd.202311142220', '-q', '-o', 'csv')
    check('-M with -r: flows', count(p) == 60 and p.returncode == 0, (count(p), p.stderr))
    p = run('-R', day, '-q', '-o', 'csv', '-t', '2023/11/14.22:20-2023/11/14.22:25')
    check('a time: flows', count(p) > 0 and p.returncode == 0, (count(p), p.stderr))
    killed_file = 'a/2023/11/15/nfcapd.202311150010'
    p = run('-r', killed_file, '-q', '-o', 'csv', '-t', '2023/11/14.22:10-2023/11/14.22:30')
    check('a time, of a file without totals', count(p) == 40, (count(p), p.stderr))
    p = run('-r', killed_file, '-q', '-s', 'srcip', '-o', 'csv')
    check('statistics of a file without totals', p.returncode == 1 and count(p) > 0, p)


def test_live():
    """The file that is being written is read when it is named: its whole blocks, quietly."""
    p = run('-r', 'a/nfcapd.current.AB12CD', '-q', '-o', 'csv')
    check('a live file: flows', count(p) == 40, count(p))
    check('a live file: quiet', p.returncode == 0 and not p.stderr, p)
    p = run('-v', 'a/nfcapd.current.AB12CD')
    check('a live file: -v', 'current' not in p.stderr, p.stderr)


def test_forbidden():
    name = 'a/2023/11/14/nfcapd.202311142220'
    os.chmod(place(name), 0)
    user = ANYBODY if os.geteuid() == 0 else None
    p = run('-R', 'a/2023/11/14', '-q', '-o', 'csv', user=user)
    check('a forbidden file: the others are read', count(p) == 55, (count(p), p.stderr))
    check('a forbidden file: told', re.search('nfcapd.202311142220.*Permission denied', p.stderr),
          p.stderr)
    check('a forbidden file: exit code', p.returncode == 1, p.returncode)
    os.chmod(place(name), 0o644)


def test_repair():
    """--repair of what can be repaired gives files that -v finds whole."""
    for name, (n, _) in BAD.items():
        p = run('--repair', name, '-w', 'mended')
        if n == 0:
            check(name + ': nothing to repair', p.returncode == 1 and not
                  os.path.exists(place('mended')), p)
            continue
        read = count(run('-r', name, '-q', '-o', 'csv'))
        there = count(run('-r', 'mended', '-q', '-o', 'csv'))
        check(name + ': repaired', there == read >= n, (there, read))
        p = run('-v', 'mended')
        check(name + ': whole', p.returncode == 0 and not p.stderr, p)
        os.unlink(place('mended'))


def test_rewrite():
    """Everything into one file of each format: nothing is lost."""
    words = ('-R', 'a/2023/11/14')
    before = run(*words, '-q', '-o', 'csv').stdout
    for form in ('weir', 'nfdump'):
        run(*words, '-w', 'one', '--format=' + form)
        p = run('-r', 'one', '-q', '-o', 'csv')
        check('all in one file, %s' % form, p.stdout == before and not p.stderr,
              (len(before), len(p.stdout)))
        os.unlink(place('one'))


def test_left_out():
    """What nfdump's format cannot hold is told, not silently dropped; a good day has none of it."""
    p = run('-R', 'a/2023/11/14', '-w', 'one', '--format=nfdump')
    check('nothing is left out', 'cannot hold' not in p.stderr, p.stderr)
    os.unlink(place('one'))


def main():
    global WORK
    with tempfile.TemporaryDirectory(dir=os.environ.get('WEIR_TMP')) as WORK:
        make_archive()
        os.chmod(os.path.dirname(WORK), 0o755)
        test_whole()
        test_parts()
        test_live()
        test_forbidden()
        test_repair()
        test_rewrite()
        test_left_out()
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

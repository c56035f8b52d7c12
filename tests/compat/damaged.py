#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""nfdump's damaged files: each is named, the rest of it is read, and exit codes tell.

Works on a copy of ../shared/compat/nffiles/corrupt (or $WEIR_SHARED/nffiles/corrupt); skipped
without it. Of each file:
  weir -r     names it and exits with 1; lists at least what nfdump listed (RESULTS.tsv);
  weir -v     names it and exits with 1;
  --repair    writes exactly the flows that -r lists into a file that -v finds whole, exits with
              1 if data were lost and with 0 if not, and leaves the damaged file as it is;
  as nfdump   (WEIR_FORMAT=nfdump) -r exits with 0.
"""
import hashlib
import os
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
CORPUS = os.path.join(os.environ.get('WEIR_SHARED', os.path.join(SOURCE, '../shared/compat')),
                      'nffiles/corrupt')

# Legal by the format, so that a query does not complain; -v sees it.
SILENT = {
    'a-stat-lie.nf': 'totals are compared with the flows by -v only',
    'e-type0.nf': 'an element of type 0 is to be skipped',
    'r-type256.nf': 'a record of type 256 is to be skipped',
    't-trailing.nf': 'nfdump -i leaves octets behind the appendix',
    'x-exporter-sysid.nf': 'flows may come from exporters that were never described',
    'x-sampler-sysid.nf': 'the same for samplers',
}
# Nothing can be read: not a file of this machine's nfdump, or not enough of it.
CLOSED = ('h-empty h-3bytes h-short20 h-magic h-swapped h-version0 h-version3 h-version99 '
          'h-compression9 h-encrypted l1-short').split()
# Numbers of the header, of block heads or of the appendix are wrong, the flows are all there.
ALL_THERE = ('a-ident-long a-ident-nonul a-ident-size a-nrec a-nrec-huge a-stat-lie a-stat-size '
             'a-type b-flag-uncompressed b-flags b-nrec-huge b-nrec-less b-nrec-more b-nrec0 '
             'b-size-4G b-size-4M b-size-6M b-size-minus b-size-plus b-size0 h-appendix-beyond '
             'h-appendix-many h-appendix-mid h-appendix-neg h-appendix0 h-blocks-huge h-blocks0 '
             'h-blocks2 h-created h-creator h-nfdversion t-noappendix t-trailing').split()
ALL_LINES = 9     # of an intact file: 7 flows, 2 of them in tunnels

# nfdump lists records whose elements make no sense with invented values; we leave them out.
INVENTED = 'f-lzo-1.nf f-none.nf'.split()

checks = Checks()
check = checks.named


def run(*words, form=None):
    env = dict(os.environ, TZ='UTC')
    env.pop('WEIR_FORMAT', None)
    env.pop('NFCONF', None)
    if form is not None:
        env['WEIR_FORMAT'] = form
    return subprocess.run([WEIR, '-C', 'none'] + list(words), capture_output=True, env=env,
                          timeout=60)


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def lines_of(path):
    p = run('-r', path, '-o', 'csv', '-q')
    return [line for line in p.stdout.splitlines() if line[:1].isdigit()], p


def check_repair(name, path, lines):
    out = path + '.repaired'
    p = run('--repair', path, '-w', out)
    if name[:-3] in CLOSED:
        check('%s: --repair says why not' % name, p.returncode == 1 and p.stderr, p)
        check('%s: nothing is written' % name, not os.path.exists(out))
        return
    there, _ = lines_of(out)
    verified = run('-v', out)
    check('%s: repaired, with the same flows' % name, there == lines, (len(there), len(lines)))
    check('%s: repaired, whole' % name, verified.returncode == 0 and not verified.stderr,
          verified.stderr)
    check('%s: repaired, exit code' % name,
          p.returncode == (0 if name[:-3] in ALL_THERE or name in SILENT
                           or name == 'c-crashed.nf' else 1), p)


def check_file(name, path, nfdump_lines):
    before = digest(path)
    lines, p = lines_of(path)
    if name in SILENT:
        check('%s: -r is quiet' % name, p.returncode == 0 and not p.stderr, p.stderr)
    else:
        check('%s: -r names it' % name, p.returncode == 1 and name.encode() in p.stderr, p.stderr)
    check('%s: no less than nfdump reads' % name,
          len(lines) >= nfdump_lines or name in INVENTED, (len(lines), nfdump_lines))
    if name[:-3] in ALL_THERE:
        check('%s: all flows' % name, len(lines) == ALL_LINES, len(lines))
    if name[:-3] in CLOSED:
        p = run('-r', path, '-o', 'csv', form='nfdump')
        check('%s: as nfdump' % name, p.returncode == 0, p)
    p = run('-v', path)
    check('%s: -v names it' % name, p.returncode == 1 and name.encode() in p.stderr, p.stderr)
    check_repair(name, path, lines)
    check('%s: stays as it is' % name, digest(path) == before)


def main():
    if not os.path.isdir(CORPUS):
        print('0 passed, 0 failed, 1 skipped')
        return 0
    with tempfile.TemporaryDirectory(dir=os.environ.get('WEIR_TMP')) as work:
        with open(os.path.join(CORPUS, 'RESULTS.tsv'), encoding='latin-1') as table:
            rows = [line.split('\t') for line in table][1:]
        for row in rows[::int(os.environ.get('WEIR_EVERY', 1))]:
            path = os.path.join(work, row[0])
            shutil.copyfile(os.path.join(CORPUS, row[0]), path)
            check_file(row[0], path, int(row[3] or 0))
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""nfdump's own files, read and written, against the real nfdump ($WEIR_NFDUMP or that in PATH).

Reading:  -o raw and -o json of weir equal nfdump's on every sample (nfdump 1.7.8 and later: older
          ones print other things).
Writing:  a sample that weir wrote anew, in each compression that nfdump knows, straight or by way
          of weir's own format, is the same to nfdump as the sample itself, record by record; its
          totals are those of the file that nfdump writes; nfdump -v finds nothing. What nfdump
          wrote anew is the same to weir.
Samples: ../shared/compat/nffiles or $WEIR_SHARED/nffiles; without them or nfdump all is skipped.
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
SAMPLES = os.path.join(os.environ.get('WEIR_SHARED', os.path.join(SOURCE, '../shared/compat')),
                       'nffiles')
NFDUMP = os.environ.get('WEIR_NFDUMP') or shutil.which('nfdump')

# Lines that weir prints otherwise on purpose, or that depend on how nfdump was built.
DROP = re.compile('|'.join((
    r'\s*"(src|dst)_net"',            # wrong in nfdump for IPv6
    r'\s*"?ja4s? hash',               # nfdump --enable-ja4 only
    r'\s*(src|dst) mask .* [\d.]+/(3[3-9]|[4-9]\d|1\d\d)$',  # IPv4 with a mask above 32 bits
    r'No matching flows$',            # JSON of weir stays JSON
)))
REPLACE = (
    (re.compile(r'("in_tls" : )"?([\w. ]+)"?,'), r'\1\2,'),   # nfdump: not JSON
    (re.compile(r'("ip_fragment" : "[\w-]{4}).*",$'), r'\1",'),  # nfdump: octets behind the text
    # Names: nfdump knows them from their record on, weir for their whole block; see names().
    (re.compile(r'^(  (?:input|output|ingress VRF|egress VRF) += +\d+) .*'), r'\1'),
    (re.compile(r'^(  app ID .*): .*'), r'\1'),
)
POINT = re.compile(r'("observationPointID" : )(\d+)')         # nfdump: 32 bits of it
# By nfdump's 1.7.8 raw format, a tunnel within IPv6 is not shown.
TUNNEL = re.compile(r'  tun proto .*\n  tun src addr .*:.*\n  tun dst addr .*\n')

# What is written anew: IPv6, NAT, MPLS, MAC, VLAN, payload, tunnels, events of firewalls, names.
WRITTEN = ('allext-none.nf', 'nfgen-none.nf')
ONCE = ('collect-vendors-none.nf', 'collect-ipv6-exporter-none.nf', 'pcap-pflog-none.nf',
        'sflow-none.nf')
LARGE = ('pcap-fat-payload-lz4.nf', 'collect-v9-ether-bz2.nf', 'v16-vendors-none.nf')
OLD = ('v171-v5-none.nf',)  # for nfdump 1.7.1
COMPRESSIONS = ('none', 'lzo', 'bz2', 'lz4', 'zstd')

checks = Checks()
check = checks.named


def run(program, *words):
    env = {'PATH': '/usr/bin:/bin', 'TZ': 'UTC', 'LC_ALL': 'C'}
    env.update({k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')})
    return subprocess.run([program] + list(words), capture_output=True, env=env, timeout=120)


def version():
    found = re.search(rb'(\d+)\.(\d+)\.(\d+)', run(NFDUMP, '-V').stdout)
    return tuple(int(n) for n in found.groups()) if found else (0, 0, 0)


def common(text):
    """What both programs must agree on."""
    lines = []
    for line in TUNNEL.sub('', text).splitlines():
        if not DROP.match(line):
            for pattern, to in REPLACE:
                line = pattern.sub(to, line)
            line = POINT.sub(lambda m: m.group(1) + str(int(m.group(2)) % 2**32), line)
            lines.append(line)
    return lines


def listing(program, path, form):
    words = ['-C', 'none', '-r', path, '-o', form, '-q']
    if program == NFDUMP and VERSION >= (1, 7, 8):
        words += ['-W', '1']   # blocks in the file's order
    return common(run(program, *words).stdout.decode('latin-1'))


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return 'line %d: %r, %r' % (i + 1, x, y)
    return '%d lines, %d lines' % (len(a), len(b))


def same(name, a, b):
    check(name, a == b, '' if a == b else first_difference(a, b))


def test_reading(samples):
    for name in samples:
        for form in ('raw', 'json'):
            path = os.path.join(SAMPLES, name)
            same('%s: -o %s' % (name, form), listing(WEIR, path, form), listing(NFDUMP, path, form))


def records(program, path):
    """Without what is not of the flow: its number, shifted by names and exporters in between;
    octets and elements, because elements that are to be skipped are not written."""
    return [l for l in listing(program, path, 'raw')
            if not re.match('  (RecordCount|size|Elements) ', l)]


def exporters(path):
    text = run(NFDUMP, '-C', 'none', '-E', path).stdout.decode('latin-1')
    return sorted(l.strip() for l in text.splitlines() if 'SysID' in l or 'Sampler' in l)


def names(path):
    """Names of interfaces, VRFs and applications, as weir shows them."""
    text = run(WEIR, '-C', 'none', '-r', path, '-o', 'raw', '-q').stdout.decode('latin-1')
    found = re.findall(r'^  (?:input|output|ingress VRF|egress VRF|app ID) += +(\S+) ([^<\n]+)$',
                       text, re.M)
    return sorted(set(found))


def packing(compression):
    """Words that all of nfdump 1.7 understands."""
    old = {'none': [], 'lzo': ['-z'], 'bz2': ['-j'], 'lz4': ['-y']}
    return old[compression] if compression in old else ['-z=' + compression]


def totals(path):
    text = run(NFDUMP, '-C', 'none', '-r', path, '-I').stdout.decode('latin-1')
    return [l for l in text.splitlines() if not l.startswith('Sequence')]


def test_by_weir(work, name, compression, original):
    """Written by weir, read by nfdump."""
    source = os.path.join(SAMPLES, name)
    out = os.path.join(work, 'by-weir')
    p = run(WEIR, '-C', 'none', '-r', source, '--format=nfdump', '-z=' + compression, '-w', out)
    title = '%s by weir, %s' % (name, compression)
    check(title + ': written', p.returncode == 0 and not p.stderr, p)
    same(title + ': records', records(NFDUMP, out), original)
    same(title + ': names', names(out), names(source))
    p = run(NFDUMP, '-C', 'none', '-v', out)
    check(title + ': nfdump -v', p.returncode == 0 and not p.stderr, p)
    return out


def test_by_nfdump(work, name, compression):
    """Written by nfdump, read by weir."""
    source = os.path.join(SAMPLES, name)
    out = os.path.join(work, 'by-nfdump')
    run(NFDUMP, '-C', 'none', '-r', source, *packing(compression), '-w', out)
    same('%s by nfdump, %s: records' % (name, compression), records(WEIR, out),
         records(WEIR, source))
    return out


def test_by_way_of_weir(work, name, original):
    """nfdump's file to weir's format and back."""
    between, out = os.path.join(work, 'between'), os.path.join(work, 'back')
    run(WEIR, '-C', 'none', '-r', os.path.join(SAMPLES, name), '--format=weir', '-w', between)
    run(WEIR, '-C', 'none', '-r', between, '--format=nfdump', '-z=lz4', '-w', out)
    same('%s by way of weir: records' % name, records(NFDUMP, out), original)
    if VERSION >= (1, 7, 8):   # which writes exporters in another way than 1.7.1 reads them
        same('%s by way of weir: exporters' % name, exporters(out),
             exporters(os.path.join(SAMPLES, name)))


def test_writing(work, known):
    for name in WRITTEN + ONCE + LARGE if VERSION >= (1, 7, 8) else OLD:
        original = records(NFDUMP, os.path.join(SAMPLES, name))
        for compression in known if name in WRITTEN + OLD[:1] else ('lz4',):
            ours = test_by_weir(work, name, compression, original)
            theirs = test_by_nfdump(work, name, compression)
            same('%s, %s: totals' % (name, compression), totals(ours), totals(theirs))
        test_by_way_of_weir(work, name, original)


def main():
    global VERSION
    if NFDUMP is None or not os.path.isdir(SAMPLES):
        print('0 passed, 0 failed, 1 skipped')
        return 0
    VERSION = version()
    samples = sorted(n for n in os.listdir(SAMPLES) if n.endswith('.nf') and n[:3] != 'v18')
    if VERSION >= (1, 7, 8):
        test_reading(samples)
    with tempfile.TemporaryDirectory(dir=os.environ.get('WEIR_TMP')) as work:
        test_writing(work, [c for c in COMPRESSIONS if c != 'zstd' or VERSION >= (1, 7, 3)])
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

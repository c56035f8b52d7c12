#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weircapd --format nfdump: the real nfdump ($WEIR_NFDUMP or that in PATH) finds in its files the
flows, totals, ident and exporters that weir finds in those of weircapd's own format.

Captures of many vendors' datagrams (../shared/compat/packets or $WEIR_SHARED/packets) are collected
into both formats, one in each compression, the others in one of them; skipped without captures or
nfdump. nfdump 1.7.8 and later show all fields (raw), older ones a line a flow.
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nffiles_vs_nfdump as nffiles  # noqa: E402

PACKETS = os.path.join(os.path.dirname(nffiles.SAMPLES), 'packets/public')
WEIRCAPD = os.path.join(nffiles.BUILD, 'weircapd')
EACH = 'v9-multi-exporter-nprobe-softflowd'  # in each compression
ALL = 'all' in sys.argv[1:]                  # all captures
CAPTURES = ('v5-softflowd-a', 'v9-fluent-mpls', 'v9-macaddr', 'v9-akvorado-samplingrate',
            'v9-cisco-asr9k-tpl266', 'v9-cisco-nbar-options260', 'v9-juniper-srx-options',
            'ipfix-mikemiles-cisco-avc', 'ipfix-akvorado-physif', 'ipfix-mikemiles-netscaler',
            'ipfix-procera', 'sflow-vflow-a', 'sflow-ashangit-flow-sample-eth-vlan')
OLD_LINE = 'fmt:%ts %te %pr %sa %sp %da %dp %tos %pkt %byt %in %out %sas %das %smk %dmk'
check, same = nffiles.check, nffiles.same


def collect(work, capture, words):
    directory = tempfile.mkdtemp(dir=work)
    p = nffiles.run(WEIRCAPD, '-f', os.path.join(PACKETS, capture + '.pcap'), '-w', directory,
                    '-I', 'some-ident', '-t', '3600', *words)
    return directory, p


def flows(program, directory):
    """Sorted: names stand at the end of nfdump's files, so that numbers of records differ."""
    if nffiles.VERSION < (1, 7, 8):
        text = nffiles.run(program, '-C', 'none', '-R', directory, '-q', '-N', '-6', '-o',
                           OLD_LINE).stdout.decode('latin-1')
        return sorted(' '.join(line.split()) for line in text.splitlines())
    words = ['-C', 'none', '-R', directory, '-o', 'raw', '-q']
    words += ['-W', '1'] if program == nffiles.NFDUMP else []
    text = nffiles.run(program, *words).stdout.decode('latin-1')
    return sorted('\n'.join(l for l in nffiles.common(record)
                            if not nffiles.re.match('  (RecordCount|size|Elements) ', l))
                  for record in text.split('\n\nFlow Record:'))


def facts(program, directory):
    text = nffiles.run(program, '-C', 'none', '-R', directory, '-I').stdout.decode('latin-1')
    return [l for l in text.splitlines() if not l.startswith('Lost, ')]  # weir's own account


def exporters(program, directory):
    text = ''
    for name in sorted(os.listdir(directory)):
        text += nffiles.run(program, '-C', 'none', '-E',
                            os.path.join(directory, name)).stdout.decode('latin-1')
    return sorted(' '.join(l.split()) for l in text.splitlines() if 'SysID' in l or 'Sampler' in l)


def test_capture(work, capture, own, compression):
    title = '%s, %s' % (capture, compression)
    directory, p = collect(work, capture, ['--format=nfdump', '-z=' + compression])
    check(title + ': collected', p.returncode == 0, p)
    same(title + ': flows', flows(nffiles.NFDUMP, directory), flows(nffiles.WEIR, own))
    same(title + ': totals and ident', facts(nffiles.NFDUMP, directory), facts(nffiles.WEIR, own))
    if nffiles.VERSION >= (1, 7, 8):
        same(title + ': exporters', exporters(nffiles.NFDUMP, directory),
             exporters(nffiles.WEIR, own))
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        p = nffiles.run(nffiles.NFDUMP, '-C', 'none', '-v', path)
        check(title + ': nfdump -v', p.returncode == 0 and not p.stderr, p)
        p = nffiles.run(nffiles.WEIR, '-C', 'none', '-v', path)
        check(title + ': weir -v', p.returncode == 0 and not p.stderr, p)


def main():
    if nffiles.NFDUMP is None or not os.path.isdir(PACKETS):
        print('0 passed, 0 failed, 1 skipped')
        return 0
    nffiles.VERSION = nffiles.version()
    known = [c for c in nffiles.COMPRESSIONS if c != 'zstd' or nffiles.VERSION >= (1, 7, 3)]
    captures = sorted(n[:-5] for n in os.listdir(PACKETS) if n.endswith('.pcap'))
    with tempfile.TemporaryDirectory(dir=os.environ.get('WEIR_TMP')) as work:
        for i, capture in enumerate(captures if ALL else (EACH,) + CAPTURES):
            own, p = collect(work, capture, ['--format=weir'])
            check('%s: collected' % capture, p.returncode == 0, p)
            for compression in known if capture == EACH else [known[i % len(known)]]:
                test_capture(work, capture, own, compression)
    return nffiles.checks.finish()


if __name__ == '__main__':
    sys.exit(main())

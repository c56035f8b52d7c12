#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weir on files of our own: what must hold whatever the flows are, and the command lines of others.

Properties: any number of threads gives the same bytes; rows of statistics and tables add up to the
totals; orders are orders; files of both formats give the same answers; what is written reads back.
Command lines: those that NfSen-ng, NfSen and other wrappers run, with what their parsers look for.
"""
import csv
import io
import json
import os
import re
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
STATS = ('srcip dstip ip srcport dstport port proto srcas dstas as inif outif if srctos tos flags '
         'srcmask dir').split()
NAMES = ('nhip nhbip router dsttos dstmask prevas nextas tunproto srcvlan insrcmac mac ethertype '
         'mpls1 cl ja3 ja4 odid event xevent natip natport iacl ivrf minttl srcgeo asn').split()
ORDERS = 'flows packets bytes pps bps bpp'.split()

checks = Checks()
check = checks.named


def run(*words, code=0, env=None):
    e = dict(os.environ, TZ='UTC', NFCONF='none')
    e.pop('WEIR_FORMAT', None)
    e.update(env or {})
    p = subprocess.run([WEIR] + list(words), capture_output=True, env=e, cwd=WORK, timeout=120)
    check('exit code of %s' % ' '.join(words), p.returncode == code, (p.returncode, p.stderr))
    return p.stdout.decode('latin-1')


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def totals():
    found = {}
    for line in run('-R', 'day', '-I').splitlines():
        key, value = line.split(': ', 1)
        found[key.lower()] = value
    return found


def make_files():
    for i in range(4):
        for form in ('weir', 'nfdump'):
            d = 'day' if form == 'weir' else 'nf'
            os.makedirs(os.path.join(WORK, d, 'p/s1'), exist_ok=True)
            os.makedirs(os.path.join(WORK, d + '2/s1/2023/11/14'), exist_ok=True)
            for path in ('%s/nfcapd.2023111422%02d' % (d, 15 + 5 * i),
                         '%s2/s1/2023/11/14/nfcapd.2023111422%02d' % (d, 15 + 5 * i)):
                subprocess.run([MKFLOWS, os.path.join(WORK, path), str(3000 + 70000 * (i == 1)),
                                str(i), form, str(5 * i)], check=True)
            for empty in ('p/s1', 'p'):
                os.rmdir(os.path.join(WORK, d, empty))


def test_threads():
    for query in (['-o', 'csv', 'proto tcp and dst port 443'], ['-a', '-O', 'bytes', '-n', '50'],
                  ['-s', 'srcip/bytes/flows', '-s', 'dstport:p', '-n', '30'], ['-b', '-n', '40'],
                  ['-A', 'srcip4/24,dstport'], ['-s', 'record/packets'], ['-O', 'tstart'],
                  ['-c', '5000', '-o', 'json', 'proto udp'], ['-c', '10', '-a']):
        outputs = set()
        for workers in ('1', '2', '16'):
            text = run('-R', 'day', '-W', workers, *query)
            outputs.add(re.sub(r'Sys: .*|.*passed: .*', '', text))
        check('1, 2 and 16 workers: %s' % query, len(outputs) == 1)


def test_formats_agree():
    for query in (['-o', 'csv'], ['-s', 'srcip/bytes', '-n', '0', '-o', 'csv'],
                  ['-A', 'proto,dstport', '-o', 'csv'], ['-B', '-q'], ['-I']):
        check('weir and nfdump files: %s' % query,
              run('-R', 'day', *query) == run('-R', 'nf', *query))


def test_sums():
    want = totals()
    for stat in STATS:
        for proto in ('', ':p'):
            rows = rows_of(run('-R', 'day', '-s', '%s%s/bytes' % (stat, proto), '-n', '0', '-o',
                               'csv'))
            times = 2 if stat in ('ip', 'port', 'as', 'if', 'tos') else 1
            for key, column in (('flows', 'fl'), ('packets', 'pkt'), ('bytes', 'byt')):
                check('-s %s%s adds up: %s' % (stat, proto, key),
                      sum(int(r[column]) for r in rows) == times * int(want[key]))
    for table in ([], ['-a'], ['-A', 'proto'], ['-A', 'srcip,dstip,srcport,dstport,proto'],
                  ['-A', 'srcnet,dstas'], ['-b'], ['-O', 'bytes']):
        rows = rows_of(run('-R', 'day', *table, '-q', '-o', 'csv:%ipkt,%opkt,%ibyt,%obyt,%fl'))
        check('%s adds up' % table,
              sum(int(r['flows']) for r in rows) == int(want['flows']) and
              sum(int(r['inPackets']) + int(r['outPackets']) for r in rows) == int(want['packets'])
              and sum(int(r['inBytes']) + int(r['outBytes']) for r in rows) == int(want['bytes']))


def test_protocols():
    """-A proto of everything equals what -I tells of each protocol."""
    want = totals()
    classes = {'6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmp'}
    found = dict.fromkeys(('%s_%s' % (key, name) for key in ('flows', 'packets', 'bytes')
                           for name in ('tcp', 'udp', 'icmp', 'other')), 0)
    for row in rows_of(run('-R', 'day', '-A', 'proto', '-N', '-q', '-o',
                           'csv:%pr,%fl,%ipkt,%opkt,%ibyt,%obyt')):
        numbers = [int(value) for value in row.values()]
        name = classes.get(str(numbers[0]), 'other')
        found['flows_' + name] += numbers[1]
        found['packets_' + name] += numbers[2] + numbers[3]
        found['bytes_' + name] += numbers[4] + numbers[5]
    for key, value in sorted(found.items()):
        check('-A proto equals -I: %s' % key, value == int(want[key]), (value, want[key]))


def test_orders():
    for order in ORDERS:
        column = {'flows': 'fl', 'packets': 'pkt', 'bytes': 'byt'}.get(order, order)
        for direction in ('', ':a', ':d'):
            rows = rows_of(run('-R', 'day', '-s', 'dstip/%s%s' % (order, direction), '-n', '0',
                               '-o', 'csv'))
            values = [int(r[column] if column in r else r['i' + column]) for r in rows]
            if order not in ('pps', 'bps'):  # shown with another rounding than sorted by
                check('-s dstip/%s%s is sorted' % (order, direction),
                      values == sorted(values, reverse=direction != ':a'))
    for order, tag in (('bytes', '%ibyt,%obyt'), ('tstart', '%tsr'), ('packets', '%ipkt,%opkt')):
        rows = run('-R', 'day', '-O', order, '-q', '-o', 'csv:' + tag).splitlines()[1:]
        values = [sum(float(v) for v in r.split(',')) for r in rows]
        check('-O %s is sorted' % order, values == sorted(values, reverse=order != 'tstart'))
        head = run('-R', 'day', '-O', order, '-n', '7', '-q', '-o', 'csv:' + tag).splitlines()[1:]
        check('-O %s -n 7 are its first rows' % order, head == rows[:7])


def test_write():
    want = run('-R', 'day', '-o', 'csv', 'proto tcp')
    for name, options in (('weir', []), ('nfdump', ['--format', 'nfdump', '-z=lz4'])):
        run('-R', 'day', '-w', 'out.' + name, *options, 'proto tcp')
        check('-w %s reads back' % name, run('-r', 'out.' + name, '-o', 'csv') == want)
    run('-r', 'out.nfdump', '-J', 'zstd:3')
    check('-J keeps the flows', run('-r', 'out.nfdump', '-o', 'csv') == want)
    run('-r', 'out.weir', '-i', 'newname')
    check('-i changes the ident', run('-r', 'out.weir', '-I').startswith('Ident: newname\n'))
    run('-R', 'day', '-a', '-O', 'bytes', '-w', 'out.aggr')
    check('-a -w reads back', run('-r', 'out.aggr', '-o', 'csv', '-c', '5') ==
          run('-R', 'day', '-a', '-O', 'bytes', '-o', 'csv', '-n', '5'))


def test_limits():
    check('-c', len(run('-R', 'day', '-q', '-c', '77').splitlines()) == 77)
    rows = rows_of(run('-R', 'day', '-s', 'srcip/bytes', '-n', '0', '-L', '1m', '-o', 'csv'))
    check('-L', rows and all(int(r['byt']) >= 1000000 for r in rows))
    rows = rows_of(run('-R', 'day', '-a', '-l', '-3', '-o', 'csv'))
    check('-l', rows and all(int(r['packets']) <= 3 for r in rows))
    rows = rows_of(run('-R', 'day', '-A', 'srcip', '-P', 'bytes > 1000000', '-o', 'csv'))
    check('-P', rows and all(int(r['bytes']) > 1000000 for r in rows))


def test_json():
    flows = json.loads(run('-R', 'day', '-o', 'json', '-c', '50'))
    check('json is an array of flows', len(flows) == 50 and flows[49]['cnt'] == 50)
    check('json without flows is json',
          json.loads(run('-R', 'day', '-o', 'json', 'proto 99')) == [])
    lines = run('-R', 'day', '-o', 'ndjson', '-c', '50').splitlines()
    check('ndjson', len([json.loads(l) for l in lines]) == 50)
    lines = run('-R', 'day', '-o', 'json', '-s', 'srcip/bytes', '-n', '5').splitlines()
    check('json of statistics', len([json.loads(l) for l in lines]) == 5)
    check('json of record statistics',
          len(json.loads(run('-R', 'day', '-o', 'json', '-s', 'record/bytes', '-n', '5'))) == 5)


def test_all_json():
    """Whatever is asked, JSON is JSON, also of strange strings."""
    text_flows = os.path.join(BUILD, 'tests/tools/textflows')
    subprocess.run([text_flows, 'tests/filter/flows.txt', os.path.join(WORK, 'text')], check=True,
                   env=dict(os.environ, WEIR_SRC=SOURCE))
    run('-r', 'text', '-w', 'odd', '-a')
    run('-r', 'odd', '-i', 'back\\slash"quote')
    for source in ('text', 'odd'):
        for query in ([], ['-a'], ['-b'], ['-O', 'bytes'], ['-s', 'record/bytes'], ['proto 99'],
                      ['-a', 'proto 99'], ['-s', 'record', 'proto 99']):
            text = run(*query, '-r', source, '-o', 'json')
            tables = text.replace('\n]\n', '\n]\n\f').split('\f')
            check('json of %s %s' % (source, query),
                  all(isinstance(json.loads(t), list) for t in tables if t.strip()))
            lines = run(*query, '-r', source, '-o', 'ndjson').splitlines()
            check('ndjson of %s %s' % (source, query),
                  all(isinstance(json.loads(l), dict) for l in lines))
    for stat in STATS + NAMES:
        lines = run('-r', 'text', '-o', 'json', '-s', stat, '-n', '0').splitlines()
        check('json of -s %s' % stat, lines and all(json.loads(l)['flows'] >= 0 for l in lines))


def numbers(mode, *query):
    """Packets, octets and flows of each row, as one format shows them."""
    text = run('-R', 'day', '-q', '-o', mode, *query)
    if mode == 'json':
        return [(f['in_packets'], f['in_bytes']) for f in json.loads(text)]
    if mode == 'ndjson':
        return [(f['in_packets'], f['in_bytes']) for f in map(json.loads, text.splitlines())]
    if mode == 'raw':
        return list(zip(map(int, re.findall(r'in packets +=\s+(\d+)', text)),
                        map(int, re.findall(r'in bytes +=\s+(\d+)', text))))
    if mode.startswith('csv'):
        return [(int(r['packets']), int(r['bytes'])) for r in rows_of(text)]
    return [tuple(map(int, l.split()[-3:-1])) for l in text.splitlines()]


def test_formats_show_the_same():
    for query in (['-c', '400'], ['-a', '-n', '100', '-O', 'bytes'], ['-c', '200', 'ipv6']):
        want = numbers('csv', *query)
        check('rows of %s' % query, len(want) > 50)
        for mode in ('line', 'long', 'gline', 'line6'):
            check('%s shows what csv shows: %s' % (mode, query),
                  numbers(mode, '-N', *query) == want)
        for mode in ('json', 'ndjson', 'raw', 'csv-fast'):
            check('%s shows what csv shows: %s' % (mode, query), numbers(mode, *query) == want)


def test_errors():
    text = run('-R', 'day', 'proto foo', code=254)
    check('filter error', text.startswith('Line 1: Unknown protocol: foo at'))
    run('-r', 'missing', code=1)
    run('-R', 'day', '-s', 'nonsense', code=1)
    run('-R', 'day', '-o', 'nonsense', code=1)
    check('no option is a help', run('-Q', code=1).startswith('usage'))
    check('help on all topics', all(run('--help=' + t) for t in ('filter', 'fmt', 'stat', 'aggr')))


def explained(*words):
    """What --explain tells: its text, and the numbers about the input by their names."""
    text = subprocess.run([WEIR, '-R', 'day', '--explain', '-q', *words], cwd=WORK,
                          capture_output=True).stderr.decode()
    lines = [l for l in text.splitlines() if l.startswith(('blocks: ', 'columns: ', 'flows: '))]
    names = {'left out by zones': 'zones', 'by address filters': 'filters', 'read': 'read',
             'blocks': 'blocks', '(whole': 'whole', 'octets read': 'octets'}
    found = re.findall(r'([^:,;]+): (\d+)', '; '.join(lines))
    return text, {names[k.strip()]: int(n) for k, n in found if k.strip() in names}


def test_explain():
    text, n = explained('-c', '1', 'dst port 53')
    check('--explain', 'columns of the filter: ' in text and 'DST_PORT' in text and
          'time of all workers: opening ' in text, text)
    _, n = explained('ip 10.99.99.99')
    check('an address never seen opens no block', n['blocks'] > 0 and n['read'] == 0 and
          n['zones'] + n['filters'] == n['blocks'] and n['octets'] == 0, n)
    _, n = explained('first seen > 2030-01-01')
    check('times left out by zones', n['zones'] == n['blocks'] and n['read'] == 0, n)
    _, n = explained('any')
    check('everything is read, and nothing tested', n['read'] == n['blocks'] == n['whole'], n)
    _, few = explained('-s', 'proto', 'any')
    _, all_ = explained('-o', 'json', 'any')
    check('only columns that are needed are read', 0 < few['octets'] * 2 < all_['octets'],
          (few, all_))


def terminal_sees(*words):
    """What a terminal sees as the standard error of a run."""
    master, slave = os.openpty()
    child = subprocess.Popen([WEIR, '-R', 'day', *words], cwd=WORK, stdout=subprocess.DEVNULL,
                             stderr=slave)
    os.close(slave)
    seen = b''
    try:
        while True:
            part = os.read(master, 4096)
            if not part:
                break
            seen += part
    except OSError:
        pass  # how Linux tells that nobody has the terminal open any more
    os.close(master)
    return child.wait(), seen.decode()


def test_progress():
    code, seen = terminal_sees('-q', '-s', 'srcip')
    check('a short run shows no progress on a terminal', code == 0 and seen == '', seen)
    code, seen = terminal_sees('--progress', '-q', '-s', 'srcip')
    check('a terminal is left without it', code == 0 and re.search('[0-9]+ of [0-9]+ files', seen)
          and seen.endswith('\r' + 78 * ' ' + '\r'), seen)
    p = subprocess.run([WEIR, '-R', 'day', '--progress', '-q', '-s', 'srcip'], cwd=WORK,
                       capture_output=True)
    line = p.stderr.decode()
    check('--progress shows files and flows, whatever standard error is', p.returncode == 0 and
          re.search(r'\d+ of \d+ files, [\d.]+ M flows, [\d.]+ M flows/s, \d+ s left', line), line)


def test_damage():
    with open(os.path.join(WORK, 'day/nfcapd.202311142220'), 'rb') as f:
        data = bytearray(f.read())
    data[len(data) // 3] ^= 0x55
    with open(os.path.join(WORK, 'damaged'), 'wb') as f:
        f.write(data)
    p = subprocess.run([WEIR, '-r', 'damaged', '-o', 'csv'], cwd=WORK, capture_output=True)
    check('damage is said and shows in the exit code',
          p.returncode == 1 and b'damaged' in p.stderr and b'offset' in p.stderr,
          (p.returncode, p.stderr))
    with open(os.path.join(WORK, 'cut'), 'wb') as f:
        f.write(data[:len(data) // 4])
    p = subprocess.run([WEIR, '-r', 'cut', '--strict', '-q', '-c', '1'], cwd=WORK,
                       capture_output=True)
    check('--strict on an unfinished file', p.returncode == 1, (p.returncode, p.stderr))


def answer(*words):
    p = subprocess.run([WEIR, '-r', 'hurt', '-q', '-o', 'csv', *words], cwd=WORK,
                       capture_output=True, env=dict(os.environ, TZ='UTC', NFCONF='none'))
    return p.returncode, p.stdout, p.stderr


def test_damage_met_late():
    """Columns that only a later pass reads may be damaged: then the answer is that of the other
    blocks, as if all columns had been read at once (-c: one pass); or nothing needed them."""
    with open(os.path.join(WORK, 'day/nfcapd.202311142220'), 'rb') as f:
        data = f.read()
    late = 0
    for query in (('-s', 'srcip/bytes', '-s', 'port/packets', '-n', '3'),
                  ('-s', 'record/bytes', '-s', 'proto', '-n', '3')):
        with open(os.path.join(WORK, 'hurt'), 'wb') as f:
            f.write(data)
        whole = answer(*query)
        for place in range(1, 12):
            hurt = bytearray(data)
            hurt[len(data) * place // 12] ^= 0x55
            with open(os.path.join(WORK, 'hurt'), 'wb') as f:
                f.write(hurt)
            got, once = answer(*query), answer(*query, '-c', '1000000000')
            late += got == once and got != whole
            check('%s, damage at %d/12' % (query, place), got in (whole, once), (got, once))
    check('some damage showed', late > 0)


def test_nfsen_ng():
    check('version', re.search(r'Version:\s*(\S+)', run('-V')).group(1).split('-')[0] == '1.7.8')
    text = run('-I', '-o', 'csv', '-M', 'day2/s1', '-r', '2023/11/14/nfcapd.202311142215')
    check('import', re.search(r'^Flows_tcp: \d+$', text, re.M) and ',' not in
          text.splitlines()[-1] and ':' in text.splitlines()[-1])
    rows = rows_of(run('-M', 'day2/s1', '-s', 'dstport:p', '-o', 'csv', '-r',
                       '2023/11/14/nfcapd.202311142215', 'dst port 443'))
    check('port statistics', {r['pr'] for r in rows} <= {'TCP', 'UDP', 'ICMP', 'ICMP6'} and rows
          and all(k in rows[0] for k in ('fl', 'ipkt', 'ibyt')))
    where = ['-M', 'day2/s1', '-R',
             '2023/11/14/nfcapd.202311142215:2023/11/14/nfcapd.202311142230']
    check('flow list', len(json.loads(run(*where, '-c', '20', '-o', 'json', '-O', 'tstart',
                                          'proto udp'))) == 20)
    rows = rows_of(run(*where, '-c', '500', '-o', 'csv', '-a', '-Aproto,srcport,srcip4/24', 'any'))
    check('aggregated list', rows and 'srcPort' in rows[0])
    text = run(*where, '-c', '500', '-B', '', 'proto tcp')
    check('bidirectional list', text.startswith('Date first seen') and '\nSummary: ' in text)
    lines = run(*where, '-n', '10', '-o', 'json', '-s', 'srcip/bytes', 'any').splitlines()
    check('top N', len([json.loads(l) for l in lines]) == 10)
    text = run(*where, '-a', '-Asrcip,dstport,dstip', '-O', 'bytes', '-n', '20', '-N', '-o',
               'fmt:%sa %da %dp %ibyt %ipkt %fl', 'any')
    check('sankey', len([l for l in text.splitlines() if len(l.split()) == 6]) == 20)


def test_nfsen():
    text = run('-I', '-G', 'none', '-R', 'day/nfcapd.202311142215:nfcapd.202311142225')
    check('slot statistics', all(': ' in l for l in text.splitlines()))
    check('filter check', run('-Z', 'proto foo', code=254) != '' and run('-Z', 'proto tcp') == '')
    text = run('-M', 'day2/s1', '-T', '-r', '2023/11/14/nfcapd.202311142215', '-c', '3',
               'proto tcp\nand dst port 443\n')
    check('tagged addresses', len(re.findall('\x01(\\s*)([^\\s]+)', text)) == 6)
    for options in (['-a', '-A', 'srcip,dstport'], ['-a', '-B'], ['-o', 'bilong', '-b'],
                    ['-o', 'extended', '-6'], ['-Otstart', '-c', '10'],
                    ['-n', '10', '-s', 'srcip/bytes', '-L', '+10k']):
        check('query %s' % options, 'Summary: ' in run('-M', 'day2/s1', '-T', '-r',
                                                       '2023/11/14/nfcapd.202311142215', *options))
    text = run('-r', 'day/nfcapd.202311142215', '-o', 'pipe', '-q', '-n', '1', '-s', 'ip/flows',
               '-s', 'dstport/bytes')
    lines = [l for l in text.splitlines() if l]
    check('alerts', len(lines) == 2 and lines[1].startswith('0|') and lines[1].count('|') == 12,
          text)


def test_others():
    text = run('-6Nq', '-R', 'day', '-c', '5', '-o', 'pipe')
    check('pipe of flows', all(l.count('|') == 23 for l in text.splitlines()), text)
    text = run('-b', '-N', '-o', 'csv16', '-q', '-R', 'day', '-c', '100')
    check('48 columns', text and all(l.count(',') == 47 for l in text.splitlines()))
    text = run('-qr', 'day/nfcapd.202311142215', '-o', 'fmt:%sa %da', '-6', '-c', '4')
    check('clustered letters', len(text.splitlines()) == 4)
    with open(os.path.join(WORK, 'day/nfcapd.202311142215'), 'rb') as f:
        p = subprocess.run([WEIR, '-qr', '-', '-o', 'fmt:%sa %da', '-6', '-c', '4'], input=f.read(),
                           cwd=WORK, capture_output=True)
    check('standard input', p.stdout.decode() == text, p.stderr)
    rows = rows_of(run('-R', 'day', '-q', '-a', '-A', 'proto', '-o', 'csv', 'ipv4', '-N'))
    check('options behind the filter', rows and 'proto' in rows[0])


def main():
    global WORK
    with tempfile.TemporaryDirectory() as WORK:
        make_files()
        for name, test in list(globals().items()):
            if name.startswith('test_'):
                test()
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What is looked up by address: countries, locations, AS numbers, organisations, from nfdump's data
bases and from .mmdb files (skipped where weir is built without them).

What each address must show comes from the tables the data bases are made of (mkdatabases.py); both
kinds of data base must give the same text in every format and statistic.
"""
import csv
import io
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, '../..'))
BUILD = os.path.abspath(os.environ.get('WEIR_BUILD', TOP))
sys.path.insert(0, os.path.join(TOP, 'tests/tools'))
sys.dont_write_bytecode = True
from checks import Checks  # noqa: E402
from mkdatabases import PLACES, SYSTEMS  # noqa: E402
WEIR = os.path.join(BUILD, 'weir')

checks = Checks()
check = checks.named


def run(*words):
    e = dict(os.environ, TZ='UTC', NFCONF='none')
    e.pop('WEIR_FORMAT', None)
    p = subprocess.run([WEIR, '-r', 'flows', '-q'] + list(words), capture_output=True, env=e,
                       timeout=120)
    check('exit code of %s' % (words,), p.returncode == 0, p.stderr)
    return p.stdout.decode('latin-1')


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def known(table, address):
    """The row of the longest network that holds the address, or None."""
    a = ipaddress.ip_address(address)
    found = [n for n in map(ipaddress.ip_network, table) if n.version == a.version and a in n]
    return table[str(max(found, key=lambda n: n.prefixlen))] if found else None


def country(address):
    place = known(PLACES, address)
    return place[1] if place else '..'


def location(address):
    place = known(PLACES, address)
    return '%s/%s/%s long/lat: %.4f/%.4f' % (place[:3] + (place[5], place[4])) if place else ''


def system(address, own=0):
    known_as = known(SYSTEMS, address)
    return own if own or not known_as else known_as[0]


def organisation(address):
    known_as = known(SYSTEMS, address)
    return known_as[1] if known_as else ''


def test_columns(base):
    plain = rows_of(run('-G', 'none', '-o', 'csv:%sa,%da,%sas,%das'))
    shown = rows_of(run('-G', base, '-o', 'csv:%sc,%dc,%sloc,%dloc,%sas,%das,%sasn,%dasn'))
    check('%s: rows' % base, len(plain) == len(shown) > 50)
    for p, s in zip(plain, shown):
        for side in ('src', 'dst'):
            address = p[side + 'Addr']
            if address == '0.0.0.0':
                continue
            want = (country(address), location(address) or 'no location info',
                    str(system(address, int(p[side + 'AS']))), organisation(address))
            got = tuple(s[side + k] for k in ('Geo', 'Location', 'AS', 'Org'))
            check('%s: %s' % (base, address), got == want, (got, want))


def test_text(base):
    for line in run('-G', base, '-o', 'fmt:%sa|%gsa|%sasn', '-6').splitlines():
        address, with_country, org = (part.strip() for part in line.split('|'))
        if address != '0.0.0.0':
            check('%s: text of %s' % (base, address),
                  with_country == '%s(%s)' % (address, country(address)) and
                  org == (organisation(address) or 'none'), line)


def test_json(base):
    for flow in json.loads(run('-G', base, '-o', 'json')):
        for side in ('src4', 'dst4', 'src6', 'dst6'):
            if side + '_addr' in flow:
                address = flow[side + '_addr']
                check('%s: json of %s' % (base, address),
                      flow[side + '_geo'] == location(address), flow)


def expected(key):
    """Flows for each value of a statistic of sources (json has no lines for tunnels)."""
    sums = {}
    for flow in json.loads(run('-G', 'none', '-o', 'json')):
        address = flow.get('src4_addr', flow.get('src6_addr', '0.0.0.0'))
        value = str(key(address, flow.get('src_as', 0)))
        sums[value] = sums.get(value, 0) + (flow.get('aggr_flows', 1) or 1)
    return sums


def counted(base, statistic):
    text = run('-G', base, '-s', statistic, '-n', '0', '-o', 'csv')
    return {r['val'].strip(): int(r['fl']) for r in rows_of(text)}


def named(address, own):
    number = system(address, own)
    orgs = {row[0]: row[1] for row in SYSTEMS.values()}
    return '%s AS%d' % (orgs.get(number, 'not found'), number) if number else 'not found'


def test_statistics(base):
    for statistic, key in (('srcgeo', lambda a, own: country(a)), ('srcas', system),
                           ('srcasn', named)):
        got = counted(base, statistic)
        want = expected(key)
        check('%s: -s %s' % (base, statistic), got == want, (got, want))
    text = json.loads('[%s]' % ','.join(
        run('-G', base, '-s', 'srcgeo', '-n', '0', '-o', 'json').strip().splitlines()))
    check('%s: -s in json' % base, {r['srcgeo']: r['flows'] for r in text} ==
          counted(base, 'srcgeo'), text)
    groups = rows_of(run('-G', base, '-A', 'srcgeo', '-o', 'csv'))
    check('%s: -A' % base, {r['srcGeo']: int(r['flows']) for r in groups} ==
          counted(base, 'srcgeo'), groups)


def test_same():
    for words in (['-o', 'raw'], ['-o', 'ndjson'], ['-o', 'glong6'], [], ['-o', 'csv'],
                  ['-s', 'asn/bytes', '-s', 'geo/packets', '-s', 'srcip', '-n', '0'],
                  ['-s', 'dstasn', '-o', 'csv'], ['-A', 'srcas,dstgeo'], ['src as 64510'],
                  ['-s', 'record/bytes', '-A', 'srcasn,proto'], ['geo CH and not geo DE']):
        check('the same: %s' % words, run('-G', 'geo.nf', *words) == run('-G', 'geo.mmdb', *words))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        subprocess.check_call([os.path.join(BUILD, 'tests/filter/filter_cases'), '-w', 'flows',
                               'weir'], env=dict(os.environ, WEIR_SRC=TOP))
        subprocess.check_call([sys.executable, '-B',
                               os.path.join(TOP, 'tests/tools/mkdatabases.py'), '.'])
        probe = subprocess.run([WEIR, '-r', 'flows', '-G', 'geo.mmdb', '-c', '1'],
                               capture_output=True)
        bases = ['geo.nf', 'packed.nf']
        if b'cannot read .mmdb' in probe.stderr:
            checks.skip('weir was built without .mmdb files')
        else:
            bases.append('geo.mmdb')
            test_same()
        for base in bases:
            for test in (test_columns, test_text, test_json, test_statistics):
                test(base)
        os.chdir('/')
    return checks.finish()


sys.exit(main())

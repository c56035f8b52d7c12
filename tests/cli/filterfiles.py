#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Filters on the command line and in files: -f, @include, long lists, what is printed where when a
filter is wrong, exit codes, -Z, -X, data bases."""
import ipaddress
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, '../..'))
BUILD = os.path.abspath(os.environ.get('WEIR_BUILD', TOP))
sys.path.insert(0, os.path.join(TOP, 'tests/tools'))
from checks import Checks  # noqa: E402
WEIR = os.path.join(BUILD, 'weir')

checks = Checks()
check = checks.named


def run(*words, env=None):
    e = dict(os.environ, TZ='UTC', NFCONF='none')
    e.pop('WEIR_FORMAT', None)
    e.update(env or {})
    p = subprocess.run([WEIR] + list(words), capture_output=True, env=e, timeout=120)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def write(name, text):
    with open(name, 'w') as f:
        f.write(text)
    return name


def selected(*words):
    """Numbers of the flows that are printed (inner headers of tunnels have 0)."""
    code, out, err = run('-r', 'flows', '-q', '-G', 'none', '-o', 'fmt:%exp', *words)
    check('exit code of %s' % (words,), code == 0, err)
    return [int(line) for line in out.split() if line.isdigit() and line != '0']


def refused(name, words, code, out, *err):
    got = run('-r', 'flows', '-G', 'none', *words)
    check(name, got[0] == code and got[1] == out and all(e in got[2] for e in err), got)


def same(name, *ways):
    """All ways of asking select the same flows, and some."""
    results = [selected(*way) for way in ways]
    check(name, len(results[0]) > 0 and all(r == results[0] for r in results), results)


def texts():
    same('words are joined', ['src port 53 or dst port 80'],
         ['src', 'port', '53', 'or', 'dst', 'port', '80'], ['src port 53', 'or', 'dst port 80'])
    same('a file', ['proto udp and dst port 53'],
         ['-f', write('one', 'proto udp # datagrams\n\tand dst port 53\n# the end')])
    write('bad', 'port 70000')
    same('the command line wins', ['dst port 53'], ['-f', 'bad', 'dst port 53'])
    same('an empty file', ['any'], ['-f', write('empty', '')], [''], [])
    same('text ends at a NUL', ['dst port 53'], ['-f', write('nul', 'dst port 53\0 and port 1')])


def includes():
    write('ports', 'dst port 80 or dst port 53')
    write('outer', '@include ports\nor dst port 443')
    os.makedirs('below', exist_ok=True)
    write('below/again', '(\n@include below/deep\n) and proto tcp')
    write('below/deep', 'dst port 80 # found from the directory where weir runs')
    same('an include', ['dst port 80 or dst port 53'], ['@include ports'], ['@INCLUDE ports '],
         ['@includeports'], ['@include\n ports'])
    same('no parentheses around it', ['dst port 80 or (dst port 53 and proto tcp)'],
         ['@include ports and proto tcp'])
    same('includes in files', ['dst port 80 or dst port 53 or dst port 443'], ['-f', 'outer'])
    same('below', ['dst port 80 and proto tcp'], ['-f', 'below/again'])
    for i in range(12):
        write('n%d' % i, '@include n%d' % (i - 1) if i > 0 else 'dst port 80')
    same('ten deep', ['dst port 80'], ['-f', 'n9'])


def include_errors():
    many = 'Too many nested file includes. Exceed 10 files\n'
    refused('eleven deep', ['-f', 'n11'], 255, '', many, '^')
    write('self', 'any or\n@include self')
    refused('an include of itself', ['@include self'], 255, '', many,
            "File 'self' line 2:", '@include self', '^^^^')
    missing = "Failed to open include file 'nowhere': No such file or directory\n"
    refused('a missing include', ['port 80 or @include nowhere'], 255, '', missing, 'Line 1:',
            '                      ^^^^^^^')
    write('gone', 'any and\n@include nowhere')
    refused('a missing include in a file', ['-f', 'gone'], 255, '', missing,
            "File 'gone' line 2:")
    refused('an include of a directory', ['@include below'], 255, '',
            "Failed to open include file 'below': not a regular file\n")
    got = run('-r', 'flows', '@include nowhere', env={'WEIR_FORMAT': 'nfdump'})
    check('nfdump says it too', got == (255, '', missing), got)


def errors():
    refused('a wrong file', ['-f', write('wrong', 'port 80\nor port 70000\n')], 254,
            "File 'wrong' line 2: Port number: 70000 out of range at '70000'\n", 'or port 70000\n',
            '         ^^^^^\n')
    refused('a wrong include', ['port 80 or @include wrong'], 254,
            "File 'wrong' line 2: Port number: 70000 out of range at '70000'\n",
            "File 'wrong' line 2:")
    refused('after an include', ['@include ports or foo 1'], 254, "Line 1: syntax error at '1'\n",
            '                   ^^^\n')
    refused('CR', ['-f', write('cr', 'port 80\r\n')], 254,
            "File 'cr' line 1: syntax error at '\r'\n")
    refused('no file', ['-f', 'nowhere'], 255, '', 'path does not exist: nowhere\n')
    refused('a directory', ['-f', 'below'], 255, '', 'not a regular file: below\n')
    refused('a long word', ['ident ' + 'x' * 257], 255, '', 'String length exceeds 256 bytes\n')
    refused('a long ident', ['ident ' + 'x' * 256], 254,
            "Line 1: Invalid ident string: %s at '%s'\n" % ('x' * 256, 'x' * 256))
    refused('a wrong post filter', ['-a', '-P', 'port 70000'], 254,
            "Line 1: Port number: 70000 out of range at '70000'\n", '^^^^^')
    for words in (['-Z', 'port 80'], ['-Z', '-f', 'ports'], ['-Z']):
        check('-Z', run(*words) == (0, '', ''), words)
    check('-Z of a wrong filter', run('-Z', 'port')[:2] == (254, "Line 1: syntax error at ''\n"))
    code, out, _ = run('-X', 'src port 80')
    check('-X', code == 0 and 'SRC_PORT 80..80' in out, out)
    code, out, _ = run('--help=filter')
    check('--help=filter', code == 0 and 'observation domain id' in out, out)


def members(entries):
    """Numbers of the flows with an address in one of the networks, found without weir's help."""
    networks = {}
    for entry in entries:
        n = ipaddress.ip_network(entry, strict=False)
        networks.setdefault((n.version, n.prefixlen), set()).add(int(n.network_address))
    found = []
    for line in run('-r', 'flows', '-q', '-6', '-o', 'fmt:%exp %sa %da')[1].splitlines():
        number, *addresses = line.split()
        for a in (ipaddress.ip_address(a) for a in addresses):
            if any(a.version == v and int(a) >> a.max_prefixlen - p << a.max_prefixlen - p in values
                   for (v, p), values in networks.items()):
                found.append(int(number))
                break
    return found


def hosts():
    refused('a name', ['ip localhost'], 254,
            "Line 1: Can not parse/lookup localhost to an IP address at 'localhost'\n", '--resolve')
    out = selected('--resolve', 'not ip localhost or ip in [localhost]')
    check('a name that is looked up', out == selected('any'), out)
    refused('a name of a next hop', ['--resolve', 'next ip localhost'], 254,
            "Line 1: Can not parse/lookup localhost to an IP address at 'localhost'\n")


def lists():
    """Long lists that overlap, mix families and have host bits."""
    four = ['10.%d.%d.%d/%d' % (i % 7, i % 51, i % 13, 24 + i % 9) for i in range(20000)]
    six = ['2001:db8:%x::%x/%d' % (i % 3, i % 5, 48 + i % 80) for i in range(20000)]
    hosts = ['%d.1.2.3' % (i % 256) for i in range(9998)] + ['192.0.2.53', 'fe80::1']
    write('list', 'ip in [\n' + '\n'.join(four + six + hosts) + ']')
    wanted = members(four + six + hosts)
    check('50,000 addresses', len(wanted) > 9 and selected('-f', 'list') == wanted, wanted)
    write('ports50k', 'port in [%s]' % ' '.join(str(i % 40000) for i in range(50000)))
    same('50,000 ports', ['port < 40000'], ['-f', 'ports50k'])
    systems = ', '.join(str(i * 1289) for i in range(50000))
    write('as50k', 'as in [%s] and not as 0' % systems)
    selected('-f', 'as50k')
    write('terms', ' or '.join('dst port %d' % (i % 1000) for i in range(20000)))
    same('20,000 terms', ['dst port < 1000'], ['-f', 'terms'])


def databases():
    tool = os.path.join(TOP, 'tests/tools/mkdatabases.py')
    subprocess.check_call([sys.executable, '-B', tool, '.'])
    base = ['-r', 'flows', '-q', '-o', 'fmt:%exp']
    swiss = run(*base, '-G', 'geo.nf', 'src geo CH')
    packed = run(*base, '-G', 'packed.nf', 'src geo CH')
    check('packed data base', packed == swiss and len(swiss[1]) > 9, swiss)
    check('Tor', run(*base, '-G', 'none', '-H', 'tor.nf', 'src ip tor')[1].split() != [], '')
    code, out, err = run(*base, '-G', 'geo.mmdb', 'src tz Europe/Zurich')
    if 'cannot read .mmdb' not in err:
        check('time zones', (code, out) == swiss[:2], err)
    code, out, err = run(*base, '-G', 'geo.nf', 'tz Europe/Zurich')
    check('no time zones', code == 254 and 'time zones need a geo data base' in err, err)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        cases = os.path.join(BUILD, 'tests/filter/filter_cases')
        subprocess.check_call([cases, '-w', 'flows', 'weir'], env=dict(os.environ, WEIR_SRC=TOP))
        for part in (texts, includes, include_errors, errors, hosts, lists, databases):
            part()
        os.chdir('/')
    return checks.finish()


sys.exit(main())

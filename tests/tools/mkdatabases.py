#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Writes small data bases about addresses for tests, made from the tables below.

  mkdatabases.py DIRECTORY     geo.nf, packed.nf (the same, bzip2) and tor.nf in nfdump's form,
                               geo.mmdb in MaxMind's

The same facts stand in geo.nf and geo.mmdb; only geo.mmdb has time zones. Formats: blocks of equal
elements as src/lookup/nfarray.c reads them; the MaxMind DB file format specification 2.0.
"""
import bz2
import calendar
import ipaddress
import os
import struct
import sys

# network: continent, country, city, time zone, latitude, longitude
PLACES = {
    '10.0.0.0/24': ('EU', 'CH', 'Zurich', 'Europe/Zurich', 47.37, 8.55),
    '10.6.0.0/16': ('EU', 'CH', 'Geneva', 'Europe/Zurich', 46.2, 6.14),
    '192.0.2.0/24': ('NA', 'US', 'Reston', 'America/New_York', 38.95, -77.34),
    '198.51.100.0/24': ('EU', 'DE', 'Bonn', 'Europe/Berlin', 50.73, 7.1),
    '203.0.113.0/24': ('AS', 'JP', 'Tokyo', 'Asia/Tokyo', 35.69, 139.69),
    '2001:db8::/32': ('EU', 'FR', 'Lyon', 'Europe/Paris', 45.75, 4.85),
}
# network: AS number, organisation
SYSTEMS = {
    '10.0.0.0/24': (64510, 'Inside'),
    '10.3.0.0/24': (65010, 'Routed'),
    '198.51.100.0/24': (65020, 'Documents'),
    '2001:db8::/32': (65030, 'Six'),
}
# address: intervals
EXITS = {
    '203.0.113.5': [('2024-07-10', '2024-07-11')],
    '198.51.100.1': [('2023-01-01', '2023-02-01')],
}


def fixed(text, length):
    return text.encode().ljust(length, b'\0')


# ---------------------------------------------------------------- nfdump's form

def array_file(arrays, packed=False):
    """arrays: kind, list of equally long elements."""
    blocks = b''
    for kind, elements in arrays:
        body = struct.pack('<HH', kind, len(elements[0])) + b''.join(elements)
        body = bz2.compress(body) if packed else body
        blocks += struct.pack('<IIHH', len(elements), len(body), 4, not packed) + body
    head = struct.pack('<HHIQBBHIQII', 0xA50C, 2, 0xF1070800, 0, 2 if packed else 0, 0, 0, 7, 0, 0,
                       len(arrays))
    return head + blocks


def of_family(table, version):
    networks = [(ipaddress.ip_network(n), row) for n, row in table.items()]
    return [(n, row) for n, row in networks if n.version == version]


def network4(n):
    return struct.pack('<II', int(n.network_address), int(n.netmask))


def network6(n):
    halves = [(v >> shift) & (2**64 - 1) for v in (int(n.network_address), int(n.netmask))
              for shift in (64, 0)]
    return struct.pack('<QQQQ', *halves)


def place(number, row):
    return struct.pack('<IIddII', 0, number, row[4], row[5], 0, 0)


def nfdump_geo(packed):
    number = {row: i + 1 for i, row in enumerate(PLACES.values())}
    names = [struct.pack('<I', i) + fixed(row[0], 4) + fixed(row[1], 4) + fixed(row[2], 36)
             for row, i in number.items()]
    return array_file([
        (1, names),
        (2, [network4(n) + place(number[row], row) for n, row in of_family(PLACES, 4)]),
        (3, [network6(n) + place(number[row], row) for n, row in of_family(PLACES, 6)]),
        (4, [network4(n) + struct.pack('<I', row[0]) + fixed(row[1], 96)
             for n, row in of_family(SYSTEMS, 4)]),
        (5, [network6(n) + struct.pack('<I', row[0]) + fixed(row[1], 96) + bytes(4)
             for n, row in of_family(SYSTEMS, 6)]),
        (7, [struct.pack('<I', row[0]) + fixed(row[1], 96) for row in SYSTEMS.values()]),
    ], packed)


def seconds(day):
    return calendar.timegm(tuple(int(x) for x in day.split('-')) + (0, 0, 0))


def nfdump_tor():
    nodes = []
    for address, spans in sorted(EXITS.items(), key=lambda x: ipaddress.ip_address(x[0])):
        times = [(seconds(a), seconds(b)) for a, b in spans]
        padded = times + [(0, 0)] * (8 - len(times))
        nodes.append(struct.pack('<IHHQ', int(ipaddress.ip_address(address)), 0, len(times) - 1,
                                 times[-1][1]) + b''.join(struct.pack('<QQ', *t) for t in padded))
    return array_file([(6, nodes)])


# ---------------------------------------------------------------- MaxMind's form

UTF8, DOUBLE, BYTES, UINT16, UINT32, MAP = 2, 3, 4, 5, 6, 7
UINT64, ARRAY = 9, 11


def control(kind, size):
    """Sizes from 29 on stand in an octet of their own."""
    short = min(size, 29)
    more = bytes([size - 29]) if size >= 29 else b''
    return (bytes([short, kind - 7]) if kind > 7 else bytes([kind << 5 | short])) + more


def encoded(value):
    if isinstance(value, str):
        return control(UTF8, len(value)) + value.encode()
    if isinstance(value, float):
        return control(DOUBLE, 8) + struct.pack('>d', value)
    if isinstance(value, dict):
        return control(MAP, len(value)) + b''.join(encoded(k) + encoded(v)
                                                   for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b''.join(encoded(v) for v in value)
    kind, number = value
    octets = number.to_bytes((number.bit_length() + 7) // 8, 'big')
    return control(kind, len(octets)) + octets


def facts_of(network):
    facts = {}
    for name, row in PLACES.items():
        outer = ipaddress.ip_network(name)
        if outer.version == network.version and network.subnet_of(outer):
            facts.update({'continent': {'code': row[0]}, 'country': {'iso_code': row[1]},
                          'city': {'names': {'en': row[2]}},
                          'location': {'latitude': row[4], 'longitude': row[5],
                                       'time_zone': row[3]}})
    if str(network) in SYSTEMS:
        facts['autonomous_system_number'] = (UINT32, SYSTEMS[str(network)][0])
        facts['autonomous_system_organization'] = SYSTEMS[str(network)][1]
    return facts


def insert(tree, network, value):
    """IPv4 networks stand below ::/96."""
    width = 128 if network.version == 6 else 32
    bits = '0' * (128 - width) + format(int(network.network_address), '0%db' % width)
    length = network.prefixlen + 128 - width
    node = tree
    for bit in bits[:length - 1]:
        node = node.setdefault(int(bit), {})
    node[int(bits[length - 1])] = value


def mmdb():
    tree, data = {}, b''
    for name in sorted(set(PLACES) | set(SYSTEMS)):
        network = ipaddress.ip_network(name)
        insert(tree, network, len(data))
        data += encoded(facts_of(network))
    nodes = []

    def number(node):
        nodes.append(node)
        node['number'] = len(nodes) - 1
        for side in (0, 1):
            if isinstance(node.get(side), dict):
                number(node[side])
    number(tree)

    def record(child):
        if child is None:
            return len(nodes)
        return child['number'] if isinstance(child, dict) else len(nodes) + 16 + child
    search = b''.join(record(node.get(side)).to_bytes(4, 'big') for node in nodes
                      for side in (0, 1))
    about = {'binary_format_major_version': (UINT16, 2), 'binary_format_minor_version': (UINT16, 0),
             'build_epoch': (UINT64, 1720684800), 'database_type': 'weir-test',
             'description': {'en': 'test'}, 'ip_version': (UINT16, 6), 'languages': ['en'],
             'node_count': (UINT32, len(nodes)), 'record_size': (UINT16, 32)}
    return search + bytes(16) + data + b'\xab\xcd\xefMaxMind.com' + encoded(about)


def main():
    for name, octets in (('geo.nf', nfdump_geo(False)), ('packed.nf', nfdump_geo(True)),
                         ('tor.nf', nfdump_tor()), ('geo.mmdb', mmdb())):
        with open(os.path.join(sys.argv[1], name), 'wb') as f:
            f.write(octets)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The catalogue of fields: nothing is described twice or forgotten, and the help tells all.

Every field that files keep has rows of the kinds in KINDS, or is named in WITHOUT with the reason.
"""
import collections
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('WEIR_SRC', os.path.join(HERE, '../..'))
BUILD = os.environ.get('WEIR_BUILD', SOURCE)
sys.path.insert(0, os.path.join(SOURCE, 'tests/tools'))
from checks import Checks  # noqa: E402
ROW = re.compile(r'\b([A-Z][A-Z0-9_]*)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)')
ARGUMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')

KINDS = ('ELEM', 'NFD', 'WORD', 'TOKEN', 'JSON', 'RAW')

# fields, kinds of row they lack, why
WITHOUT = (
    ('FLOW_LABEL IPV6_OPTIONS MPLS_TOP_TYPE MPLS_TOP_MASK MPLS_TOP4 MPLS_TOP6 MIN_LENGTH '
     'MAX_LENGTH VLAN_PRIORITY POST_VLAN_PRIORITY FRAGMENT_ID TCP_SEQUENCE APP_TEXT HTTP_HOST '
     'HTTP_URL USER_AGENT SSID STATION_MAC AP_MAC STATION_ADDR REV_TCP_FLAGS AS_PATH COMMUNITIES '
     'LOCAL_PREF AGENT_ADDR FIRST_NANO LAST_NANO', 'NFD WORD TOKEN RAW',
     'not in nfdump: JSON shows them'),
    ('AS_PATH COMMUNITIES LOCAL_PREF AGENT_ADDR FIRST_NANO LAST_NANO', 'ELEM', 'only in sFlow'),
    ('GROUPS RECORD_SIZE RECORD_ELEMENTS RECORD_FLAGS NF_VERSION EXPORTER_ID RECORD_NO',
     'ELEM NFD', 'how a record is kept'),
    ('RECORD_SIZE RECORD_ELEMENTS', 'WORD TOKEN JSON RAW', 'raw begins with them'),
    ('GROUPS', 'WORD TOKEN JSON', 'what a record has'),
    ('RECORD_FLAGS NF_VERSION', 'WORD', 'nfdump has no word for it'),
    ('NF_VERSION ENGINE_TYPE ENGINE_ID', 'JSON', 'nfdump has no key for it'),
    ('ENGINE_TYPE ENGINE_ID', 'NFD', 'in the head of a record'),
    ('FIRST_SEEN LAST_SEEN RECEIVED CLIENT_LATENCY SERVER_LATENCY APP_LATENCY NSEL_TIME NAT_TIME '
     'ROUTER4 ROUTER6 IN_ACL1 IN_ACL2 IN_ACL3 OUT_ACL1 OUT_ACL2 OUT_ACL3', 'ELEM',
     'made of several elements, or of the datagram'),
    ('RECEIVED APP_LATENCY NSEL_TIME NAT_TIME CONNECTION_ID FLOW_ID IN_SERVICE OUT_SERVICE '
     'NAT_STRING FRAGMENT_FLAGS NAT_POOL CUSTOMER_VLAN POST_CUSTOMER_VLAN IN_PHYSICAL OUT_PHYSICAL '
     'IP_VERSION BIFLOW_DIR END_REASON NBAR_ID SAMPLER_SELECTOR SAMPLER_EXPORTER FRAME_SIZE '
     'LINK_TYPE FRAME VXLAN LABEL PF_REWRITTEN PF_SUBRULE PF_UID PF_PID', 'WORD',
     'nfdump has no word for it'),
    ('NAT_POOL CUSTOMER_VLAN POST_CUSTOMER_VLAN IN_PHYSICAL OUT_PHYSICAL IP_VERSION VLAN_ID '
     'POST_VLAN TUN_SRC4 TUN_DST4 TUN_PROTO4 TUN_SRC6 TUN_DST6 TUN_PROTO6 SAMPLER_SELECTOR '
     'SAMPLER_EXPORTER FRAME_SIZE LINK_TYPE FRAME VXLAN PF_REWRITTEN PF_SUBRULE PF_UID PF_PID',
     'TOKEN', 'nfdump has no tag for it; tunnels have lines of their own'),
    ('BIFLOW_DIR END_REASON NBAR_ID SAMPLER_SELECTOR SAMPLER_EXPORTER FRAME_SIZE LINK_TYPE FRAME '
     'VXLAN LABEL PF_ACTION PF_REASON PF_DIR PF_RULE PF_INTERFACE PF_REWRITTEN PF_SUBRULE PF_UID '
     'PF_PID', 'JSON', 'nfdump has no key for it'),
    ('FRAME VXLAN LABEL PF_REWRITTEN PF_SUBRULE PF_UID PF_PID', 'RAW', 'nfdump has no line for it'),
    ('TUN_SRC4 TUN_DST4 TUN_PROTO4 TUN_SRC6 TUN_DST6 TUN_PROTO6 PF_ACTION PF_REASON PF_DIR PF_RULE '
     'PF_INTERFACE PF_REWRITTEN PF_SUBRULE PF_UID PF_PID SAMPLER_EXPORTER LABEL', 'ELEM',
     'made by probes or by hand, not by exporters'),
)

# What must be unique: kind of row, places of the arguments.
UNIQUE = (('FIELD', (0,)), ('FIELD', (1,)), ('COMPUTED', (0,)), ('GROUP', (0,)), ('GROUP', (1,)),
          ('TOKEN', (1,)), ('STAT', (0,)), ('AGGR', (0,)), ('JSON', (0,)), ('RAW', (0,)),
          ('WORD', (0, 1, 2)), ('ELEM', (0, 1, 2)))

checks = Checks()
check = checks.named


def read_rows():
    with open(os.path.join(SOURCE, 'src/field/fields.def')) as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
    text = re.sub(r'^#.*$', '', text, flags=re.M)
    return [(kind, [a.strip().strip('"') for a in ARGUMENT.findall(inside)])
            for kind, inside in ROW.findall(text)]


def check_unique(rows):
    for kind, places in UNIQUE:
        seen = collections.Counter(tuple(a[p] for p in places) for k, a in rows if k == kind)
        check('%s rows are there once' % kind, seen and max(seen.values()) == 1,
              [key for key, n in seen.items() if n > 1])


def check_complete(rows):
    has = collections.defaultdict(set)
    for kind, arguments in rows:
        for argument in arguments:
            has[argument].add(kind)
    lacks = collections.defaultdict(set)
    for names, kinds, _ in WITHOUT:
        for name in names.split():
            lacks[name] |= set(kinds.split())
    for name in [a[0] for kind, a in rows if kind == 'FIELD']:
        missing = {kind for kind in KINDS if kind not in has[name]}
        check('%s has rows of all kinds, or a reason' % name, missing <= lacks[name],
              missing - lacks[name])
        check('%s needs its reasons' % name, lacks[name] <= missing, lacks[name] - missing)


def help_text(topic):
    return subprocess.run([os.path.join(BUILD, 'weir'), '--help=' + topic], capture_output=True,
                          timeout=60).stdout.decode('latin-1')


def check_help(rows):
    for topic, kind, place, mark in (('fmt', 'TOKEN', 1, '%'), ('stat', 'STAT', 0, ''),
                                     ('aggr', 'AGGR', 0, ''), ('filter', 'WORD', 0, '')):
        text = ' ' + re.sub(r'\s+', ' ', re.sub(r'[\[\]|(),]', ' ', help_text(topic))) + ' '
        for word in sorted({a[place] for k, a in rows if k == kind}):
            check('--help=%s tells %s' % (topic, mark + word),
                  ' %s%s ' % (mark, word.lstrip('%')) in text)


def main():
    rows = read_rows()
    check('the catalogue is read', len(rows) > 1000, len(rows))
    check_unique(rows)
    check_complete(rows)
    check_help(rows)
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

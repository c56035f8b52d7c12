# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Export packets as vendors send them, well and badly formed.

First one case for each way in which nfcapd is known to lose or misread data, with the right values
worked out by hand. Then random messages of v9 and IPFIX (reduced sizes, variable lengths, elements
nobody knows, padding, several sets, templates that change or come late, withdrawals, option data
between), decoded by a small decoder of its own, from RFC 3954, 5103 and 7011 alone.
"""
import json
import os
import random
import struct
import subprocess
import sys

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", "."))
TMP = os.path.abspath(os.environ.get("WEIR_TMP") or "/tmp")
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from checks import Checks  # noqa: E402
from exports import capture, sets  # noqa: E402

DUMP = os.path.join(BUILD, "tests/wire/wiredump")
AT = 1700000000
UPTIME = 500000
VARIABLE = 65535
REVERSE = 29305
check = Checks()


def decode(name, datagrams):
    """What wiredump makes of (datagram[, sender]): flows and the account; by columns the same."""
    path = os.path.join(TMP, f"vendors-{name}.pcap")
    capture(path, [(AT, *d) if isinstance(d, tuple) else (AT, d) for d in datagrams])
    outputs = [subprocess.run([DUMP, *option, path], capture_output=True, text=True).stdout
               for option in ([], ["-b"])]
    check(outputs[0] == outputs[1], name, "by columns other flows than one by one")
    lines = [json.loads(line) for line in outputs[0].splitlines()]
    os.unlink(path)
    return lines[:-1], lines[-1]


def expect(name, datagrams, flows, **account):
    """The flows have these values, in this order; the account too."""
    got, end = decode(name, datagrams)
    check(len(got) == len(flows), name, f"{len(got)} flows, {len(flows)} expected")
    for i, (g, want) in enumerate(zip(got, flows)):
        wrong = {k: (g.get(k), v) for k, v in want.items() if g.get(k) != v}
        check(not wrong, name, f"flow {i}: (got, expected) {wrong}")
    wrong = {k: (end[k], v) for k, v in account.items() if end[k] != v}
    check(not wrong, name, f"account: {wrong}")


# ---- messages

def template(number, *fields):
    """Fields: (element, length) or (element, length, enterprise)."""
    return struct.pack(">HH", number, len(fields)) + specs(fields)


def specs(fields):
    out = b""
    for element, length, *pen in fields:
        out += struct.pack(">HH", element | (0x8000 if pen else 0), length)
        out += struct.pack(">I", *pen) if pen else b""
    return out


def options_ipfix(number, scopes, *fields):
    return struct.pack(">HHH", number, len(fields), scopes) + specs(fields)


def options_v9(number, scopes, fields):
    return struct.pack(">HHH", number, 4 * len(scopes), 4 * len(fields)) + specs(scopes) + specs(
        fields)


def v9(*pairs, sequence=0, domain=1, at=AT):
    return struct.pack(">HHIIII", 9, len(pairs), UPTIME, at, sequence, domain) + sets(*pairs)


def ipfix(*pairs, sequence=0, domain=1, at=AT):
    body = sets(*pairs)
    return struct.pack(">HHIII", 10, 16 + len(body), at, sequence, domain) + body


def octets(*numbers):
    """Numbers as (value, length), big-endian."""
    return b"".join(v.to_bytes(n, "big") for v, n in numbers)


def ntp(seconds, fraction=0):
    return (seconds + 2208988800) << 32 | int(fraction * (1 << 32))


BASE = ((8, 4), (12, 4), (4, 1), (7, 2), (11, 2))
BASE_DATA = octets((0x0A000001, 4), (0x0A000002, 4), (17, 1), (1000, 2), (53, 2))


def both(name, fields, data, want):
    """One record in either protocol."""
    for version, head, message in (("v9", 0, v9), ("ipfix", 2, ipfix)):
        expect(f"{name}-{version}", [message((head, template(256, *BASE, *fields)),
                                             (256, BASE_DATA + data))],
               [dict(SRC_ADDR="10.0.0.1", DST_PORT=53, **want)], bad=0, bad_records=0)


# ---- what nfcapd loses or misreads

def v5_record(packets=1, mask=24):
    return struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0x0A000001, 0xC0A80001, 0, 1, 2, packets, 100,
                       90000, 99000, 1000, 80, 0, 0x10, 6, 0, 0, 0, mask, 16, 0)


def v5(count, records, sampling=0):
    return struct.pack(">HHIIIIBBH", 5, count, 100000, AT, 0, 0, 0, 0, sampling) + b"".join(records)


def test_records_lost():
    many = [v5_record() for _ in range(30)]
    expect("v5-count-too-large", [v5(163, many)], [dict(SRC_MASK=24, DST_MASK=16)] * 30, bad=1)
    expect("v5-count-too-small", [v5(2, many)], [{}] * 2, bad=0)
    expect("v5-sampling-of-two", [v5(1, [v5_record(7)], 1 << 14 | 2)], [dict(PACKETS=14)])
    message = ipfix((2, template(256, *BASE)), (256, BASE_DATA * 3))
    expect("ipfix-longer-than-datagram", [message[:-5]], [{}] * 2, bad=1)
    expect("set-longer-than-message", [ipfix((2, template(256, *BASE)), (256, BASE_DATA))
                                       + struct.pack(">HH", 256, 500)], [{}])
    unknown = template(300, (9999, VARIABLE), (7, 2, 99999))
    expect("ipfix-nothing-known", [ipfix((2, unknown), (300, b"\x03abc\0\1" + b"\xff\1\0" +
                                                        b"x" * 256 + b"\0\2" + b"\0\0\3"))],
           [{}] * 3, bad=0)
    expect("data-before-template", [v9((256, BASE_DATA)),
                                    v9((0, template(256, *BASE)), sequence=1)],
           [dict(SRC_PORT=1000)], no_template=0)
    expect("data-without-template", [v9((256, BASE_DATA))], [], no_template=1)
    expect("ipv6-outside", [(v5(1, [v5_record()]), "2001:db8::7")], [dict(ROUTER6="2001:db8::7")])
    expect("padding", [v9((0, template(256, *BASE) + b"\0\0"), (256, BASE_DATA + b"\0\0\0"))], [{}])
    expect("zero-filled", [v9((0, template(256, *BASE)), (256, BASE_DATA)) + bytes(40)], [{}],
           bad=0)
    expect("fields-of-no-length", [v9((0, template(256, (1, 0), *BASE, (2, 0))),
                                      (256, BASE_DATA * 2))], [dict(DST_PORT=53)] * 2)
    expect("template-of-no-length", [v9((0, template(256, (1, 0))), (256, b"abcd"))], [{}])
    expect("invalid-set-id", [v9((7, b"abcd"), (0, template(256, *BASE)), (256, BASE_DATA))], [{}],
           bad=1)


def sflow(*samples, agent=0x0A0A0A0A):
    return struct.pack(">IIIIIII", 5, 1, agent, 0, 1, UPTIME, len(samples)) + b"".join(samples)


def tagged(kind, body):
    return struct.pack(">II", kind, len(body)) + body


FRAME = bytes.fromhex("0011223344550066778899aa0800") + bytes.fromhex(
    "450000280001000040060000" "0a000001" "0a000002") + struct.pack(
        ">HHIIBBHHH", 1000, 80, 0, 0, 0x50, 0x12, 0, 0, 0)


def flow_sample(*more, rate=10):
    header = tagged(1, struct.pack(">IIII", 1, 100, 4, len(FRAME)) + FRAME + bytes(-len(FRAME) % 4))
    records = [header, *more]
    return tagged(1, struct.pack(">IIIIIIII", 1, 1, rate, 1000, 0, 3, 4, len(records))
                  + b"".join(records))


def test_sflow():
    gateway = tagged(1003, struct.pack(">IIIIIIIIIII", 1, 0x0A000009, 65000, 65001, 65002, 1, 2, 2,
                                       65002, 65003, 0) + struct.pack(">I", 100))
    short = struct.pack(">II", 1003, len(gateway) - 8 - 4) + gateway[8:]
    want = dict(SRC_ADDR="10.0.0.1", DST_PORT=80, PACKETS=10, BYTES=1000, TCP_FLAGS=0x12,
                MIN_TTL=64, IN_IF=3, OUT_IF=4)
    expect("sflow-gateway", [sflow(flow_sample(gateway))],
           [dict(want, SRC_AS=65001, DST_AS=65003, LOCAL_PREF=100, AS_PATH=b"65002 65003".hex())])
    expect("sflow-gateway-too-short", [sflow(flow_sample(short), flow_sample(short),
                                             flow_sample())], [want] * 3)
    expect("sflow-unknown-records", [sflow(flow_sample(tagged(4099 << 12 | 7, b"what")),
                                           tagged(99, b"else"), flow_sample(rate=0))],
           [want, dict(DST_PORT=80, PACKETS=0)])
    counters = tagged(2, struct.pack(">III", 1, 1, 0))
    expect("sflow-counters", [sflow(counters, flow_sample())], [want], counters=1)
    # the second sample is cut within the TCP header: all in front of that is known
    expect("sflow-cut", [sflow(flow_sample(), flow_sample())[:-16]],
           [want, dict(want, DST_PORT=80, TCP_FLAGS=0)], bad=1, bad_records=1)


def test_values():
    both("microseconds", [(154, 8), (155, 8)], octets((ntp(AT - 9, .25), 8), (ntp(AT - 4, .5), 8)),
         dict(FIRST_SEEN=(AT - 9) * 1000 + 250, LAST_SEEN=(AT - 4) * 1000 + 500))
    both("nanoseconds", [(156, 8), (157, 8)], octets((ntp(AT - 9, .25), 8), (ntp(AT - 4, .5), 8)),
         dict(FIRST_SEEN=(AT - 9) * 1000 + 250, LAST_SEEN=(AT - 4) * 1000 + 500))
    both("milliseconds-beside-seconds", [(152, 8), (153, 8), (150, 4), (151, 4)],
         octets((AT * 1000 - 777, 8), (AT * 1000 - 333, 8), (AT - 1, 4), (AT, 4)),
         dict(FIRST_SEEN=AT * 1000 - 777, LAST_SEEN=AT * 1000 - 333))
    both("before-the-export", [(158, 4), (159, 4)], octets((2000000, 4), (1000000, 4)),
         dict(FIRST_SEEN=AT * 1000 - 2000, LAST_SEEN=AT * 1000 - 1000))
    both("start-and-duration", [(152, 8), (161, 4)], octets((AT * 1000 - 5000, 8), (1200, 4)),
         dict(FIRST_SEEN=AT * 1000 - 5000, LAST_SEEN=AT * 1000 - 3800))
    both("no-times", [], b"", dict(FIRST_SEEN=AT * 1000, LAST_SEEN=AT * 1000))
    expect("last-switched-zero", [v9((0, template(256, *BASE, (22, 4), (21, 4))),
                                     (256, BASE_DATA + octets((0, 4), (0, 4))))],
           [dict(FIRST_SEEN=AT * 1000, LAST_SEEN=AT * 1000)])
    boot = AT * 1000 - 60000
    for sent, first in ((boot, boot + 10), (0, AT * 1000 - 20)):
        uptimes = template(256, *BASE, (22, 4), (21, 4), (160, 8))
        data = BASE_DATA + octets((10, 4), (30, 4), (sent, 8))
        expect(f"uptime-boot-{sent > 0}", [ipfix((2, uptimes), (256, data))],
               [dict(FIRST_SEEN=first, LAST_SEEN=first + 20)])
    both("initiator-responder", [(231, 8), (232, 8), (298, 4), (299, 4)],
         octets((1111, 8), (2222, 8), (3, 4), (4, 4)),
         dict(BYTES=1111, OUT_BYTES=2222, PACKETS=3, OUT_PACKETS=4))
    both("vlans", [(58, 2), (59, 2), (243, 2), (254, 2)],
         octets((111, 2), (222, 2), (333, 2), (444, 2)),
         dict(SRC_VLAN=111, DST_VLAN=222, VLAN_ID=333, POST_VLAN=444))
    both("beyond-nfdump", [(31, 4), (64, 4), (256, 2), (244, 1), (47, 4), (46, 1), (91, 1),
                           (54, 4), (25, 2), (26, 2)],
         octets((7, 4), (9, 4), (0x86DD, 2), (5, 1), (0x0A0000FE, 4), (3, 1), (32, 1), (77, 4),
                (60, 2), (1500, 2)),
         dict(FLOW_LABEL=7, IPV6_OPTIONS=9, ETHER_TYPE=0x86DD, VLAN_PRIORITY=5,
              MPLS_TOP4="10.0.0.254", MPLS_TOP_TYPE=3, MPLS_TOP_MASK=32, FRAGMENT_ID=77,
              MIN_LENGTH=60, MAX_LENGTH=1500))
    both("dscp", [(195, 1)], b"\x2e", dict(SRC_TOS=0x2E << 2))
    reverse = [(n, size, REVERSE) for n, size in ((1, 8), (2, 4), (5, 1), (6, 1), (152, 8))]
    expect("reverse", [ipfix((2, template(256, *BASE, (1, 8), (2, 4), (5, 1), (6, 1), (152, 8),
                                          (153, 8), *reverse)),
                             (256, BASE_DATA + octets((10, 8), (1, 4), (4, 1), (2, 1),
                                                      (AT * 1000 - 9, 8), (AT * 1000, 8), (20, 8),
                                                      (2, 4), (8, 1), (16, 1), (12345, 8))))],
           [dict(BYTES=10, PACKETS=1, SRC_TOS=4, TCP_FLAGS=2, FIRST_SEEN=AT * 1000 - 9,
                 OUT_BYTES=20, OUT_PACKETS=2, DST_TOS=8, REV_TCP_FLAGS=16)])
    icmp = ((27, 16), (28, 16), (4, 1), (139, 2))
    for name, head, message in (("v9", 0, v9), ("ipfix", 2, ipfix)):
        expect(f"icmp6-{name}", [message((head, template(256, *icmp)),
                                         (256, bytes(15) + b"\1" + bytes(15) + b"\2" +
                                          octets((58, 1), (128 << 8 | 3, 2))))],
               [dict(FAMILY=6, DST_PORT=128 << 8 | 3, SRC_PORT=0)])
    families = ((8, 4), (12, 4), (27, 16), (28, 16), (4, 1))
    net = bytes.fromhex("20010db8") + bytes(11)
    v6 = net + b"\1" + net + b"\2"
    expect("both-families", [ipfix((2, template(256, *families)),
                                   (256, bytes(8) + v6 + b"\6" + octets((1, 4), (2, 4)) + bytes(32)
                                    + b"\6" + octets((1, 4), (2, 4)) + v6 + b"\6"))],
           [dict(FAMILY=6, SRC_ADDR="2001:db8::1"), dict(FAMILY=4, SRC_ADDR="0.0.0.1"),
            dict(FAMILY=4, SRC_ADDR="0.0.0.1", TUN_SRC6="2001:db8::1")])


def test_events():
    at = AT * 1000 - 4321
    asa = ((148, 4), *BASE, (225, 4), (226, 4), (227, 2), (228, 2), (233, 1), (33002, 2), (323, 8),
           (33000, 12), (33001, 12), (40000, 20))
    data = (octets((99, 4)) + BASE_DATA + octets((1, 4), (2, 4), (3, 2), (4, 2), (5, 1), (1001, 2),
                                                 (at, 8)) + octets(*[(i, 4) for i in range(6)])
            + b"somebody".ljust(20, b"\0"))
    expect("nsel", [v9((0, template(260, *asa)), (260, data))],
           [dict(CONNECTION_ID=99, XLATE_SRC4="0.0.0.1", XLATE_DST_PORT=4, FW_EVENT=5,
                 FW_XEVENT=1001, NSEL_TIME=at, FIRST_SEEN=at, IN_ACL2=1, OUT_ACL3=5,
                 USER_NAME=b"somebody".hex(), RECORD_FLAGS=1)])
    nel = ((323, 8), (8, 4), (225, 4), (7, 2), (227, 2), (230, 1), (234, 4), (235, 4), (361, 2),
           (362, 2), (363, 2), (364, 2), (283, 4))
    data = octets((at, 8), (1, 4), (2, 4), (3, 2), (4, 2), (1, 1), (7, 4), (8, 4), (1024, 2),
                  (2047, 2), (1, 2), (1024, 2), (6, 4))
    for name, head, message in (("v9", 0, v9), ("ipfix", 2, ipfix)):
        expect(f"nel-{name}", [message((head, template(270, *nel)), (270, data))],
               [dict(NAT_EVENT=1, NAT_TIME=at, IN_VRF=7, OUT_VRF=8, BLOCK_START=1024,
                     BLOCK_END=2047, BLOCK_SIZE=1024, NAT_POOL=6, RECORD_FLAGS=1)])


# ---- option data

COUNTERS = ((1, 4), (2, 4))


def sampled(name, options, data, fields, record, packets, message=v9, told=None):
    """Option data, then a record of 5 packets: how many they stand for."""
    head, kind = (0, 1) if message is v9 else (2, 3)
    got, end = decode(name, [message((kind, options), (400, data)),
                             message((head, template(256, *BASE, *COUNTERS, *fields)),
                                     (256, BASE_DATA + octets((700, 4), (5, 4)) + record),
                                     sequence=1)])
    check(len(got) == 1 and got[0]["PACKETS"] == packets, name, got)
    check(told is None or told in end["told"], name, end["told"])


def test_sampling():
    exporter = [(1, 4)]
    zero = octets((0, 4))
    sampled("v9-34", options_v9(400, exporter, [(34, 4), (35, 1)]), zero + octets((100, 4), (2, 1)),
            (), b"", 500, told="1 sampler -1 1:99")
    samplers = octets((0, 4), (1, 2), (2, 1), (10, 4), (0, 4), (2, 2), (2, 1), (20, 4))
    for which, packets in ((1, 50), (2, 100), (3, 5)):
        sampled(f"v9-samplers-{which}", options_v9(400, exporter, [(48, 2), (49, 1), (50, 4)]),
                samplers, ((48, 2),), octets((which, 2)), packets, told="1 sampler 2 1:19")
    interfaces = octets((7, 4), (1000, 4), (8, 4), (10, 4))
    for which, packets in ((7, 5000), (8, 50), (9, 5)):
        sampled(f"v9-interface-{which}", options_v9(400, [(2, 4)], [(34, 4)]), interfaces,
                ((10, 4),), octets((which, 4)), packets)
    sampled("ipfix-305-306", options_ipfix(400, 1, (302, 8), (304, 2), (305, 4), (306, 4)),
            octets((5, 8), (1, 2), (2, 4), (98, 4)), ((302, 8),), octets((5, 8)), 250, ipfix)
    sampled("ipfix-309-310", options_ipfix(400, 1, (302, 4), (304, 2), (309, 4), (310, 4)),
            octets((5, 4), (3, 2), (1, 4), (64, 4)), ((302, 4),), octets((5, 4)), 320, ipfix)
    for name, value in (("float", struct.pack(">f", .125)), ("double", struct.pack(">d", .125))):
        sampled(f"ipfix-311-{name}", options_ipfix(400, 1, (302, 1), (304, 2), (311, len(value))),
                octets((5, 1), (6, 2)) + value, ((302, 1),), octets((5, 1)), 40, ipfix)
    sampled("ipfix-34-by-domain", options_ipfix(400, 1, (149, 4), (34, 4)),
            octets((1, 4), (50, 4)), (), b"", 250, ipfix)
    both("sampling-in-data", [*COUNTERS, (34, 4), (35, 1)],
         octets((700, 4), (5, 4), (2048, 4), (1, 1)), dict(PACKETS=10240, BYTES=1433600))
    both("packet-interval-in-data", [*COUNTERS, (305, 4), (306, 4)],
         octets((700, 4), (5, 4), (1, 4), (9, 4)), dict(PACKETS=50))


def test_names():
    name = b"ge-0/0/1".ljust(16, b"\0")
    for version, message, kind, options in (
            ("v9", v9, 1, options_v9(400, [(1, 4)], [(10, 4), (83, 16)])),
            ("v9-scope", v9, 1, options_v9(400, [(2, 4)], [(82, 16)])),
            ("ipfix", ipfix, 3, options_ipfix(400, 1, (10, 4), (82, 16)))):
        data = (octets((0, 4)) if version == "v9" else b"") + octets((7, 4)) + name
        _, end = decode(f"names-{version}", [message((kind, options), (400, data))])
        check("1 interface 7 ge-0/0/1" in end["told"], version, end)
    _, end = decode("vrf", [ipfix((3, options_ipfix(400, 1, (234, 4), (236, VARIABLE))),
                                  (400, octets((9, 4)) + b"\4blue"))])
    check("1 vrf 9 blue" in end["told"], "vrf", end)
    dns = octets((0, 4), (0x0300003C, 4)) + b"dns\0\0\0\0\0names\0\0\0"
    _, end = decode("app", [v9((1, options_v9(400, [(1, 4)], [(95, 4), (96, 8), (94, 8)])),
                               (400, dns))])
    check("1 app 4 dns" in end["told"], "app", end)
    # option templates whose lengths are no multiples of four, or with nothing in them
    odd = struct.pack(">HHHHHHH", 400, 6, 5, 1, 4, 10, 4)
    got, end = decode("odd-options", [v9((1, odd), (0, template(256, *BASE)), (256, BASE_DATA))])
    check(len(got) == 1, "odd-options", got, end)


def test_lists():
    """RFC 6313: a list is passed by its length, whatever is in it."""
    basic = b"\xff" + struct.pack(">HH", 7, 2) + octets((1, 2), (2, 2))
    sub = b"\xff" + struct.pack(">H", 301) + octets((77, 4))
    multi = b"\xff" + struct.pack(">HH", 301, 8) + octets((88, 4))
    inner = template(301, (234, 4))
    for name, element, body, want in (("basic", 291, basic, {}), ("sub", 292, sub, {"IN_VRF": 77}),
                                      ("multi", 293, multi, {"IN_VRF": 88}),
                                      ("broken", 292, b"\xff\x01", {})):
        data = BASE_DATA + bytes([len(body)]) + body + octets((3, 4))
        outer = template(256, *BASE, (element, VARIABLE), (2, 4))
        expect(f"list-{name}", [ipfix((2, inner + outer), (256, data * 2))],
               [dict(want, PACKETS=3)] * 2, bad_records=0)


def test_templates():
    a, b = template(256, *BASE), template(256, *BASE, (5, 1))
    expect("template-changes", [v9((0, a), (256, BASE_DATA), (0, b), (256, BASE_DATA + b"\x48"))],
           [dict(SRC_TOS=0), dict(SRC_TOS=0x48)])
    expect("withdrawn", [ipfix((2, a), (256, BASE_DATA)), ipfix((2, struct.pack(">HH", 256, 0)),
                                                                sequence=1),
                         ipfix((256, BASE_DATA), sequence=1)], [{}], no_template=1, gaps=0)
    expect("withdrawn-all", [ipfix((2, a + template(257, *BASE)), (256, BASE_DATA)),
                             ipfix((2, struct.pack(">HH", 2, 0)), sequence=1),
                             ipfix((257, BASE_DATA), sequence=1)], [{}], no_template=1)
    expect("data-in-front-of-its-template", [ipfix((256, BASE_DATA), (2, a), (256, BASE_DATA))],
           [{}] * 2)
    expect("of-another-domain", [v9((0, a), domain=5), v9((256, BASE_DATA), domain=6)], [],
           no_template=1)
    expect("of-another-exporter", [(v9((0, a)), 1), (v9((256, BASE_DATA)), 2)], [], no_template=1)
    expect("options-data-counts", [ipfix((3, options_ipfix(400, 1, (149, 4), (42, 8))),
                                         (400, octets((1, 4), (9, 8)) * 3)),
                                   ipfix((2, a), (256, BASE_DATA), sequence=3),
                                   ipfix((256, BASE_DATA), sequence=5)], [{}] * 2, gaps=1, missed=1)


# ---- random messages against a decoder of our own

# element: (field, octets of the field)
NUMBERS = {1: ("BYTES", 8), 2: ("PACKETS", 8), 5: ("SRC_TOS", 1), 6: ("TCP_FLAGS", 1),
           7: ("SRC_PORT", 2), 9: ("SRC_MASK", 1), 10: ("IN_IF", 4), 11: ("DST_PORT", 2),
           13: ("DST_MASK", 1), 14: ("OUT_IF", 4), 16: ("SRC_AS", 4), 17: ("DST_AS", 4),
           31: ("FLOW_LABEL", 4), 52: ("MIN_TTL", 1), 53: ("MAX_TTL", 1), 54: ("FRAGMENT_ID", 4),
           55: ("DST_TOS", 1), 56: ("IN_SRC_MAC", 8), 58: ("SRC_VLAN", 4), 59: ("DST_VLAN", 4),
           61: ("DIRECTION", 1), 64: ("IPV6_OPTIONS", 4), 136: ("END_REASON", 1),
           234: ("IN_VRF", 4), 235: ("OUT_VRF", 4), 244: ("VLAN_PRIORITY", 1)}
ADDRESSES = {8: "SRC_ADDR", 12: "DST_ADDR"}


class Decoder:
    """Knows nothing of how the messages were made."""

    def __init__(self):
        self.templates = {}
        self.waiting = {}
        self.flows = []

    def message(self, data, sender):
        version = struct.unpack(">H", data[:2])[0]
        head, domain_at = (20, 16) if version == 9 else (16, 12)
        scope = (sender, version, data[domain_at:domain_at + 4])
        at = head
        while at + 4 <= len(data):
            number, length = struct.unpack(">HH", data[at:at + 4])
            self.one_set(scope, version, number, data[at + 4:at + length])
            at += length

    def one_set(self, scope, version, number, body):
        if number == (0 if version == 9 else 2):
            self.announce(scope, version, body)
        elif number == (1 if version == 9 else 3):
            self.announce_options(scope, version, body)
        elif scope + (number,) in self.templates:
            self.records(self.templates[scope + (number,)], body)
        else:
            self.waiting.setdefault(scope + (number,), []).append(body)

    def fields(self, version, body, at, n):
        found = []
        for _ in range(n):
            element, length = struct.unpack(">HH", body[at:at + 4])
            at += 4
            pen = 0
            if version != 9 and element & 0x8000:
                element &= 0x7fff
                pen = struct.unpack(">I", body[at:at + 4])[0]
                at += 4
            found.append((pen, element, length))
        return found, at

    def announce(self, scope, version, body):
        at = 0
        while len(body) - at >= 4:
            number, n = struct.unpack(">HH", body[at:at + 4])
            if n == 0:
                if number == 2:
                    self.templates = {k: t for k, t in self.templates.items()
                                      if k[:3] != scope or t is None}
                elif number >= 256:
                    self.templates.pop(scope + (number,), None)
                at += 4
                continue
            fields, at = self.fields(version, body, at + 4, n)
            self.templates[scope + (number,)] = fields
            for waiting in self.waiting.pop(scope + (number,), []):
                self.records(fields, waiting)

    def announce_options(self, scope, version, body):
        number = struct.unpack(">H", body[:2])[0]
        self.templates[scope + (number,)] = None

    def records(self, fields, body):
        if fields is None:
            return
        least = sum(1 if length == VARIABLE else length for _, _, length in fields)
        at = 0
        while least > 0 and len(body) - at >= least:
            flow, at = self.record(fields, body, at)
            self.flows.append(flow)

    def record(self, fields, body, at):
        flow = {}
        for pen, element, length in fields:
            if length == VARIABLE:
                length, at = body[at], at + 1
                if length == 255:
                    length, at = struct.unpack(">H", body[at:at + 2])[0], at + 2
            value, at = body[at:at + length], at + length
            if pen == 0 and element in NUMBERS:
                name, width = NUMBERS[element]
                number = int.from_bytes(value, "big") & (1 << 8 * width) - 1
                flow[name] = number or flow.get(name, 0)
            elif pen == 0 and element in ADDRESSES and length == 4:
                text = ".".join(map(str, value))
                if text != "0.0.0.0":
                    flow[ADDRESSES[element]] = text
        return flow, at


def random_fields(rng, version):
    """Elements with lengths; the protocol (17) and times are always there."""
    fields = [(4, 1), (8, 4), (12, 4), (152, 8), (153, 8)]
    for element in rng.sample(sorted(NUMBERS), rng.randrange(1, 14)):
        width = NUMBERS[element][1]
        fields.append((element, rng.choice([width, width, rng.randrange(1, 9)])))
    for _ in range(rng.randrange(3)):
        unknown = (rng.choice([210, 9999, 700]), rng.choice([0, 1, 3, 17, VARIABLE]))
        if version == 10 and rng.random() < .6:
            unknown = (rng.choice([1, 8, 7, 12, 4]), rng.choice([2, 4, VARIABLE]), 99999)
        fields.append(unknown)
    if rng.random() < .1:
        fields.append(rng.choice(fields))
    rng.shuffle(fields)
    return fields


def random_record(rng, fields):
    out = b""
    for element, length, *pen in fields:
        if length == VARIABLE:
            length = rng.choice([0, 1, 40, 254, 255, 300])
            out += bytes([length]) if length < 255 and rng.random() < .8 else struct.pack(
                ">BH", 255, length)
        if not pen and element == 4:
            out += b"\x11"
        elif not pen and element in (152, 153):
            out += (AT * 1000 - rng.randrange(1, 9999)).to_bytes(8, "big")
        else:
            out += rng.choice([rng.randbytes(length), rng.randbytes(length), bytes(length)])
    return out


def random_exporter(rng, version, sender):
    """Some messages of one exporter."""
    message, kind = (v9, 0) if version == 9 else (ipfix, 2)
    known, out, sequence = {}, [], 0
    for i in range(rng.randrange(2, 6)):
        pairs, units = [], 0
        for _ in range(rng.randrange(1, 4)):
            number = 256 + rng.randrange(4)
            if number not in known or rng.random() < .2:
                known[number] = random_fields(rng, version)
                announced = (kind, template(number, *known[number]))
                pairs.append(announced)
            n = rng.randrange(0, 5)
            data = b"".join(random_record(rng, known[number]) for _ in range(n))
            pairs.append((number, data + bytes(rng.choice([0, 0, 1, 2, 3]))))
            units += n
        if rng.random() < .2:
            pairs.append((kind + 1, options_v9(999, [(1, 4)], [(9998, 2)]) if version == 9
                          else options_ipfix(999, 1, (143, 4), (9998, 2))))
            pairs.append((999, rng.randbytes(6)))
            units += 1
        out.append((message(*pairs, sequence=sequence), sender))
        sequence += units if version == 10 else 1
    return out


def test_random():
    seed = int(os.environ.get("WEIR_SEED", random.randrange(1 << 32)))
    rng = random.Random(seed)
    datagrams, mine = [], Decoder()
    for i in range(400):
        datagrams += random_exporter(rng, rng.choice([9, 10]), f"10.{i >> 8}.{i & 255}.1")
    for data, sender in datagrams:
        mine.message(data, sender)
    got, end = decode("random", datagrams)
    check(len(got) == len(mine.flows), f"seed {seed}: {len(got)} flows, {len(mine.flows)} expected")
    wrong = 0
    for i, (g, want) in enumerate(zip(got, mine.flows)):
        differ = {k: (g.get(k), v) for k, v in want.items() if g.get(k) != v}
        wrong += bool(differ)
        if differ and wrong < 4:
            print(f"seed {seed}: flow {i}: (got, expected) {differ}")
    check(wrong == 0, f"seed {seed}: {wrong} of {len(got)} flows differ")
    check(end["bad"] == end["bad_records"] == end["gaps"] == 0, f"seed {seed}: {end}")


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    return check.finish()


sys.exit(main())

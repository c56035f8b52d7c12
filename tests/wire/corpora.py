# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Decode the conformance corpora: record counts as counted by structure, values as the reference.

The corpora are not part of the source: WEIR_SHARED (default ../shared) tells where they are.
"""
import csv
import datetime
import fnmatch
import json
import os
import subprocess
import sys

SRC = os.environ.get("WEIR_SRC", ".")
DUMP = os.path.join(os.environ.get("WEIR_BUILD", "."), "tests/wire/wiredump")
ROOT = os.path.join(os.environ.get("WEIR_SHARED", os.path.join(SRC, "../shared")), "compat/packets")

FIELDS = dict(
    in_packets="PACKETS", in_bytes="BYTES", proto="PROTO", src_port="SRC_PORT",
    dst_port="DST_PORT", fwd_status="FWD_STATUS", src_tos="SRC_TOS", src4_addr="SRC_ADDR",
    dst4_addr="DST_ADDR", src6_addr="SRC_ADDR", dst6_addr="DST_ADDR", input_snmp="IN_IF",
    output_snmp="OUT_IF", src_mask="SRC_MASK", dst_mask="DST_MASK", direction="DIRECTION",
    dst_tos="DST_TOS", out_packets="OUT_PACKETS", out_bytes="OUT_BYTES", aggr_flows="FLOWS",
    src_vlan="SRC_VLAN", dst_vlan="DST_VLAN", ip4_router="ROUTER4", src_as="SRC_AS",
    dst_as="DST_AS", ip4_next_hop="NEXT4", ip6_next_hop="NEXT6", bgp4_next_hop="BGP_NEXT4",
    bgp6_next_hop="BGP_NEXT6", ip_minttl="MIN_TTL", ip_maxttl="MAX_TTL",
    phys_ingress="IN_PHYSICAL", phys_egress="OUT_PHYSICAL", ip_version="IP_VERSION",
    ethertype="ETHER_TYPE", ingress_vrf="IN_VRF", egress_vrf="OUT_VRF", in_src_mac="IN_SRC_MAC",
    out_dst_mac="OUT_DST_MAC", in_dst_mac="IN_DST_MAC", out_src_mac="OUT_SRC_MAC",
    first="FIRST_SEEN", last="LAST_SEEN", prev_as="PREV_AS", next_as="NEXT_AS",
    src4_xlt_ip="XLATE_SRC4", dst4_xlt_ip="XLATE_DST4", src_xlt_port="XLATE_SRC_PORT",
    dst_xlt_port="XLATE_DST_PORT", connect_id="CONNECTION_ID", event_id="FW_EVENT",
    tcp_flags="TCP_FLAGS", sampled="RECORD_FLAGS",
    **{f"mpls_{i}": f"MPLS{i}" for i in range(1, 11)})

# Records decoded once their template came, which the structural counter does not wait for.
MORE_RECORDS = {"ipfix-vflow-decoder-b": 4}
# True sequence gaps, and those of option data sets counted right.
GAPS = {"ipfix-pmacct-400": 68, "ipfix-pmacct-401": 0, "ipfix-pmacct-403": 2}
YEAR_2000 = 946684800000


def exceptions():
    rows = []
    for line in open(os.path.join(SRC, "tests/wire/corpora_exceptions.txt")):
        if line.strip() and not line.startswith("#"):
            pattern, keys, _ = (part.strip() for part in line.split("|"))
            rows.append((pattern, keys.split()))
    return rows


def wanted(key, value):
    if key in ("first", "last"):
        if len(value) > 24:
            return None
        moment = datetime.datetime.strptime(value + "+0000", "%Y-%m-%dT%H:%M:%S.%f%z")
        return int(moment.timestamp() * 1000 + 0.5)
    if key.endswith("_mac"):
        return int(value.replace(":", ""), 16)
    if key == "tcp_flags":
        return sum(1 << (7 - i) for i, c in enumerate(value) if c != ".")
    if key == "ethertype" and isinstance(value, str):
        return int(value, 16)
    if key.startswith("mpls_") and isinstance(value, str):
        label, experimental, bottom = map(int, value.split("-"))
        return label << 4 | experimental << 1 | bottom
    return value


def differs(name, key, got, want):
    """None when equal or rightly different, else a text."""
    value = got.get(FIELDS[key])
    if key == "sampled":
        value = value >> 1 & 1
    if key in ("first", "last"):
        if name.startswith("sflow"):
            return None  # times of the reference's run
        if want is None or want < YEAR_2000:  # unknown to the reference: ours must be real
            return None if value == want or value >= YEAR_2000 else f"{key}: {value}"
    if key == "ip4_router" and str(want).startswith("127.0."):
        return None  # the reference came over loopback
    return None if value == want else f"{key}: got {value}, want {want}"


def compare(name, got, want, allowed):
    problems = []
    for i, (g, w) in enumerate(zip(got, want)):
        for key, value in w.items():
            if key not in FIELDS or key in allowed:
                continue
            if key in ("src4_addr", "dst4_addr") and g["FAMILY"] != 4:
                problems.append(f"record {i}: family {g['FAMILY']}")
                continue
            text = differs(name, key, g, wanted(key, value))
            if text:
                problems.append(f"record {i}: {text}")
    return problems


def check(row, rules):
    name = os.path.basename(row["file"])[:-len(".pcap")]
    run = subprocess.run([DUMP, os.path.join(ROOT, row["file"])], capture_output=True, text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0 or not lines:
        return [f"exit {run.returncode}: {run.stderr[-300:]}"]
    columns = subprocess.run([DUMP, "-b", os.path.join(ROOT, row["file"])], capture_output=True,
                             text=True)
    if columns.stdout != run.stdout:
        return ["many records at once give other flows than one by one"]
    got, end = lines[:-1], lines[-1]
    records = MORE_RECORDS.get(name, int(row["data_records_own"] or 0))
    problems = [] if len(got) == records else [f"{len(got)} records, want {records}"]
    if name in GAPS and end["gaps"] != GAPS[name]:
        problems.append(f"{end['gaps']} sequence gaps, want {GAPS[name]}")
    reference = os.path.join(ROOT, "reference/nfdump178-json", row["file"][:-4] + "json")
    if os.path.exists(reference):
        want = json.load(open(reference))
        allowed = {k for pattern, keys in rules if fnmatch.fnmatch(name, pattern) for k in keys}
        if len(want) == len(got):
            problems += compare(name, got, want, allowed)
    return problems


def main():
    manifest = os.path.join(ROOT, "MANIFEST.tsv")
    if not os.path.exists(manifest):
        print("no corpora: skipped\n0 passed, 0 failed, 1 skipped")
        return 0
    rules = exceptions()
    passed = failed = 0
    for row in csv.DictReader(open(manifest), delimiter="\t"):
        problems = check(row, rules)
        passed += not problems
        failed += bool(problems)
        for problem in problems[:5]:
            print(f"{row['file']}: {problem}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())

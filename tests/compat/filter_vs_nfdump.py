# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Random filters of the grammar: weir and a real nfdump select the same flows of one file.

The flows are those of tests/filter/flows.txt, written in nfdump's format; both programs print the
number of each flow that they select. The filters use every term that nfdump has, with values near
those in the flows; and, or, not and parentheses; upper and lower case.

Environment: NFDUMP the peer (default: nfdump in the path), WEIR_SEED, WEIR_FILTERS how many.

Not asked, because nfdump is wrong there or weir is different on purpose (the reasons stand in
doc/decisions/010-filter-meanings.md):
  - host bits in networks and list entries; lists that overlap or mix families; /0 of IPv6
  - X together with E or C in flags; "mpls any", "mpls eos" with a comparison other than equal
  - an alternative at the top of a regular expression; TLS version 1.3; empty strings
  - lists and the flows `mapped`, `zero4`, `zero6`: nfdump takes 10.0.0.1 and ::10.0.0.1 for one
    (before 1.7.2 without lists too)
An nfdump built with JA4S also takes server hellos for "ja4 defined"; the default build does not.
nfdump counts MPLS labels from 0, weir from 1: they are translated. Releases before 1.7.2 have the
language of 1.6 and take what a flow lacks as 0: they are asked the terms marked with "1.6", and
never `not`.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
WEIR = os.path.join(BUILD, "weir")
PEER = os.environ.get("NFDUMP") or shutil.which("nfdump")
ENV = dict(os.environ, TZ="UTC", LC_ALL="C", WEIR_SRC=SRC)
SEED = int(os.environ.get("WEIR_SEED") or 20240711)
COUNT = int(os.environ.get("WEIR_FILTERS") or 120)
LIST_CONFUSED = {"mapped", "zero4", "zero6"}

# A term a line. <a|b> one of these; ~ a comparison or nothing; #80 443 max 65535# a number near one
# of these; @POOL@ one of a pool, @POOL ..@ some of it, of one family; %N a label's number.
TERMS = """
1.6 any
1.6 <ipv4|ipv6>
1.6 proto <tcp|UDP|icmp|icmp6|6|17|58|GRE|esp|47>
1.6 <|src |dst >port ~#80 443 53 25 40001 769 0 65535 max 65535#
1.6 <|src |dst >port in [@PORTS ..@]
1.6 <|src |dst ><ip|host> @ADDRESSES@
1.6 <|src |dst >net @NETS@
1.6 <|src |dst >ip in [@ADDRESSES ..@]
1.6 <|in >packets ~#1 2 10 1000#
1.6 <|in >bytes ~#40 60 100 1500 20000 1500000#
1.6 duration ~#0 1000 2000 10000 300000 500#
1.6 ident <filter-test|none|Filter-Test>
net <10.0.0.0 255.255.0.0|192.0.2.0 255.255.255.0|10.0.0.1 255.0.0.255|0.0.0.1 0.0.0.255>
ip in [@NETLIST ..@]
out <packets|bytes> ~#500 40000 1 0#
bytes ~<1k|20K|1m|2M|1g|1T>
flows ~#1 7#
<pps|bps|bpp> ~#0 1 2 5 100 1500 6000 16000 3000#
flags <S|A|F|P|R|U|SA|FSP|UAPRSF|X|E|C|SEC|=S|=SA|=UAPRSF|'AS'>
flags ~#0 2 0x12 0x1b 0x3f 0xff max 255#
<icmp type|icmp-type> ~#8 3 128 134 0 max 255#
<icmp code|icmp-code> ~#0 1 max 255#
<|src |dst >tos ~#0 8 16 46 184 255 max 255#
<|src |dst >as ~#64500 15169 0 65536 64501 4294967295 max 4294967295#
<prev|next> as ~#174 3303 3304 0#
<|src |dst >as in [@SYSTEMS ..@]
<|in |out >if #1 2 5 6 0#
<|src |dst >mask #24 16 20 32 0#
<|src |dst >vlan #10 20 30 40 0#
etherType <0x0800|0x86dd|2048|0>
<|src |dst |in |out |in src |in dst |out src |out dst >mac 02:00:00:00:00:0<1|2|3|4|5>
mpls <any|eos> #1000 2000 3000 700 160 16#
mpls label%N ~#1000 2000 16 32 160 0#
mpls exp%N ~#1 2 3 7 0#
<|min |max >ttl ~#1 64 255 0 max 255#
ttl equal
fwdstat ~#1 16 64 130 0 max 255#
fwdstat <forw|Drop|TincAdj|ukwn|Noroute>
flowdir <0|1|ingress|egress>
<engine type|engine id|engine-type|engine-id> ~#0 1 2 7 255 max 255#
exporter <id|sysid> ~#1 5 40 70#
<count|cnt> ~#1 10 50 71#
<next|bgp next|router|exporter> ip @HOPS@
<next|bgp next|router|exporter> net <192.0.2.0/30|2001:db8:a::/64>
next ip in [@HOPS ..@]
<nat|src nat|dst nat|xlate> ip @TRANSLATED@
<nat|src nat|dst nat> net <203.0.113.0/24|2001:db8:c::/48|10.0.0.0/8>
<nat|src nat|dst nat> port ~#1025 8443 max 65535#
<tun|src tun|dst tun> ip @TUNNELS@
tun proto <gre|47|41|ipv6|tcp>
observation domain id ~#5#
observation point id ~#8589934592#
<ingress|egress> vrf ~#11 12#
<client|server> latency ~#22 1500#
<ingress|egress> acl ~#7 8 9 17 18 0 271508763#
asa event ~#0 1 3 5 max 5#
asa event <ignore|create|delete|denied|Alert|update>
asa denied <ingress|egress|I-ACL|E-ACL|deny|nosyn|access|interface|ignore>
asa xevent ~#0 1001 1003#
asa user <joe|'DOMAIN_bob'|JOE>
nat event ~#0 1 2 14 max 19#
nat event <add|delete|addaddr|invalid|ADD44>
nat pblock <start|end> ~#45000 45063 2048 400#
nat pblock <step|size> ~#1 4 64#
<|src |dst >port in nat pblock
pf action <pass|block|nat|rdr>
pf reason <match|normalize|no-route|short>
pf dir <in|out>
pf rule ~#41 42 43#
pf interface <em0|vtnet1|EM0>
<first|last|FIRST> seen ~'@TIMES@'
payload content <GET|'GET /'|needle|'200 OK'|get|second>
payload regex <'^GET'|'h.st: ' i|'\\d\\d\\d OK'|'second$' m|'needle.*second' s|'[a-c]+b'|'w{3}'>
<|in |out >payload dns <defined|name example|name www|address 192.|addr '2001:'>
payload <tls|ssl> defined
payload tls version <1.0|1.2>
payload ssl version 3.0
payload tls sni www
payload <ja3|ja4> defined
<|src |dst |nat |tun >geo CH
""".strip().splitlines()

POOLS = {name: words.split() for name, words in {
    "ADDRESSES": "10.0.0.1 10.0.0.2 10.0.0.9 192.0.2.80 192.0.2.53 10.2.0.1 198.51.100.1 10.9.9.9 "
                 "203.0.113.5 0.0.0.0 255.255.255.255 172.16.5.4 10.7.0.1 2001:db8::1 ::1 fe80::1 "
                 "2001:DB8::2 ff02::1 2001:db8:1::10 64:ff9b::a00:1 2001:db8:9::",
    "HOPS": "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 2001:db8:a::1 2001:db8:a::2 2001:db8:a::3",
    "TRANSLATED": "203.0.113.77 198.51.100.51 2001:db8:c::1 2001:db8:c::2 10.0.0.1",
    "TUNNELS": "198.51.100.9 198.51.100.10 2001:db8:b::1 2001:db8:b::2 10.0.0.1",
    "NETS": "10.0.0.0/24 10.0.0.0/8 10.4.0.0/16 192.0.2.0/24 192.0.2.80/32 0.0.0.0/0 172.16.0.0/12 "
            "128.0.0.0/1 203.0.113.4/31 2001:db8::/32 2001:db8:1::/48 fe80::/10 ff00::/8 8000::/1 "
            "2001:db8::1/128",
    "NETLIST": "10.0.0.0/24 10.4.0.0/16 192.0.2.0/24 10.6.0.0/16 2001:db8:1::/48 fe80::/10 "
               "2001:db8::/64",
    "PORTS": "80 443 53 22 2048 0 65535 25 514",
    "SYSTEMS": "64500 15169 65536 174",
    "TIMES": "2024 2024-07 2024-07-11 2024-07-11T09 2024-07-11T09:05 2024-07-11T09:16:00 2038 "
             "2024-07-11T09:18:05 2024-07-11T09:00:01.500 2024/07/11.09:04 2023-12-31",
}.items()}
COMPARISONS = ["", "= ", "== ", "eq ", "> ", "gt ", "< ", "lt ", ">= ", "ge ", "<= ", "le "]


class Maker:
    def __init__(self, old):
        self.rng = random.Random(SEED)
        self.old = old
        self.terms = [t[4:] if t[:4] == "1.6 " else t for t in TERMS if not old or t[:4] == "1.6 "]

    def number(self, found):
        values, _, top = found.group(1).partition(" max ")
        n = int(self.rng.choice(values.split()), 0) + self.rng.choice((0, 0, 0, -1, 1))
        n = min(max(n, 0), int(top or 2**64 - 1))
        return hex(n) if not self.old and self.rng.random() < 0.2 else str(n)

    def pool(self, found):
        name, _, some = found.group(1).partition(" ")
        pool = POOLS[name]
        if not some:
            return self.rng.choice(pool)
        six = ":" in self.rng.choice(pool)
        pool = [entry for entry in pool if (":" in entry) == six]
        entries = self.rng.sample(pool, self.rng.randint(1, min(4, len(pool))))
        return self.rng.choice((" ", ", ")).join(entries)

    def keyword(self, found):
        word = found.group(0)
        return self.rng.choice((word, word, word.upper(), word.capitalize()))

    def term(self):
        text = self.rng.choice(self.terms)
        text = re.sub("<([^>]*)>", lambda m: self.rng.choice(m.group(1).split("|")), text)
        text = re.sub("~", lambda m: self.rng.choice(COMPARISONS), text)
        text = re.sub("#([^#]*)#", self.number, text)
        text = re.sub("@([^@]*)@", self.pool, text)
        text = text.replace("%N", "%%%d%%" % self.rng.randint(1, 10))
        return re.sub(r"\b(any|proto|port|ip|host|net|src|dst|bytes|packets|flags)\b(?= )",
                      self.keyword, text)

    def filter(self, depth):
        shape = self.rng.randint(0, 5) if depth > 0 else 0
        if shape < 2:
            return self.term()
        left = self.filter(depth - 1)
        if shape == 2:
            mark = "" if self.old else self.rng.choice(("not ", "! ", "NOT "))
            return "%s(%s)" % (mark, left)
        form = self.rng.choice(("(%s)%s(%s)", "%s%s%s"))
        return form % (left, self.rng.choice((" and ", " or ", " OR ")), self.filter(depth - 1))

    def spellings(self):
        """As weir counts labels, and as nfdump does."""
        text = self.filter(4)
        return (re.sub(r"%(\d+)%", r"\1", text),
                re.sub(r"%(\d+)%", lambda m: str(int(m.group(1)) - 1), text))


def flow_names():
    with open(os.path.join(SRC, "tests/filter/flows.txt")) as f:
        return [line.split(":")[0] for line in f if line[0] not in "# \n"]


def selected(program, flows, text, names):
    """Names of the flows, or what went wrong."""
    words = [program, "-r", flows, "-q", "-G", "none", "-o", "fmt:%exp", text]
    run = subprocess.run(words, env=ENV, capture_output=True, text=True, errors="replace",
                         timeout=60)
    if run.returncode != 0:
        return "exit %d: %s" % (run.returncode, (run.stdout + run.stderr).strip()[:200])
    numbers = [int(n) for n in re.findall(r"^\s*(\d+)\s*$", run.stdout, re.M)]
    return {names[n - 1] for n in numbers if n > 0}  # an inner header of a tunnel has number 0


def release(program):
    text = subprocess.run([program, "-V"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(n) for n in found.groups()) if found else (0, 0, 0)


def agree(maker, flows, names):
    ours_text, theirs_text = maker.spellings()
    ours = selected(WEIR, flows, ours_text, names)
    theirs = selected(PEER, flows, theirs_text, names)
    if isinstance(ours, str) or isinstance(theirs, str):
        print("%s\n  weir   %s\n  nfdump %s" % (ours_text, ours, theirs))
        return False
    confused = maker.old or re.search(r"in\s*\[", ours_text, re.I)
    known = LIST_CONFUSED if confused else set()
    if (ours ^ theirs) - known:
        print("%s\n  only weir   %s\n  only nfdump %s" % (ours_text, sorted(ours - theirs),
                                                        sorted(theirs - ours)))
        return False
    return True


def main():
    if PEER is None:
        print("no nfdump\n0 passed, 0 failed, 1 skipped")
        return 0
    maker = Maker(release(PEER) < (1, 7, 2))
    print("seed %d, %s%s" % (SEED, PEER, ", only terms of 1.6" if maker.old else ""))
    with tempfile.TemporaryDirectory() as scratch:
        flows = os.path.join(scratch, "flows")
        subprocess.run([os.path.join(BUILD, "tests/filter/filter_cases"), "-w", flows, "nfdump"],
                       env=ENV, check=True)
        names = flow_names()
        failed = sum(not agree(maker, flows, names) for _ in range(COUNT))
    print("%d passed, %d failed, 0 skipped" % (COUNT - failed, failed))
    return failed > 0


sys.exit(main())

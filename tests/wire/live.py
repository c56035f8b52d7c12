# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The collector at work: protocols on one port, rotation, restart in a slot, kill -9, signals,
reload, sources, commands, repeater, state, metrics, floods, a full disk, the loss account.

Nothing here sleeps: the collector says on its log what it did (-v 3), and tests wait for that.
Files are read back with weir; every flow has its number in the octets, so each can be looked for.
"""
import contextlib
import ctypes
import fcntl
import glob
import os
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from exports import capture, sets  # noqa: E402

BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", "."))
TMP = os.path.abspath(os.environ.get("WEIR_TMP") or "/tmp/weir-live")
CAPD = os.path.join(BUILD, "weircapd")
WEIR = os.path.join(BUILD, "weir")
# The sandbox forbids what the leak checker of a sanitizer build needs at the end.
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", TZ="UTC")
SANITIZED = os.path.exists(CAPD) and b"__asan_init" in open(CAPD, "rb").read()
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1  # <sched.h>, <net/if.h>
PATIENCE = 30  # seconds until a missing event is a failure
results = []
skipped = []


def check(ok, text):
    results.append(bool(ok))
    if not ok:
        print("failed:", text)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Collector:
    """A running weircapd; its log is read as it comes."""

    def __init__(self, directory, *options, host="127.0.0.1", file_limit=None, env=ENV):
        self.port = free_port()
        self.dir = directory
        self.seen = ""
        os.makedirs(directory, exist_ok=True)
        where = [] if "-M" in options or "-n" in options or "-C" in options else ["-w", directory]
        if "-d" not in options:
            where += [] if "-J" in options else ["-b", host]
        self.process = subprocess.Popen(
            [CAPD, *where, "-p", str(self.port), "-v", "3", *options], stderr=subprocess.PIPE,
            env=env, preexec_fn=lambda: file_limit and resource.setrlimit(
                resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY)))
        self.wait("Startup")

    def read_log(self, timeout):
        """What is new on the log; False at its end or when nothing came."""
        ready, _, _ = select.select([self.process.stderr], [], [], timeout)
        more = os.read(self.process.stderr.fileno(), 65536) if ready else b""
        self.seen += more.decode()
        return bool(more)

    def wait(self, pattern, times=1):
        """Until the pattern stands on the log so many times. A failure otherwise."""
        end = time.monotonic() + PATIENCE
        while len(re.findall(pattern, self.seen)) < times:
            left = end - time.monotonic()
            if left < 0 or not self.read_log(left):
                check(False, f"'{pattern}' did not come {times} times: {self.seen[-2000:]}")
                return False
        return True

    def safe(self, flows, ident="none"):
        """Until so many flows of the slot are on disk."""
        return self.wait(f"Ident: '{ident}' {flows} flows of the slot are safe")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        while self.read_log(PATIENCE):
            pass
        return self.process.wait(timeout=PATIENCE)


def send(port, *datagrams, address="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))
        for d in datagrams:
            s.sendto(d, ("127.0.0.1", port))


# ---- datagrams

def v5(numbers, sequence=0, at=None):
    now = int(at or time.time())
    head = struct.pack(">HHIIIIBBH", 5, len(numbers), 100000, now, 0, sequence, 0, 0, 0)
    return head + b"".join(struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0x0A000001, 0xC0A80001, 0, 1, 2, 1,
                                       n, 90000, 99000, 1000, 80, 0, 0x10, 6, 0, 0, 0, 24, 16, 0)
                           for n in numbers)


TEMPLATE = struct.pack(">14H", 300, 6, 8, 4, 12, 4, 2, 4, 1, 4, 7, 2, 4, 1)
# scope system (143: metering process), 166 notSentFlowTotalCount
NOT_SENT = struct.pack(">7H", 400, 2, 1, 143, 4, 166, 8)


def record(n):
    return struct.pack(">IIIIHB", 0x0A000002, 0xC0A80002, 1, n, 1000, 17)


def v9(numbers, sequence, template=True, domain=1):
    body = (sets((0, TEMPLATE)) if template else b"") + sets((300, b"".join(map(record, numbers))))
    return struct.pack(">HHIIII", 9, 1, 100000, int(time.time()), sequence, domain) + body


def ipfix_message(body, sequence, domain=1, at=None):
    return struct.pack(">HHIII", 10, 16 + len(body), int(at or time.time()), sequence,
                       domain) + body


def ipfix(numbers, sequence, template=True, domain=1, at=None):
    body = (sets((2, TEMPLATE)) if template else b"") + sets((300, b"".join(map(record, numbers))))
    return ipfix_message(body, sequence, domain, at)


def collect(directory, datagrams, *options):
    """The collector over a capture file: its log."""
    capture(directory + ".pcap", datagrams)
    run = subprocess.run([CAPD, "-f", directory + ".pcap", "-v", "3", *options,
                          *([] if "-M" in options else ["-w", directory])],
                         capture_output=True, text=True, env=ENV, timeout=PATIENCE)
    check(run.returncode == 0, f"exit code {run.returncode}: {run.stderr}")
    return run.stderr


# ---- files

def stored(directory):
    """The octets of all flows in all files below, sorted. In the tests that look while a collector
    runs there is one slot: its running file begins with what the slot's finished file has."""
    numbers = []
    for root, _, names in os.walk(directory):
        running = [name for name in names if name.startswith("nfcapd.current.")]
        for name in running or names:
            if name.startswith("nfcapd."):
                run = subprocess.run([WEIR, "-r", os.path.join(root, name), "-q", "-N", "-o",
                                      "fmt:%byt"], capture_output=True, text=True)
                numbers += [int(line) for line in run.stdout.split() if line.isdigit()]
    return sorted(numbers)


def losses(directory):
    """The loss account as weir -I tells it, and whether a query over the files tells the same."""
    run = subprocess.run([WEIR, "-R", directory, "-I"], capture_output=True, text=True)
    told = {text: int(n) for text, n in re.findall(r"^Lost, (.*): (\d+)$", run.stdout, re.M)}
    query = subprocess.run([WEIR, "-R", directory, "-q", "--strict"], capture_output=True,
                           text=True)
    line = "incomplete: while collecting: " + ", ".join(f"{k} {v}" for k, v in told.items())
    check(not told or line in query.stderr, f"stderr of a query: {query.stderr} {told}")
    check(bool(told) == (query.returncode != 0), f"--strict: exit {query.returncode}, {told}")
    return told


def fresh(name):
    path = os.path.join(TMP, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


SLOT = 1767225600  # a full hour: 2026-01-01 00:00 UTC


# ---- protocols, slots, signals

def test_protocols_on_one_port():
    c = Collector(fresh("protocols"), "-t", "3600", "--flush", "50")
    send(c.port, v5([1001, 1002]), v9([1003], 0), ipfix([1004, 1005], 0), b"\xde\xad\xbe\xef")
    c.safe(5)
    check(stored(c.dir) == list(range(1001, 1006)), "running file unreadable")
    check(c.end() == 0, "exit code")
    check(stored(c.dir) == [1001, 1002, 1003, 1004, 1005], f"protocols: {stored(c.dir)}")
    check("Flows: 5, Packets: 5, Bytes: 5015, Sequence Errors: 0" in c.seen, c.seen)
    check("Total packets received: 4 " in c.seen and "ignored packets: 1" in c.seen, c.seen)
    check("kernel drops: 0" in c.seen, c.seen)


def test_restart_continues_the_slot():
    d = fresh("restart")
    for round in range(3):
        c = Collector(d, "-t", "3600")
        send(c.port, v5([2000 + round]))
        c.end(signal.SIGINT)
    names = glob.glob(d + "/nfcapd.*")
    check(len(names) <= 2, names)  # two only if the hour turned
    check(stored(d) == [2000, 2001, 2002], f"restart: {stored(d)}")


def test_hangup_rotates():
    d = fresh("hangup")
    c = Collector(d, "-t", "3600")
    for round in range(2):
        send(c.port, v5([3000 + round], round))
        c.process.send_signal(signal.SIGHUP)
        c.wait("Ident: 'none' Flows: ", round + 1)
    send(c.port, v5([3002], 2))
    c.end()
    check(stored(d) == [3000, 3001, 3002], f"hangup: {stored(d)}")


def test_rotation_by_the_clock():
    d = fresh("clock")
    c = Collector(d, "-t", "1")
    send(c.port, v5([3100]))
    c.wait("Ident: 'none' Flows: ", 2)
    c.end()
    check(stored(d) == [3100] and len(glob.glob(d + "/nfcapd.*")) >= 2, "slots of a second")


def test_names_hierarchy_command():
    """Slots by capture time, -S 7, and every token of -x."""
    d = fresh("names")
    out = TMP + "/launched"
    if os.path.exists(out):
        os.unlink(out)
    command = f"/bin/sh -c 'echo \"%i %u %t %d %f 100%%\" >>{out}; echo .'"
    collect(d, [(SLOT + 120 * i, v5([4000 + i], i)) for i in range(3)], "-t", "60", "-S", "7",
            "-x", command, "-I", "here")
    names = sorted(glob.glob(d + "/*/nfcapd.*"))
    want = [f"{d}/2026-01-01/nfcapd.20260101000{2 * i}" for i in range(3)]
    check(names == want, names)
    check(stored(d) == [4000, 4001, 4002], f"rotation: {stored(d)}")
    end = time.monotonic() + PATIENCE
    lines = []
    while len(lines) < 3 and time.monotonic() < end:  # commands are not waited for
        lines = open(out).read().splitlines() if os.path.exists(out) else []
        os.sched_yield()
    want = [f"here {SLOT + 120 * i} 20260101000{2 * i} {d} {n} 100%" for i, n in enumerate(want)]
    check(sorted(lines) == want, f"commands: {lines} {want}")


def test_clock_jumps():
    """A day ahead, a day back, a second back: no flow is lost, each is in the slot of its time."""
    d = fresh("jumps")
    day = 86400
    times = [0, 10, day, day + 1, 20, 300, 299, 301]
    collect(d, [(SLOT + t, v5([4100 + i], i, SLOT + t)) for i, t in enumerate(times)], "-t", "300")
    found = {os.path.basename(n): stored_in(n) for n in sorted(glob.glob(d + "/nfcapd.*"))}
    check(found == {"nfcapd.202601010000": [4100, 4101, 4104],
                    "nfcapd.202601010005": [4105, 4106, 4107],
                    "nfcapd.202601020000": [4102, 4103]}, found)
    check(losses(d).get("exporter clocks set back") == 1, losses(d))


def stored_in(path):
    run = subprocess.run([WEIR, "-r", path, "-q", "-N", "-o", "fmt:%byt"], capture_output=True,
                         text=True)
    return sorted(int(line) for line in run.stdout.split() if line.isdigit())


def test_kill_loses_nothing_that_was_safe():
    """kill -9 at any instant under load: what was said to be safe is there, exactly once."""
    d = fresh("chaos")
    number = 10000
    safe, have = set(), []
    for round in range(6):
        c = Collector(d, "-t", "3600", "--flush", "10")
        first = number
        more = random.randrange(300)
        while more > 0:  # from the second flush on, so many more datagrams
            send(c.port, v5(range(number, number + 20), number - first))
            number += 20
            c.read_log(0)
            more -= c.seen.count("are safe") > 1
        if round == 2:
            c.process.send_signal(signal.SIGHUP)  # killed amid the end of a slot
        c.end(signal.SIGKILL)
        said = max(int(n) for n in re.findall(r" (\d+) flows of the slot are safe", c.seen))
        safe.update(range(first, first + said - len(have)))
        have = stored(d)
        check(len(have) == len(set(have)), f"{len(have) - len(set(have))} flows twice")
        check(safe <= set(have), f"{len(safe - set(have))} safe flows lost of {len(safe)}")
        check(set(have) <= set(range(10000, number)), "flows nobody sent")
    c = Collector(d, "-t", "3600")
    send(c.port, v5([9999]))
    c.end()
    check(set(stored(d)) == set(have) | {9999} and len(stored(d)) == len(have) + 1,
          "restart after kill -9")
    check(not glob.glob(d + "/nfcapd.current.*"), "an abandoned file was left")


# ---- sources

def test_sources():
    d = fresh("dynamic")
    c = Collector(d, "-M", d, "-t", "3600")
    send(c.port, v5([5001]), address="127.0.0.1")
    send(c.port, v5([5002]), address="127.0.0.2")
    c.end()
    check(stored(d + "/127-0-0-1") == [5001], "dynamic 1")
    check(stored(d + "/127-0-0-2") == [5002], "dynamic 2")
    check("Dynamic source added: ident: 127-0-0-2 " in c.seen, c.seen)
    d = fresh("static")
    for name in "abc":
        os.makedirs(f"{d}/{name}")
    c = Collector(d, "-n", f"net,127.0.0.0/28,{d}/a", "-n", f"one,127.0.0.2,{d}/b", "-n",
                  f"two,127.0.0.3;127.0.0.20,{d}/c", "-t", "3600")
    for host in (1, 2, 3, 20, 21):
        send(c.port, v5([5100 + host]), address=f"127.0.0.{host}")
    c.end()
    found = [stored(f"{d}/{name}") for name in "abc"]
    check(found == [[5101], [5102], [5103, 5120]], f"several sources: {found}")
    check(c.seen.count("Skip UDP packet from: 127.0.0.21") == 1, c.seen)


def test_many_sources():
    """More open files than the shell allows by default: a directory for each of 200 senders."""
    d = fresh("many")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
    c = Collector(d, "-M", d, "-t", "3600")
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    for i in range(200):
        send(c.port, v5([100 + i]), address=f"127.0.1.{i + 1}")
    c.end()
    found = [stored(f"{d}/127-0-1-{i + 1}") for i in range(0, 200, 33)]
    check(found == [[100 + i] for i in range(0, 200, 33)], f"many sources: {found}")
    check(c.seen.count("Flows: 1, ") == 200 and "cannot write" not in c.seen, c.seen[-500:])


def test_reload():
    """The configuration file is read again on SIGHUP: another source, another sampling."""
    d = fresh("reload")
    os.makedirs(d + "/a")
    os.makedirs(d + "/b")
    config = d + "/weircapd.conf"

    def write(text):
        with open(config, "w") as f:
            f.write(text)
    common = "[nfdump]\nmaxworkers = 2\n[weircapd]\nrotate = 3600\n"
    one, two = f'"a,127.0.0.1,{d}/a"', f'"b,127.0.0.2,{d}/b"'
    write(common + f"source = [{one}]\nsampling = 10\n")
    c = Collector(d, "-C", config, "--flush", "50")
    send(c.port, v5([5201]), address="127.0.0.1")
    send(c.port, v5([5202]), address="127.0.0.2")
    c.wait("Skip UDP packet from: 127.0.0.2")
    write(common + f"source = [{one}, {two}]\nsampling = 20\n")
    c.process.send_signal(signal.SIGHUP)
    c.wait("Configuration read again")
    send(c.port, v5([5203], 1), address="127.0.0.1")
    send(c.port, v5([5204], 1), address="127.0.0.2")
    c.safe(2, "a")
    write(common + "nonsense = 7\n")
    c.process.send_signal(signal.SIGHUP)
    c.wait(config + ": nonsense: no such setting: the collector goes on as before")
    send(c.port, v5([5205], 2), address="127.0.0.1")
    check(c.end() == 0, "exit code")
    check(stored(d + "/a") == [52010, 104060, 104100], f"reload a: {stored(d + '/a')}")
    check(stored(d + "/b") == [104080], f"reload b: {stored(d + '/b')}")


def test_templates_survive_restart_and_wait():
    d = fresh("state")
    state = d + "/templates"
    c = Collector(d, "-t", "3600", "--state", state)
    send(c.port, v9([6001], 0))
    c.end()
    c = Collector(d, "-t", "3600", "--state", state)
    send(c.port, v9([6002], 1, template=False), ipfix([6003], 0, template=False, domain=9),
         ipfix([6004], 1, domain=9))
    c.end()
    check(stored(d) == [6001, 6002, 6003, 6004], f"templates: {stored(d)}")


# ---- beside the files

def test_repeater_tcp():
    d = fresh("beside")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(PATIENCE)
        tcp = free_port()
        keep = ["-A"] if os.geteuid() == 0 else []
        c = Collector(d, "-t", "3600", "-R", f"127.0.0.1/{s.getsockname()[1]}", "--tcp", str(tcp),
                      "--flush", "50", *keep)
        one = v5([7001], 0)
        send(c.port, one, address="127.0.0.7")
        data, sender = s.recvfrom(2000)
        check(data == one, "repeated datagram differs")
        check(not keep or sender[0] == "127.0.0.7", f"-A: from {sender}")
    stream = ipfix([7002], 0) + ipfix([7003], 1, template=False)
    with socket.create_connection(("127.0.0.1", tcp)) as t:
        t.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(stream), 7):
            t.sendall(stream[i:i + 7])
        c.safe(3)
    c.end()
    check(stored(d) == [7001, 7002, 7003], f"TCP: {stored(d)}")


def test_metrics():
    d = fresh("metrics")
    where = free_port()
    c = Collector(d, "-t", "3600", "--flush", "50", "--metrics", str(where))
    send(c.port, v9([7101], 0))

    def scrape():
        with urllib.request.urlopen(f"http://127.0.0.1:{where}/metrics", timeout=PATIENCE) as r:
            return r.read().decode()
    text = ""
    for flows in range(1, 200):  # published once a second; each round waits for a flush
        c.safe(flows)
        text = scrape()
        if f"weir_received_datagrams_total {flows}\n" in text and flows > 1:
            break
        send(c.port, v9([7101], flows))
    check(f'weir_flows_total{{ident="none",proto="udp"}} {flows}\n' in text, text)
    line = 'weir_exporter_sequence_gaps_total{exporter="127.0.0.1",version="9",domain="1"} 0'
    check(line in text, text)
    c.end()


def test_metric_socket():
    """-m: nfcapd's message, at the turn of each interval of ten seconds."""
    d = fresh("metric")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.bind(d + "/socket")
        s.listen(4)
        s.settimeout(PATIENCE)
        c = Collector(d, "-t", "3600", "-I", "here", "-m", d + "/socket", "-i", "10")
        send(c.port, v5([7151]), v9([7152, 7153], 0))
        peer, _ = s.accept()
        with peer:
            data = b"".join(iter(lambda: peer.recv(4096), b""))
        c.end()
    head = struct.unpack("<cBHHHQQ", data[:24])
    check(head[:5] == (b"@", 1, 232, 1, 10) and head[5] % 10000 == 0, f"head: {head}")
    check(data[24:152] == b"here" + bytes(124), "ident")
    counts = struct.unpack("<13Q", data[152:256])
    check(counts[0] >> 16 == 1 and counts[1:5] == (1, 2, 0, 0), f"flows: {counts}")
    check(counts[5:9] == (7151, 14305, 0, 0) and counts[9:] == (1, 2, 0, 0), f"counts: {counts}")


def test_supervision():
    """READY=1 once it listens, WATCHDOG=1 as often as asked, STOPPING=1 at the end."""
    d = fresh("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(d + "/socket")
        s.settimeout(PATIENCE)
        c = Collector(d, "-t", "3600", env=dict(ENV, NOTIFY_SOCKET=d + "/socket",
                                                WATCHDOG_USEC="1000000"))
        states = [s.recv(100) for _ in range(3)]
        check(set(states) == {b"READY=1", b"WATCHDOG=1"}, states)
        c.end()
        while states[-1] != b"STOPPING=1":
            states.append(s.recv(100))
        check(states[-1] == b"STOPPING=1", states)


def test_expiry():
    """-e: the oldest files go until the directory is within the bounds of its .nfstat."""
    d = fresh("expire")
    for minute in range(5):
        with open(f"{d}/nfcapd.20200101000{minute}", "w") as f:
            f.write("x" * 10000)
    with open(d + "/.nfstat", "w") as f:
        f.write("lifetime=0\nmaxsize=40000\nwatermark=95\n")
    c = Collector(d, "-t", "3600", "-e")
    send(c.port, v5([7201]))
    c.process.send_signal(signal.SIGHUP)
    c.wait("expired files: ")
    c.end()
    old = sorted(os.path.basename(n) for n in glob.glob(d + "/nfcapd.2020*"))
    check(old == ["nfcapd.202001010003", "nfcapd.202001010004"], f"left: {old}")
    check(stored(d) == [7201], "the new file is there")


def test_multicast():
    d = fresh("multicast")
    c = Collector(d, "-t", "3600", "-J", "239.255.41.99")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        try:
            s.sendto(v5([7301]), ("239.255.41.99", c.port))
        except OSError:
            skipped.append("no route for multicast")
            c.end()
            return
    c.end()
    check(stored(d) == [7301], f"multicast: {stored(d)}")


@contextlib.contextmanager
def own_network():
    """Where that is allowed, a network in which nobody else's datagrams pass the loopback
    interface (tests run side by side); else the common one."""
    libc = ctypes.CDLL(None)
    with open("/proc/self/ns/net") as before:
        if libc.unshare(CLONE_NEWNET) == 0:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
        try:
            yield
        finally:
            libc.setns(before.fileno(), CLONE_NEWNET)


def test_device():
    d = fresh("device")
    if os.geteuid() != 0:
        skipped.append("not root: no capture from an interface")
        return
    with own_network():
        c = Collector(d, "-t", "3600", "--flush", "50", "-d", "lo")
        send(c.port, v5([7401]))
        c.safe(1)
        c.end()
    check(stored(d) == [7401], f"device: {stored(d)}")


def test_ipv6():
    d = fresh("ipv6")
    c = Collector(d, "-t", "3600", host="::1")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.sendto(v5([8101]), ("::1", c.port))
    c.end()
    check(stored(d) == [8101], "IPv6")


# ---- truth

def test_floods():
    """10,000 exporters and as many templates of one: others go on, memory is bounded."""
    d = fresh("flood")
    c = Collector(d, "-t", "3600", "--flush", "50")
    count = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", c.port))
        for i in range(10000):  # observation domains
            s.send(ipfix([8000], 0, domain=100000 + i))
            count += 1
            if count % 500 == 0:
                c.safe(count)  # no faster than it can take them
        for i in range(10000):  # templates
            s.send(struct.pack(">HHIIII", 9, 1, 1, int(time.time()), i, 5)
                   + sets((0, struct.pack(">4H", 256 + i, 1, 8, 4))))
            if i % 500 == 0:
                s.send(ipfix([8000], 1, domain=100000))
                count += 1
                c.safe(count)
    send(c.port, v5([8001]))
    c.safe(count + 1)
    status = open(f"/proc/{c.process.pid}/status").read()
    kib = int(status.split("VmRSS:")[1].split()[0])
    check(kib < 400000 or SANITIZED, f"{kib} KiB after floods")
    c.end()
    check(stored(d) == [8000] * count + [8001], "a flood stops others")


def test_losses_by_protocol():
    """Each row of the account that datagrams can cause, over a capture; printed at rotation."""
    d = fresh("losses")
    at = SLOT
    options = sets((3, NOT_SENT))
    datagrams = [
        # v5: three flows missing, then one datagram twice and one that is cut short
        (at, v5([1], 0, at), 1), (at, v5([2], 4, at), 1), (at, v5([2], 4, at), 1),
        (at, v5([3, 4], 5, at)[:-10], 1),
        # IPFIX: the clock ten seconds back; a set whose template never comes
        (at, ipfix([5], 0, at=at), 2), (at, ipfix([6], 1, template=False, at=at - 10), 2),
        (at, ipfix_message(sets((999, b"12345678")), 2, at=at), 2),
        # a record that does not fit into its set: a variable length beyond the end
        (at, ipfix_message(sets((2, struct.pack(">6H", 301, 2, 1, 4, 82, 65535)),
                                (301, b"\0\0\0\1\x20ab")), 0, at=at), 3),
        # the exporter's own account: 5, then 12 not sent
        (at, ipfix_message(options + sets((400, struct.pack(">IQ", 1, 5))), 0, at=at), 4),
        (at, ipfix_message(sets((400, struct.pack(">IQ", 1, 12))), 1, at=at), 4),
        (at, b"\xff\xff no protocol", 5),
    ]
    log = collect(d, datagrams, "-t", "300")
    want = {"sequence gaps": 1, "missing by sequence numbers": 3, "malformed datagrams": 2,
            "sets without template": 1, "undecodable records": 1, "datagrams seen twice": 1,
            "exporter clocks set back": 1, "flows not sent by exporters": 7}
    check(losses(d) == want, f"{losses(d)}")
    for line in ("Exporter 192.0.2.1 version 5 domain 0: sequence gaps: 1, "
                 "missing by sequence numbers: 3, malformed datagrams: 1, datagrams seen twice: 1",
                 "Exporter 192.0.2.2 version 10 domain 1: sets without template: 1, "
                 "exporter clocks set back: 1",
                 "Exporter 192.0.2.3 version 10 domain 1: undecodable records: 1",
                 "Exporter 192.0.2.4 version 10 domain 1: flows not sent by exporters: 7",
                 "Collector: malformed datagrams: 1"):
        check(line + "\n" in log, f"{line}: {log}")


def test_late_datagrams():
    """Out of order within a gap: nothing is missing in the end, nothing counts as a duplicate."""
    d = fresh("late")
    order = [0, 1, 4, 2, 3, 5]
    collect(d, [(SLOT, v5([8300 + i], i, SLOT)) for i in order], "-t", "300")
    check(stored(d) == [8300 + i for i in range(6)], f"late: {stored(d)}")
    check(losses(d) == {"sequence gaps": 1}, losses(d))


def test_kernel_drops():
    """A stopped collector with a small buffer: the kernel drops, and the account says how many."""
    d = fresh("drops")
    c = Collector(d, "-t", "3600", "-B", "4096", "--flush", "50")
    send(c.port, v5([8400]))
    c.safe(1)
    c.process.send_signal(signal.SIGSTOP)
    os.waitpid(c.process.pid, os.WUNTRACED)
    sent = 60000
    for _ in range(20):
        send(c.port, *[v5([8401], 1)] * (sent // 20))
    c.process.send_signal(signal.SIGCONT)
    c.wait(r"Ident: 'none' \d{2,} flows of the slot are safe")
    c.end()  # no datagram comes after the last drop, and it is counted all the same
    have = len(stored(d))
    drops = losses(d).get("dropped by the kernel", 0)
    check(drops > 0 and have + drops == sent + 1, f"{have} stored, {drops} dropped of {sent + 1}")
    check(f"Collector: dropped by the kernel: {drops}" in c.seen, c.seen[-500:])


def test_full_disk():
    """A file that may not grow is a full disk: said once, counted, and over when there is room."""
    d = fresh("full")
    c = Collector(d, "-t", "3600", "--flush", "20", file_limit=20000)
    sent = 0
    while "cannot write" not in c.seen and sent < 100000:
        send(c.port, v5([random.randrange(1 << 31) for _ in range(29)], sent))
        sent += 29
        c.read_log(0)
    c.wait("cannot write")
    resource.prlimit(c.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    send(c.port, v5([777], sent))
    check(c.end() == 0, "exit code after a full disk")
    check(c.seen.count("cannot write") == 1, c.seen)
    have = stored(d)
    check(777 in have, "no flows after the disk had room")
    lost = losses(d).get("flows not stored", 0)
    check(len(have) + lost == sent + 1, f"{len(have)} stored and {lost} lost of {sent + 1}")


def test_wrong_start():
    for options, code in ((["-w", "/nonexistent"], 1), ([], 1), (["-w", TMP, "-p", "99999x"], 1),
                          (["-w", TMP, "-S", "9"], 1), (["-w", TMP, "--nonsense"], 1),
                          (["-w", TMP, "-x", "date %z"], 1), (["-C", "/nonexistent"], 1)):
        run = subprocess.run([CAPD, *options], capture_output=True, text=True, timeout=PATIENCE)
        check(run.returncode == code and run.stderr, f"{options}: {run.returncode} {run.stderr}")


def main():
    if not os.path.exists(WEIR):
        print("no weir program: skipped\n0 passed, 0 failed, 1 skipped")
        return 0
    random.seed(1)
    os.makedirs(TMP, exist_ok=True)
    only = sys.argv[1:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not only or name in only):
            begin = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - begin:.1f} s")
    for reason in skipped:
        print("skipped:", reason)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, {len(skipped)} skipped")
    return not all(results)


sys.exit(main())

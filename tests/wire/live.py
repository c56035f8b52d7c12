# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""The collector over loopback: protocols on one port, rotation, restart in a slot, kill -9,
signals, repeater, commands, state, metrics, a flood of exporters and templates, a full disk.

Files are read back with weir; every flow has its number in the octets, so each can be looked for.
"""
import glob
import os
import random
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

BUILD = os.environ.get("WEIR_BUILD", ".")
TMP = os.environ.get("WEIR_TMP") or "/tmp/weir-live"
CAPD = os.path.join(BUILD, "weircapd")
WEIR = os.path.join(BUILD, "weir")
results = []


def check(ok, text):
    results.append(bool(ok))
    if not ok:
        print("failed:", text)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# The sandbox forbids what the leak checker of a sanitizer build needs at the end.
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


class Collector:
    def __init__(self, directory, *options, host="127.0.0.1", file_limit=None):
        self.port = free_port()
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self.log = open(os.path.join(TMP, "log"), "w+")
        where = [] if "-M" in options or "-n" in options else ["-w", directory]
        self.process = subprocess.Popen(
            [CAPD, *where, "-b", host, "-p", str(self.port), *options], stderr=self.log, env=ENV,
            preexec_fn=lambda: file_limit and resource.setrlimit(
                resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY)))
        self.wait_for(lambda: "Startup" in self.text(), "no start")

    def text(self):
        self.log.flush()
        return open(self.log.name).read()

    def wait_for(self, condition, what, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            if self.process.poll() is not None and not condition():
                break
            time.sleep(0.02)
        check(False, f"{what}: {self.text()}")
        return False

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.log.close()
        return code


def send(port, *datagrams, address="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))
        for d in datagrams:
            s.sendto(d, ("127.0.0.1", port))


def v5(numbers, sequence=0, count=None):
    now = int(time.time())
    head = struct.pack(">HHIIIIBBH", 5, count or len(numbers), 100000, now, 0, sequence, 0, 0, 0)
    return head + b"".join(struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0x0A000001, 0xC0A80001, 0, 1, 2, 1,
                                       n, 90000, 99000, 1000, 80, 0, 0x10, 6, 0, 0, 0, 24, 16, 0)
                           for n in numbers)


TEMPLATE = struct.pack(">14H", 300, 6, 8, 4, 12, 4, 2, 4, 1, 4, 7, 2, 4, 1)


def record(n):
    return struct.pack(">IIIIHB", 0x0A000002, 0xC0A80002, 1, n, 1000, 17)


def sets(*pairs):
    return b"".join(struct.pack(">HH", i, 4 + len(b)) + b for i, b in pairs)


def v9(numbers, sequence, template=True, domain=1):
    body = (sets((0, TEMPLATE)) if template else b"") + sets((300, b"".join(map(record, numbers))))
    return struct.pack(">HHIIII", 9, 1, 100000, int(time.time()), sequence, domain) + body


def ipfix(numbers, sequence, template=True, domain=1):
    body = (sets((2, TEMPLATE)) if template else b"") + sets((300, b"".join(map(record, numbers))))
    return struct.pack(">HHIII", 10, 16 + len(body), int(time.time()), sequence, domain) + body


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


def fresh(name):
    path = os.path.join(TMP, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def test_protocols_on_one_port():
    c = Collector(fresh("protocols"), "-t", "3600")
    send(c.port, v5([1001, 1002]), v9([1003], 0), ipfix([1004, 1005], 0), b"\xde\xad\xbe\xef")
    c.wait_for(lambda: stored(c.dir) == list(range(1001, 1006)), "running file unreadable", 5)
    check(c.end() == 0, "exit code")
    check(stored(c.dir) == [1001, 1002, 1003, 1004, 1005], f"protocols: {stored(c.dir)}")
    text = open(c.log.name).read()
    check("Flows: 5, Packets: 5, Bytes: 5015, Sequence Errors: 0" in text, text)
    check("Total packets received: 4 " in text and "ignored packets: 1" in text, text)
    check("kernel drops: 0" in text, text)


def test_restart_continues_the_slot():
    d = fresh("restart")
    for round in range(3):
        c = Collector(d, "-t", "3600")
        send(c.port, v5([2000 + round]))
        c.wait_for(lambda: len(stored(d)) == round + 1, "flow not there", 5)
        c.end(signal.SIGINT)
    names = glob.glob(d + "/nfcapd.*")
    check(len(names) <= 2, names)  # two only if the hour turned
    check(stored(d) == [2000, 2001, 2002], f"restart: {stored(d)}")


def test_hangup_rotates():
    d = fresh("hangup")
    c = Collector(d, "-t", "3600")
    send(c.port, v5([3000]))
    c.wait_for(lambda: stored(d) == [3000], "first flow", 5)
    c.process.send_signal(signal.SIGHUP)
    c.wait_for(lambda: "Flows: 1" in c.text(), "no rotation", 5)
    send(c.port, v5([3001], 1))
    c.wait_for(lambda: len(stored(d)) >= 2, "second flow", 5)
    c.end()
    check(stored(d) == [3000, 3001], f"hangup: {stored(d)}")


def test_rotation_names_and_hierarchy():
    d = fresh("rotation")
    if os.path.exists(f"{TMP}/launched"):
        os.unlink(f"{TMP}/launched")
    c = Collector(d, "-t", "2", "-S", "7", "-x", f"/bin/sh -c 'echo %i %u %f >>{TMP}/launched'",
                  "-I", "here")
    for i in range(5):
        send(c.port, v5([4000 + i], i))
        time.sleep(1)
    c.end()
    names = sorted(glob.glob(d + "/*/nfcapd.*"))
    check(len(names) >= 3, names)
    check(all(len(os.path.basename(n)) == len("nfcapd.20240101000000") for n in names), names)
    check(stored(d) == [4000 + i for i in range(5)], f"rotation: {stored(d)}")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        lines = open(f"{TMP}/launched").read().splitlines()
        if len(lines) >= len(names):
            break
        time.sleep(0.05)
    check(sorted(line.split()[2] for line in lines) == names, f"commands: {lines} {names}")
    check(all(line.startswith("here ") for line in lines), lines)


def test_kill_loses_only_the_last_interval():
    d = fresh("chaos")
    flushed = set()
    sent = set()
    number = 10000
    for _ in range(5):
        c = Collector(d, "-t", "3600", "--flush", "100")
        sequence = 0
        safe_until = number
        end = time.monotonic() + random.uniform(0.4, 1.2)
        batches = []
        while time.monotonic() < end:
            numbers = list(range(number, number + 20))
            send(c.port, v5(numbers, sequence))
            batches.append((time.monotonic(), numbers))
            sent.update(numbers)
            sequence += 20
            number += 20
            time.sleep(0.01)
        killed = time.monotonic()
        c.end(signal.SIGKILL)
        # 100 msec to flush, and time for a busy machine to do it
        flushed.update(n for at, numbers in batches if at < killed - 0.7 for n in numbers)
        check(safe_until <= number, "numbers")
    have = stored(d)
    check(len(have) == len(set(have)), f"{len(have) - len(set(have))} flows twice")
    missing = flushed - set(have)
    check(not missing, f"{len(missing)} flushed flows lost of {len(flushed)}")
    check(set(have) <= sent, "flows nobody sent")
    c = Collector(d, "-t", "3600")
    send(c.port, v5([9999]))
    c.wait_for(lambda: 9999 in stored(d), "after the kill", 5)
    c.end()
    again = stored(d)
    check(set(have) <= set(again) and len(again) == len(set(again)), "restart after kill -9")
    check(not glob.glob(d + "/nfcapd.current.*"), "an abandoned file was left")


def test_sources():
    d = fresh("dynamic")
    c = Collector(d, "-M", d, "-t", "3600")
    send(c.port, v5([5001]), address="127.0.0.1")
    send(c.port, v5([5002]), address="127.0.0.2")
    c.wait_for(lambda: len(stored(d)) == 2, "dynamic sources", 5)
    c.end()
    check(stored(d + "/127-0-0-1") == [5001], "dynamic 1")
    check(stored(d + "/127-0-0-2") == [5002], "dynamic 2")
    d = fresh("static")
    os.makedirs(d + "/a")
    c = Collector(d, "-n", f"one,127.0.0.1,{d}/a", "-t", "3600")
    send(c.port, v5([5003]), address="127.0.0.1")
    send(c.port, v5([5004]), address="127.0.0.3")
    c.wait_for(lambda: stored(d) == [5003], "static source", 5)
    c.end()
    check(stored(d) == [5003], "a stranger's flow was kept")


def test_templates_survive_restart_and_wait():
    d = fresh("state")
    state = d + "/templates"
    c = Collector(d, "-t", "3600", "--state", state)
    send(c.port, v9([6001], 0))
    c.wait_for(lambda: stored(d) == [6001], "template", 5)
    c.end()
    c = Collector(d, "-t", "3600", "--state", state)
    send(c.port, v9([6002], 1, template=False))
    c.wait_for(lambda: stored(d) == [6001, 6002], "template was forgotten", 5)
    send(c.port, ipfix([6003], 0, template=False, domain=9), ipfix([6004], 1, domain=9))
    c.wait_for(lambda: stored(d) == [6001, 6002, 6003, 6004], "data before template", 5)
    c.end()


def test_repeater_metrics_tcp():
    d = fresh("beside")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(5)
        metrics, tcp = free_port(), free_port()
        c = Collector(d, "-t", "3600", "-R", f"127.0.0.1/{s.getsockname()[1]}", "--metrics",
                      str(metrics), "--tcp", str(tcp))
        one = v5([7001], 0)
        send(c.port, one)
        check(s.recv(2000) == one, "repeated datagram differs")
    stream = ipfix([7002], 0) + ipfix([7003], 1, template=False)
    with socket.create_connection(("127.0.0.1", tcp)) as t:
        for i in range(0, len(stream), 7):
            t.sendall(stream[i:i + 7])
            time.sleep(0.002)
        c.wait_for(lambda: stored(d) == [7001, 7002, 7003], "TCP", 5)

    def scrape():
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=5) as r:
            return r.read().decode()
    c.wait_for(lambda: "weir_received_datagrams_total 3" in scrape(), "metrics", 5)
    check('weir_flows_total{ident="none",proto="udp"} 2' in scrape(), scrape())
    c.end()


def test_floods():
    d = fresh("flood")
    c = Collector(d, "-t", "3600")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", c.port))
        for i in range(10000):  # observation domains
            s.send(struct.pack(">HHIII", 10, 16, int(time.time()), 0, 100000 + i))
            if i % 100 == 0:
                time.sleep(0.005)
        for i in range(3000):  # templates
            s.send(struct.pack(">HHIIII", 9, 1, 1, int(time.time()), i, 5)
                   + sets((0, struct.pack(">4H", 256 + i, 1, 8, 4))))
            if i % 100 == 0:
                time.sleep(0.005)
    send(c.port, v5([8001]))
    c.wait_for(lambda: stored(d) == [8001], "a flood stops others", 10)
    status = open(f"/proc/{c.process.pid}/status").read()
    kib = int(status.split("VmRSS:")[1].split()[0])
    check(kib < 400000, f"{kib} KiB after floods")
    c.end()


def test_ipv6():
    d = fresh("ipv6")
    c = Collector(d, "-t", "3600", host="::1")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.sendto(v5([8101]), ("::1", c.port))
    c.wait_for(lambda: stored(d) == [8101], "IPv6", 5)
    c.end()


def test_full_disk():
    """A file that may not grow is a full disk: said once, counted, and over when there is room."""
    d = fresh("full")
    c = Collector(d, "-t", "3600", "--flush", "50", file_limit=20000)
    number = 20000
    for i in range(400):
        send(c.port, v5([random.randrange(1 << 31) for _ in range(29)], i * 29))
        number += 29
        time.sleep(0.005)
        if "cannot write" in c.text():
            break
    c.wait_for(lambda: "cannot write" in c.text(), "no complaint about a full disk", 5)
    check(c.text().count("cannot write") == 1, c.text())
    resource.prlimit(c.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    send(c.port, v5([777], (i + 1) * 29))
    c.wait_for(lambda: "again" in c.text(), "no end of the trouble", 5)
    check(c.end() == 0, "exit code after a full disk")
    check(777 in stored(d), "no flows after the disk had room")


def test_wrong_start():
    for options, code in ((["-w", "/nonexistent"], 1), ([], 1), (["-w", TMP, "-p", "99999x"], 1),
                          (["-w", TMP, "-S", "9"], 1), (["-w", TMP, "--nonsense"], 1),
                          (["-w", TMP, "-x", "date %z"], 1)):
        run = subprocess.run([CAPD, *options], capture_output=True, text=True, timeout=20)
        check(run.returncode == code and run.stderr, f"{options}: {run.returncode} {run.stderr}")


def main():
    if not os.path.exists(WEIR):
        print("no weir program: skipped\n0 passed, 0 failed, 1 skipped")
        return 0
    random.seed(1)
    only = sys.argv[1:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not only or name in only):
            begin = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - begin:.1f} s")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, 0 skipped")
    return not all(results)


sys.exit(main())

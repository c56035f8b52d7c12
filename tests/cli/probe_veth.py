#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""weirprobe on an Ethernet link of its own: a veth pair in a network namespace.

Known frames go in at one end; at the other the probe must count exactly these: by the kernel's
ring, by libpcap, on "any", with a BPF program (also one about VLAN tags, which the kernel takes
off), with several threads, which share it by conversation. A probe that is stopped while more
comes than its ring holds must say how many packets were lost, in the statistics and in the flow
file. As a daemon it must have given up its rights.
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

from probing import BUILD, ENV, SRC, VETH, Checks, Probe, in_own_network, wait_for

sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from mkpcap import ACK, SYN, Capture  # noqa: E402

QUIET, FLOOD = "weir0", 20000


def frames():
    """9 packets of 7 flows (directions together): IPv4 and IPv6, two with VLAN tags, ICMP, TCP."""
    c = Capture(65535)
    c.udp(1, "10.20.0.1", 1000, "192.0.2.1", 9, b"one")
    c.udp(2, "10.20.0.1", 1000, "192.0.2.1", 9, bytes(1000))
    c.udp(3, "10.20.0.2", 1001, "192.0.2.1", 9, b"tagged", vlan=5)
    c.udp(4, "10.20.0.3", 1001, "192.0.2.1", 9, b"tagged", vlan=7)
    c.tcp(5, "10.20.0.1", 1002, "192.0.2.1", 443, 1, 0, SYN)
    c.tcp(6, "192.0.2.1", 443, "10.20.0.1", 1002, 1, 2, SYN | ACK)
    c.udp(7, "2001:db8:20::1", 1003, "2001:db8::9", 53, b"six")
    c.icmp(8, "10.20.0.1", "192.0.2.1", 8, 0, bytes(8))
    c.udp(9, "10.20.0.1", 1004, "192.0.2.1", 9, b"four")
    return [data for _, data in c.packets]


def send(data, times=1):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("weir1", 0))
        for _ in range(times):
            for frame in data:
                s.send(frame)


def set_up_link():
    subprocess.run(VETH, check=True)
    for end in ("weir0", "weir1"):
        with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % end, "w") as f:
            f.write("1")  # no frames but ours
        subprocess.run(["ip", "link", "set", end, "up"], check=True)


def counts(check, words, packets, flows, octets):
    """The probe sees so many packets in so many flows, and no more when it ends."""
    probe = Probe("-6", *words)
    if not check(probe.listens, words, "listens"):
        print(probe.end("exit"), probe.process.stderr.read())
        return
    send(frames())
    check(wait_for(lambda: probe.number("Packets processed") == packets), words, "packets",
          probe.number("Packets processed"))
    check(probe.number("Number of active flows") == flows, words, "flows",
          probe.number("Number of active flows"))
    check(probe.number("Packets received by libpcap") >= packets, words, "received")
    check(probe.number("Packets dropped by libpcap") == 0, words, "dropped")
    dump = probe.ask("dump-flows").split()
    seen = sum(int(w.split(":")[1]) for w in dump if w.startswith("octets"))
    check(seen == octets, words, "octets", seen)
    check(probe.end() == 0, words, "exit code")


def both_directions_meet(check):
    """Threads share the interface by flow: each conversation is one flow of one thread, and several
    threads have some (each numbers its flows from 1)."""
    pairs = 200
    c = Capture(65535)
    for n in range(pairs):
        a, b = ("10.20.%d.%d" % (n // 100, n % 100 + 1), "192.0.2.%d" % (n % 7 + 1)) if n % 2 else \
            ("2001:db8:20::%x" % (n + 1), "2001:db8::%x" % (n % 7 + 1))
        c.udp(n, a, 1000 + n, b, 53, b"question")
        c.udp(n, b, 53, a, 1000 + n, b"answer")
    probe = Probe("-6", "-i", QUIET, "--threads", "4")
    if not check(probe.listens, "directions: listens"):
        return
    send([data for _, data in c.packets])
    check(wait_for(lambda: probe.number("Packets processed") == 2 * pairs), "directions: packets",
          probe.number("Packets processed"))
    check(probe.number("Number of active flows") == pairs, "directions: flows",
          probe.number("Number of active flows"))
    firsts = probe.ask("dump-flows").count("seq:1 ")
    check(2 <= firsts <= 4, "directions: threads with flows", firsts)
    check(probe.end() == 0, "directions: exit code")


def octets_of(data):
    """What softflowd counts: all behind the link header, padding included."""
    return sum(len(f) - (18 if f[12:14] == b"\x81\x00" else 14) for f in data)


def what_is_seen(check):
    every = frames()
    port9 = every[:4] + every[8:]  # with the tagged ones: their tags are off when BPF looks
    for how in ([], ["--libpcap"]):
        counts(check, ["-i", QUIET, *how], 9, 7, octets_of(every))
        counts(check, ["-i", QUIET, *how, "udp", "and", "dst", "port", "9"], 5, 4, octets_of(port9))
        counts(check, ["-i", QUIET, *how, "vlan", "5"], 1, 1, octets_of(every[2:3]))
        counts(check, ["-i", QUIET, *how, "tcp"], 2, 1, octets_of(every[4:6]))
    counts(check, ["-i", QUIET, "--threads", "3"], 9, 7, octets_of(every))
    counts(check, ["-i", "any", "inbound", "and", "dst", "port", "9"], 5, 4, octets_of(port9))


def loss_is_told(check, how):
    """What is sent is either counted or reported as lost."""
    frame = frames()[1:2]
    with tempfile.TemporaryDirectory() as flows:
        os.chmod(flows, 0o777)
        probe = Probe("-i", QUIET, "-B", "4096", "-w", flows, *how)
        if not check(probe.listens, how, "flood: listens"):
            return
        probe.process.send_signal(signal.SIGSTOP)
        send(frame, FLOOD)
        probe.process.send_signal(signal.SIGCONT)
        check(wait_for(lambda: probe.number("Packets processed")
                       + probe.number("Packets dropped by libpcap") == FLOOD), how, "flood: sum",
              probe.ask("statistics"))
        lost = probe.number("Packets dropped by libpcap")
        check(0 < lost < FLOOD, how, "flood: lost", lost)
        check(probe.end() == 0, how, "flood: exit code")
        said = subprocess.run([BUILD + "/weir", "-R", flows, "-I"], capture_output=True, text=True,
                              env=ENV).stdout
        check(str(lost) in said, how, "flood: the file tells", said)


def status_of(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.split(":", 1) for line in f)


def rights_are_given_up(check):
    """A daemon is nobody, cannot gain rights, and has a filter of system calls; files elsewhere
    are out of reach."""
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o777)
        probe = Probe("-i", QUIET, "-p", work + "/pid2", foreground=False)
        check(probe.listens, "daemon: listens")
        pid = int(open(work + "/pid2").read())
        status = status_of(pid)
        check(set(status["Uid"].split()) != {"0"} and "0" not in status["Uid"].split(),
              "daemon: user", status["Uid"])
        check("0" not in status["Gid"].split(), "daemon: group", status["Gid"])
        check(int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0,
              "daemon: capabilities", status["CapEff"])
        check(status["NoNewPrivs"].strip() == "1", "daemon: no new privileges")
        check(status["Seccomp"].strip() == "2", "daemon: system calls")
        send(frames())
        check(wait_for(lambda: probe.number("Packets processed") > 0), "daemon: still captures")
        probe.ask("shutdown")
        check(wait_for(lambda: not os.path.exists("/proc/%d" % pid)), "daemon: ends")


def message(listener):
    """One IPFIX message of a new connection, which is then closed: (sequence, first set)."""
    listener.settimeout(10)
    connection, _ = listener.accept()
    connection.settimeout(10)
    data = connection.recv(65535)
    connection.close()
    return struct.unpack("!I", data[8:12])[0], struct.unpack("!H", data[16:18])[0]


def stream_is_opened_again(check):
    """A collector that went away gets a new session when it is back: from 0, templates first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        probe = Probe("-i", QUIET, "-v", "10", "-P", "tcp", "-n",
                      "127.0.0.1:%d" % listener.getsockname()[1])
        if not check(probe.listens, "stream: listens"):
            return
        found = []
        for session in range(3):
            send(frames())
            check(wait_for(lambda: probe.number("Number of active flows") == 7), "stream: flows")
            probe.ask("expire-all")
            if session != 1:  # what follows the end of a session is lost with it, and counted
                found.append(message(listener))
        check(found == [(0, 2), (0, 2)], "stream: sessions begin with 0 and templates", found)
        text = probe.ask("statistics")
        check("(1 failures)" in text, "stream: failures", text)
        check(probe.end() == 0, "stream: exit code")


def main():
    in_own_network(__file__)
    set_up_link()
    check = Checks()
    what_is_seen(check)
    both_directions_meet(check)
    loss_is_told(check, [])
    loss_is_told(check, ["--libpcap"])
    rights_are_given_up(check)
    stream_is_opened_again(check)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())

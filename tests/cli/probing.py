# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What the tests of a running weirprobe share: rights, a network of their own, the probe, its
control socket, and counting."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SRC = os.path.abspath(os.environ.get("WEIR_SRC", "."))
BUILD = os.path.abspath(os.environ.get("WEIR_BUILD", SRC))
sys.path.insert(0, os.path.join(SRC, "tests", "tools"))
from checks import Checks  # noqa: E402,F401 (handed on)
# The sandbox forbids what the leak checker of a sanitizer build needs at the end.
ENV = dict(os.environ, TZ="UTC", LC_ALL="C", ASAN_OPTIONS="detect_leaks=0")

VETH = "ip link add weir0 type veth peer name weir1".split()


def may_capture():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        return True
    except (OSError, AttributeError):
        return False


def in_own_network(script):
    """True inside; outside runs the script again in a network namespace and ends with its code.
    Where that is not allowed the test counts as skipped."""
    if os.environ.get("WEIR_OWN_NETWORK"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    allowed = shutil.which("unshare") and shutil.which("ip") and may_capture() and \
        subprocess.run(["unshare", "-n", *VETH], capture_output=True).returncode == 0
    if not allowed:
        print("no right to make a network namespace with interfaces\n"
              "0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    done = subprocess.run(["unshare", "-n", sys.executable, "-B", script],
                          env=dict(os.environ, WEIR_OWN_NETWORK="1"))
    sys.exit(done.returncode)


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Probe:
    """A running probe; `program` may be the real softflowd (then name its client too)."""

    def __init__(self, *words, program=BUILD + "/weirprobe", name="weirprobe",
                 client=BUILD + "/weirctl", foreground=True):
        self.work = tempfile.TemporaryDirectory()
        self.control = self.work.name + "/control"
        self.client = client
        self.process = subprocess.Popen(
            [name, *(["-d"] if foreground else []), "-c", self.control,
             "-p", self.work.name + "/pid", *words], executable=program,
            env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        self.listens = wait_for(lambda: os.path.exists(self.control)
                                and "Printing timeouts" in self.ask("timeouts"))

    def ask(self, *words):
        try:
            done = subprocess.run([self.client, "-c", self.control, *words], capture_output=True,
                                  text=True, timeout=10, env=ENV)
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout if done.returncode == 0 else ""

    def number(self, label):
        """The first number behind a label of the statistics; -1 if it is not there."""
        for line in self.ask("statistics").splitlines():
            if line.startswith(label + ": "):
                return int(line[len(label) + 2:].split()[0])
        return -1

    def end(self, word="shutdown"):
        """Exit code of the process after the word."""
        self.ask(word)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1

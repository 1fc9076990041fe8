# SPDX-License-Identifier: Apache-2.0
"""What the UI costs and how fast it answers, on a terminal of 100x30.

    screen.py live CPROFD PID TIMES     first screen, first rows; then of the last
                                        one its CPU, bytes and memory for 10 s
    screen.py first CPROFD PID TIMES PATTERN    until that is on the screen
    screen.py keys CPROFD RECORDING     each key until the screen stands still
    screen.py scope CPROFD RECORDING    another range, filter or thread until it is drawn

Prints "key value" lines, times in ms.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

QUIET_S = 0.02	# without a byte: what a key made is drawn
STILL_S = 0.3	# without a byte: also what was put off until no key came


class Screen:
    def __init__(self, *argv):
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # This terminal answers no question about its ground: none is to be asked.
            os.environ.update(TERM="xterm-256color", COLORFGBG="15;0", LC_ALL="C.UTF-8",
                              LINES="30", COLUMNS="100")
            os.execv(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.seen = b""

    def take(self, seconds):
        """What comes within that time at the latest; "" if nothing does."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 1 << 16)
        except OSError:
            return b""

    def until(self, pattern, limit):
        """Milliseconds since it began when that was on the screen."""
        while time.monotonic() - self.began < limit:
            self.seen += self.take(0.01)
            if re.search(pattern, self.seen):
                return (time.monotonic() - self.began) * 1000
        sys.exit("screen.py: no %s within %d s" % (pattern, limit))

    def quiet(self, limit):
        """Read until nothing came for QUIET_S: how long the last byte took, in ms."""
        start = last = time.monotonic()
        n = 0
        while time.monotonic() - start < limit:
            got = self.take(QUIET_S)
            if got:
                n += len(got)
                last = time.monotonic()
            elif n:
                break
        return (last - start) * 1000

    def key(self, key):
        os.write(self.fd, key)
        start = time.monotonic()
        if not self.take(5):
            return None
        return (time.monotonic() - start) * 1000

    def cpu_s(self):
        with open("/proc/%d/stat" % self.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self):
        with open("/proc/%d/status" % self.pid) as f:
            return int(re.search(r"VmRSS:\s*(\d+)", f.read())[1]) / 1024

    def end(self, keys):
        for key in keys:
            os.write(self.fd, key)
            self.quiet(0.3)
        while self.take(2):
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def median(values):
    return sorted(values)[len(values) // 2]


def live(cprofd, pid, times):
    first, rows = [], []
    for i in range(int(times)):
        s = Screen(cprofd, "attach", "--no-state", pid)
        first.append(s.until(rb"LIVE", 10))
        rows.append(s.until(rb"on the stack, of", 10))	# said of a row
        if i == int(times) - 1:
            s.quiet(1.5)
            cpu, n, start = s.cpu_s(), 0, time.monotonic()
            while time.monotonic() - start < 10:
                n += len(s.take(0.1))
            print("cpu_percent %.2f" % ((s.cpu_s() - cpu) * 10))
            print("bytes_a_second %d" % (n / 10))
            print("rss_mib %.1f" % s.rss_mib())
        s.end([b"q", b"x"])
    print("first_ms %.0f\nrows_ms %.0f" % (median(first), median(rows)))


def first(cprofd, pid, times, pattern):
    took = []
    for _ in range(int(times)):
        s = Screen(cprofd, "attach", "--no-state", pid)
        took.append(s.until(pattern.encode(), 10))
        s.end([b"q", b"x"])
    print("first_ms %.0f" % median(took))


def keys(cprofd, recording):
    s = Screen(cprofd, "view", "--no-state", recording)
    s.until(rb"FILE", 60)
    s.quiet(5)
    took = []
    for key in (b"j" * 12 + b"k" * 4 + b"3jjjjj4jj2jjj5jl2" + b"s\x1b" * 3) * 3:
        ms = s.key(bytes([key]))
        if ms is not None:
            took.append(ms)
        s.quiet(1)
    s.end([b"2", b"q"])
    print("n_keys %d\nkey_median_ms %.1f\nkey_worst_ms %.1f" % (len(took), median(took), max(took)))


def scope(cprofd, recording):
    s = Screen(cprofd, "view", "--no-state", recording)
    s.until(rb"FILE", 60)
    s.quiet(5)
    took = []
    for typed in (b"\\f", b"1", b"\r", b"u", b":range 1s 20s\r", b"A", b":range 2s 40s\r", b"u",
                  b":threads 1\r", b"u") * 3:
        for key in typed[:-1]:
            os.write(s.fd, bytes([key]))
            while s.take(STILL_S):
                pass
        ms = s.key(typed[-1:])
        while s.take(STILL_S):
            pass
        if ms is not None and typed != b"\r":
            took.append(ms)
    s.end([b"q"])
    print("n_scopes %d\nscope_median_ms %.1f\nscope_worst_ms %.1f"
          % (len(took), median(took), max(took)))


{"live": live, "first": first, "keys": keys, "scope": scope}[sys.argv[1]](*sys.argv[2:])

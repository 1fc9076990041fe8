# SPDX-License-Identifier: Apache-2.0
"""Random keys, sizes and disconnects at a live session; what it must survive.

    storm.py CPROFD PID N_KEYS SEED

Ends with 1, and says why, if the viewer dies of a signal or says anything that a
sanitizer says, does not give the terminal back, or ends what is recorded.
"""
import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

cprofd, pid, n_keys, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rand = random.Random(seed)
# What writes files or ends the session is not a matter of chance here.
KEYS = [c.encode() for c in "jkhlgGtcfaHirECsI*nN/\\TwdxKXu,.RAFM%y#LpZ=!?23456 bo"] + [
    b"\t", b"\r", b"\x1b", b"\x7f", b"\x15", b"\x04", b"\x0c", b"\x1b[A", b"\x1b[B", b"\x1b[5~",
    b"\x1b[6~", b"\x1b[Z", b"\x1bOP", b"\xc3\xa9", b"\xff", b":set ascii on\r", b":set ascii off\r",
    b":set theme light\r", b":range 1s 2s\r", b":range\r", b":threads\r", b":sessions\r", b":mark x\r"]


def fail(text):
    print("  # seed %d: %s" % (seed, text))
    sys.exit(1)


class Viewer:
    def __init__(self):
        self.master, slave = pty.openpty()
        self.resize(100, 30)
        self.before = termios.tcgetattr(slave)
        self.err = open("storm-err.txt", "wb")
        # What is typed into a dialog that has just closed can have an "e" in it.
        env = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", VISUAL="true")
        self.slave = slave
        self.process = subprocess.Popen(
            [cprofd, "attach", pid], stdin=slave, stdout=slave, stderr=self.err, env=env,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.said = b""

    def resize(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def take(self, seconds):
        end = time.monotonic() + seconds
        while select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
            self.said = (self.said + os.read(self.master, 1 << 16))[-200000:]
            if seconds == 0:
                break

    def key(self, key):
        os.write(self.master, key)

    def ended(self, limit):
        """Its status, with the terminal as it was."""
        end = time.monotonic() + limit
        while self.process.poll() is None:
            self.take(0.05)
            if time.monotonic() > end:
                self.process.kill()
                fail("it does not end")
        self.take(0)
        after = termios.tcgetattr(self.slave)
        if after[:4] != self.before[:4]:
            fail("the terminal's settings are not as before")
        self.check()
        return self.process.returncode

    def check(self):
        self.err.flush()
        with open("storm-err.txt", errors="replace") as f:
            text = f.read()
        if re.search(r"Sanitizer|runtime error|==\d+==", text):
            fail("it said: " + text[:2000])
        if self.process.poll() is not None and self.process.returncode < 0 and \
                self.process.returncode != -signal.SIGKILL:
            fail("it died of signal %d: %s" % (-self.process.returncode, text[:500]))

    def close(self):
        os.close(self.slave)
        os.close(self.master)


def wait_live(v):
    end = time.monotonic() + 30
    while b"LIVE" not in v.said:
        v.take(0.05)
        if v.process.poll() is not None or time.monotonic() > end:
            fail("no LIVE: " + repr(v.said[-300:]))


n_sent = 0
while n_sent < n_keys:
    v = Viewer()
    wait_live(v)
    for _ in range(min(rand.randrange(100, 600), n_keys - n_sent)):
        v.key(rand.choice(KEYS))
        n_sent += 1
        if rand.random() < 0.05:
            v.resize(rand.randrange(1, 260), rand.randrange(1, 75))
        if rand.random() < 0.2:
            v.take(rand.choice([0, 0.001, 0.02]))
        if v.process.poll() is not None:
            break
    if v.process.poll() is None:
        how = rand.randrange(3)
        v.take(0.1)
        if how == 0:		# Escape what is open, then detach
            v.key(b"\x1b")
            time.sleep(0.1)
            v.key(b"\x1b")
            time.sleep(0.1)
            v.key(b"\x1b")
            time.sleep(0.1)
            v.take(0.1)
            v.key(b"D")
            if v.ended(20) != 0:
                fail("detached: exit %d" % v.process.returncode)
        elif how == 1:		# the terminal goes
            v.process.send_signal(signal.SIGHUP)
            v.ended_by_hup = True
            end = time.monotonic() + 20
            while v.process.poll() is None and time.monotonic() < end:
                v.take(0.05)
            if v.process.poll() is None:
                fail("it outlives a hang-up")
        else:
            v.process.kill()
            v.process.wait()
    elif v.process.returncode != 0:
        v.check()
        fail("it ended with %d" % v.process.returncode)
    v.check() if v.process.returncode != -signal.SIGHUP else None
    v.close()
    os.kill(int(pid), 0)
print("%d keys" % n_sent)

# SPDX-License-Identifier: Apache-2.0
"""A terminal that tells the colour of its ground, or does not: what the viewer makes of it.

    ground.py CASE CPROFD RECORDING

Ends with 1, and says why, if the theme is not the one of that ground, if an answer was taken
for keys, or if one is left for who comes next.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

LIMIT = 10
QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
DARK = b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"
LIGHT = b"\x1b]11;rgb:ffff/ffff/ffff\x07"
CLEAR = b"\x1b[2J"
KIND = b"\x1b[?62;22c"
case, cprofd, recording = sys.argv[1:4]


class Terminal:
    def __init__(self, **env):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.said = b""
        self.process = subprocess.Popen(
            [cprofd, "view", "--no-state", recording], stdin=self.slave, stdout=self.slave,
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **env},
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def fail(self, text):
        self.process.kill()
        print("  # %s: %s" % (text, repr(self.said[-3000:])))
        sys.exit(1)

    def wait(self, what, until):
        """Reads what is written till that is so."""
        end = time.monotonic() + LIMIT
        while not until():
            if time.monotonic() > end:
                self.fail(what)
            if select.select([self.master], [], [], 0.01)[0]:
                self.said += os.read(self.master, 1 << 16)

    def type(self, *pieces):
        """Each when the one before was read."""
        for piece in pieces:
            os.write(self.master, piece)
            self.wait("nobody reads", lambda: not self.waiting())

    def waiting(self):
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0\0\0\0"))[0]

    def shows(self, text):
        self.wait("no " + repr(text), lambda: text in self.said)

    def has_ground(self, number):
        self.wait("no ground %d" % number,
                  lambda: re.search(rb"\x1b\[[0-9;]*48;5;%dm" % number, self.said))

    def ended(self):
        """With the terminal as it was, and nothing in it."""
        self.wait("it does not end", lambda: self.process.poll() is not None)
        left = self.waiting()
        if left:
            self.fail("left for the shell: " + repr(os.read(self.slave, left)))
        if termios.tcgetattr(self.slave)[:4] != self.before[:4]:
            self.fail("the terminal's settings are not as before")

    def quits(self):
        self.type(b"q")
        self.ended()
        if self.process.returncode:
            self.fail("exit %d" % self.process.returncode)


def asked(**env):
    t = Terminal(**env)
    t.shows(QUESTION)
    return t


def nothing_was_typed(t):
    """The 1 of an answer would be the overview, and its colon a prompt."""
    if b"Where the time goes" in t.said or b":1e" in t.said or b":ff" in t.said:
        t.fail("keys that nobody typed")


def at_once(answer, tint):
    t = asked()
    t.type(answer + KIND)
    t.has_ground(tint)
    t.shows(b"Functions")
    t.quits()
    nothing_was_typed(t)


def never():
    t = asked()
    t.shows(b"Functions")
    t.type(b":set")		# Escape closes what this opens, however long it is held
    t.type(b"\r")
    t.shows(b"safe|dark|light")
    t.type(b"\x1b")
    t.wait("Escape is no key", lambda: b"Enter" in t.said.rpartition(b"safe|dark|light")[2])
    t.type(b"q")
    t.ended()


def late():
    t = asked()
    t.shows(b" help")	# the last row
    n_cleared = t.said.count(CLEAR)
    t.type(b"j", DARK[:7], DARK[7:12], DARK[12:-1], DARK[-1:], KIND[:3], KIND[3:5], KIND[5:])
    t.has_ground(236)
    if t.said.count(CLEAR) != n_cleared:
        t.fail("the screen flashes")
    t.type(b"k")
    t.quits()
    nothing_was_typed(t)


def passed_on():
    """The second question is answered by who passes the first one on."""
    t = asked()
    t.type(KIND)
    t.shows(b"Functions")
    t.type(b"j")
    t.type(LIGHT)
    t.has_ground(253)
    t.quits()
    nothing_was_typed(t)


def damaged():
    t = asked()
    t.shows(b"Functions")
    t.type(b"\x1b]11;rgb:q\x1b]11;qqqq\x07\x1b]11;rgb:q" + KIND)	# none of the q quits
    t.type(b"?")
    t.shows(b"half a page down")
    t.type(b"q")
    t.quits()


def at_end():
    t = asked()
    t.shows(b"Functions")
    os.write(t.master, b"q" + DARK + KIND)
    t.ended()


def killed():
    t = asked()
    t.shows(b"Functions")
    t.process.send_signal(signal.SIGSTOP)
    os.write(t.master, DARK + KIND)
    t.process.send_signal(signal.SIGTERM)
    t.process.send_signal(signal.SIGCONT)
    t.ended()
    if t.process.returncode != -signal.SIGTERM:
        t.fail("exit %d" % t.process.returncode)


def not_asked():
    for env in ({"COLORFGBG": "0;15"}, {"NO_COLOR": "1"}, {"TERM": "linux"}, {"TERM": "vt100"},
                {"STY": "1.screen"}, {"TERM": "screen-256color"}):
        t = Terminal(**env)
        t.shows(b"Functions")
        t.quits()
        if b"]11;" in t.said:
            t.fail("asked with %s" % env)
    folder = os.path.join(os.environ["XDG_CONFIG_HOME"], "cprofd")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config"), "w") as f:
        f.write("set theme light\n")
    t = Terminal()
    t.has_ground(253)
    t.quits()
    if b"]11;" in t.said:
        t.fail("asked what is configured")


{
    "dark": lambda: at_once(DARK, 236),
    "light": lambda: at_once(LIGHT, 253),
    "never": never,
    "late": late,
    "passed_on": passed_on,
    "damaged": damaged,
    "at_end": at_end,
    "killed": killed,
    "not_asked": not_asked,
}[case]()

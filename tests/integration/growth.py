# SPDX-License-Identifier: Apache-2.0
"""What cprofd's processes use while it watches something that changes all the time.

    growth.py PID

PID is the command.  Looks once a second until it ends; then the memory of its opener and
of its session may not have grown in the second half, nor their descriptors.  Symbols are
learned when they are first met, so the first half may be what it likes.
"""
import os
import sys
import time

SHARE, KIB = .10, 512		# memory may grow by so much, or so little
FILES = 16			# descriptors of short life are not all gone at the same time


def fail(text):
    print("  # " + text)
    sys.exit(1)


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


def children(pid):
    try:
        return [int(c) for t in os.listdir("/proc/%d/task" % pid)
                for c in read("/proc/%d/task/%s/children" % (pid, t)).split()]
    except OSError:
        return []


def name(pid):
    return read("/proc/%d/comm" % pid).strip()


def look(pid):
    """KiB of memory and descriptors, or None."""
    for line in read("/proc/%d/status" % pid).split("\n"):
        if line.startswith("RssAnon:"):
            try:
                return int(line.split()[1]), len(os.listdir("/proc/%d/fd" % pid))
            except OSError:
                return None
    return None


command = int(sys.argv[1])
looks = {"opener": [], "session": []}
while os.path.exists("/proc/%d/exe" % command):
    for opener in children(command):
        for session in children(opener):
            if name(session) != "cprofd-session":
                continue
            both = look(opener), look(session)
            if None not in both:
                looks["opener"].append(both[0])
                looks["session"].append(both[1])
    time.sleep(1)
for who, rows in looks.items():
    n = len(rows)
    if n < 8:
        fail("the %s was seen %d times only" % (who, n))
    quarter = n // 4
    # As the second half began, and as it ended.
    before = max(kib for kib, _ in rows[quarter:2 * quarter])
    after = sorted(kib for kib, _ in rows[-quarter:])[quarter // 2]
    files_before = max(files for _, files in rows[:2 * quarter])
    files_after = sorted(files for _, files in rows[-quarter:])[quarter // 2]
    print("  # %s: %d, then %d KiB; %d, then %d descriptors" %
          (who, before, after, files_before, files_after))
    if after > before * (1 + SHARE) + KIB:
        fail("the %s grows from %d to %d KiB" % (who, before, after))
    if files_after > files_before + FILES:
        fail("the %s has %d descriptors after %d" % (who, files_after, files_before))

# SPDX-License-Identifier: Apache-2.0
"""
Counts how often each Python function of a program is called, for `cprofd run --count`.

cprofd makes a folder of its own with this and sitecustomize.py in it and puts it first in
PYTHONPATH, so that each Python of the program loads them when it begins; but with -I, -E or -S
none does.  They take the folder out of sys.path and os.environ again, and load the
sitecustomize that would have been loaded.  What the program can see of this is that a
descriptor is in use, that a few modules of Python's own are loaded, and in 3.6 os.fork.

The environment that os.environ stands for still has the folder.  So what is started with the
environment as it is counts, too: by multiprocessing, by os.system(), by subprocess unless it
is given another one.  Those forked count on their own from then on.

A call is that the code of a function begins to run: a generator or coroutine that goes on was
not called again.  From 3.12 on sys.monitoring tells of that, up to 3.11 sys.setprofile, in
threads of the module threading.  Not counted is what a destructor or signal handler calls that
runs while another call is counted.

Counts are in a file in the folder that is mapped into the process, so that they are there
however it ends.  Words of 8 bytes, in the order of the machine, are

    0   "cprofdct"
    1   version of Python * 256, + 2 of sys.monitoring, 3 of sys.setprofile, + 128: the program
        had another profile function in the end
    2   bytes that are used
    3   calls of C that sys.setprofile told of besides
    4   what a call costs to count, in ps; 5: what one of C costs
    6   calls of functions for which there was no room; 7: of those here

and from then on, for each function, maybe several times:

    0   calls
    1   line, + bytes of its file << 32, + bytes of its name << 48
    2   file and name in UTF-8, to the end of a word
"""
import atexit
import mmap
import os
import sys
from _thread import allocate_lock
from _weakref import ref
from time import perf_counter, time

FOLDER = __file__.rpartition("/")[0] + "/"
MAX_BYTES = 1 << 23
STEP_BYTES = 1 << 18    # are made sure to be on the disk, so that writing cannot fail
MAX_TEXT = 1000
HEAD_WORDS = 8
NO_ROOM, OWN = 6, 7

memory = words = None
path = pid = None       # of the file, of the process that it is of
used = reserved = 0
lock = allocate_lock()
free = []               # records by (file, line, name) that threads had which have ended
stop = None             # how to end counting


# ---- the file ----

def new_memory(version, cost, cost_of_c):
    global memory, words, path, pid, used, reserved
    pid = os.getpid()
    path = "%s%d-%d" % (FOLDER, pid, time() * 1e6)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, STEP_BYTES)
        os.ftruncate(fd, MAX_BYTES)
        memory = mmap.mmap(fd, MAX_BYTES)
    finally:
        os.close(fd)
    words = memoryview(memory).cast("Q")
    used, reserved = HEAD_WORDS * 8, STEP_BYTES
    words[1], words[2], words[4], words[5] = version, used, cost, cost_of_c
    memory[:8] = b"cprofdct"
    os.rename(path, path + ".counts")
    path += ".counts"


def grow():
    global reserved
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.posix_fallocate(fd, reserved, STEP_BYTES)
        reserved += STEP_BYTES
    finally:
        os.close(fd)


def new_record(file, line, name):
    """Which word is to count the calls of a function."""
    global used
    if os.getpid() != pid:
        return OWN      # forked, and not there yet where that is noticed
    file, name = [text[:MAX_TEXT].encode("utf-8", "replace") for text in (file, name)]
    text = file + name
    with lock:
        at, end = used, used + 16 + (len(text) + 7) // 8 * 8
        if end > MAX_BYTES:
            return NO_ROOM
        try:
            while end > reserved:
                grow()
        except OSError:
            return NO_ROOM
        memory[at + 16:at + 16 + len(text)] = text
        words[at // 8 + 1] = (line & 0xffffffff) | len(file) << 32 | len(name) << 48
        words[2] = used = end
    return at // 8


class Code(ref):
    """Of a code object that was met; goes with it."""
    __slots__ = "id", "of"


def forget(code):
    of = code.of()
    if of:
        of.places.pop(code.id, None)
        of.codes.pop(code.id, None)


class Places:
    """Where calls are counted: of all threads, or of one, whose records another has later."""

    def __init__(self):
        self.places = {}        # by the id of a code object
        self.codes = {}         # by id
        self.records = free.pop() if free else {}
        self.path = path

    def meet(self, code):
        if code.co_filename.startswith(FOLDER):
            return OWN
        key = code.co_filename, code.co_firstlineno, getattr(code, "co_qualname", code.co_name)
        place = self.records.get(key)
        if place is None:
            place = self.records[key] = new_record(*key)
        self.codes[id(code)] = reference = Code(code, forget)
        reference.id, reference.of = id(code), ref(self)
        return place

    def clear(self):
        self.places.clear()
        self.codes.clear()
        self.records.clear()

    def __del__(self):
        if self.path == path:
            free.append(self.records)


# ---- sys.monitoring: calls and nothing else ----

everywhere = Places()


def cprofd_counts_a_call(code, offset, places=everywhere.places, id=id):
    try:
        words[places[id(code)]] += 1
    except KeyError:
        places[id(code)] = place = everywhere.meet(code)
        words[place] += 1


def start_monitoring():
    global stop
    monitoring, event = sys.monitoring, sys.monitoring.events.PY_START
    tool = 4 if monitoring.get_tool(4) is None else 3
    monitoring.use_tool_id(tool, "cprofd")
    monitoring.register_callback(tool, event, cprofd_counts_a_call)
    monitoring.set_events(tool, event)

    def stop():
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


# ---- sys.setprofile: calls, returns, and those of C, by thread ----

def new_thread():
    here = Places()

    def cprofd_counts_a_call(frame, event, arg, places=here.places, id=id):
        if event == "call":
            try:
                place, start = places[id(frame.f_code)]
            except KeyError:
                code = frame.f_code
                # Where a generator or coroutine is when it begins; others need no look.
                start = frame.f_lasti if code.co_flags & 0x2a0 else None
                places[id(code)] = place, start = here.meet(code), start
            if start is None or start == frame.f_lasti:
                words[place] += 1
        elif event == "c_call":
            words[3] += 1

    sys.setprofile(cprofd_counts_a_call)
    return cprofd_counts_a_call


def begin_thread(*event):
    new_thread()(*event)


def is_ours(function):
    return getattr(function, "__module__", None) == __name__


def start_setprofile():
    global stop
    import threading
    threading.setprofile(begin_thread)
    new_thread()

    def stop():
        if is_ours(sys.getprofile()):
            sys.setprofile(None)
        threading.setprofile(None)


# ---- what it costs ----

def nothing():
    pass


def time_of(call, *arguments):
    best = 1.0
    for _ in range(5):
        began = perf_counter()
        for _ in range(1000):
            call(*arguments)
        best = min(best, perf_counter() - began)
    return best / 1000


def times():
    return time_of(nothing), time_of(len, "")


# ---- beginning and end ----

def begin_in_child():
    global lock, stop
    if not stop:
        return
    lock = allocate_lock()
    everywhere.clear()
    del free[:]
    try:
        new_memory(words[1], words[4], words[5])
    except OSError:
        stop()
        stop = None
    else:
        if is_ours(sys.getprofile()):
            new_thread()


def fork_before_3_7(real=os.fork):
    pid = real()
    if not pid:
        begin_in_child()
    return pid


def end():
    """The last that is called: from here on modules are taken apart."""
    global stop
    if not stop:
        return
    if not hasattr(sys, "monitoring") and not is_ours(sys.getprofile()):
        words[1] |= 128
    stop()
    stop = None


def begin():
    start, how = (start_monitoring, 2) if hasattr(sys, "monitoring") else (start_setprofile, 3)
    new_memory(sys.version_info[0] << 16 | sys.version_info[1] << 8 | how, 0, 0)
    start()
    counting = times()
    stop()
    for i, a, b in zip((4, 5), counting, times()):
        words[i] = int(max(a - b, 0) * 1e12)
    words[3] = 0
    atexit.register(end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_in_child)
    else:
        os.fork = fork_before_3_7
    start()

# SPDX-License-Identifier: Apache-2.0
"""torture: Python stacks of every kind, each in a thread of its own.

    torture.py all [SECONDS]        all scenarios, until killed, or for so long and
                                    at least a round of each that has an end; then
                                    prints a JSON object: scenario -> rounds
    torture.py SCENARIO [SECONDS]   one of them
    torture.py freeze               every thread goes to its innermost point and
                                    blocks there; prints a JSON line with what is on
                                    each stack, then waits for its stdin to end

Each scenario is a function that calls `leaf` at its innermost point: some work, or
with freeze what blocks.  To add one: a function and a row of SCENARIOS.

Python 3.6 to 3.13, nothing but the standard library.
"""
import asyncio
import functools
import hashlib
import json
import os
import sys
import threading
import time
import types
import warnings

# ---- scenarios ----


def recursion(leaf):
    fib(12, leaf)


def fib(n, leaf):
    if n < 2:
        leaf()
        return n
    return fib(n - 1, leaf) + fib(n - 2, leaf)


def generators(leaf):
    for _ in outer_numbers(leaf):
        pass


def outer_numbers(leaf):
    for number in middle_numbers(leaf):
        yield number


def middle_numbers(leaf):
    yield 0
    yield from inner_numbers(leaf)


def inner_numbers(leaf):
    yield 1
    leaf()
    yield 2


def coroutines(leaf):
    """Driven by hand, and blocked after it was suspended once."""
    coroutine = outer_step(leaf)
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


async def outer_step(leaf):
    await middle_step(leaf)


async def middle_step(leaf):
    await suspend()
    await inner_step(leaf)


async def inner_step(leaf):
    leaf()


@types.coroutine
def suspend():
    yield


def event_loop(leaf):
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(outer_task(leaf))
    finally:
        loop.close()


async def outer_task(leaf):
    await asyncio.sleep(0)
    await inner_task(leaf)


async def inner_task(leaf):
    await asyncio.sleep(0)
    leaf()


MADE = compile("def made(leaf):\n"
               "    # made at run time\n"
               "    leaf()\n"
               "\n"
               "made(leaf)\n", "<made>", "exec")


def made_code(leaf):
    exec(MADE, {"leaf": leaf})


def callbacks(leaf):
    """Python -> C -> Python, three times."""
    sorted([leaf], key=by_map)


def by_map(leaf):
    return list(map(by_reduce, [leaf]))


def by_reduce(leaf):
    return functools.reduce(add, [0, 1], leaf)


def add(leaf, n):
    if n:
        leaf()
    return leaf


GUARD = threading.Lock()        # main has it


def lock_wait(leaf):
    GUARD.acquire()


def asleep(leaf):
    time.sleep(1000000)


BIG = bytes(1 << 20)


def no_gil(leaf):
    hashlib.sha256(BIG).digest()
    leaf()


def größe_日本(leaf):
    ελάχιστο(leaf)


def ελάχιστο(leaf):
    leaf()


def lambdas(leaf):
    (lambda call: call())(lambda: leaf())


def comprehensions(leaf):
    [[leaf() for _ in range(1)] for _ in range(1)]


def generator_expression(leaf):
    sum(zero(leaf) for _ in range(1))


def zero(leaf):
    leaf()
    return 0


class Shape:
    def __init__(self, leaf):
        self.leaf = leaf

    @classmethod
    def make(cls, leaf):
        return cls(leaf).area

    @staticmethod
    def draw(leaf):
        return Shape.make(leaf)

    @property
    def area(self):
        return self.leaf()


def methods(leaf):
    Shape.draw(leaf)


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


@decorated
def decorator(leaf):
    leaf()


class Last:
    def __init__(self, leaf):
        self.leaf = leaf

    def __del__(self):
        self.leaf()


def del_slot(leaf):
    last = Last(leaf)
    del last


class Odd:
    def __init__(self, leaf):
        self.leaf = leaf

    def __eq__(self, other):
        self.leaf()
        return False


def eq_slot(leaf):
    Odd(leaf) in [1]


CHILDREN = []


def fork(leaf):
    """The child has this thread only; it works a little, and ends."""
    if not CHILDREN:
        child = os.fork()
        if child == 0:
            fib(15, work)
            os._exit(0)
        CHILDREN.append(child)
        if os.waitpid(child, 0)[1] != 0:
            raise OSError("the child failed")
    leaf()


SCENARIOS = {
    "recursion": recursion,
    "generators": generators,
    "coroutines": coroutines,
    "event_loop": event_loop,
    "made_code": made_code,
    "callbacks": callbacks,
    "lock_wait": lock_wait,
    "asleep": asleep,
    "no_gil": no_gil,
    "unicode": größe_日本,
    "lambdas": lambdas,
    "comprehensions": comprehensions,
    "generator_expression": generator_expression,
    "methods": methods,
    "decorator": decorator,
    "del_slot": del_slot,
    "eq_slot": eq_slot,
    "fork": fork,
}
ENDLESS = "lock_wait", "asleep"

# ---- running them ----

ROUNDS = {}


def work():
    for _ in range(100):
        pass


def run(name):
    ROUNDS[name] = 0
    while True:
        SCENARIOS[name](work)
        ROUNDS[name] += 1


def start(target, names):
    threads = [threading.Thread(target=target, args=(name,), name=name, daemon=True)
               for name in names]
    for thread in threads:
        thread.start()
    return threads


def run_all(names, seconds):
    sys.setswitchinterval(0.0005)       # of many threads each is to run often
    start(run, names)
    time.sleep(seconds)
    while not all(ROUNDS.get(name) for name in names if name not in ENDLESS):
        time.sleep(0.01)
    # Not exit(): it may take its time with threads that go on.
    print(json.dumps(ROUNDS), flush=True)
    os._exit(0)


# ---- frozen ----

STOP = threading.Lock()         # main has it
NATIVE_IDS = {}                 # of each thread, by its ident


def stop():
    STOP.acquire()


# Where a thread may be in the end: each has one line, on which it blocks.
BLOCKING = {function.__code__ for function in (stop, lock_wait, asleep)}


def note_native_id():
    link = os.readlink("/proc/thread-self")     # PID/task/TID
    NATIVE_IDS[threading.get_ident()] = int(os.path.basename(link))


def frozen(name):
    note_native_id()
    SCENARIOS[name](stop)


def is_frozen(thread):
    frame = sys._current_frames().get(thread.ident)
    return (frame is not None and frame.f_code in BLOCKING
            and frame.f_lineno == frame.f_code.co_firstlineno + 1)


def stack_of(frame):
    frames = []
    while frame is not None:
        code = frame.f_code
        frames.append({"file": code.co_filename,
                       "name": getattr(code, "co_qualname", code.co_name),
                       "line": frame.f_lineno, "first": code.co_firstlineno})
        frame = frame.f_back
    return frames


def report(threads):
    """Print what is on the stacks; of the main thread from the caller on."""
    frames = sys._current_frames()
    main = threading.main_thread()
    frames[main.ident] = sys._getframe(1)
    print(json.dumps({"version": list(sys.version_info[:3]), "pid": os.getpid(), "threads": [
        {"name": t.name, "ident": t.ident, "native_id": NATIVE_IDS[t.ident],
         "frames": stack_of(frames[t.ident])} for t in [main] + threads]}), flush=True)
    return sys.stdin.fileno()


def freeze():
    note_native_id()
    threads = start(frozen, SCENARIOS)
    end = time.time() + 20
    while not all(is_frozen(thread) for thread in threads):
        if time.time() > end:
            sys.exit("torture: not frozen: %s" % [t.name for t in threads if not is_frozen(t)])
        time.sleep(0.01)
    # One line, so that it is true of both calls.
    os.read(report(threads), 1)
    os._exit(0)


def main():
    # That a process with threads forks is the purpose.
    warnings.simplefilter("ignore", DeprecationWarning)
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    GUARD.acquire()
    STOP.acquire()
    if mode == "freeze":
        freeze()
    elif mode == "all":
        run_all(list(SCENARIOS), seconds)
    elif mode in SCENARIOS:
        run_all([mode], seconds)
    else:
        sys.exit("usage: torture.py freeze | all [SECONDS] | SCENARIO [SECONDS]\nscenarios: "
                 + " ".join(SCENARIOS))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""returns: calls of functions of each kind, whose numbers are known.

    returns.py FILE [CHILDREN]

Runs and calls nothing; after each SIGUSR1 it does the work once and appends a line to
FILE.  SIGUSR2: it becomes the same program anew.  With children each of them does the
work, too.
"""
import asyncio
import ctypes
import os
import signal
import sys

EXPECTED = {
    "fib": 3 * 8361, "raises": 7, "numbers": 10 + 3 + 2 + 4, "delegates": 4,
    "leaf": 6, "coroutine": 6, "First.run": 11, "Second.run": 13, "same": 100 + 17,
    "calls.<locals>.<lambda>": 19, "ünïcode": 5, "not_called": 0,
}


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def raises():
    raise ValueError


def numbers(n):
    for i in range(n):
        yield i


def delegates():
    yield from numbers(3)


async def leaf():
    await asyncio.sleep(0)


async def coroutine():
    await leaf()


class First:
    def run(self):
        return 1


class Second:
    def run(self):
        return 2


def same():
    return 1


def ünïcode():
    return 1


def not_called():
    return 1


elsewhere = {}
exec(compile("def same():\n    return 2\n", "/elsewhere/other.py", "exec"), elsewhere)


def generators():
    for _ in range(10):
        list(numbers(5))
    for _ in range(3):
        begun = numbers(5)
        next(begun)
        begun.close()
    for _ in range(2):
        begun = numbers(5)
        next(begun)
        try:
            begun.throw(KeyError)
        except KeyError:
            pass
    for _ in range(8):
        numbers(3)      # none of these begins
    for _ in range(4):
        list(delegates())


def calls():
    for _ in range(3):
        fib(18)
    for _ in range(7):
        try:
            raises()
        except ValueError:
            pass
    for _ in range(11):
        First().run()
    for _ in range(13):
        Second().run()
    for _ in range(100):
        same()
    for _ in range(17):
        elsewhere["same"]()
    for _ in range(5):
        ünïcode()
    sum(map(lambda x: x, range(19)))

    async def main():
        for _ in range(6):
            await coroutine()

    asyncio.run(main())


wanted = 0


def on_signal(number, frame):
    global wanted
    wanted += 1
    for child in children:
        os.kill(child, number)


def become_anew(number, frame):
    os.execv(sys.executable, [sys.executable] + sys.argv)


children = []
signal.signal(signal.SIGUSR1, on_signal)
signal.signal(signal.SIGUSR2, become_anew)
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 0):
    child = os.fork()
    if not child:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG
        children = []
        break
    children.append(child)
done = 0
with open(sys.argv[1], "a", buffering=1) as log:
    print("begun", file=log)
    while True:
        if done < wanted:
            generators()
            calls()
            done += 1
            print("done", file=log)
        for _ in range(20000):
            pass

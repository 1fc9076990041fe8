# SPDX-License-Identifier: Apache-2.0
"""shares: functions and lines whose shares of the CPU time are known.

    shares.py [SECONDS]     until SIGTERM or SIGINT, or for so long

Half of the time goes to heavy() and light(), 70 to 30; the other half to two lines
of two_lines(), 30 to 70.  Of 20 calls each gets its part, in an order that is new for
every 20: were it to depend on the time that each has had, what a sample costs would
decide what the next sample sees.  At the end a JSON object: the calls, each with its
part, its end in nanoseconds since 1970 and its CPU seconds, and the numbers of the two
lines.
"""
import json
import random
import signal
import sys
import time

CALLS_OF = {"heavy": 7, "light": 3, "line_30": 3, "line_70": 7}
N = 100000      # a millisecond or two, beside which the clock is little


def heavy():
    for _ in range(N):
        pass


def light():
    for _ in range(N):
        pass


def two_lines(first):
    if first:
        for _ in range(N): pass
    else:
        for _ in range(N): pass


CALLS = {
    "heavy": heavy,
    "light": light,
    "line_30": lambda: two_lines(True),
    "line_70": lambda: two_lines(False),
}
DONE = []


def run(seconds):
    order = [part for part, calls in CALLS_OF.items() for _ in range(calls)]
    first = time.process_time()
    while time.process_time() - first < seconds:
        random.shuffle(order)
        for part in order:
            start = time.process_time()
            CALLS[part]()
            DONE.append((part, int(time.time() * 1e9), time.process_time() - start))


def end(*_):
    raise SystemExit


def main():
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        run(float(sys.argv[1]) if len(sys.argv) > 1 else float("inf"))
    finally:
        first = two_lines.__code__.co_firstlineno
        print(json.dumps({"calls": DONE, "line_30": first + 2, "line_70": first + 4}),
              flush=True)


if __name__ == "__main__":
    main()

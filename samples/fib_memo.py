# SPDX-License-Identifier: Apache-2.0
"""fib_memo: Fibonacci numbers by a function that remembers its answers.

    python3 samples/fib_memo.py [SECONDS [N]]       as samples/fib.py

The same fib as in samples/fib.py, wrapped by memoize().  Write such a wrapper
yourself before you read this one.  Predict first: how many calls of fib are left for
fib(30), how many of the wrapper, and how much faster is it?

    python3 samples/fib.py 5; python3 samples/fib_memo.py 5
        Compare "each".  Run both some times, in turns: is the difference larger than
        that between two runs of the same program?
    cprofd attach PID           PID is in the first line that the program prints
        fib shares SELF with remember, the wrapper: its lines are what remembering
        costs.

Each round begins with an empty table: with a full one, a single look-up is all
there would be to measure.  functools.lru_cache(None) does the same, in C.
"""
import os
import sys
import time


def memoize(function):
    answers = {}

    def remember(n):
        if n not in answers:
            answers[n] = function(n)
        return answers[n]

    remember.forget = answers.clear
    return remember


@memoize
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    print("fib_memo: process", os.getpid(), flush=True)
    start = time.perf_counter()
    rounds = 0
    while not rounds or time.perf_counter() < start + seconds:
        for _ in range(1000):           # short ones: do not measure the clock
            fib.forget()
            answer = fib(n)
        rounds += 1000
    each = (time.perf_counter() - start) / rounds
    print("fib(%d) = %d, %d times, %.3f ms each" % (n, answer, rounds, 1000 * each))


if __name__ == "__main__":
    main()

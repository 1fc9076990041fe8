# SPDX-License-Identifier: Apache-2.0
"""fib: naive recursive Fibonacci numbers, in Python.

    python3 samples/fib.py [SECONDS [N]]    fib(N), by default fib(30), again and
                                            again for so long, by default 10

Predict first: fib(N) makes 2 * F(N + 1) - 1 calls.  How many are that for fib(30),
and with how many different arguments?

    cprofd attach PID           PID is in the first line that the program prints
        fib has nearly all SELF, always below main, and is recursive up to N deep.
        The hint about repeated work (H03, key !) says what that can mean.
        Key a: two lines carry the time, the test and the sum.
        Key c: above fib is main only, because what it calls of itself is folded.
    cprofd record -o fib.cprof -- python3 samples/fib.py 5
    cprofd report --tree fib.cprof
        The recursion is folded in it: "x26" is how deep it was, not how often.

samples/fib_memo.py does the same and remembers what it has computed.
"""
import os
import sys
import time


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    print("fib: process", os.getpid(), flush=True)
    start = time.perf_counter()
    rounds = 0
    while not rounds or time.perf_counter() < start + seconds:
        answer = fib(n)
        rounds += 1
    each = (time.perf_counter() - start) / rounds
    print("fib(%d) = %d, %d times, %.3f ms each" % (n, answer, rounds, 1000 * each))


if __name__ == "__main__":
    main()

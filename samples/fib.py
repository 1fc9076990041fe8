# SPDX-License-Identifier: Apache-2.0
"""fib: naive recursive Fibonacci numbers, in Python.

Its profile must show, for now, the interpreter's own functions: nearly all
time below _PyEval_EvalFrameDefault, every stack complete.  Python functions and
lines come with a later version, and the report says so.

fib(N) makes 2 * F(N + 1) - 1 calls, most of which repeat earlier work.

    fib.py [N [TIMES]]      fib(N), by default fib(35), TIMES times
"""
import sys


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 35
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for _ in range(times):
        print(f"fib({n}) = {fib(n)}", flush=True)


if __name__ == "__main__":
    main()

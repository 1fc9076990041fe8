# SPDX-License-Identifier: Apache-2.0
"""gaps.py SECONDS [FRAMES]: what a profiler's samples cost a Python program.
gaps.py looks           the looks of each half second, a line each, until it is killed

As gaps.c, which says more: looks at the clock as fast as it can, with so many Python
frames (10) on its stack; gaps that are longer than some looks are samples.

Prints: how many gaps, then their quartiles and the mean of those below 100 us, in ns.
"""
import sys
import time

GAP_NS = 1500
LONG_NS = 100000


def look(until):
    clock, gaps = time.perf_counter_ns, []
    last = clock()
    while last < until:
        now = clock()
        if now - last > GAP_NS:
            gaps.append(now - last)
        last = now
    return gaps


def count_looks(half_second):
    clock = time.perf_counter_ns
    while True:
        looks, end = 0, clock() + half_second
        while clock() < end:
            looks += 1
        print(looks, flush=True)


def descend(depth, call, argument):
    return descend(depth - 1, call, argument) if depth else call(argument)


def main():
    frames = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    # <module>, main(), the first descend() and what it calls are four of them.
    if sys.argv[1] == "looks":
        descend(frames - 4, count_looks, 500000000)
    gaps = descend(frames - 4, look, time.perf_counter_ns() + int(float(sys.argv[1]) * 1e9))
    gaps.sort()
    short = [gap for gap in gaps if gap < LONG_NS]
    n = len(gaps)
    print(n, *(gaps[n * i // 4] if n else 0 for i in (1, 2, 3)),
          sum(short) // len(short) if short else 0)


if __name__ == "__main__":
    main()

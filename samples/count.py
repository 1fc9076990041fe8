# SPDX-License-Identifier: Apache-2.0
"""count: a loop to a million, timed by two clocks.

    python3 samples/count.py [SECONDS]      for so long, by default 10

Predict first: the middle column is the time on the wall, the right one the CPU
time.  How do they differ when the machine is busy with something else?  What does
twice the work cost?  Change SIZES and write the times down.

Then look for it with cprofd:

    cprofd run -- python3 samples/count.py 3
        "wall" and "CPU" are nearly the same: this program computes and never waits.
    cprofd attach PID           PID is in the first line that the program prints
        count_to has nearly all SELF; main has as much TOTAL and no SELF, because it
        only hands the work on.  Key a: the test and the addition share the time.
"""
import os
import sys
import time

SIZES = 250000, 500000, 1000000


def count_to(limit):
    n = 0
    while n < limit:
        n += 1
    return n


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("count: process", os.getpid(), flush=True)
    end = time.perf_counter() + seconds
    rounds = 0
    wall = dict.fromkeys(SIZES, 0)
    cpu = dict.fromkeys(SIZES, 0)
    while not rounds or time.perf_counter() < end:
        for size in SIZES:
            wall_start = time.perf_counter()
            cpu_start = time.process_time()
            reached = count_to(size)
            cpu[size] += time.process_time() - cpu_start
            wall[size] += time.perf_counter() - wall_start
            if reached != size:
                sys.exit("count: counted to %d instead of %d" % (reached, size))
        rounds += 1
    print("mean of %d rounds       wall        CPU" % rounds)
    for size in SIZES:
        print("counted to %8d  %7.2f ms %7.2f ms"
              % (size, 1000 * wall[size] / rounds, 1000 * cpu[size] / rounds))


if __name__ == "__main__":
    main()

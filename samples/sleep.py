# SPDX-License-Identifier: Apache-2.0
"""sleep: a task that takes two seconds and no CPU time.

    python3 samples/sleep.py [SECONDS]      for so long, by default 2

Predict first: what does a CPU profile of it show?

    cprofd run -- python3 samples/sleep.py
        "wall" is 2 s, "CPU" some hundredths.  The few samples are all of the
        interpreter's start and end; wait_for_answer has none or next to none.
    cprofd attach PID           of a longer one: python3 samples/sleep.py 60
        Hardly a sample comes, and that is the answer: it waits, it does not compute.
        A faster processor or a better algorithm would not help it.
"""
import os
import sys
import time


def wait_for_answer(seconds):
    time.sleep(seconds)         # a disk, a network, a person


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    print("sleep: process", os.getpid(), flush=True)
    wall_start = time.perf_counter()
    cpu_start = time.process_time()
    wait_for_answer(seconds)
    cpu = time.process_time() - cpu_start
    wall = time.perf_counter() - wall_start
    print("slept: %.2f s wall, %.2f s CPU" % (wall, cpu))


if __name__ == "__main__":
    main()

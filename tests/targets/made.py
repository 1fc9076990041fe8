# SPDX-License-Identifier: Apache-2.0
"""made: ever new functions, thrown away after some milliseconds each.

    made.py LOG [SECONDS]       until killed, or for so long

Each is compiled from a text of its own with a name that was never there, and its code
object often lies where another's was.  Lines of LOG: nanoseconds of the monotonic clock
when it was called and when it had returned, and its name.
"""
import random
import sys
import time

TEXT = """\
def {name}(end, clock):
{lines}    while clock() < end:
        for _ in range({rounds}):
            pass
"""


def now_ns():
    return int(time.clock_gettime(time.CLOCK_MONOTONIC) * 1e9)


def main():
    end = time.perf_counter() + (float(sys.argv[2]) if len(sys.argv) > 2 else 1000000)
    numbers = random.Random(7)
    with open(sys.argv[1], "w", 1) as log:
        while time.perf_counter() < end:
            # Names of one length and like texts, so that memory is given anew.
            name = "f%012d" % numbers.randrange(10 ** 12)
            names = {}
            exec(compile(TEXT.format(name=name, rounds=numbers.randrange(100, 200),
                                     lines="    pass\n" * numbers.randrange(2)),
                         "<made>", "exec"), names)
            start = now_ns()
            names[name](time.perf_counter() + .003, time.perf_counter)
            log.write("%d %d %s\n" % (start, now_ns(), name))


if __name__ == "__main__":
    main()

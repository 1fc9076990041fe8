# SPDX-License-Identifier: Apache-2.0
"""interpreters: Python in sub-interpreters.

    interpreters.py MODE

    idle	one was made, and the first one works
    main	the main thread works in one, which its own one has called
    thread	a thread does so, and the main thread works in the first one
    nested	the main thread works in one that another has called
    moved	a thread works in one that the main thread has made, which works in the first

Functions of the first one are called first_*, of the others second_* and third_*;
each works in C as well.  Python 3.8 to 3.13.
"""
import sys
import threading

try:
    import _interpreters as interpreters            # 3.13
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        sys.exit("no module for interpreters")

WORK = """
def {0}_work():
    for _ in range(20): sorted([2, 1], key={0}_key)
def {0}_key(n):
    for _ in range(20): pass
    return n
def {0}_outer():
    {1}
{0}_outer()
"""
FOREVER = "while True: {0}_work()"
SECOND = WORK.format("second", FOREVER.format("second"))
CALLS_THIRD = WORK.format("second", "second_call()").replace("def second_outer", """
def second_call():
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    interpreters.run_string(interpreters.create(), {0!r})
def second_outer""".format(WORK.format("third", FOREVER.format("third"))))

exec(WORK.format("first", "pass"))


def first_call(code, made=None):
    interpreters.run_string(made or interpreters.create(), code)


def first_loop():
    while True:
        first_work()


def main():
    mode = sys.argv[1]
    if mode == "idle":
        kept = interpreters.create()
        first_loop()
    elif mode == "main":
        first_call(SECOND)
    elif mode == "thread":
        threading.Thread(target=first_call, args=(SECOND,), daemon=True).start()
        first_loop()
    elif mode == "moved":
        threading.Thread(target=first_call, args=(SECOND, interpreters.create()), daemon=True).start()
        first_loop()
    elif mode == "nested":
        first_call(CALLS_THIRD)


main()

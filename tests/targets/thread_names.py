# SPDX-License-Identifier: Apache-2.0
"""thread_names: threads that are called all kinds of things, and all work a little.

    thread_names.py SECONDS     runs for so long; before that prints a JSON object: native
                                number of each thread -> the names that it has, the last
                                one after a fifth of a second

Python 3.6 to 3.13, nothing but the standard library.
"""
import json
import os
import sys
import threading
import time

try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        interpreters = None

NAMES = {}
WORK = "import time\nend = time.time() + %f\nwhile time.time() < end: sum(range(1000))\n"


def work(seconds):
    end = time.time() + seconds
    while time.time() < end:
        sum(range(1000))


def rename(seconds):
    work(0.2)
    threading.current_thread().name = "after"
    work(seconds - 0.2)


def in_interpreter(seconds):
    inner = interpreters.create()
    if sys.version_info >= (3, 13):
        interpreters.exec(inner, WORK % seconds)
    else:
        interpreters.run_string(inner, WORK % seconds)


def deep(seconds, n=200):
    deep(seconds, n - 1) if n else work(seconds)


class Worker(threading.Thread):
    """With attributes before and behind those of a thread, and a dictionary."""

    def __init__(self, seconds):
        self.first = self.second = None
        super().__init__(name="own class")
        self.seconds = seconds
        for i in range(60):
            setattr(self, "attribute_%d" % i, i)
        self.__dict__["third"] = 3

    def run(self):
        work(self.seconds)


def number():
    return int(os.path.basename(os.readlink("/proc/thread-self")))


def begun(ready, target, *args):
    def run():
        NAMES[number()] = [threading.current_thread().name]
        ready.release()
        target(*args)
    return run


def main():
    seconds = float(sys.argv[1])
    ready = threading.Semaphore(0)
    threads = [
        threading.Thread(target=begun(ready, work, seconds), name="plain"),
        threading.Thread(target=begun(ready, work, seconds), name="daemon", daemon=True),
        threading.Thread(target=begun(ready, work, seconds), name="größe"),
        threading.Thread(target=begun(ready, work, seconds), name="名前 🐍"),
        threading.Thread(target=begun(ready, work, seconds), name="long " * 20),
        threading.Thread(target=begun(ready, work, seconds)),
        threading.Thread(target=begun(ready, rename, seconds), name="before"),
        threading.Thread(target=begun(ready, deep, seconds), name="deep"),
        Worker(seconds),
    ]
    if interpreters:
        threads.append(threading.Thread(target=begun(ready, in_interpreter, seconds), name="inner"))
    threads[8].run = begun(ready, threads[8].run)
    for thread in threads:
        thread.start()
    for thread in threads:
        ready.acquire()
    for names in NAMES.values():
        if names == ["before"]:
            names.append("after")
    NAMES[number()] = ["MainThread"]
    print(json.dumps(NAMES), flush=True)
    work(seconds)
    os._exit(0)


if __name__ == "__main__":
    main()

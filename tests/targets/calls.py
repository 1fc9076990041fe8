# SPDX-License-Identifier: Apache-2.0
# Calls of every kind, and the same by cProfile, which counts those of one thread:
#
#	calls.py		in threads, forked, started and killed processes
#	calls.py judge FILE	one after the other; a file of pstats
import multiprocessing
import os
import signal
import subprocess
import sys
import threading


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def countdown(n):
    while n:
        yield n
        n -= 1


class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)
        return self

    @property
    def top(self):
        return self.items[-1]


def closure(n):
    def inner(k):
        return k + n
    return [inner(i) for i in range(3)]


def deep(n):
    return deep(n - 1) if n else 0


def fails(n):
    if n:
        raise ValueError(n)


def caught(n):
    for i in range(n):
        try:
            fails(i)
        except ValueError:
            pass


def work(n):
    s = Stack()
    for i in range(n):
        s.push(i).top
    sorted(range(n), key=lambda i: -i)
    closure(n)
    deep(n)
    caught(n)
    namespace = {}
    for i in range(4):
        exec("def made(): pass\nmade()", namespace)
    return fib(n) + sum(map(lambda i: i * i, range(n))) + sum(countdown(n))


def in_threads():
    threads = [threading.Thread(target=work, args=(n,)) for n in (7, 8, 9)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def in_processes():
    children = [multiprocessing.Process(target=work, args=(n,)) for n in (7, 8)]
    for c in children:
        c.start()
    for c in children:
        c.join()
    with multiprocessing.Pool(2) as pool:      # which ends them by SIGTERM
        pool.map(work, (7, 8, 9, 10), 1)


def forked():
    pid = os.fork()
    if not pid:
        work(6)
        os._exit(0)
    os.waitpid(pid, 0)


def execed():
    pid = os.fork()
    if not pid:
        work(5)
        os.execv(sys.executable, [sys.executable, __file__, "4"])
    os.waitpid(pid, 0)


def killed():
    pid = os.fork()
    if not pid:
        work(2)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def started():
    subprocess.call([sys.executable, __file__, "11"])
    os.system("'%s' '%s' 3" % (sys.executable, __file__))


# What all of them do.
SERIAL = [12, 7, 8, 9, 7, 8, 7, 8, 9, 10, 6, 5, 4, 2, 11, 3]


def main():
    if len(sys.argv) > 1 and sys.argv[1] != "judge":
        return work(int(sys.argv[1]))
    work(12)
    in_threads()
    in_processes()
    forked()
    execed()
    killed()
    started()


def judge(out):
    import cProfile
    profile = cProfile.Profile()
    profile.enable()
    for n in SERIAL:
        work(n)
    profile.disable()
    profile.dump_stats(out)


if __name__ == "__main__":
    judge(sys.argv[2]) if sys.argv[1:2] == ["judge"] else main()

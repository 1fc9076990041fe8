# SPDX-License-Identifier: Apache-2.0
"""thread_states: threads that each do one thing, by their names, until killed.

    burner-1, burner-2  run Python, in turn
    zlib                runs C without the interpreter lock
    collector           collects garbage
    lock                waits for a lock that MainThread has
    sleep, socket       wait for time to pass, and for a socket
    MainThread          waits for its stdin

Prints a line when all have begun.  Python 3.6 to 3.13, nothing but the standard library.
"""
import gc
import os
import socket
import sys
import threading
import time
import zlib

DATA = os.urandom(1 << 10) * (1 << 16)      # a third of a second, and little comes of it
GUARD = threading.Lock()
GARBAGE = [[i] for i in range(50000)]


def burn():
    n = 0
    while True:
        n = (n + 1) % 1000


def compress():
    while True:
        zlib.compress(DATA, 9)


def collect():
    while True:
        gc.collect()


def wait_for_lock():
    GUARD.acquire()


def sleep():
    time.sleep(1000)


def receive():
    here, there = socket.socketpair()
    here.recv(1)
    there.close()


def main():
    GUARD.acquire()
    for name, target in (("burner-1", burn), ("burner-2", burn), ("zlib", compress),
                         ("collector", collect), ("lock", wait_for_lock), ("sleep", sleep),
                         ("socket", receive)):
        threading.Thread(target=target, name=name, daemon=True).start()
    time.sleep(0.2)
    print("begun", flush=True)
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


if __name__ == "__main__":
    main()

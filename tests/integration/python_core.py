#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Python ran in the core of a process, against what it said itself while it lived.

	python_core.py FROZEN.json SAID		by torture.py freeze, and unit/python_core

Prints a line, or ends with what is wrong.
"""
import collections
import json
import sys

HELD, NOT_HELD = 2, 1		# enum python_holding
BETWEEN = {("callbacks", "by_map"): ("builtin_sorted", "sorted"),
           ("by_map", "by_reduce"): ("map_next",),
           ("by_reduce", "add"): ("functools_reduce",)}


def read(path):
    threads, frames = [], []
    for line in open(path, encoding="utf-8"):
        kind, *rest = line.rstrip("\n").split("\t")
        if kind == "thread":
            frames = []
            threads.append((int(rest[0]), rest[1], [int(x) for x in rest[2:]], frames))
        else:
            frames.append((kind, *rest))
    return threads


def not_between(frames):
    """Two Python functions without the C function that called the inner one."""
    at, names = None, []
    for kind, *rest in reversed(frames):
        if kind == "C":
            names.append(rest[0])
        if kind != "P":
            continue
        name = rest[0].split(".")[-1]
        wanted = BETWEEN.get((at, name))
        if wanted and not any(n.startswith(wanted) for n in names):
            return f"{at}, {names}, {name}"
        at, names = name, []
    return None


def main():
    frozen = json.load(open(sys.argv[1]))
    expected = {t["native_id"]: t for t in frozen["threads"]}
    n, n_c, has_symbols = 0, 0, False
    for tid, name, (holding, end, complete, n_apart), frames in read(sys.argv[2]):
        if tid not in expected:
            continue
        t = expected.pop(tid)
        python = [(f[1], f[2], int(f[3])) for f in frames if f[0] == "P"]
        wanted = [(f["name"], f["file"], f["line"]) for f in t["frames"]]
        if python != wanted:
            sys.exit(f"{t['name']}: {python}, not {wanted}")
        if tid != frozen["pid"] and name != t["name"]:
            sys.exit(f"{t['name']} is called {name}")
        if end or not complete or n_apart:
            sys.exit(f"{t['name']}: ends {end}, {complete}, {n_apart}")
        if holding == HELD:
            sys.exit(f"{t['name']} waits, and has the lock")
        kinds = collections.Counter(f[0] for f in frames)
        if kinds["E"] < 1 or frames[0][0] != "C" or frames[-1][0] != "C":
            sys.exit(f"{t['name']}: {frames}")
        # A loop runs what stands before it: none is without Python.
        for inner, outer in zip(frames, frames[1:]):
            if outer[0] == "E" and inner[0] != "P":
                sys.exit(f"{t['name']}: {inner} before a loop: {frames}")
        has_symbols |= any(f == ("C", "map_next") for f in frames)
        missing = has_symbols and t["name"] == "callbacks" and not_between(frames)
        if missing:
            sys.exit(missing)
        n += len(python)
        n_c += kinds["C"]
    if expected:
        sys.exit(f"not there: {[t['name'] for t in expected.values()]}")
    print(f"  # {n} Python frames among {n_c} of C{'' if has_symbols else ', which have no names'}")


main()

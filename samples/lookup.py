# SPDX-License-Identifier: Apache-2.0
"""lookup: who is a member?  Asked of a list, a set and a dictionary.

    python3 samples/lookup.py [SECONDS]     for so long, by default 10

The same names, the same questions, and half of the answers are yes.  Predict first:
how much longer does the list take than the set?  And with twice as many names
(change N_NAMES)?

    cprofd attach PID           PID is in the first line that the program prints
        in_list has nearly all TOTAL; in_set and in_dict together below a percent.
        Key a on in_list: one line has it all, "name in members".  The interpreter
        walks along the list there, in C and without a loop of yours.
    cprofd record -o lookup.cprof -- python3 samples/lookup.py 5
    cprofd report --lines in_list lookup.cprof
        The same as text, with an interval for each line.

Then make in_list use a set.  What takes the time now?
"""
import os
import random
import sys
import time

N_NAMES = 10000
N_QUESTIONS = 400


def in_list(members, questions):
    found = 0
    for name in questions:
        if name in members:
            found += 1
    return found


def in_set(members, questions):
    found = 0
    for name in questions:
        if name in members:
            found += 1
    return found


def in_dict(members, questions):
    found = 0
    for name in questions:
        if name in members:
            found += 1
    return found


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("lookup: process", os.getpid(), flush=True)
    dice = random.Random(1)
    names = ["name %d" % i for i in range(N_NAMES)]
    strangers = ["stranger %d" % i for i in range(N_QUESTIONS // 2)]
    questions = dice.sample(names, N_QUESTIONS // 2) + strangers
    dice.shuffle(questions)

    ways = [
        ("list", in_list, names),
        ("set", in_set, set(names)),
        ("dictionary", in_dict, dict.fromkeys(names)),
    ]
    spent = [0.0, 0.0, 0.0]
    rounds = 0
    end = time.perf_counter() + seconds
    while not rounds or time.perf_counter() < end:
        for i, (kind, ask, members) in enumerate(ways):
            start = time.perf_counter()
            found = ask(members, questions)
            spent[i] += time.perf_counter() - start
            if found != N_QUESTIONS // 2:
                sys.exit("lookup: the %s knows %d names" % (kind, found))
        rounds += 1
    print("%d of %d found, in each of %d rounds" % (found, N_QUESTIONS, rounds))
    for (kind, _, _), time_spent in zip(ways, spent):
        print("%-10s %9.3f ms a round" % (kind, 1000 * time_spent / rounds))


if __name__ == "__main__":
    main()

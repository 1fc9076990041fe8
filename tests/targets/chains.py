# SPDX-License-Identifier: Apache-2.0
"""chains: two chains of calls, a microsecond each, in turns: neither calls the other.

    chains.py [SECONDS]     until killed, or for so long; then prints the rounds
    chains.py SECONDS c     each call goes through C

A stack with functions of both, or of one of them in another order, cannot be.
"""
import sys
import time

SOME = range(60)
ONE = (0,)


def a(): b()
def b(): c()
def c(): d()
def d(): e()
def e(): f()
def f(): g()
def g(): h()
def h():
    for _ in SOME:
        pass


def i(): j()
def j(): k()
def k(): l()
def l(): m()
def m(): n()
def n(): o()
def o(): p()
def p():
    for _ in SOME:
        pass


# Through C that takes up more of the stack, and less.
class S:
    def __init__(self, call):
        call(0)


def A(_): sorted(ONE, key=B)
def B(_): sorted(ONE, key=C)
def C(_): sorted(ONE, key=D)
def D(_): sorted(ONE, key=E)
def E(_): sorted(ONE, key=F)
def F(_): sorted(ONE, key=G)
def G(_): sorted(ONE, key=H)
def H(_):
    return 0


def I(_): S(J)
def J(_): S(K)
def K(_): S(L)
def L(_): S(M)
def M(_): S(N)
def N(_): S(O)
def O(_): S(P)
def P(_):
    return 0


def main():
    end = time.time() + float(sys.argv[1]) if len(sys.argv) > 1 else None
    first, second = (lambda: A(0), lambda: I(0)) if len(sys.argv) > 2 else (a, i)
    rounds = 0
    while end is None or time.time() < end:
        for _ in range(1000):
            first()
            second()
        rounds += 1000
    print(rounds)


if __name__ == "__main__":
    main()

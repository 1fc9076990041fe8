// SPDX-License-Identifier: Apache-2.0
/*
 * fib: naive recursive Fibonacci numbers, in C.
 *
 * Built -O2 without frame pointers, both calls kept.  Its profile must show: fib
 * with nearly all SELF time, always below main, recursive up to N - 1 deep; every
 * stack complete; the hint H03.  Two lines of fib carry the time: the test and the sum.
 *
 * fib(N) makes 2 * F(N + 1) - 1 calls, most of which repeat earlier work.
 *
 *	fib [N [TIMES]]		fib(N), by default fib(42), TIMES times
 */
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) unsigned long fib(unsigned int n)
{
	if (n < 2)
		return n;
	return fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 42;
	int times = argc > 2 ? atoi(argv[2]) : 1;

	while (times-- > 0) {
		printf("fib(%u) = %lu\n", n, fib(n));
		fflush(stdout);
	}
	return 0;
}

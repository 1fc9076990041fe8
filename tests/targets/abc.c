// SPDX-License-Identifier: Apache-2.0
/*
 * A known answer: the functions half, third and fifth do the same work in the
 * proportion 50:30:20, in an order that is drawn anew each time.  Each has a
 * constant of its own, or the compiler would make one function of the three.
 *
 *	abc SECONDS [HALF]	of CPU time
 *	abc ROUNDSr [HALF]	so much work, whatever time it takes
 *
 * With HALF less than 5 of half's turns are taken, which is another program then.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile uint64_t sink;

#define WORK(name, increment)                                                  \
	static __attribute__((noinline)) void name(void)                      \
	{                                                                      \
		uint64_t x = sink;                                             \
		for (int i = 0; i < 20000; i++)                                \
			x = x * 6364136223846793005u + increment;              \
		sink = x;                                                      \
	}
WORK(half, 1442695040888963407u)
WORK(third, 1442695040888963409u)
WORK(fifth, 1442695040888963411u)

static uint64_t seed = 88172645463325252u;

static unsigned int draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33);
}

/* Ten turns, five of them half, three third, two fifth; only so many of half are taken. */
static void round_of_ten(int n_half)
{
	unsigned char turn[10] = { 0, 0, 0, 0, 0, 1, 1, 1, 2, 2 };
	int taken = 0;

	for (int i = 9; i > 0; i--) {
		int k = (int)(draw() % (unsigned int)(i + 1));
		unsigned char t = turn[i];

		turn[i] = turn[k];
		turn[k] = t;
	}
	for (int i = 0; i < 10; i++) {
		if (turn[i] == 0 && taken++ < n_half)
			half();
		else if (turn[i] == 1)
			third();
		else if (turn[i] == 2)
			fifth();
	}
}

int main(int argc, char **argv)
{
	double amount = argc > 1 ? atof(argv[1]) : 1;
	int n_half = argc > 2 ? atoi(argv[2]) : 5;

	if (argc > 1 && strchr(argv[1], 'r')) {
		for (int i = 0; i < amount; i++)
			round_of_ten(n_half);
		return 0;
	}
	while ((double)clock() / CLOCKS_PER_SEC < amount)
		for (int i = 0; i < 20; i++)
			round_of_ten(n_half);
	return 0;
}

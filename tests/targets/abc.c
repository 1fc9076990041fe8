// SPDX-License-Identifier: Apache-2.0
/*
 * A known answer: the functions half, third and fifth do the same work in the
 * proportion 50:30:20, in an order that is drawn anew each time.  Each has a
 * constant of its own, or the compiler would make one function of the three.
 *
 *	abc SECONDS	of CPU time
 */
#include <stdint.h>
#include <stdlib.h>
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

/* Ten turns, five of them half, three third, two fifth. */
static void round_of_ten(void)
{
	unsigned char turn[10] = { 0, 0, 0, 0, 0, 1, 1, 1, 2, 2 };

	for (int i = 9; i > 0; i--) {
		int k = (int)(draw() % (unsigned int)(i + 1));
		unsigned char t = turn[i];

		turn[i] = turn[k];
		turn[k] = t;
	}
	for (int i = 0; i < 10; i++) {
		if (turn[i] == 0)
			half();
		else if (turn[i] == 1)
			third();
		else
			fifth();
	}
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	while ((double)clock() / CLOCKS_PER_SEC < seconds)
		for (int i = 0; i < 20; i++)
			round_of_ten();
	return 0;
}

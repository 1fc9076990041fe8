// SPDX-License-Identifier: Apache-2.0
/* The library of edges.c: inside it is a direct call and one by a stub. */
void lib_outer(int n);
void lib_work(int n);

static volatile unsigned long sink;

void lib_work(int n)
{
	for (int i = 0; i < n; i++)
		sink += (unsigned long)i * 7;
}

static __attribute__((noinline)) void inner(int n)
{
	lib_work(n);
	sink++;
}

void lib_outer(int n)
{
	inner(n);
	sink++;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * Comes to a known stack and stays there, computing.
 *
 *	spin plain | signal | altstack | recursion | callback | alloca
 */
#include <alloca.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile unsigned long sink;

__attribute__((noinline, noreturn)) static void spin(void)
{
	for (;;)
		sink++;
}

__attribute__((noinline)) static void level_two(int n)
{
	if (n == 42)
		spin();
	sink += (unsigned long)n;
}

__attribute__((noinline)) static void level_one(int n)
{
	char buf[300];

	memset(buf, n, sizeof(buf));
	level_two(n);
	sink += (unsigned long)buf[n];
}

__attribute__((noinline)) static void recurse(int depth)
{
	if (depth == 0)
		spin();
	recurse(depth - 1);
	sink++;
}

static void handler(int sig)
{
	level_one(sig ? 42 : 0);
}

static int compare(const void *a, const void *b)
{
	level_one(42);
	return memcmp(a, b, 1);
}

/* A frame whose size only the frame pointer knows. */
__attribute__((noinline)) static void variable(size_t n)
{
	char *p = alloca(n);

	memset(p, 1, n);
	level_one(42);
	sink += (unsigned long)p[n / 2];
}

static void catch(int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "plain";
	char letters[] = "hgfedcba";

	if (strcmp(what, "signal") == 0)
		catch(0);
	else if (strcmp(what, "altstack") == 0)
		catch(SA_ONSTACK);
	else if (strcmp(what, "recursion") == 0)
		recurse(200);
	else if (strcmp(what, "callback") == 0)
		qsort(letters, sizeof(letters) - 1, 1, compare);
	else if (strcmp(what, "alloca") == 0)
		variable((size_t)argc * 1000);
	else
		level_one(42);
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * A program that changes all the time, or is large: what watching it takes may not grow.
 *
 *	storm threads RATE SECONDS		create and join threads
 *	storm forks RATE SECONDS		fork, the children work a little and exit
 *	storm execs RATE SECONDS		fork, and exec this program
 *	storm libraries RATE SECONDS FILE...	dlopen, call work() in it, dlclose; up to 8,
 *						file K by call_K()
 *	storm mappings N SECONDS		N mappings, half of them executable; then spin
 *
 * Ends with a line that says how many there were.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN_NS 5000000

static volatile unsigned long sink;
static char **libraries;
static int n_libraries;

static __attribute__((noinline)) void burn(int n)
{
	for (int i = 0; i < n; i++)
		sink += (unsigned long)i;
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void *be_a_thread(void *arg)
{
	burn(20000);
	return arg;
}

static void one_thread(long n)
{
	pthread_t t;

	(void)n;
	if (pthread_create(&t, NULL, be_a_thread, NULL) != 0)
		exit(1);
	pthread_join(t, NULL);
}

static void wait_for(pid_t child)
{
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		exit(1);
}

static void one_fork(long n)
{
	pid_t child = fork();

	(void)n;
	if (child == 0) {
		burn(20000);
		_exit(0);
	}
	wait_for(child);
}

static void one_exec(long n)
{
	pid_t child = vfork();

	(void)n;
	if (child == 0) {
		execl("/proc/self/exe", "storm", "once", (char *)NULL);
		_exit(1);
	}
	wait_for(child);
}

#define CALL(k)                                                                \
	static __attribute__((noinline)) void call_##k(void (*work)(void))     \
	{                                                                      \
		work();                                                        \
		sink++;                                                        \
	}
CALL(0) CALL(1) CALL(2) CALL(3) CALL(4) CALL(5) CALL(6) CALL(7)

static void one_library(long n)
{
	static void (*const call[])(void (*)(void)) = {
		call_0, call_1, call_2, call_3, call_4, call_5, call_6, call_7 };
	void *library = dlopen(libraries[n % n_libraries], RTLD_NOW);
	void (*work)(void) = library ? (void (*)(void))dlsym(library, "work") : NULL;

	if (!work)
		exit(1);
	call[n % n_libraries](work);
	dlclose(library);
}

/* Call `one` so often per second; when that cannot be, as often as can be. */
static long repeat(void (*one)(long), long rate, double seconds)
{
	long long start = now_ns(), end = start + (long long)(seconds * 1e9), now;
	long n = 0;

	while ((now = now_ns()) < end) {
		long due = (long)((double)(now - start) * 1e-9 * (double)rate);

		if (n < due)
			one(n++);
		else
			nanosleep(&(struct timespec){ .tv_nsec = TURN_NS }, NULL);
	}
	return n;
}

/* Neighbours differ, so that the kernel does not make one of them. */
static long map(long n, double seconds)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (size_t)n * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long long end;

	if (p == MAP_FAILED)
		exit(1);
	for (long i = 0; i < n; i += 2)
		if (mprotect(p + (size_t)i * page, page, PROT_READ | PROT_EXEC) < 0)
			exit(1);
	printf("mapped\n");
	fflush(stdout);
	end = now_ns() + (long long)(seconds * 1e9);
	while (now_ns() < end)
		burn(1000000);
	return n;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long rate = argc > 2 ? atol(argv[2]) : 0, n;
	double seconds = argc > 3 ? atof(argv[3]) : 1;

	libraries = argv + 4;
	n_libraries = argc - 4;
	if (strcmp(what, "once") == 0) {
		burn(20000);
		return 0;
	}
	if (strcmp(what, "threads") == 0)
		n = repeat(one_thread, rate, seconds);
	else if (strcmp(what, "forks") == 0)
		n = repeat(one_fork, rate, seconds);
	else if (strcmp(what, "execs") == 0)
		n = repeat(one_exec, rate, seconds);
	else if (strcmp(what, "libraries") == 0 && n_libraries > 0 && n_libraries <= 8)
		n = repeat(one_library, rate, seconds);
	else if (strcmp(what, "mappings") == 0)
		n = map(rate, seconds);
	else
		return 2;
	printf("%ld %s\n", n, what);
	return 0;
}

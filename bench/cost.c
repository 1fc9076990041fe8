// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a command and says on stderr what it cost: CPU seconds (user and system)
 * of it and of everything that it started, the peak of the largest of these
 * processes in MiB, when it began and ended (CLOCK_MONOTONIC, seconds), and how much
 * of the CPU seconds were user's.
 *
 *	cost CMD [ARG...]
 *
 * Processes that outlive their parents are waited for as well: a profiler's cost
 * is that of all its processes.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	double start = now(), end = start;
	int status = 0, other;
	struct rusage usage;
	pid_t pid, ended;

	if (argc < 2)
		return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	while ((ended = wait(&other)) > 0) {
		if (ended == pid) {
			status = other;
			end = now();
		}
	}
	if (pid < 0 || errno != ECHILD || getrusage(RUSAGE_CHILDREN, &usage) < 0) {
		perror("cost");
		return 1;
	}
	fprintf(stderr, "cost %.4f %.1f %.4f %.4f %.4f\n",
		seconds(usage.ru_utime) + seconds(usage.ru_stime),
		(double)usage.ru_maxrss / 1024, start, end, seconds(usage.ru_utime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

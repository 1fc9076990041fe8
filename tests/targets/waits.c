// SPDX-License-Identifier: Apache-2.0
/*
 * A server as most are: a thread for each kind of waiting that a stop could end
 * early, and threads that compute.
 *
 *	waits BUSY	until SIGTERM comes; then prints for each call how often it was
 *			made, and how often it was interrupted
 *
 * No signal has a handler, and the one that ends it is blocked: whatever is interrupted
 * is by somebody else's doing.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 5

static volatile int over;
static volatile unsigned long sink;
static int sem;

static struct timespec wait_time(void)
{
	return (struct timespec){ .tv_nsec = WAIT_MS * 1000000 };
}

/* Each waits for what never comes: -1 with errno, which is not EINTR. */

static int wait_epoll(int fd)
{
	struct epoll_event event;

	return epoll_wait(fd, &event, 1, WAIT_MS);
}

static int wait_semop(int fd)
{
	struct sembuf down = { .sem_op = -1 };
	struct timespec t = wait_time();

	(void)fd;
	return semtimedop(sem, &down, 1, &t);
}

static int wait_recv(int fd)
{
	char byte;

	return (int)recv(fd, &byte, 1, 0);
}

static int wait_signal(int fd)
{
	struct timespec t = wait_time();
	sigset_t set;

	(void)fd;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &t);
}

static int wait_sleep(int fd)
{
	struct timespec t = wait_time();

	(void)fd;
	return nanosleep(&t, NULL);
}

/* Nothing was submitted, so nothing completes: only the time ends it. */
static int wait_uring(int fd)
{
	struct timespec t = wait_time();
	struct io_uring_getevents_arg arg = { .ts = (uintptr_t)&t };

	return (int)syscall(SYS_io_uring_enter, fd, 0, 1,
			    IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof(arg));
}

static int open_epoll(void) { return epoll_create1(0); }
static int open_none(void) { return 0; }

static int open_sem(void)
{
	sem = semget(IPC_PRIVATE, 1, 0600);
	if (sem >= 0)
		semctl(sem, 0, SETVAL, 0);
	return sem;
}

static int open_socket(void)
{
	struct timeval t = { .tv_usec = WAIT_MS * 1000 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	return ends[0];
}

static int open_uring(void)
{
	struct io_uring_params params = { 0 };

	return (int)syscall(SYS_io_uring_setup, 4, &params);
}

static struct way {
	const char *name;
	int (*open)(void);
	int (*wait)(int fd);
	int fd;
	unsigned long made, interrupted;
} ways[] = {
	{ .name = "epoll_wait", .open = open_epoll, .wait = wait_epoll },
	{ .name = "semtimedop", .open = open_sem, .wait = wait_semop },
	{ .name = "recv", .open = open_socket, .wait = wait_recv },
	{ .name = "sigtimedwait", .open = open_none, .wait = wait_signal },
	{ .name = "nanosleep", .open = open_none, .wait = wait_sleep },
	{ .name = "io_uring_enter", .open = open_uring, .wait = wait_uring },
};
#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static __attribute__((noinline)) void serve(void)
{
	for (int i = 0; i < 200000; i++)
		sink += (unsigned long)i;
}

static __attribute__((noinline)) void *wait_loop(void *arg)
{
	struct way *w = arg;

	for (; !over; w->made++) {
		if (w->wait(w->fd) < 0 && errno == EINTR)
			w->interrupted++;
		serve();
	}
	return NULL;
}

static __attribute__((noinline)) void compute(void)
{
	for (int i = 0; i < 1000000; i++)
		sink += (unsigned long)i;
}

static __attribute__((noinline)) void *work(void *arg)
{
	while (!over)
		compute();
	return arg;
}

int main(int argc, char **argv)
{
	int n_busy = argc > 1 ? atoi(argv[1]) : 1, signal;
	pthread_t threads[N_WAYS], busy;
	sigset_t set, end;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	set = end;
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < N_WAYS; i++) {
		ways[i].fd = ways[i].open();
		if (ways[i].fd >= 0)
			pthread_create(&threads[i], NULL, wait_loop, &ways[i]);
		else
			printf("%s cannot be had: %s\n", ways[i].name, strerror(errno));
	}
	while (n_busy-- > 0)
		pthread_create(&busy, NULL, work, NULL);
	sigwait(&end, &signal);
	over = 1;
	for (size_t i = 0; i < N_WAYS; i++)
		if (ways[i].fd >= 0) {
			pthread_join(threads[i], NULL);
			printf("%s made %lu interrupted %lu\n", ways[i].name, ways[i].made,
			       ways[i].interrupted);
		}
	if (sem > 0)
		semctl(sem, 0, IPC_RMID);
	return 0;
}

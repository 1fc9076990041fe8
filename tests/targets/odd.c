// SPDX-License-Identifier: Apache-2.0
/*
 * A thread that computes in burn(), in a process that is odd in some way:
 *
 *	odd first-ends		its first thread ends at once
 *	odd pages FILE		another thread waits for a page of FILE, mapped behind
 *				its own stack
 *	odd faults		another thread waits for a page that nobody provides
 *				(userfaultfd)
 *	odd pid PID		it has that pid, by clone3(); its parent waits for it
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 65536
#define STACK (256 << 10)

static volatile unsigned long sink;

static __attribute__((noinline)) void burn(void)
{
	for (int i = 0; i < 1000000; i++)
		sink += (unsigned long)i;
}

static void *busy(void *arg)
{
	for (;;)
		burn();
	return arg;
}

static void *touch(void *page)
{
	sink += *(volatile char *)page;
	return NULL;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The last bytes of its stack are the last before the file. */
static void wait_for_file(const char *path)
{
	char *stack = mmap(NULL, STACK + PAGES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(path, O_RDONLY);
	pthread_attr_t attr;
	pthread_t t;

	if (fd < 0 || stack == MAP_FAILED ||
	    mmap(stack + STACK, PAGES, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
		fail(path);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, STACK);
	pthread_create(&t, &attr, touch, stack + STACK);
}

static void wait_for_page(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffdio_api api = { .api = UFFD_API };
	void *pages = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = {
		.range = { (uintptr_t)pages, PAGES }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t t;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		fail("userfaultfd");
	pthread_create(&t, NULL, touch, pages);
}

static void become(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid,
				   .set_tid_size = 1 };
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (child < 0)
		fail("clone3");
	if (child == 0)
		busy(NULL);
	printf("ready\n");
	fflush(stdout);
	waitpid(child, NULL, 0);
	exit(0);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	pthread_t t;

	if (strcmp(how, "pid") == 0 && argc > 2)
		become(atoi(argv[2]));
	else if (strcmp(how, "pages") == 0 && argc > 2)
		wait_for_file(argv[2]);
	else if (strcmp(how, "faults") == 0)
		wait_for_page();
	else if (strcmp(how, "first-ends") != 0)
		return 2;
	pthread_create(&t, NULL, busy, NULL);
	printf("ready\n");
	fflush(stdout);
	pthread_exit(NULL);
}

// SPDX-License-Identifier: Apache-2.0
/* What a process has done so far, as the kernel counts it: of this process and a child. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/progress.h"
#include "proc/task.h"
#include "proc/usage.h"

#define N 1000

static int self;

static int setup(void **state)
{
	struct error err;

	(void)state;
	self = proc_open_dir(getpid(), &err);
	return self < 0;
}

/* N calls of 7 bytes, N pages, N waits. */
static void work(void)
{
	int null = open("/dev/null", O_WRONLY);
	char *pages = mmap(NULL, N * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(pages, N * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < N; i++) {
		if (write(null, "7 bytes", 7) != 7)
			_exit(1);
		pages[i * 4096] = 1;
		nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL);
	}
	munmap(pages, N * 4096);
	close(null);
}

static void burn(uint64_t ns)
{
	while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < ns)
		;
}

static void in_child(void (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		what();
		burn(200 * NS_PER_MS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct counts {
	uint64_t calls, bytes, faults, switches, children_ns;
};

static struct counts look(void)
{
	struct counts c;

	assert_true(proc_read_io(self, &c.calls, &c.bytes));
	assert_true(proc_read_stat(self, &c.faults, &c.children_ns));
	assert_true(proc_read_switches(self, &c.switches));
	return c;
}

TEST(work_is_counted)
{
	struct counts from = look(), to;

	work();
	to = look();
	assert_in_range(to.calls - from.calls, N, N + 100);
	assert_in_range(to.bytes - from.bytes, 7 * N, 7 * N + 100000);
	assert_in_range(to.faults - from.faults, N, 2 * N);
	assert_in_range(to.switches - from.switches, N * 9 / 10, 2 * N);	/* 1 us can be over before */
	assert_int_equal(to.children_ns, from.children_ns);
}

/* What it did is not lost when it has ended. */
TEST(work_of_children_that_were_waited_for_is_counted)
{
	struct counts from = look(), to;

	in_child(work);
	to = look();
	assert_in_range(to.calls - from.calls, N, N + 100);
	assert_in_range(to.bytes - from.bytes, 7 * N, 7 * N + 100000);
	assert_in_range(to.faults - from.faults, N, 4 * N);
	assert_true(to.switches - from.switches < N);
	assert_in_range(to.children_ns - from.children_ns, 180 * NS_PER_MS, 400 * NS_PER_MS);
}

TEST(cpu_time_is_that_of_the_clock)
{
	uint64_t from = clock_ns(CLOCK_PROCESS_CPUTIME_ID), said = proc_cpu_ns(getpid());

	assert_in_range(said, from, clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	assert_int_equal(proc_cpu_ns(0), 0);
}

TEST(nothing_is_known_of_a_process_that_is_gone)
{
	struct error err;
	struct thread_usage thread;
	struct proc_usage usage;
	uint64_t a, b;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	int dir = proc_open_dir(pid, &err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(proc_read_io(dir, &a, &b));
	assert_false(proc_read_stat(dir, &a, &b));
	assert_false(proc_read_switches(dir, &a));
	assert_false(proc_read_usage(dir, &usage));
	assert_false(proc_read_thread_usage(dir, pid, &thread));
	assert_int_equal(proc_cpu_ns(pid), 0);
	close(dir);
}

TEST(what_a_process_uses_and_holds_is_read)
{
	struct proc_usage from, to;
	struct thread_usage a, b;

	assert_true(proc_read_usage(self, &from));
	assert_true(proc_read_thread_usage(self, getpid(), &a));
	work();
	burn(50 * NS_PER_MS);
	assert_true(proc_read_usage(self, &to));
	assert_true(proc_read_thread_usage(self, getpid(), &b));
	assert_true(to.threads >= 1 && to.resident_bytes > 100000);
	assert_true(to.user_ns + to.system_ns >= from.user_ns + from.system_ns);
	assert_true(to.faults > from.faults && to.faults_disk >= from.faults_disk);
	assert_true(to.io_known && to.read_bytes > from.read_bytes);
	assert_true(b.waits >= a.waits && b.preemptions >= a.preemptions && b.queue_ns >= a.queue_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_counted),
		cmocka_unit_test(work_of_children_that_were_waited_for_is_counted),
		cmocka_unit_test(cpu_time_is_that_of_the_clock),
		cmocka_unit_test(what_a_process_uses_and_holds_is_read),
		cmocka_unit_test(nothing_is_known_of_a_process_that_is_gone),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/* What /proc says: memory maps by text, tasks by children of this test. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "proc/cgroup.h"
#include "proc/kallsyms.h"
#include "proc/maps.h"
#include "proc/task.h"

/* ---- maps ---- */

/* The next line of `text`; false: there is none. */
static bool first_line(const char *text, struct proc_map *m)
{
	return proc_maps_next(&text, text + strlen(text), m);
}

TEST(a_line_of_maps_is_taken_apart)
{
	static const struct {
		const char *line;
		struct proc_map m;	/* without device */
	} cases[] = {
		{ "55d0c0a00000-55d0c0a02000 r-xp 00002000 fe:01 1234567    /usr/bin/cat\n",
		  { 0x55d0c0a00000, 0x55d0c0a02000, 0x2000, .ino = 1234567, .read = true,
		    .exec = true, .path = "/usr/bin/cat" } },
		{ "7f00-8000 rw-s 00000000 00:01 7                          /memfd:jit code (deleted)\n",
		  { 0x7f00, 0x8000, .ino = 7, .read = true, .write = true,
		    .path = "/memfd:jit code", .deleted = true } },
		{ "7f00-8000 r-xp 00000000 fe:01 7   /tmp/a  b \\012c (deleted) d\n",
		  { 0x7f00, 0x8000, .ino = 7, .read = true, .exec = true,
		    .path = "/tmp/a  b \\012c (deleted) d" } },
		{ "7f00-8000 r-xp 00000000 fe:01 7   /tmp/x (deleted) (deleted)\n",
		  { 0x7f00, 0x8000, .ino = 7, .read = true, .exec = true,
		    .path = "/tmp/x (deleted)", .deleted = true } },
		{ "7ffd1000-7ffd3000 r-xp 00000000 00:00 0                  [vdso]\n",
		  { 0x7ffd1000, 0x7ffd3000, .read = true, .exec = true, .path = "[vdso]" } },
		{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n",
		  { 0xffffffffff600000, 0xffffffffff601000, .exec = true, .path = "[vsyscall]" } },
		{ "7f00-8000 rw-p 00000000 00:00 0 \n",
		  { 0x7f00, 0x8000, .read = true, .write = true, .path = "" } },
		{ "7f00-8000 rw-p 00000000 00:00 0\n",
		  { 0x7f00, 0x8000, .read = true, .write = true, .path = "" } },
		{ "7f00-8000 rw-p 00000000 00:00 0     [anon:glibc: malloc]\n",
		  { 0x7f00, 0x8000, .read = true, .write = true,
		    .path = "[anon:glibc: malloc]" } },
		{ "7f00-8000 ---p 00000000 00:0e 1057  anon_inode:[perf_event]",
		  { 0x7f00, 0x8000, .ino = 1057, .path = "anon_inode:[perf_event]" } },
		/* all as large as they can be */
		{ "0-ffffffffffffffff r-xp fffffffffffff000 fffff:fffff 18446744073709551615 /x\n",
		  { 0, UINT64_MAX, 0xfffffffffffff000, .ino = UINT64_MAX, .read = true,
		    .exec = true, .path = "/x" } },
		/* a name that is nothing but the suffix is a name */
		{ "7f00-8000 r-xp 00000000 fe:01 7    (deleted)\n",
		  { 0x7f00, 0x8000, .ino = 7, .read = true, .exec = true, .path = "(deleted)" } },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		const struct proc_map *e = &cases[i].m;
		struct proc_map m;

		if (!first_line(cases[i].line, &m))
			fail_msg("not read: %s", cases[i].line);
		_cleanup_(freep) char *path = strndup(m.path, m.path_len);
		assert_string_equal(path, e->path);
		assert_true(m.start == e->start && m.end == e->end && m.off == e->off);
		assert_true(m.ino == e->ino && m.deleted == e->deleted);
		assert_true(m.read == e->read && m.write == e->write && m.exec == e->exec);
	}
}

TEST(line_ends_in_a_path_are_written_by_their_number)
{
	static const struct { const char *in, *out; size_t cap; } cases[] = {
		{ "/a\\012b", "/a\nb", 64 }, { "\\012\\012", "\n\n", 64 },
		{ "/a\\01", "/a\\01", 64 }, { "/a\\\\012", "/a\\\n", 64 }, { "/a\\040b", "/a\\040b", 64 },
		{ "", "", 64 }, { "/abc", "/ab", 3 }, { "/a\\012b", "/a\n", 3 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct proc_map m = { .path = cases[i].in, .path_len = strlen(cases[i].in) };
		char buf[64];

		assert_int_equal(proc_map_path(&m, buf, cases[i].cap), strlen(cases[i].out));
		assert_memory_equal(buf, cases[i].out, strlen(cases[i].out));
	}
}

TEST(devices_are_those_of_makedev)
{
	static const struct { const char *line; unsigned int major, minor; } cases[] = {
		{ "1-2 r-xp 0 fe:01 1 /x", 0xfe, 1 },
		{ "1-2 r-xp 0 103:00005 1 /x", 0x103, 5 },
		{ "1-2 r-xp 0 00:fffff 1 /x", 0, 0xfffff },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct proc_map m;

		assert_true(first_line(cases[i].line, &m));
		assert_int_equal(m.dev, makedev(cases[i].major, cases[i].minor));
	}
}

TEST(lines_of_another_form_are_skipped)
{
	static const char *const lines[] = {
		"", "\n", "x", "7f00", "7f00-", "7f00-8000", "7f00-8000 ", "7f00-8000 r-xp",
		"-8000 r-xp 0 0:0 0 /x", "7f00- r-xp 0 0:0 0 /x", "7f00 8000 r-xp 0 0:0 0 /x",
		"7F00-8000 r-xp 0 0:0 0 /x",			/* the kernel writes small letters */
		"8000-7f00 r-xp 0 0:0 0 /x", "7f00-7f00 r-xp 0 0:0 0 /x",
		"7f00-10000000000000000 r-xp 0 0:0 0 /x",	/* 65 bits */
		"10000000000007f00-8000 r-xp 0 0:0 0 /x",
		"7f00-8000 r-xp g 0:0 0 /x", "7f00-8000 r-xp 0 0 0 /x", "7f00-8000 r-xp 0 0:0 ",
		"7f00-8000 r-xp 0 0:0 x", "7f00-8000 r-xp 0 0:0 18446744073709551616 /x",
		"Rss:                 492 kB",
		"VmFlags: rd ex mr mw me de",
	};

	for (size_t i = 0; i < array_len(lines); i++) {
		_cleanup_(freep) char *text =
			xasprintf("%s\n1000-2000 r-xp 00000000 fe:01 7 /after\n", lines[i]);
		struct proc_map m;

		if (!first_line(text, &m) || m.start != 0x1000)
			fail_msg("taken for a mapping: \"%s\"", lines[i]);
	}
}

static const char two_lines[] =
	"55d0c0a00000-55d0c0a02000 r-xp 00002000 fe:01 1234567    /usr/bin/cat (deleted)\n"
	"7ffd1000-7ffd3000 r-xp 00000000 00:00 0                  [vdso]\n";

/* A copy of exactly that length, so that the sanitizer sees the end. */
TEST(no_truncation_is_read_beyond_or_makes_a_mapping_larger)
{
	for (size_t len = 0; len <= strlen(two_lines); len++) {
		_cleanup_(freep) char *copy = xmemdup(two_lines, len);
		const char *at = copy, *end = copy + len;
		struct proc_map m;
		size_t n = 0;

		for (; proc_maps_next(&at, end, &m); n++) {
			assert_int_equal(m.start, n ? 0x7ffd1000 : 0x55d0c0a00000);
			assert_int_equal(m.end, n ? 0x7ffd3000 : 0x55d0c0a02000);
			assert_true(m.path >= copy && m.path + m.path_len <= end);
		}
		assert_ptr_equal(at, end);
		assert_true(n <= 2);
		if (len == strlen(two_lines))
			assert_int_equal(n, 2);
	}
}

TEST(a_line_longer_than_any_path_is_read)
{
	struct buf b = { 0 };
	const char *at;
	struct proc_map m;

	buf_put(&b, "1000-2000 r-xp 00000000 fe:01 7 /", 33);
	memset(buf_add(&b, 1 << 20), 'a', 1 << 20);
	buf_put(&b, "\n2000-3000 r-xp 00000000 fe:01 7 /b\n", 36);
	at = (const char *)b.data;
	assert_true(proc_maps_next(&at, (const char *)b.data + b.len, &m));
	assert_int_equal(m.path_len, (1 << 20) + 1);
	assert_true(proc_maps_next(&at, (const char *)b.data + b.len, &m));
	assert_int_equal(m.start, 0x2000);
	buf_deinit(&b);
}

/* What the kernel itself writes, of mappings whose answer we know. */
TEST(our_own_mappings_are_found)
{
	_cleanup_(closep) int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int file = memfd_create("odd name\n(deleted)", MFD_CLOEXEC);
	struct buf text = { 0 };
	struct proc_map m;
	struct error err;
	struct stat st;
	bool found_file = false, found_anon = false, found_vdso = false;

	assert_int_equal(ftruncate(file, 16384), 0);
	assert_int_equal(fstat(file, &st), 0);
	uint8_t *mapped = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, file, 8192);
	uint8_t *anon = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(mapped != MAP_FAILED && anon != MAP_FAILED);
	assert_int_equal(io_read_all(maps, 64 << 20, &text, &err), 0);
	const char *at = (const char *)text.data, *end = at + text.len;
	while (proc_maps_next(&at, end, &m)) {
		if (m.start == (uintptr_t)mapped) {
			found_file = true;
			assert_int_equal(m.end, (uintptr_t)mapped + 8192);
			assert_int_equal(m.off, 8192);
			assert_int_equal(m.ino, st.st_ino);
			assert_int_equal(m.dev, st.st_dev);
			assert_true(m.deleted && m.read && !m.write && !m.exec);
			static const char name[] = "/memfd:odd name\n(deleted)";
			char path[64];

			assert_int_equal(proc_map_path(&m, path, sizeof(path)), strlen(name));
			assert_memory_equal(path, name, strlen(name));
		}
		if ((uintptr_t)anon >= m.start && (uintptr_t)anon < m.end) {
			found_anon = true;
			assert_true(m.ino == 0 && !m.read && !m.exec);
		}
		found_vdso |= m.path_len == 6 && memcmp(m.path, "[vdso]", 6) == 0 && m.exec;
	}
	assert_true(found_file && found_anon);
	/* valgrind hides it */
	assert_int_equal(found_vdso, getauxval(AT_SYSINFO_EHDR) != 0);
	munmap(mapped, 8192);
	munmap(anon, 4096);
	buf_deinit(&text);
}

/* ---- children to look at ---- */

/* A child that waits; what it says through `to_us` is what it is ready for. */
struct child {
	pid_t pid;
	int dir;	/* /proc/PID */
	int to_us, to_it;
};

static void wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
}

/* The child runs `prepare`, says so, and waits until our end is closed. */
static void child_start(struct child *c, void (*prepare)(void))
{
	int up[2], down[2];
	struct error err;
	char byte = 0;

	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(down[1]);
		prepare();
		if (write(up[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(down[0], &byte, 1) == 0 ? 7 : 1);
	}
	close(up[1]);
	close(down[0]);
	c->to_us = up[0];
	c->to_it = down[1];
	c->dir = proc_open_dir(c->pid, &err);
	assert_true(c->dir >= 0);
	wait_readable(c->to_us);
}

/* Let it end, but leave it as a zombie. */
static void child_end(struct child *c)
{
	siginfo_t info;

	close(c->to_it);
	c->to_it = -1;
	assert_int_equal(waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(info.si_status, 7);
}

static void child_reap(struct child *c)
{
	if (c->to_it >= 0)
		child_end(c);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
	close(c->to_us);
	close(c->dir);
}

/* The state of the child, once it is `state`; the last one after 20 s. */
static char wait_state(const struct child *c, char state)
{
	uint64_t until = clock_mono_ns() + 20 * NS_PER_S;
	struct proc_status status;
	struct error err;

	do {
		assert_int_equal(proc_read_status(c->dir, 0, &status, &err), 0);
		if (status.state == state)
			break;
		sched_yield();
	} while (clock_mono_ns() < until);
	return status.state;
}

/* ---- status ---- */

static void take_odd_name(void)
{
	prctl(PR_SET_NAME, "a) S (b:\t\\n");
}

TEST(a_name_with_brackets_and_blanks_confuses_nobody)
{
	struct proc_status status;
	struct child c;
	struct error err;
	char name[PROC_NAME_MAX];

	child_start(&c, take_odd_name);
	assert_int_equal(wait_state(&c, 'S'), 'S');
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), 0);
	assert_int_equal(status.tgid, c.pid);
	assert_int_equal(status.ppid, getpid());
	assert_int_equal(status.tracer, 0);
	assert_int_equal(status.uid, geteuid());
	assert_int_equal(status.gid, getegid());
	assert_false(status.kernel_thread);
	assert_true(status.seccomp >= 0 && status.seccomp <= 2);
	/* status escapes control characters, comm does not */
	proc_thread_name(c.dir, c.pid, name);
	assert_string_equal(name, "a) S (b:\t\\n");
	child_reap(&c);
}

static void take_name_with_lines(void)
{
	prctl(PR_SET_NAME, "x\nUid:\t9\t9");
}

TEST(a_name_cannot_pretend_to_be_another_field)
{
	struct proc_status status;
	struct child c;
	struct error err;

	child_start(&c, take_name_with_lines);
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), 0);
	assert_int_equal(status.uid, geteuid());
	assert_int_equal(status.tgid, c.pid);
	child_reap(&c);
}

static void nothing(void)
{
}

TEST(states_follow_the_process)
{
	struct proc_status status;
	struct child c;
	struct error err;

	child_start(&c, nothing);
	assert_int_equal(wait_state(&c, 'S'), 'S');
	kill(c.pid, SIGSTOP);
	assert_int_equal(wait_state(&c, 'T'), 'T');
	kill(c.pid, SIGCONT);
	assert_int_equal(wait_state(&c, 'S'), 'S');
	child_end(&c);
	assert_int_equal(wait_state(&c, 'Z'), 'Z');
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), 0);
	assert_false(status.kernel_thread);	/* although it has no memory */
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), -1);
	assert_int_equal(err.code, ESRCH);
	close(c.to_us);
	close(c.dir);
}

static void become_nobody(void)
{
	/* real and effective differ: the effective is what counts */
	if (setresgid(1, 65533, 2) < 0 || setresuid(3, 65534, 4) < 0)
		_exit(2);
}

TEST(the_effective_ids_are_taken)
{
	struct proc_status status;
	struct child c;
	struct error err;

	if (geteuid() != 0) {
		print_message("skipped: only root can change its ids\n");
		skip();
	}
	child_start(&c, become_nobody);
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), 0);
	assert_int_equal(status.uid, 65534);
	assert_int_equal(status.gid, 65533);
	child_reap(&c);
}

TEST(kernel_threads_are_told_from_others)
{
	struct error err;
	struct proc_status status;
	_cleanup_(closep) int dir = proc_open_dir(2, &err);

	if (dir < 0 || proc_read_status(dir, 0, &status, &err) < 0 ||
	    strcmp(status.name, "kthreadd") != 0) {
		print_message("skipped: kthreadd is not visible here (a container)\n");
		skip();
	}
	assert_true(status.kernel_thread);
}

/* A folder with a file "status" of our own, as other kernels write it. */
TEST(a_status_of_any_kernel_is_read)
{
	static const struct { const char *text; struct proc_status s; } cases[] = {
		/* before Kthread (6.8): a program has memory, or has ended */
		{ "Name:\tx\nState:\tR (running)\nTgid:\t5\nPPid:\t4\nTracerPid:\t77\n"
		  "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nVmSize:\t 100 kB\nSeccomp:\t2\n"
		  "CapPrm:\t000001ffffffffff\nCapEff:\t000000c000200000\n",
		  { "x", 'R', 5, 4, 77, 2, 6, false, 2, 5, true, 0xc000200000 } },
		{ "Name:\tkworker/0:1-events\nState:\tI (idle)\nTgid:\t9\nPPid:\t2\n"
		  "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		  { "kworker/0:1-events", 'I', 9, 2, 0, 0, 0, true, -1, 9 } },
		{ "Name:\tx\nState:\tZ (zombie)\nTgid:\t9\nPPid:\t2\n"
		  "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		  { "x", 'Z', 9, 2, 0, 0, 0, false, -1, 9 } },
		/* Kthread says it, whatever else there is */
		{ "Name:\tx\nState:\tS (sleeping)\nTgid:\t9\nUid:\t0\t0\t0\t0\n"
		  "Gid:\t0\t0\t0\t0\nKthread:\t1\nVmSize:\t 1 kB\n",
		  { "x", 'S', 9, 0, 0, 0, 0, true, -1, 9, true, 0 } },
		{ "Name:\tx\nState:\tS (sleeping)\nTgid:\t9\nUid:\t0\t0\t0\t0\n"
		  "Gid:\t0\t0\t0\t0\nKthread:\t0\n",
		  { "x", 'S', 9, 0, 0, 0, 0, false, -1, 9 } },
		/* in pid namespaces: its own number comes last */
		{ "Name:\tx\nState:\tS (sleeping)\nTgid:\t900\nNSpid:\t900\t35\t7\n"
		  "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nKthread:\t0\n",
		  { "x", 'S', 900, 0, 0, 0, 0, false, -1, 7 } },
		/* without ids: those of nobody, never of root */
		{ "Name:\tx\nState:\tS (sleeping)\nTgid:\t9\nUid:\t0\nKthread:\t0\n",
		  { "x", 'S', 9, 0, 0, (uid_t)-1, (gid_t)-1, false, -1, 9 } },
	};
	char dir_name[] = "/tmp/cprofd-test-XXXXXX";

	assert_non_null(mkdtemp(dir_name));
	_cleanup_(freep) char *path = xasprintf("%s/status", dir_name);
	_cleanup_(closep) int dir = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < array_len(cases); i++) {
		const struct proc_status *e = &cases[i].s;
		struct proc_status s;
		struct error err;
		FILE *f = fopen(path, "we");

		fputs(cases[i].text, f);
		fclose(f);
		assert_int_equal(proc_read_status(dir, 0, &s, &err), 0);
		assert_string_equal(s.name, e->name);
		assert_int_equal(s.state, e->state);
		assert_int_equal(s.tgid, e->tgid);
		assert_int_equal(s.ppid, e->ppid);
		assert_int_equal(s.tracer, e->tracer);
		assert_int_equal(s.uid, e->uid);
		assert_int_equal(s.gid, e->gid);
		assert_int_equal(s.kernel_thread, e->kernel_thread);
		assert_int_equal(s.own_pid, e->own_pid);
		assert_int_equal(s.seccomp, e->seccomp);
		assert_int_equal(s.has_memory, e->has_memory);
		assert_int_equal(s.caps, e->caps);
	}
	unlink(path);
	rmdir(dir_name);
}

TEST(a_process_began_when_it_was_started)
{
	uint64_t before = clock_ns(CLOCK_REALTIME), after, start;
	struct error err;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c;

		/* a name that looks like the fields behind it */
		prctl(PR_SET_NAME, ") R 1 2 3 4");
		close(ends[1]);
		_exit(read(ends[0], &c, 1) != 0);
	}
	_cleanup_(closep) int dir = proc_open_dir(pid, &err);
	assert_int_equal(proc_start_time(dir, &start), 0);
	after = clock_ns(CLOCK_REALTIME);
	/* the kernel counts in hundredths of a second */
	assert_true(start + 20 * NS_PER_MS >= before && start <= after + 20 * NS_PER_MS);
	close(ends[0]);
	close(ends[1]);
	waitpid(pid, NULL, 0);
	assert_int_equal(proc_start_time(dir, &start), -1);
}

TEST(a_process_that_is_not_there_is_said)
{
	struct error err;

	assert_int_equal(proc_open_dir(0x7ffffffe, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_string_equal(err.msg, "no such process");
}

TEST(a_folder_goes_on_meaning_the_same_process)
{
	char name[PROC_NAME_MAX] = "x", path[64] = "x";
	struct proc_status status;
	pid_t *list;
	uint64_t ns;
	size_t n;
	struct child c;
	struct error err;

	child_start(&c, nothing);
	child_end(&c);
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_int_equal(proc_list_threads(c.dir, &list, &n, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_int_equal(proc_list_children(c.dir, &list, &n, &err), -1);
	assert_int_equal(proc_thread_cpu_ns(c.dir, c.pid, &ns), -1);
	proc_thread_name(c.dir, c.pid, name);
	assert_string_equal(name, "");
	proc_exe_path(c.dir, path, sizeof(path));
	assert_string_equal(path, "");
	close(c.to_us);
	close(c.dir);
}

/* ---- threads and children ---- */

static int thread_pipe[2];

static void *wait_in_thread(void *arg)
{
	char byte;

	pthread_setname_np(pthread_self(), arg);
	if (write(thread_pipe[1], "", 1) != 1)
		abort();
	for (;;)
		(void)!read(thread_pipe[0], &byte, 0), pause();
}

static void start_threads(void)
{
	static const char *const names[] = { "first", "second" };
	pthread_t t;
	char bytes[2];

	if (pipe(thread_pipe) < 0)
		_exit(2);
	for (size_t i = 0; i < array_len(names); i++)
		if (pthread_create(&t, NULL, wait_in_thread, (void *)names[i]) != 0)
			_exit(2);
	for (size_t got = 0; got < sizeof(bytes);)
		got += (size_t)read(thread_pipe[0], bytes, sizeof(bytes) - got);
}

TEST(threads_are_listed_with_their_names)
{
	_cleanup_(freep) pid_t *list = NULL;
	bool first = false, second = false, leader = false;
	struct proc_status status;
	struct child c;
	struct error err;
	size_t n;

	child_start(&c, start_threads);
	assert_int_equal(proc_list_threads(c.dir, &list, &n, &err), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		char name[PROC_NAME_MAX];
		uint64_t ns = 0;

		proc_thread_name(c.dir, list[i], name);
		first |= strcmp(name, "first") == 0;
		second |= strcmp(name, "second") == 0;
		leader |= list[i] == c.pid;
		assert_int_equal(proc_thread_cpu_ns(c.dir, list[i], &ns), 0);
		assert_true(ns > 0);
		assert_int_equal(proc_read_status(c.dir, list[i], &status, &err), 0);
		assert_string_equal(status.name, name);
		assert_int_equal(status.tgid, c.pid);
	}
	assert_true(first && second && leader);
	child_reap(&c);
}

static void *pause_in_thread(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Of a process whose first thread has ended, another one has what is the process'. */
TEST(a_thread_that_has_not_ended_stands_for_its_process)
{
	char path[PROC_PATH_MAX], exe[4096], own[4096];
	struct child c = { .pid = fork() };
	struct proc_status status;
	struct error err;
	pthread_t t;
	pid_t tid;
	ssize_t n;

	if (c.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&t, NULL, pause_in_thread, NULL);
		syscall(SYS_exit, 0);
	}
	c.dir = proc_open_dir(c.pid, &err);
	assert_int_equal(wait_state(&c, 'Z'), 'Z');
	tid = proc_living_thread(c.dir, &err);
	assert_true(tid > 0 && tid != c.pid);
	assert_int_equal(proc_read_status(c.dir, 0, &status, &err), 0);
	assert_false(status.has_memory);
	assert_int_equal(proc_read_status(c.dir, tid, &status, &err), 0);
	assert_true(status.has_memory);
	snprintf(own, sizeof(own), "task/%d/maps", (int)tid);
	assert_string_equal(proc_living_path(c.dir, "maps", path), own);
	proc_exe_path(c.dir, exe, sizeof(exe));
	n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	assert_true(n > 0);
	own[n] = '\0';
	assert_string_equal(exe, own);

	assert_int_equal(kill(c.pid, SIGKILL), 0);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(proc_living_thread(c.dir, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_string_equal(proc_living_path(c.dir, "maps", path), "maps");
	waitpid(c.pid, NULL, 0);
	close(c.dir);
}

static void start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		for (;;)
			pause();
	}
}

TEST(children_are_listed)
{
	_cleanup_(freep) pid_t *list = NULL;
	_cleanup_(closep) int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct proc_status status;
	struct child c;
	struct error err;
	size_t n;
	bool found = false;

	child_start(&c, start_child);
	assert_int_equal(proc_list_children(c.dir, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	_cleanup_(closep) int dir = proc_open_dir(list[0], &err);
	assert_int_equal(proc_read_status(dir, 0, &status, &err), 0);
	assert_int_equal(status.ppid, c.pid);
	free(steal(list));
	assert_int_equal(proc_list_children(self, &list, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		found |= list[i] == c.pid;
	assert_true(found);
	child_reap(&c);
}

/* ---- small files ---- */

TEST(a_small_file_is_cut_at_the_size_of_the_buffer)
{
	_cleanup_(closep) int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char all[8192], some[8];

	assert_true(proc_read_file(dir, "status", all, sizeof(all)) > 100);
	assert_int_equal(proc_read_file(dir, "status", some, sizeof(some)), 7);
	assert_memory_equal(all, some, 7);
	assert_int_equal(some[7], '\0');
	assert_int_equal(proc_read_file(dir, "no such file", some, sizeof(some)), -1);
}

TEST(a_number_is_read_or_minus_1)
{
	assert_int_equal(proc_read_number("/proc/sys/kernel/pid_max") > 100, 1);
	assert_int_equal(proc_read_number("/proc/no such file"), -1);
}

TEST(the_executable_is_named_also_when_it_was_deleted)
{
	char dir_name[] = "/tmp/cprofd-test-XXXXXX", path[256];
	int to_it[2], from_it[2];
	struct error err;

	assert_non_null(mkdtemp(dir_name));
	_cleanup_(freep) char *copy = xasprintf("%s/a copy", dir_name);
	_cleanup_(freep) char *command = xasprintf("cp /bin/cat '%s'", copy);
	assert_int_equal(system(command), 0);
	assert_int_equal(pipe2(to_it, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from_it, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(to_it[0], 0);
		dup2(from_it[1], 1);
		execl(copy, copy, NULL);
		_exit(1);
	}
	assert_int_equal(write(to_it[1], "x", 1), 1);
	wait_readable(from_it[0]);	/* it copies: so it has exec'd */
	_cleanup_(closep) int dir = proc_open_dir(pid, &err);
	proc_exe_path(dir, path, sizeof(path));
	assert_string_equal(path, copy);
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(rmdir(dir_name), 0);
	proc_exe_path(dir, path, sizeof(path));
	assert_string_equal(path, copy);	/* without " (deleted)" */
	close(to_it[1]);
	close(to_it[0]);
	close(from_it[0]);
	close(from_it[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* As the process names it itself, who may have another root. */
TEST(the_folder_that_a_process_works_in_is_named_below_its_root)
{
	static const struct { const char *cwd, *root, *named; } cases[] = {
		{ "/a/b", "", "%s/a/b" }, { "/a", "", "%s/a" },
		{ "/a/b", "/a", "/b" }, { "/a", "/a", "/" },
		{ "/ab", "/a", "" },		/* not below it */
		{ "/gone", "", "" },
	};
	char base[] = "/tmp/cprofd-test-XXXXXX", path[256];
	struct error err;

	assert_non_null(mkdtemp(base));
	_cleanup_(freep) char *make = xasprintf("mkdir -p %s/a/b %s/ab", base, base);
	_cleanup_(freep) char *clean = xasprintf("rm -r %s", base);
	assert_int_equal(system(make), 0);
	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *cwd = xasprintf("%s%s", base, cases[i].cwd);
		_cleanup_(freep) char *root = xasprintf("%s%s", base, cases[i].root);
		_cleanup_(freep) char *named = xasprintf(cases[i].named, base);
		bool gone = strcmp(cases[i].cwd, "/gone") == 0;
		int ready[2], go_on[2];
		char c;

		if (*cases[i].root && geteuid() != 0) {
			print_message("skipped: only root has another root\n");
			continue;
		}
		assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(go_on, O_CLOEXEC), 0);
		pid_t pid = fork();
		if (pid == 0) {
			close(go_on[1]);
			if ((gone && mkdir(cwd, 0700) < 0) || chdir(cwd) < 0 ||
			    (gone && rmdir(cwd) < 0) || (*cases[i].root && chroot(root) < 0) ||
			    write(ready[1], "x", 1) != 1)
				_exit(1);
			_exit(read(go_on[0], &c, 1) != 0);
		}
		close(ready[1]);
		close(go_on[0]);
		assert_int_equal(read(ready[0], &c, 1), 1);
		_cleanup_(closep) int dir = proc_open_dir(pid, &err);
		proc_cwd_path(dir, path, sizeof(path));
		assert_string_equal(path, named);
		close(go_on[1]);
		close(ready[0]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		proc_cwd_path(dir, path, sizeof(path));
		assert_string_equal(path, "");
	}
	assert_int_equal(system(clean), 0);
}

/* ---- names of the kernel ---- */

TEST(kernel_addresses_are_hidden_only_if_all_are_0)
{
	static const struct { const char *text; bool shown; } cases[] = {
		{ "ffffffff81000000 T _text\n", true },
		{ "0000000000000000 A fixed_percpu_data\n0000000000001000 A cpu_debug_store\n"
		  "ffffffff81000000 T startup_64\n", true },
		{ "0000000000000000 A fixed_percpu_data\nffff800080000000 T _text", true },
		{ "0000000000000000 A fixed_percpu_data\n0000000000000000 T startup_64\n", false },
		/* A name is no address. */
		{ "0000000000000000 t ffff\n0000000000000000 t a\t[ffff]\n", false },
		{ "0000000000000000 t a\nfff", false },
		{ "\n\n", false }, { "", false },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		/* Without a terminator: what is behind the text is not read. */
		_cleanup_(freep) char *text = xmemdup(cases[i].text, strlen(cases[i].text));

		assert_int_equal(kallsyms_shows_addresses(text, strlen(cases[i].text)),
				 cases[i].shown);
	}
}

TEST(the_control_group_that_tells_most)
{
	static const char *const cases[][2] = {
		{ "0::/user.slice/session-1.scope\n", "/user.slice/session-1.scope" },
		{ "4:memory:/docker/abc\n1:name=systemd:/init.scope\n0::/\n", "/init.scope" },
		{ "4:memory:/docker/abc\n2:cpu:/other\n0::/\n", "/docker/abc" },
		{ "2:cpu:/a:b\n", "/a:b" },
		{ "2:cpu:/\n0::/", "/" },
		{ "", "/" }, { "no colon\n::\n", "/" }, { "0::/no/newline", "/no/newline" },
	};
	char path[64];

	for (size_t i = 0; i < array_len(cases); i++) {
		cgroup_choose(cases[i][0], path, sizeof(path));
		assert_string_equal(path, cases[i][1]);
	}
	cgroup_choose(cases[0][0], path, 6);
	assert_string_equal(path, "/user");
	cgroup_of(-1, path, sizeof(path));
	assert_string_equal(path, "");
}

TEST(busy_cpus_are_counted)
{
	uint64_t first, then, until = clock_mono_ns() + 200 * NS_PER_MS;
	int stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);

	assert_int_equal(proc_host_cpu_ns(stat, &first), 0);
	while (clock_mono_ns() < until)
		;
	assert_int_equal(proc_host_cpu_ns(stat, &then), 0);
	close(stat);
	/* This one was at work: hundredths of a second are what there is. */
	assert_true(then - first >= 100 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_control_group_that_tells_most),
		cmocka_unit_test(busy_cpus_are_counted),
		cmocka_unit_test(a_line_of_maps_is_taken_apart),
		cmocka_unit_test(line_ends_in_a_path_are_written_by_their_number),
		cmocka_unit_test(devices_are_those_of_makedev),
		cmocka_unit_test(lines_of_another_form_are_skipped),
		cmocka_unit_test(no_truncation_is_read_beyond_or_makes_a_mapping_larger),
		cmocka_unit_test(a_line_longer_than_any_path_is_read),
		cmocka_unit_test(our_own_mappings_are_found),
		cmocka_unit_test(a_name_with_brackets_and_blanks_confuses_nobody),
		cmocka_unit_test(a_name_cannot_pretend_to_be_another_field),
		cmocka_unit_test(states_follow_the_process),
		cmocka_unit_test(the_effective_ids_are_taken),
		cmocka_unit_test(kernel_threads_are_told_from_others),
		cmocka_unit_test(a_status_of_any_kernel_is_read),
		cmocka_unit_test(a_process_began_when_it_was_started),
		cmocka_unit_test(a_process_that_is_not_there_is_said),
		cmocka_unit_test(a_folder_goes_on_meaning_the_same_process),
		cmocka_unit_test(threads_are_listed_with_their_names),
		cmocka_unit_test(a_thread_that_has_not_ended_stands_for_its_process),
		cmocka_unit_test(children_are_listed),
		cmocka_unit_test(a_small_file_is_cut_at_the_size_of_the_buffer),
		cmocka_unit_test(a_number_is_read_or_minus_1),
		cmocka_unit_test(kernel_addresses_are_hidden_only_if_all_are_0),
		cmocka_unit_test(the_executable_is_named_also_when_it_was_deleted),
		cmocka_unit_test(the_folder_that_a_process_works_in_is_named_below_its_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "proc/task.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "proc/maps.h"

#define MAPS_BYTES (256 << 10)	/* more than any 32-bit program has needed */

int proc_open_dir(pid_t pid, struct error *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT || access("/proc/self", F_OK) < 0)
		return error_sys(err, "cannot open %s", path);
	return error_set(err, ESRCH, "no such process");
}

ssize_t proc_read_file(int dir, const char *name, char *buf, size_t cap)
{
	_cleanup_(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len + 1 < cap && (n = read(fd, buf + len, cap - 1 - len)) != 0) {
		if (n < 0)
			return -1;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

/* The value of "Key:\t..." in status text, or "". */
static const char *field(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
	}
	return "";
}

static long number_field(const char *text, const char *key, long missing)
{
	const char *v = field(text, key);

	return isdigit((unsigned char)*v) ? strtol(v, NULL, 10) : missing;
}

/* The last number in a list; `missing` if there is none. */
static long last_field(const char *text, const char *key, long missing)
{
	const char *v = field(text, key);

	while (isdigit((unsigned char)*v)) {
		char *end;

		missing = strtol(v, &end, 10);
		v = end + strspn(end, " \t");
	}
	return missing;
}

/* Uid and Gid list real, effective, saved, filesystem. */
static unsigned int effective_id(const char *text, const char *key)
{
	unsigned int real, effective;

	if (sscanf(field(text, key), "%u %u", &real, &effective) != 2)
		return (unsigned int)-1;
	return effective;
}

int proc_read_status(int dir, pid_t tid, struct proc_status *out, struct error *err)
{
	char name[48] = "status", text[8192];

	if (tid)
		snprintf(name, sizeof(name), "task/%d/status", (int)tid);
	if (proc_read_file(dir, name, text, sizeof(text)) <= 0)
		return error_set(err, ESRCH, "the process is gone");
	*out = (struct proc_status){
		.state = *field(text, "State"),
		.tgid = (pid_t)number_field(text, "Tgid", 0),
		.ppid = (pid_t)number_field(text, "PPid", 0),
		.tracer = (pid_t)number_field(text, "TracerPid", 0),
		.own_pid = (pid_t)last_field(text, "NSpid", number_field(text, "Tgid", 0)),
		.uid = effective_id(text, "Uid"),
		.gid = effective_id(text, "Gid"),
		/* Only a process with memory of its own has VmSize. */
		.has_memory = *field(text, "VmSize"),
		.kernel_thread = number_field(text, "Kthread", -1) == 1 ||
				 (number_field(text, "Kthread", -1) < 0 &&
				  !*field(text, "VmSize") && *field(text, "State") != 'Z'),
		.seccomp = (int)number_field(text, "Seccomp", -1),
		.caps = strtoull(field(text, "CapEff"), NULL, 16),
	};
	snprintf(out->name, sizeof(out->name), "%.*s",
		 (int)strcspn(field(text, "Name"), "\n"), field(text, "Name"));
	return 0;
}

int proc_start_time(int dir, uint64_t *real_ns)
{
	long per_s = sysconf(_SC_CLK_TCK);
	unsigned long long ticks;
	char text[1024], *name_end;

	if (proc_read_file(dir, "stat", text, sizeof(text)) <= 0 ||
	    !(name_end = strrchr(text, ')')) || per_s <= 0 ||
	    sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
		   "%*d %*d %*d %*d %llu", &ticks) != 1)
		return -1;
	*real_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) +
		   ticks * (NS_PER_S / (uint64_t)per_s);
	return 0;
}

static bool has_ended(char state)
{
	return state == 'Z' || state == 'X';
}

pid_t proc_living_thread(int dir, struct error *err)
{
	_cleanup_(freep) pid_t *tids = NULL;
	struct proc_status status;
	size_t n;

	if (proc_list_threads(dir, &tids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (proc_read_status(dir, tids[i], &status, err) == 0 && !has_ended(status.state))
			return tids[i];
	return error_set(err, ESRCH, "the process has ended");
}

const char *proc_living_path(int dir, const char *name, char path[PROC_PATH_MAX])
{
	struct proc_status status;
	struct error err;
	pid_t tid;

	if (proc_read_status(dir, 0, &status, &err) < 0 || !has_ended(status.state) ||
	    (tid = proc_living_thread(dir, &err)) < 0)
		return name;
	snprintf(path, PROC_PATH_MAX, "task/%d/%s", (int)tid, name);
	return path;
}

bool proc_is_32bit(int dir)
{
	const uint64_t limit = 1ull << 32;
	_cleanup_(freep) char *text = xmalloc(MAPS_BYTES);
	char name[PROC_PATH_MAX];
	ssize_t len = proc_read_file(dir, proc_living_path(dir, "maps", name), text, MAPS_BYTES);
	const char *at = text;
	struct proc_map map;
	bool any = false;

	/* Whatever a 64-bit program maps low, its stack is high up. */
	while (len > 0 && proc_maps_next(&at, text + len, &map)) {
		if (map.end > limit)
			return false;
		any = true;
	}
	return any && len + 1 < MAPS_BYTES;
}

static void add_pid(pid_t **list, size_t *n, size_t *cap, pid_t pid)
{
	array_reserve(*list, *n + 1, *cap);
	(*list)[(*n)++] = pid;
}

int proc_list_threads(int dir, pid_t **out, size_t *n, struct error *err)
{
	int fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	size_t cap = 0;
	DIR *d;

	*out = NULL;
	*n = 0;
	if (fd < 0 || !(d = fdopendir(fd))) {
		closep(&fd);
		return error_set(err, ESRCH, "the process is gone");
	}
	while ((entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]))
			add_pid(out, n, &cap, (pid_t)strtol(entry->d_name, NULL, 10));
	closedir(d);
	if (*n)
		return 0;
	free(*out);
	return error_set(err, ESRCH, "the process is gone");
}

int proc_list_children(int dir, pid_t **out, size_t *n, struct error *err)
{
	_cleanup_(freep) pid_t *threads = NULL;
	size_t n_threads, cap = 0;

	*out = NULL;
	*n = 0;
	if (proc_list_threads(dir, &threads, &n_threads, err) < 0)
		return -1;
	for (size_t i = 0; i < n_threads; i++) {
		char name[48], text[16384];

		snprintf(name, sizeof(name), "task/%d/children", (int)threads[i]);
		ssize_t len = proc_read_file(dir, name, text, sizeof(text));
		if (len <= 0)
			continue;
		/* The last number of a list that did not fit may be half of one. */
		while (len == sizeof(text) - 1 && len > 0 && text[len - 1] != ' ')
			text[--len] = '\0';
		for (char *p = text, *next; *p; p = next) {
			long pid = strtol(p, &next, 10);

			if (next == p)
				break;
			add_pid(out, n, &cap, (pid_t)pid);
		}
	}
	return 0;
}

void proc_thread_name(int dir, pid_t tid, char name[PROC_NAME_MAX])
{
	char path[48];

	snprintf(path, sizeof(path), "task/%d/comm", (int)tid);
	if (proc_read_file(dir, path, name, PROC_NAME_MAX) < 0)
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

int proc_thread_cpu_ns(int dir, pid_t tid, uint64_t *out)
{
	char path[48], text[128];

	snprintf(path, sizeof(path), "task/%d/schedstat", (int)tid);
	if (proc_read_file(dir, path, text, sizeof(text)) <= 0)
		return -1;
	return sscanf(text, "%" SCNu64, out) == 1 ? 0 : -1;
}

int proc_host_cpu_ns(int stat, uint64_t *out)
{
	unsigned long long user, nice, system, irq, softirq;
	long per_s = sysconf(_SC_CLK_TCK);
	char text[256];
	ssize_t n = pread(stat, text, sizeof(text) - 1, 0);

	if (per_s <= 0 || n <= 0)
		return -1;
	text[n] = '\0';
	/* Running a guest is in user and nice already. */
	if (sscanf(text, "cpu %llu %llu %llu %*u %*u %llu %llu", &user, &nice, &system, &irq,
		   &softirq) != 5)
		return -1;
	*out = (uint64_t)(user + nice + system + irq + softirq) * (NS_PER_S / (uint64_t)per_s);
	return 0;
}

/* What a link of a process names; where that is no more, true and without saying so. */
static bool read_link(int dir, const char *link, char *buf, size_t cap)
{
	static const char deleted[] = " (deleted)";
	char name[PROC_PATH_MAX];
	ssize_t n = readlinkat(dir, proc_living_path(dir, link, name), buf, cap - 1);

	buf[n > 0 ? n : 0] = '\0';
	if (n <= (ssize_t)strlen(deleted) || strcmp(buf + n - strlen(deleted), deleted) != 0)
		return false;
	buf[n - (ssize_t)strlen(deleted)] = '\0';
	return true;
}

void proc_exe_path(int dir, char *buf, size_t cap)
{
	read_link(dir, "exe", buf, cap);
}

void proc_cwd_path(int dir, char *buf, size_t cap)
{
	char root[PATH_MAX];
	bool is_gone = read_link(dir, "cwd", buf, cap);
	size_t len;

	read_link(dir, "root", root, sizeof(root));
	len = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (is_gone || buf[0] != '/' || !*root || strncmp(buf, root, len) != 0 ||
	    (len && buf[len] != '/' && buf[len]))
		buf[0] = '\0';
	else if (len)
		memmove(buf, buf[len] ? buf + len : "/", strlen(buf + len) + (buf[len] ? 1 : 2));
}

bool proc_in_user_namespace(void)
{
	unsigned long inside, outside, n;
	char text[256];

	/* The first one maps all ids to themselves; it may be missing in old kernels. */
	return proc_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) > 0 &&
	       (sscanf(text, "%lu %lu %lu", &inside, &outside, &n) != 3 || inside || outside ||
		n != UINT32_MAX);
}

long proc_read_number(const char *path)
{
	char text[64];

	if (proc_read_file(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	return strtol(text, NULL, 10);
}

// SPDX-License-Identifier: Apache-2.0
#include "cmd/count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/msg.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/convert.h"
#include "session/control.h"

#define MAX_AT_ONCE 64		/* processes that a worker is started for */
#define MAX_SEND_NS (20 * NS_PER_S)	/* the session does not wait for ever */

/* What every Python loads, and what that loads. */
static const char *const modules[] = { "sitecustomize.py", "cprofd_count.py" };

struct count {
	char *folder;
	int dir;
};

static void count_closep(struct count **c)
{
	count_close(*c);
}

/* Beside the running program (build tree), or where it is installed. */
static char *find_modules(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		char *folder = xasprintf("%.*s/count", (int)(strrchr(path, '/') - path), path);

		if (access(folder, X_OK) == 0)
			return folder;
		free(folder);
	}
	return xstrdup(PKGDATADIR "/count");
}

/* Where there is no colon, which separates what is in PYTHONPATH. */
static char *folder_name(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || *tmp != '/' || strchr(tmp, ':'))
		tmp = "/tmp";
	return xasprintf("%s/cprofd-count-XXXXXX", tmp);
}

int count_open(const struct cmd *cmd, struct count **out)
{
	_cleanup_(count_closep) struct count *c = xcalloc(1, sizeof(*c));
	_cleanup_(freep) char *from = find_modules(), *folder = folder_name();

	c->dir = -1;
	if (!mkdtemp(folder))
		return cmd_fail(cmd, EXIT_OUTPUT, "--count: %s: %s", folder, strerror(errno));
	c->folder = steal(folder);
	c->dir = open(c->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir < 0)
		return cmd_fail(cmd, EXIT_OUTPUT, "--count: %s: %s", c->folder, strerror(errno));
	for (size_t i = 0; i < array_len(modules); i++) {
		_cleanup_(freep) char *module = xasprintf("%s/%s", from, modules[i]);

		if (access(module, R_OK) < 0 || symlinkat(module, c->dir, modules[i]) < 0)
			return cmd_fail(cmd, EXIT_INTERNAL, "--count: %s: %s", module,
					strerror(errno));
	}
	*out = steal(c);
	return 0;
}

void count_set_environment(const struct count *c)
{
	const char *before = getenv("PYTHONPATH");
	_cleanup_(freep) char *path = before && *before ? xasprintf("%s:%s", c->folder, before)
							: xstrdup(c->folder);

	setenv("PYTHONPATH", path, 1);
}

/* ---- the end ---- */

/* The entries of a folder, for closedir(); NULL: it cannot be read. */
static DIR *open_entries(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries)
		closep(&fd);
	return entries;
}

static bool is_count(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot, ".counts") == 0;
}

/* The recording of one process; -1: there is none. */
static int convert_one(struct convert *c, int dir, const char *name)
{
	_cleanup_(closep) int file = -1;
	struct error err;
	struct stat st;

	/* Nothing in the folder is trusted: what is no file is not waited for. */
	file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return file >= 0 && fstat(file, &st) == 0 && S_ISREG(st.st_mode)
		? convert_file(c, file, &err) : -1;
}

/* Of up to so many processes, then there may be more; false: of no more. */
static bool send_some(DIR *entries, int control, struct c_counts *end)
{
	const struct c_counts msg = { .type = C_COUNTS };
	int recordings[MAX_AT_ONCE];
	struct dirent *entry;
	struct convert c;
	struct error err;
	size_t n = 0;

	if (convert_start(&c, &err) < 0) {
		cmd_say("--count: %s", err.msg);
		return false;
	}
	while (n < array_len(recordings) && (entry = readdir(entries))) {
		if (!is_count(entry->d_name))
			continue;
		recordings[n] = convert_one(&c, dirfd(entries), entry->d_name);
		if (recordings[n] < 0)
			end->n_lost++;
		else
			n++;
	}
	convert_end(&c);
	for (size_t i = 0; i < n; i++) {
		msg_send(control, &msg, sizeof(msg), &recordings[i], 1, &err);
		close(recordings[i]);
	}
	return n == array_len(recordings);
}

static uint64_t time_ns(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_usec * NS_PER_US;
}

void count_send(const struct count *c, const struct rusage *usage, int control)
{
	struct c_counts end = { .type = C_COUNTS,
		.cpu_ns = time_ns(&usage->ru_utime) + time_ns(&usage->ru_stime) };
	uint64_t limit = clock_mono_ns() + MAX_SEND_NS;
	DIR *entries = open_entries(c->dir);
	struct dirent *entry;
	struct error err;

	while (entries && clock_mono_ns() < limit && send_some(entries, control, &end))
		;
	while (entries && (entry = readdir(entries)))	/* there was no time for them */
		end.n_lost += is_count(entry->d_name);
	if (entries)
		closedir(entries);
	msg_send(control, &end, sizeof(end), NULL, 0, &err);
}

/* With what Python has put there: __pycache__ and the files in it, no more. */
static void remove_all(int dir, bool folders)
{
	DIR *entries = open_entries(dir);
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		_cleanup_(closep) int inner = -1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(dir, entry->d_name, 0) == 0 || !folders)
			continue;
		inner = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			remove_all(inner, false);
		unlinkat(dir, entry->d_name, AT_REMOVEDIR);
	}
	if (entries)
		closedir(entries);
}

void count_close(struct count *c)
{
	if (!c)
		return;
	if (c->dir >= 0)
		remove_all(c->dir, true);
	if (c->folder && rmdir(c->folder) < 0)
		cmd_say("--count: %s stays: %s", c->folder, strerror(errno));
	closep(&c->dir);
	free(c->folder);
	free(c);
}

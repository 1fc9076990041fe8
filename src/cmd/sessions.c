// SPDX-License-Identifier: Apache-2.0
#include "cmd/sessions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/io.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd_recording.h"
#include "cmd/own_files.h"
#include "record/reader.h"
#include "ui/app_session.h"

/* ---- names ---- */

void session_entry_make(pid_t pid, struct session_entry *e)
{
	*e = (struct session_entry){ .pid = pid, .began = (long)time(NULL) };
	snprintf(e->name, sizeof(e->name), "%d-%ld", (int)pid, e->began);
}

void session_file(const struct session_entry *e, const char *what,
		  char name[SESSION_NAME_MAX + 8])
{
	snprintf(name, SESSION_NAME_MAX + 8, "%s.%.6s", e->name, what);
}

int sessions_open_folder(char path[PATH_MAX], struct error *err)
{
	if (own_path(OWN_STATE, "sessions", path, err) < 0)
		return error_prefix(err, "no folder for sessions");
	if (strlen(path) + SESSION_NAME_MAX + 8 > PATH_MAX)
		return error_set(err, ENAMETOOLONG, "the path of the folder for sessions is too long");
	return own_open_folder(path, err);
}

/* ---- sockets ---- */

/* A path may be longer than a socket's address: by way of the folder it is short. */
static void address_of(int folder, const struct session_entry *e, struct sockaddr_un *sa)
{
	char name[SESSION_NAME_MAX + 8];

	session_file(e, "sock", name);
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%s", folder, name);
}

int sessions_listen(int folder, const struct session_entry *e, struct error *err)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;

	address_of(folder, e, &sa);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 8) < 0)
		return error_sys(err, "cannot make the session's socket");
	return steal_fd(fd);
}

static int connect_in(int folder, const struct session_entry *e, struct error *err)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;

	address_of(folder, e, &sa);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return error_sys(err, "cannot reach the session");
	return steal_fd(fd);
}

int sessions_connect(const struct session_entry *e, struct error *err)
{
	char path[PATH_MAX];
	_cleanup_(closep) int folder = sessions_open_folder(path, err);

	return folder < 0 ? -1 : connect_in(folder, e, err);
}

/* ---- what there is ---- */

/* A session by the name of its recording. */
static bool parse_name(const char *file, struct session_entry *e)
{
	int n = 0;

	*e = (struct session_entry){ 0 };
	if (sscanf(file, "%d-%ld.cprof%n", &e->pid, &e->began, &n) != 2 || !n || file[n] ||
	    e->pid < 0)
		return false;
	snprintf(e->name, sizeof(e->name), "%d-%ld", (int)e->pid, e->began);
	return true;
}

/* Does it answer?  The socket of one that died is removed. */
static bool is_live(int folder, const struct session_entry *e)
{
	char name[SESSION_NAME_MAX + 8];
	struct error err;
	int fd = connect_in(folder, e, &err);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	session_file(e, "sock", name);
	if (err.code == ECONNREFUSED)
		unlinkat(folder, name, 0);
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct session_entry *x = a, *y = b;

	return x->began == y->began ? y->pid - x->pid : x->began < y->began ? 1 : -1;
}

int sessions_list(struct session_entry **out, size_t *n, struct error *err)
{
	char path[PATH_MAX], file[PATH_MAX + 300];
	_cleanup_(closep) int folder = sessions_open_folder(path, err);
	DIR *dir = folder < 0 ? NULL : opendir(path);
	struct dirent *d;
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	if (folder < 0)
		return -1;
	if (!dir)
		return error_sys(err, "%s", path);
	while ((d = readdir(dir))) {
		struct session_entry e;

		if (!parse_name(d->d_name, &e))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		if (!realpath(file, e.path))
			snprintf(e.path, sizeof(e.path), "%.*s", PATH_MAX - 1, file);
		e.live = is_live(folder, &e);
		array_reserve(*out, *n + 1, cap);
		(*out)[(*n)++] = e;
	}
	closedir(dir);
	if (*n)
		qsort(*out, *n, sizeof(**out), by_time);
	return 0;
}

bool sessions_find_live(pid_t pid, struct session_entry *out)
{
	_cleanup_(freep) struct session_entry *all = NULL;
	struct error err;
	size_t n;

	if (sessions_list(&all, &n, &err) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (all[i].pid != pid || !all[i].live)
			continue;
		*out = all[i];
		return true;
	}
	return false;
}

/* ---- ending ---- */

static int copy(int from, int to, struct error *err)
{
	char bytes[1 << 16];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (io_write_full(to, bytes, (size_t)n) < 0)
			return error_sys(err, "cannot write");
	return n < 0 ? error_sys(err, "cannot read the recording") : 0;
}

int session_save(const struct session_entry *e, const char *path, unsigned int flags,
		 struct error *err)
{
	_cleanup_(closep) int from = cmd_open_regular(e->path, O_RDONLY, err);
	struct out_file *out;

	if (from < 0 || out_file_open(path, flags | OUT_FILE_PRIVATE, &out, err) < 0)
		return -1;
	if (copy(from, out_file_fd(out), err) < 0) {
		out_file_abort(out);
		return error_prefix(err, "%s", path);
	}
	return out_file_commit(out, err);
}

void sessions_remove(const struct session_entry *e)
{
	static const char *const files[] = { "cprof", "view", "sock" };
	char path[PATH_MAX], name[SESSION_NAME_MAX + 8];
	struct error err;
	_cleanup_(closep) int folder = sessions_open_folder(path, &err);

	for (size_t i = 0; i < array_len(files) && folder >= 0; i++) {
		session_file(e, files[i], name);
		unlinkat(folder, name, 0);
	}
}

void sessions_trim(void)
{
	_cleanup_(freep) struct session_entry *all = NULL;
	long oldest = (long)time(NULL) - SESSIONS_KEEP_DAYS * 24 * 3600L;
	struct error err;
	size_t n;

	if (sessions_list(&all, &n, &err) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (!all[i].live && all[i].began < oldest)
			sessions_remove(&all[i]);
}

/* ---- facts ---- */

static void take_record(struct session_facts *f, const struct record *rec)
{
	const struct record_meta *meta = &rec->meta;

	switch (rec->type) {
	case RECORD_META:
		if (meta->key_len == 7 && memcmp(meta->key, "command", 7) == 0)
			snprintf(f->program, sizeof(f->program), "%.*s",
				 (int)min_of(meta->value_len, sizeof(f->program)), meta->value);
		break;
	case RECORD_SAMPLES:
		f->n_samples += rec->batch.n_items;
		break;
	case RECORD_COUNTER:
		f->elapsed_ns = max_of(f->elapsed_ns, rec->counter.time_ns - rec->start_ns);
		break;
	case RECORD_LOST:
		f->n_lost += rec->lost.count;
		break;
	case RECORD_END:
		f->ended = true;
		f->n_samples = rec->end.n_samples;
		f->n_lost = rec->end.n_lost;
		f->elapsed_ns = rec->end.time_ns - rec->start_ns;
		break;
	default:
		break;
	}
}

int session_facts_read(const char *path, struct session_facts *out, struct error *err)
{
	_cleanup_(closep) int fd = cmd_open_regular(path, O_RDONLY, err);
	struct record_reader *reader;
	struct record rec;
	struct stat st;

	*out = (struct session_facts){ 0 };
	if (fd < 0 || record_reader_open(fd, &reader, err) < 0)
		return -1;
	out->start_real_ns = record_reader_header(reader)->start_real_ns;
	while (record_reader_next(reader, &rec, err) > 0)
		take_record(out, &rec);
	out->bytes = fstat(fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
	record_reader_close(reader);
	return 0;
}

void session_row_make(const struct session_entry *e, struct session_row *out)
{
	time_t began = (time_t)e->began;
	struct session_facts f;
	struct error err;
	struct tm tm;

	session_facts_read(e->path, &f, &err);
	*out = (struct session_row){
		.pid = (uint32_t)e->pid, .elapsed_ns = f.elapsed_ns, .n_samples = f.n_samples,
		.n_lost = f.n_lost, .bytes = f.bytes,
		/* One that goes on has no end yet; another without was cut off. */
		.state = e->live ? "live" : f.ended ? "ended" : "cut",
	};
	snprintf(out->program, sizeof(out->program), "%s", f.program);
	localtime_r(&began, &tm);
	strftime(out->since, sizeof(out->since), "%Y-%m-%d %H:%M", &tm);
}

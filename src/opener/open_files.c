// SPDX-License-Identifier: Apache-2.0
/*
 * A path that a target names may lead to a FUSE mount that never answers, to a
 * device, or to a file that only root may read.  So a child opens it: with the
 * target's rights below the target's root (and then ours), regular files only
 * (ELF files, or what a process writes of its generated code), one request at a time.  It first takes hold of the file without opening
 * it (O_PATH): opening a device or a FIFO can have an effect or not return.  When it does not answer within OPEN_LIMIT_NS it is killed (or,
 * when even that does not end it, left behind) and the request is answered with
 * "stuck"; after MAX_STUCK of those nothing is opened any more.
 *
 * With the right to do so, the file is opened through the mapping itself, which
 * is the very file also when it was deleted or replaced.
 */
#include "opener/opener_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

#define OPEN_LIMIT_NS NS_PER_S
#define MAX_STUCK 2
#define NOBODY 65534
#define CLOCK_SLACK_NS (2 * NS_PER_S)	/* between the clocks of files and of processes */

/* ---- in the child ---- */

static bool is_elf(int fd)
{
	char magic[SELFMAG];

	return io_pread_full(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* Open for reading what `held` (opened with O_PATH) is, if it is a regular file. */
static int open_regular(int held)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", held);
	if (held < 0 || fstat(held, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* The same if it is an ELF file; `held` is closed. */
static int open_held(int held)
{
	int fd = open_regular(held);

	closep(&held);
	if (fd >= 0 && !is_elf(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool same_inode(int fd, uint64_t ino)
{
	struct stat st;

	/*
	 * Not the device: btrfs and overlayfs show another one here than in
	 * maps and in perf's events.  So a file of another file system that has
	 * taken this place by mounting, with this very inode number, would pass.
	 */
	return fstat(fd, &st) == 0 && st.st_ino == ino;
}

/* How a process sees files: its root folder and its effective ids. */
struct view {
	uint32_t pid;
	int root;		/* -1: not to be had */
	uid_t uid;
	gid_t gid;
	bool our_root;
	pid_t own_pid;		/* as it sees it itself */
	uint64_t start_ns;	/* by CLOCK_REALTIME; 0: not known */
};

static void view_deinit(struct view *v)
{
	closep(&v->root);
}

static bool is_our_root(int root)
{
	struct stat a, b;

	return fstat(root, &a) == 0 && stat("/", &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/*
 * A process may end before its files are asked for.  The first one, by which
 * debug files are looked for, is remembered.
 */
static struct view view_of(uint32_t pid, int proc_dir)
{
	static struct view first = { .root = -1 };
	struct view v = { .pid = pid, .root = openat(proc_dir, "root", O_PATH | O_CLOEXEC),
			  .uid = NOBODY, .gid = NOBODY };
	struct proc_status status;
	struct error err;

	if (v.root >= 0 && proc_read_status(proc_dir, 0, &status, &err) == 0) {
		v.uid = status.uid;
		v.gid = status.gid;
		v.our_root = is_our_root(v.root);
		v.own_pid = status.own_pid;
		if (proc_start_time(proc_dir, &v.start_ns) < 0)
			v.start_ns = 0;
		if (!first.pid) {
			first = v;
			first.root = -1;
		}
		return v;
	}
	closep(&v.root);
	v.root = -1;
	return pid == first.pid ? first : v;
}

static void become(uid_t uid, gid_t gid)
{
	/* Its groups are the user's own where a user namespace allows no change of them. */
	if (geteuid() == 0 && ((setgroups(0, NULL) < 0 && !proc_in_user_namespace()) ||
			       setegid(gid) < 0 || seteuid(uid) < 0))
		_exit(1);
}

static void become_self(void)
{
	if (getuid() == 0 && (seteuid(0) < 0 || setegid(0) < 0))
		_exit(1);
}

/*
 * Take hold of `path` as if `root` (a descriptor) were the root folder.  `flags`:
 * O_NOFOLLOW, or 0.
 */
static int hold_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(O_PATH | O_CLOEXEC | flags),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static int open_below(int root, const char *path)
{
	return open_held(hold_below(root, path, 0));
}

/* Open what is named below the target's root, with the target's rights. */
static int open_as_target(const struct view *v, const char *name)
{
	int fd;

	if (v->root < 0)
		return -1;
	become(v->uid, v->gid);
	fd = open_below(v->root, name);
	become_self();
	return fd;
}

/*
 * Open what is named below our root: with the target's rights if it is the
 * target's root too.  A container's user 0 need not be that of the host: its
 * names get what everybody has.
 */
static int open_in_ours(const struct view *v, const char *name)
{
	_cleanup_(closep) int root = open("/", O_PATH | O_CLOEXEC);
	int fd;

	become(v->our_root ? v->uid : NOBODY, v->our_root ? v->gid : NOBODY);
	fd = open_below(root, name);
	become_self();
	return fd;
}

/* Open what a link of the kernel's in /proc/PID leads to. */
static int open_link(int proc_dir, const char *name)
{
	return open_held(openat(proc_dir, name, O_PATH | O_CLOEXEC));
}

/* Open the file behind a mapping; how it was found goes to *origin. */
static int open_mapped(int proc_dir, const struct view *v, const struct s_file *ask,
		       enum file_origin *origin)
{
	char name[64];
	int fd;

	*origin = FILE_MAPPED;
	snprintf(name, sizeof(name), "map_files/%lx-%lx", (unsigned long)ask->start,
		 (unsigned long)ask->end);
	fd = open_link(proc_dir, name);
	if (fd >= 0 && same_inode(fd, ask->ino))
		return fd;
	closep(&fd);
	fd = open_link(proc_dir, "exe");
	if (fd >= 0 && same_inode(fd, ask->ino))
		return fd;
	closep(&fd);

	fd = open_as_target(v, ask->path);
	*origin = fd < 0 ? FILE_NONE : same_inode(fd, ask->ino) ? FILE_BY_PATH : FILE_OTHER;
	return fd;
}

/* The process has ended: what its path names here, if that is the same file. */
static int open_left(const struct view *v, const struct s_file *ask, enum file_origin *origin)
{
	int fd = open_in_ours(v, ask->path);

	*origin = FILE_BY_PATH;
	if (fd >= 0 && !same_inode(fd, ask->ino)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The first of `names` that is there, in the target's root or in ours. */
static int open_debug_file(const struct view *v, const char *names, const char *end,
			   uint32_t *index)
{
	int fd = -1;

	*index = 0;
	for (const char *name = names; name < end; name += strlen(name) + 1, (*index)++) {
		fd = open_as_target(v, name);
		if (fd < 0)
			fd = open_in_ours(v, name);
		if (fd >= 0)
			break;
	}
	return fd;
}

/* A link in its place, or somebody else's file, could say anything of the code. */
static bool is_believed(const struct view *v, const struct s_names_file *ask,
			const struct stat *st)
{
	uint64_t changed_ns = (uint64_t)st->st_mtim.tv_sec * NS_PER_S +
			      (uint64_t)st->st_mtim.tv_nsec;

	if (!S_ISREG(st->st_mode) || (st->st_uid != v->uid && st->st_uid != 0))
		return false;
	if (ask->path[0])
		return st->st_ino == ask->ino;
	/* An earlier process of this pid may have left its own. */
	return changed_ns + CLOCK_SLACK_NS >= v->start_ns;
}

/* What a process writes of the code that it generates; with its rights. */
static int open_names(const struct view *v, const struct s_names_file *ask, struct o_file *out)
{
	_cleanup_(closep) int ours = v->root < 0 && v->our_root
				     ? open("/", O_PATH | O_CLOEXEC) : -1;
	_cleanup_(closep) int held = -1;
	char map[32];
	struct stat st;
	int fd = -1;

	if (v->root < 0 && ours < 0)
		return -1;
	snprintf(map, sizeof(map), "/tmp/perf-%d.map", (int)v->own_pid);
	become(v->uid, v->gid);
	held = hold_below(v->root < 0 ? ours : v->root, ask->path[0] ? ask->path : map, O_NOFOLLOW);
	if (held >= 0 && fstat(held, &st) == 0 && is_believed(v, ask, &st))
		fd = open_regular(held);
	become_self();
	out->origin = fd >= 0 ? FILE_BY_PATH : held >= 0 ? FILE_REFUSED : FILE_NONE;
	if (fd >= 0)
		out->state = (struct o_file_state){
			.ino = st.st_ino, .size = (uint64_t)st.st_size,
			.changed_ns = (uint64_t)st.st_mtim.tv_sec * NS_PER_S +
				      (uint64_t)st.st_mtim.tv_nsec };
	return fd;
}

/* /proc/PID, or that of a thread: the first one may have ended before the others. */
static int open_process(pid_t pid)
{
	struct error err;
	int dir = proc_open_dir(pid, &err);
	pid_t tid = dir < 0 ? -1 : proc_living_thread(dir, &err);

	if (tid < 0 || tid == pid)
		return dir;
	close(dir);
	return proc_open_dir(tid, &err);
}

static void answer_one(int channel, const struct msg *m)
{
	const struct s_file *file = (const struct s_file *)m->data;
	const struct s_debug_file *debug = (const struct s_debug_file *)m->data;
	struct o_file answer = { .type = O_FILE, .request = file->request };
	enum file_origin origin = FILE_BY_PATH;
	struct error err;
	_cleanup_(closep) int dir = open_process((pid_t)file->pid);
	_cleanup_(view_deinit) struct view view = view_of(file->pid, dir);
	_cleanup_(closep) int fd = -1;

	if (file->type == S_NAMES_FILE)
		fd = open_names(&view, (const struct s_names_file *)m->data, &answer);
	else if (file->type == S_DEBUG_FILE)
		fd = open_debug_file(&view, debug->names, (const char *)m->data + m->len,
				     &answer.index);
	else
		fd = dir >= 0 ? open_mapped(dir, &view, file, &origin)
			      : open_left(&view, file, &origin);
	if (file->type != S_NAMES_FILE)
		answer.origin = fd >= 0 ? origin : FILE_NONE;
	if (msg_send(channel, &answer, sizeof(answer), &fd, fd >= 0, &err) < 0)
		_exit(1);
}

static void child_main(int channel)
{
	struct msg *m = xmalloc(sizeof(*m));
	struct error err;

	/* One that is stuck must not hold the recording or the user's pipe. */
	if (opener_keep_fds(&channel, 1) < 0)
		_exit(1);
	channel = FIRST_KEPT_FD;
	while (msg_recv(channel, m, &err) == 1) {
		answer_one(channel, m);
		msg_close_fds(m);
	}
	_exit(0);
}

/* ---- in the opener ---- */

struct request {
	struct request *next;
	size_t len;
	uint8_t data[];
};

struct file_opener {
	int channel;		/* -1: no child */
	pid_t child;
	unsigned int n_stuck;
	uint64_t deadline_ns;	/* of the request at hand, UINT64_MAX: none */
	struct request *first, **last;
};

struct file_opener *file_opener_new(void)
{
	struct file_opener *f = xcalloc(1, sizeof(*f));

	f->channel = -1;
	f->deadline_ns = UINT64_MAX;
	f->last = &f->first;
	return f;
}

static void end_child(struct file_opener *f)
{
	if (f->channel < 0)
		return;
	close(f->channel);
	f->channel = -1;
	kill(f->child, SIGKILL);
	waitpid(f->child, NULL, WNOHANG);
}

pid_t file_opener_pid(const struct file_opener *f)
{
	return f->channel >= 0 ? f->child : 0;
}

static void drop_request(struct file_opener *f)
{
	struct request *r = f->first;

	f->first = r->next;
	if (!f->first)
		f->last = &f->first;
	free(r);
	f->deadline_ns = UINT64_MAX;
}

void file_opener_free(struct file_opener *f)
{
	if (!f)
		return;
	end_child(f);
	while (f->first)
		drop_request(f);
	free(f);
}

static int start_child(struct file_opener *f)
{
	struct error err;
	int ends[2];

	if (msg_pair(ends, &err) < 0)
		return -1;
	f->child = fork();
	if (f->child == 0) {
		close(ends[0]);
		child_main(ends[1]);
	}
	close(ends[1]);
	if (f->child < 0) {
		close(ends[0]);
		return -1;
	}
	f->channel = ends[0];
	return 0;
}

static void answer_none(struct opener *o, uint32_t request, bool stuck)
{
	struct o_file answer = {
		.type = O_FILE, .request = request, .origin = FILE_NONE, .stuck = stuck };

	opener_send(o, &answer, sizeof(answer), NULL, 0);
}

static uint32_t request_number(const struct request *r)
{
	return ((const struct s_file *)r->data)->request;
}

/* Give the oldest request to the child, unless it has one. */
static void ask_next(struct opener *o)
{
	struct file_opener *f = o->files;
	struct error err;

	while (f->first && f->deadline_ns == UINT64_MAX) {
		if (f->n_stuck < MAX_STUCK && (f->channel >= 0 || start_child(f) == 0) &&
		    msg_send(f->channel, f->first->data, f->first->len, NULL, 0, &err) == 0) {
			f->deadline_ns = clock_mono_ns() + OPEN_LIMIT_NS;
			return;
		}
		end_child(f);
		answer_none(o, request_number(f->first), true);
		drop_request(f);
	}
}

/*
 * Which process's view of files to take: only one that is followed counts.  What one
 * says of its generated code says nothing of another's: 0, no process at all.
 */
static uint32_t allowed_pid(struct opener *o, uint32_t type, uint32_t pid)
{
	if (!o->spec.pid || opener_find_target(o, (pid_t)pid))
		return pid;	/* of the whole host every process is followed */
	return type == S_NAMES_FILE && pid != (uint32_t)o->spec.pid ? 0 : (uint32_t)o->spec.pid;
}

void file_opener_ask(struct opener *o, const struct msg *m)
{
	struct file_opener *f = o->files;
	struct request *r = xmalloc(sizeof(*r) + m->len);

	r->next = NULL;
	r->len = m->len;
	memcpy(r->data, m->data, m->len);
	/* pid stands at the same place in all these requests */
	struct s_file *ask = (struct s_file *)r->data;
	ask->pid = allowed_pid(o, ask->type, ask->pid);
	*f->last = r;
	f->last = &r->next;
	ask_next(o);
}

int file_opener_fd(const struct file_opener *f)
{
	return f->channel;
}

void file_opener_answer(struct opener *o)
{
	struct file_opener *f = o->files;
	struct msg *m = xmalloc(sizeof(*m));
	struct error err;

	if (msg_recv(f->channel, m, &err) == 1 && f->first) {
		int fd = msg_take_fd(m, 0);

		opener_send(o, m->data, m->len, &fd, fd >= 0);
		closep(&fd);
		drop_request(f);
	} else {
		end_child(f);	/* it died over the request */
		f->deadline_ns = UINT64_MAX;
		if (f->first) {
			answer_none(o, request_number(f->first), false);
			drop_request(f);
		}
	}
	msg_close_fds(m);
	free(m);
	ask_next(o);
}

uint64_t file_opener_deadline(const struct file_opener *f)
{
	return f->deadline_ns;
}

void file_opener_give_up(struct opener *o)
{
	struct file_opener *f = o->files;

	f->n_stuck++;
	end_child(f);
	answer_none(o, request_number(f->first), true);
	drop_request(f);
	ask_next(o);
}

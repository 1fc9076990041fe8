// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_unwind.h"
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/exit_code.h"
#include "base/util.h"
#include "proc/cgroup.h"
#include "session/control.h"

#define PTRACE_RATE_HZ 99
#define PERF_RATE_HZ 499
#define MAX_SAMPLE_RATE "/proc/sys/kernel/perf_event_max_sample_rate"
#define MAPS_LOOKED_AT (256u << 10)	/* bytes of a target's mappings, for a library of Python */
#define TIMES_NS NS_PER_S
#define TIMES_SHARE 50		/* reading them takes one in so many of the time, at most */
#define END_WAIT_NS (20 * NS_PER_MS)
#define MAX_TARGETS 10000
#define MAX_ANCESTORS 64
#define MIN_FILES 64		/* without those of events */

/* ---- talking to the session ---- */

void opener_send(struct opener *o, const void *msg, size_t len, const int *fds,
		 size_t n_fds)
{
	struct error err;

	/* ETOOMANYREFS: too many descriptors are under way; the session takes them. */
	while (msg_send(o->session, msg, len, fds, n_fds, &err) < 0) {
		if (err.code != ETOOMANYREFS)
			return;
		usleep(1000);
	}
}

void opener_send_text(struct opener *o, const void *head, size_t head_len,
		      const char *text, const int *fds, size_t n_fds)
{
	_cleanup_(freep) uint8_t *msg = xmalloc(head_len + strlen(text) + 1);

	memcpy(msg, head, head_len);
	memcpy(msg + head_len, text, strlen(text) + 1);
	opener_send(o, msg, head_len + strlen(text) + 1, fds, n_fds);
}

void opener_note(struct opener *o, enum record_note_level level, const char *fmt, ...)
{
	struct o_note head = { .type = O_NOTE, .level = level };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	opener_send_text(o, &head, sizeof(head), text, NULL, 0);
}

static void send_failed(struct opener *o, int exit_code, const char *text)
{
	struct o_failed head = { .type = O_FAILED, .exit_code = (uint32_t)exit_code };

	opener_send_text(o, &head, sizeof(head), text, NULL, 0);
}

/* ---- processes of the target ---- */

struct target *opener_find_target(struct opener *o, pid_t pid)
{
	for (size_t i = 0; i < o->n_targets; i++)
		if (o->targets[i].pid == pid)
			return &o->targets[i];
	return NULL;
}

void opener_tell_threads(struct opener *o, const struct target *t)
{
	_cleanup_(freep) pid_t *tids = NULL;
	_cleanup_(freep) struct o_threads *msg = NULL;
	const size_t max = (MSG_MAX_BYTES - sizeof(*msg)) / sizeof(msg->thread[0]);
	struct error err;
	size_t n;

	if (proc_list_threads(t->dir, &tids, &n, &err) < 0)
		return;
	msg = xcalloc(1, MSG_MAX_BYTES);
	msg->type = O_THREADS;
	msg->pid = (uint32_t)t->pid;
	for (size_t i = 0; i < n; i++) {
		msg->thread[msg->n].tid = (uint32_t)tids[i];
		proc_thread_name(t->dir, tids[i], msg->thread[msg->n].name);
		if (++msg->n == max || i + 1 == n) {
			opener_send(o, msg, sizeof(*msg) + msg->n * sizeof(msg->thread[0]),
				    NULL, 0);
			msg->n = 0;
		}
	}
}

static void send_gone(struct opener *o, pid_t pid)
{
	struct o_gone msg = { .type = O_GONE, .pid = (uint32_t)pid };

	opener_send(o, &msg, sizeof(msg), NULL, 0);
}

/* Of the whole host nobody's memory is given away: files are had without. */
static int open_mem(const struct opener *o, const struct target *t)
{
	char path[PROC_PATH_MAX];

	return !o->spec.pid ? -1 : openat(t->dir, proc_living_path(t->dir, "mem", path),
					  O_RDONLY | O_CLOEXEC);
}

static void send_process(struct opener *o, const struct target *t)
{
	_cleanup_(freep) struct o_process *msg = xcalloc(1, sizeof(*msg) + 3 * PATH_MAX);
	char *exe = msg->texts, *cgroup, *cwd;
	struct proc_status status;
	struct error err;
	char path[PROC_PATH_MAX];
	_cleanup_(closep) int maps = openat(t->dir, proc_living_path(t->dir, "maps", path),
					    O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int mem = open_mem(o, t);
	int fds[2] = { maps, mem };

	if (proc_read_status(t->dir, 0, &status, &err) < 0 || maps < 0) {
		send_gone(o, t->pid);
		return;
	}
	*msg = (struct o_process){
		.type = O_PROCESS, .pid = (uint32_t)t->pid, .ppid = (uint32_t)status.ppid,
		.has_mem = mem >= 0, .kernel_thread = status.kernel_thread };
	memcpy(msg->name, status.name, sizeof(msg->name));
	proc_exe_path(t->dir, exe, PATH_MAX);
	cgroup = exe + strlen(exe) + 1;
	cgroup_of(t->dir, cgroup, PATH_MAX);
	cwd = cgroup + strlen(cgroup) + 1;
	proc_cwd_path(t->dir, cwd, PATH_MAX);
	opener_send(o, msg, sizeof(*msg) + (size_t)(cwd - exe) + strlen(cwd) + 1, fds,
		    mem >= 0 ? 2 : 1);
	opener_tell_threads(o, t);
}

int opener_add_target(struct opener *o, pid_t pid, struct error *err)
{
	_cleanup_(freep) pid_t *children = NULL;
	size_t n, at = o->n_targets;
	int dir;

	if (opener_find_target(o, pid))
		return 0;
	if (at >= MAX_TARGETS)
		return error_set(err, ENOSPC, "more than %d processes", MAX_TARGETS);
	dir = proc_open_dir(pid, err);
	if (dir < 0)
		return -1;
	array_reserve(o->targets, at + 1, o->cap_targets);
	o->targets[o->n_targets++] = (struct target){ .pid = pid, .dir = dir };
	/* Of the whole host each is asked for by itself, when it is sampled. */
	if (!o->spec.follow || !o->spec.pid || proc_list_children(dir, &children, &n, err) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		opener_add_target(o, children[i], err);
	return 0;
}

void opener_tell_targets(struct opener *o, size_t from)
{
	for (size_t i = from; i < o->n_targets; i++)
		send_process(o, &o->targets[i]);
}

/* Forget processes that are gone. */
static void drop_targets(struct opener *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n_targets; i++) {
		struct target *t = &o->targets[i];

		if (faccessat(t->dir, "task", F_OK, 0) == 0) {
			o->targets[kept++] = *t;
		} else {
			usage_forget(t);
			close(t->dir);
		}
	}
	o->n_targets = kept;
}

/*
 * The session may not choose whose memory it gets: only descendants of what is
 * followed already.
 */
static bool is_descendant(struct opener *o, pid_t pid)
{
	for (int i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
		struct proc_status status;
		struct error err;
		_cleanup_(closep) int dir = proc_open_dir(pid, &err);

		if (opener_find_target(o, pid))
			return true;
		if (dir < 0 || proc_read_status(dir, 0, &status, &err) < 0)
			return false;
		pid = status.ppid;
	}
	return false;
}

static void send_some_times(struct opener *o, struct o_times *msg, bool more)
{
	msg->more = more;
	msg->helper_pid = (uint32_t)file_opener_pid(o->files);
	msg->time_ns = clock_mono_ns();
	opener_send(o, msg, sizeof(*msg) + msg->n * sizeof(msg->time[0]), NULL, 0);
	msg->n = 0;
}

/* Of the threads of one process. */
static void add_times(struct opener *o, const struct target *target, struct o_times *msg)
{
	_cleanup_(freep) pid_t *tids = NULL;
	struct error err;
	size_t n;

	if (proc_list_threads(target->dir, &tids, &n, &err) < 0)
		return;
	for (size_t k = 0; k < n; k++) {
		struct o_time *t = &msg->time[msg->n];

		t->pid = (uint32_t)target->pid;
		t->tid = (uint32_t)tids[k];
		msg->n += proc_thread_cpu_ns(target->dir, tids[k], &t->cpu_ns) == 0;
		if (msg->n == O_TIMES_MAX)
			send_some_times(o, msg, true);
	}
}

/* Tell how much CPU time each thread has used. */
static void send_times(struct opener *o)
{
	_cleanup_(freep) struct o_times *msg = xcalloc(1, MSG_MAX_BYTES);

	drop_targets(o);
	msg->type = O_TIMES;
	for (size_t i = 0; i < o->n_targets; i++)
		add_times(o, &o->targets[i], msg);
	send_some_times(o, msg, false);
}

/* It was stopped by its user, or goes on: we do neither. */
static void say_stopped(struct opener *o)
{
	struct proc_status status;
	struct error gone;

	if (!o->spec.pid || !o->n_targets ||
	    proc_read_status(o->targets[0].dir, 0, &status, &gone) < 0 ||
	    o->was_stopped == (status.state == 'T'))
		return;
	o->was_stopped = !o->was_stopped;
	if (o->was_stopped)
		opener_note(o, NOTE_WARNING, "process %d is stopped, as by Ctrl-Z or kill -STOP: there is nothing to sample until somebody lets it go on",
			    (int)o->targets[0].pid);
	else
		opener_note(o, NOTE_INFO, "process %d goes on", (int)o->targets[0].pid);
}

/* Of one that has just been met: what it has used before. */
static void send_first_times(struct opener *o, const struct target *t)
{
	_cleanup_(freep) struct o_times *msg = xcalloc(1, MSG_MAX_BYTES);

	msg->type = O_TIMES;
	add_times(o, t, msg);
	send_some_times(o, msg, true);
}

static void add_descendant(struct opener *o, pid_t pid)
{
	struct target *known = opener_find_target(o, pid);
	struct error err;

	if (known) {	/* it has exec'd: the old handles are dead */
		send_process(o, known);
		return;
	}
	if (o->spec.pid && (!o->spec.follow || !is_descendant(o, pid)))
		return;
	if (o->n_targets >= MAX_TARGETS)
		drop_targets(o);
	size_t from = o->n_targets;

	if (opener_add_target(o, pid, &err) < 0)
		send_gone(o, pid);
	opener_tell_targets(o, from);
	if (!o->spec.pid && from < o->n_targets)
		send_first_times(o, &o->targets[from]);
}

/* ---- children of ours ---- */

static void start_worker(struct opener *o, enum worker_which which)
{
	struct o_worker msg = { .type = O_WORKER, .which = which };
	struct error err;
	int ends[2];

	if (o->worker_pids[which] > 0) {
		kill(o->worker_pids[which], SIGKILL);
		waitpid(o->worker_pids[which], NULL, 0);
	}
	if (msg_pair(ends, &err) < 0)
		return;
	o->worker_pids[which] = opener_spawn("cprofd-worker", &ends[1], 1, &err);
	close(ends[1]);
	msg.pid = (uint32_t)max_of(o->worker_pids[which], 0);
	opener_send(o, &msg, sizeof(msg), &ends[0], 1);
	close(ends[0]);
}

/* Start the session; its end of `control` goes with it. */
static int start_session(struct opener *o, int control, struct error *err)
{
	int ends[2];

	if (msg_pair(ends, err) < 0)
		return -1;
	int fds[] = { ends[1], control, o->spec.recording_fd,
		      o->spec.socket ? o->spec.socket->listener : -1 };
	o->session_pid = opener_spawn("cprofd-session", fds,
				      array_len(fds) - !o->spec.socket, err);
	close(ends[1]);
	o->session = ends[0];
	return o->session_pid < 0 ? -1 : 0;
}

/* ---- the engines, one after the other ---- */

static void send_spec(struct opener *o)
{
	struct o_spec head = {
		.type = O_SPEC,
		.pid = (uint32_t)o->spec.pid,
		.rate_hz = o->spec.rate_hz,
		.young = o->spec.young,
		.max_frames = o->spec.max_frames,
		.duration_ns = o->spec.duration_ns,
		.max_bytes = o->spec.max_bytes,
		.on_exec = o->spec.on_exec,
		.ncpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.follow = o->spec.follow,
		.command_pid = (uint32_t)getppid(),
		.effect = o->spec.effect,
		.counts = o->spec.counts,
	};

	opener_send_text(o, &head, sizeof(head), o->spec.command, NULL, 0);
}

static int exit_for(int code)
{
	switch (code) {
	case ESRCH:
		return EXIT_NO_SAMPLE;
	case EACCES:
	case EPERM:
		return EXIT_NOT_PERMITTED;
	case ENOLCK:
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return EXIT_LIMIT;
	default:
		return EXIT_UNSUPPORTED;
	}
}

/* By name: of what is there, or is to be run. */
static bool runs_python(const struct opener *o)
{
	_cleanup_(freep) char *text = xcalloc(1, MAPS_LOOKED_AT);
	const char *name;

	if (o->spec.on_exec) {
		snprintf(text, MAPS_LOOKED_AT, "%.*s", (int)strcspn(o->spec.command, " "),
			 o->spec.command);
	} else {
		if (proc_read_file(o->targets[0].dir, "maps", text, MAPS_LOOKED_AT) > 0 &&
		    strstr(text, "/libpython3"))
			return true;
		proc_exe_path(o->targets[0].dir, text, PATH_MAX);
	}
	name = strrchr(text, '/');
	return strncmp(name ? name + 1 : text, "python", strlen("python")) == 0;
}

/* *say: why not is worth saying even if the next engine works. */
static int start_bpf(struct opener *o, bool *say, struct error *err)
{
	struct bpf_unwind_how how = { .max_frames = o->spec.max_frames,
				      .table_bytes = BPF_TABLE_BYTES };
	const struct target *target = o->spec.pid ? &o->targets[0] : NULL;
	struct bpf_unwind *bpf;
	struct error ignored;

	if (bpf_unwind_load(&how, &bpf, err) < 0) {
		*say = refusal_of_bpf(target, err);
		return -1;
	}
	o->by_cpu = !o->spec.pid || (!perf_opener_has_room(o) &&
				     bpf_unwind_filter(bpf, o->spec.follow, &ignored) == 0);
	/* Else the session asks for it, once it knows. */
	if (target && runs_python(o))
		bpf_unwind_python(bpf, o->spec.follow, &ignored);
	if (perf_opener_start(o, bpf, err) == 0)
		return 0;
	perf_opener_stop(o);
	o->by_cpu = !o->spec.pid;
	if (target)
		refusal_of_perf(target, err);
	else
		refusal_of_host(err);
	return -1;
}

/* `no_bpf`: why not bpf, if that is to be said. */
static int try_perf(struct opener *o, const char *no_bpf, struct error *err)
{
	if (!o->told_rings && perf_opener_start(o, NULL, err) == 0) {
		if (no_bpf)
			opener_note(o, NOTE_WARNING, "%s; sampling by perf instead", no_bpf);
		return 0;
	}
	perf_opener_stop(o);
	return -1;
}

/* After another engine, because of `why`. */
static int go_on_to_ptrace(struct opener *o, const char *why, struct error *err)
{
	uint32_t rate_hz = o->spec.rate_hz;

	if (!o->rate_given)
		o->spec.rate_hz = PTRACE_RATE_HZ;
	if (ptrace_opener_start(o, err) == 0) {
		opener_note(o, NOTE_WARNING, "%s; sampling by ptrace at %u Hz instead", why,
			    o->spec.rate_hz);
		return 0;
	}
	o->spec.rate_hz = rate_hz;
	return -1;
}

/*
 * Try what was asked for; `auto` goes on to the next.  That is perf for what is native,
 * and ptrace for Python, of which perf sees nothing.
 */
static int start_engine(struct opener *o, struct error *err)
{
	bool say = false;
	struct error why, no_ptrace;

	if (o->spec.engine == ENGINE_PTRACE)
		return ptrace_opener_start(o, err);
	if (o->spec.engine != ENGINE_PERF && start_bpf(o, &say, err) == 0)
		return 0;
	if (o->spec.engine == ENGINE_BPF)
		return -1;
	why = *err;
	if (o->spec.engine == ENGINE_AUTO && runs_python(o) &&
	    go_on_to_ptrace(o, why.msg, &no_ptrace) == 0)
		return 0;
	if (try_perf(o, say ? why.msg : NULL, err) == 0)
		return 0;
	if (refusal_of_perf(&o->targets[0], err) || o->spec.engine == ENGINE_PERF ||
	    err->code == ESRCH)
		return -1;
	why = *err;
	if (go_on_to_ptrace(o, why.msg, err) < 0)
		return error_prefix(err, "%s; ptrace", why.msg);
	return 0;
}

/* Everything there is: what the kernel tells of it by CPU. */
static int start_host(struct opener *o, struct error *err)
{
	bool say = false;
	struct error why;

	if (o->spec.engine == ENGINE_PTRACE)
		return error_set(err, ENOTSUP, "ptrace looks at one process, not at the whole host");
	if (o->spec.engine != ENGINE_PERF && start_bpf(o, &say, err) == 0)
		return 0;
	if (o->spec.engine == ENGINE_BPF)
		return -1;
	why = *err;
	if (try_perf(o, say ? why.msg : NULL, err) == 0)
		return 0;
	refusal_of_host(err);
	return -1;
}

static int start_target(struct opener *o, struct error *err)
{
	if (!o->spec.pid)
		return start_host(o, err);
	o->pidfd = (int)syscall(SYS_pidfd_open, o->spec.pid, 0);
	if (o->pidfd < 0)
		return error_set(err, ESRCH, "the process has ended");
	if (opener_add_target(o, o->spec.pid, err) < 0)
		return -1;
	return start_engine(o, err);
}

/* ---- the main loop ---- */

/* Linux 6.15's pidfd_info as far as it is asked for; older headers lack it. */
struct pidfd_exit {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define PIDFD_EXIT_KNOWN (1u << 3)
#define PIDFD_GET_EXIT _IOWR(0xff, 11, struct pidfd_exit)

/*
 * How a process that is no child of ours ended: the kernel tells whoever holds a
 * pidfd, once its parent has taken note.  A parent may never do that.
 */
static void read_end(int pidfd, struct o_target_end *msg)
{
	uint64_t limit = clock_mono_ns() + END_WAIT_NS;
	struct pidfd_exit info;

	do {
		info = (struct pidfd_exit){ .mask = PIDFD_EXIT_KNOWN };
		if (ioctl(pidfd, PIDFD_GET_EXIT, &info) < 0) {
			if (errno != ESRCH)
				return;
			info.mask = 0;	/* it is being taken note of; what was asked is still there */
		}
		if (info.mask & PIDFD_EXIT_KNOWN) {
			msg->how = WIFSIGNALED(info.exit_code) ? END_SIGNALED : END_EXITED;
			msg->status = (uint32_t)(WIFSIGNALED(info.exit_code)
						 ? WTERMSIG(info.exit_code)
						 : WEXITSTATUS(info.exit_code));
			return;
		}
		usleep(1000);
	} while (clock_mono_ns() < limit);
}

static void send_target_end(struct opener *o)
{
	struct o_target_end msg = {
		.type = O_TARGET_END,
		.pid = (uint32_t)o->spec.pid,
		.how = END_UNKNOWN,	/* who started it knows more */
		.time_ns = clock_mono_ns(),
	};

	if (!o->spec.on_exec)
		read_end(o->pidfd, &msg);
	opener_send(o, &msg, sizeof(msg), NULL, 0);
	close(o->pidfd);
	o->pidfd = -1;
}

static void answer_kallsyms(struct opener *o, const struct s_kallsyms *ask)
{
	struct o_file answer = { .type = O_FILE, .request = ask->request };
	bool hidden;
	_cleanup_(closep) int fd = kallsyms_open(o, &hidden);

	answer.origin = fd >= 0 ? FILE_BY_PATH : hidden ? FILE_REFUSED : FILE_NONE;
	opener_send(o, &answer, sizeof(answer), &fd, fd >= 0);
}

static void on_session_message(struct opener *o, struct msg *m)
{
	union {
		uint32_t type;
		struct s_kallsyms kallsyms;
		struct s_cache cache;
		struct s_worker worker;
		struct s_process process;
		struct s_reopen reopen;
		struct s_ring ring;
		struct s_continue go_on;
		struct s_pause pause;
		struct s_progress progress;
	} *ask = (void *)m->data;

	if (!msg_holds(m, sizeof(ask->type)))
		return;
	switch (ask->type) {
	case S_FILE:
		if (msg_holds_text(m, sizeof(struct s_file)))
			file_opener_ask(o, m);
		break;
	case S_NAMES_FILE:
		if (msg_holds_text(m, sizeof(struct s_names_file)))
			file_opener_ask(o, m);
		break;
	case S_KALLSYMS:
		if (msg_holds(m, sizeof(ask->kallsyms)))
			answer_kallsyms(o, &ask->kallsyms);
		break;
	case S_DEBUG_FILE:
		if (msg_holds_text(m, sizeof(struct s_debug_file)))
			file_opener_ask(o, m);
		break;
	case S_CACHE_GET:
		if (msg_holds(m, sizeof(ask->cache)))
			cache_get(o, &ask->cache);
		break;
	case S_CACHE_PUT:
		if (msg_holds(m, sizeof(ask->cache)) && m->n_fds == 1)
			cache_put(o, &ask->cache, m->fds[0]);
		break;
	case S_WORKER:
		if (msg_holds(m, sizeof(ask->worker)) && ask->worker.which < WORKER_COUNT)
			start_worker(o, ask->worker.which);
		break;
	case S_PROCESS:
		if (msg_holds(m, sizeof(ask->process)))
			add_descendant(o, (pid_t)ask->process.pid);
		break;
	case S_REOPEN:
		if (msg_holds(m, sizeof(ask->reopen)) && o->perf)
			perf_opener_reopen(o, &ask->reopen);
		break;
	case S_RING:
		if (msg_holds(m, sizeof(ask->ring)) && o->n_rings_due) {
			o->n_rings_due--;
			o->ring_refused |= !ask->ring.mapped;
		}
		break;
	case S_CONTINUE:
		if (msg_holds(m, sizeof(ask->go_on)) && o->ptrace)
			ptrace_opener_continue(o, &ask->go_on);
		break;
	case S_PAUSE:
		if (msg_holds(m, sizeof(ask->pause)) && o->ptrace)
			ptrace_opener_pause(o, ask->pause.pause);
		break;
	case S_PROGRESS:
		if (msg_holds(m, sizeof(ask->progress)))
			progress_answer(o, &ask->progress);
		break;
	case S_PYTHON:
		perf_opener_python(o);
		if (o->perf)
			waiting_start(o);
		break;
	case S_COUNT:
		count_opener_start(o, m);
		break;
	case S_SAMPLING_OVER:
		o->sampling_over = true;
		break;
	}
}

bool opener_take_message(struct opener *o)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	struct error err;

	if (msg_recv(o->session, m, &err) != 1)
		return false;
	on_session_message(o, m);
	msg_close_fds(m);
	return true;
}

/* Milliseconds from now until `at_ns`, rounded up; -1 for never. */
static int until(uint64_t at_ns)
{
	uint64_t now = clock_mono_ns();

	if (at_ns == UINT64_MAX)
		return -1;
	if (at_ns <= now)
		return 0;
	return (int)min_of((at_ns - now + NS_PER_MS - 1) / NS_PER_MS, (uint64_t)60000);
}

static void end_sampling(struct opener *o)
{
	o->sampling_over = false;
	count_opener_end(o);
	usage_look(o);
	send_times(o);	/* of the part second since the last */
	perf_opener_stop(o);
	ptrace_opener_stop(o);
	waiting_stop(o);
	opener_send(o, &(struct o_rings_freed){ O_RINGS_FREED }, sizeof(struct o_rings_freed),
		    NULL, 0);
}

static volatile sig_atomic_t terminated;

static void on_term(int sig)
{
	(void)sig;
	terminated = 1;
}

static void loop(struct opener *o)
{
	uint64_t times_due = clock_mono_ns();	/* at once: what later times are compared to */

	while (!terminated) {
		struct pollfd fds[] = {
			{ .fd = o->session, .events = POLLIN },
			{ .fd = o->pidfd, .events = POLLIN },
			{ .fd = file_opener_fd(o->files), .events = POLLIN },
		};
		uint64_t due = min_of(times_due, file_opener_deadline(o->files));

		due = min_of(due, ptrace_opener_due(o));
		due = min_of(due, waiting_due(o));
		due = min_of(due, count_opener_due(o));
		if (poll(fds, array_len(fds), until(due)) < 0 && errno != EINTR)
			break;
		if (fds[0].revents && !opener_take_message(o))
			break;	/* the session has ended */
		if (fds[1].revents) {
			usage_look(o);
			send_target_end(o);
		}
		if (fds[2].revents)
			file_opener_answer(o);

		uint64_t now = clock_mono_ns();

		if (now >= file_opener_deadline(o->files))
			file_opener_give_up(o);
		/* First the times that the samples count from. */
		if (now >= times_due) {
			usage_look(o);
			send_times(o);
			say_stopped(o);
			times_due = now + max_of(TIMES_NS, TIMES_SHARE * (clock_mono_ns() - now));
		}
		if (now >= ptrace_opener_due(o))
			ptrace_opener_tick(o);
		if (now >= waiting_due(o))
			waiting_tick(o);
		if (now >= count_opener_due(o))
			count_opener_tick(o);
		if (o->sampling_over)
			end_sampling(o);
	}
}

/* Whatever happened: nothing of ours stays. */
static void end_all(struct opener *o)
{
	count_opener_end(o);
	ptrace_opener_stop(o);
	perf_opener_stop(o);
	waiting_stop(o);
	file_opener_free(o->files);
	for (int i = 0; i < WORKER_COUNT; i++) {
		if (o->worker_pids[i] <= 0)
			continue;
		kill(o->worker_pids[i], SIGKILL);
		waitpid(o->worker_pids[i], NULL, 0);
	}
	closep(&o->session);	/* a session that is left seals its file and ends */
	if (o->session_pid > 0)
		waitpid(o->session_pid, NULL, 0);
	if (o->spec.socket)
		unlinkat(o->spec.socket->dir, o->spec.socket->name, 0);
}

/* Say on the control channel itself that there is not even a session. */
static void fail_without_session(int control, const struct error *cause)
{
	const struct c_failed head = {
		.type = C_FAILED,
		.exit_code = cause->code == ENOENT ? EXIT_INTERNAL : (uint32_t)exit_for(cause->code) };
	uint8_t msg[sizeof(head) + sizeof(cause->msg)];
	struct error err;

	memcpy(msg, &head, sizeof(head));
	memcpy(msg + sizeof(head), cause->msg, sizeof(cause->msg));
	msg_send(control, msg, sizeof(head) + strlen(cause->msg) + 1, NULL, 0, &err);
}

/* Thread x CPU takes many descriptors: use all that the hard limit allows. */
static int raise_open_files(struct error *err)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 0;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_max >= MIN_FILES)
		return 0;
	return error_set(err, EMFILE, "the limit on open files (RLIMIT_NOFILE) is %d; no engine works with less than %d",
			 (int)r.rlim_max, MIN_FILES);
}

/* Is there what all the rest builds on? */
static int check_host(struct error *err)
{
	if (access("/proc/self", F_OK) < 0)
		return error_set(err, ENOSYS, "/proc is not mounted; cprofd needs it");
	return raise_open_files(err);
}

static void opener_main(const struct opener_spec *spec, int control)
{
	struct opener o = { .spec = *spec, .rate_given = spec->rate_hz, .by_cpu = !spec->pid,
			    .session = -1, .pidfd = -1, .cache_dir = -1 };
	struct error err;
	sigset_t none;

	setsid();	/* the terminal's signals are not for us */
	if (spec->socket)
		opener_leave_terminal();	/* the session outlives it */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);
	if (!o.spec.rate_hz)
		o.spec.rate_hz = spec->engine == ENGINE_PTRACE ? PTRACE_RATE_HZ : PERF_RATE_HZ;
	/* Hardware events take no more than the kernel allows, which lowers that by itself. */
	if (proc_read_number(MAX_SAMPLE_RATE) < (long)opener_young_rate(0))
		o.spec.young = false;
	/* The session's limits, too: it holds the events. */
	if (check_host(&err) < 0 || start_session(&o, control, &err) < 0) {
		fail_without_session(control, &err);
		return;
	}
	close(control);
	if (spec->socket)
		close(spec->socket->listener);	/* closed when the session is gone: a viewer sees it */
	o.files = file_opener_new();
	o.cache_dir = cache_open_dir();
	send_spec(&o);
	if (start_target(&o, &err) < 0)
		send_failed(&o, exit_for(err.code), err.msg);
	loop(&o);
	end_all(&o);
}

int opener_start(const struct opener_spec *spec, int *control, struct error *err)
{
	int ends[2];
	pid_t pid;

	if (msg_pair(ends, err) < 0)
		return -1;
	pid = fork();
	if (pid < 0) {
		error_sys(err, "cannot start a process");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid == 0) {
		close(ends[0]);
		opener_main(spec, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	*control = ends[0];
	return 0;
}

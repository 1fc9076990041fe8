// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_unwind.h"
#include "opener/opener_internal.h"

#include <errno.h>
#include <fcntl.h>
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
#include "session/control.h"

#define PTRACE_RATE_HZ 99
#define PERF_RATE_HZ 499
#define TIMES_NS NS_PER_S
#define END_WAIT_NS (20 * NS_PER_MS)
#define MAX_TARGETS 10000
#define MAX_ANCESTORS 64

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

static void send_process(struct opener *o, const struct target *t)
{
	struct o_process head = { .type = O_PROCESS, .pid = (uint32_t)t->pid };
	struct proc_status status;
	struct error err;
	char exe[4096];
	_cleanup_(closep) int maps = openat(t->dir, "maps", O_RDONLY | O_CLOEXEC);
	_cleanup_(closep) int mem = openat(t->dir, "mem", O_RDONLY | O_CLOEXEC);
	int fds[2] = { maps, mem };

	if (proc_read_status(t->dir, 0, &status, &err) < 0 || maps < 0)
		return;
	head.ppid = (uint32_t)status.ppid;
	head.has_mem = mem >= 0;
	memcpy(head.name, status.name, sizeof(head.name));
	proc_exe_path(t->dir, exe, sizeof(exe));
	opener_send_text(o, &head, sizeof(head), exe, fds, mem >= 0 ? 2 : 1);
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
	if (!o->spec.follow || proc_list_children(dir, &children, &n, err) < 0)
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

		if (faccessat(t->dir, "task", F_OK, 0) == 0)
			o->targets[kept++] = *t;
		else
			close(t->dir);
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

static void add_descendant(struct opener *o, pid_t pid)
{
	struct target *known = opener_find_target(o, pid);
	struct error err;

	if (known) {	/* it has exec'd: the old handles are dead */
		send_process(o, known);
		return;
	}
	if (!o->spec.follow || !is_descendant(o, pid))
		return;
	if (o->n_targets >= MAX_TARGETS)
		drop_targets(o);
	size_t from = o->n_targets;

	opener_add_target(o, pid, &err);
	opener_tell_targets(o, from);
}

static void send_some_times(struct opener *o, struct o_times *msg, bool more)
{
	msg->more = more;
	msg->time_ns = clock_mono_ns();
	opener_send(o, msg, sizeof(*msg) + msg->n * sizeof(msg->time[0]), NULL, 0);
	msg->n = 0;
}

/* Tell how much CPU time each thread has used. */
static void send_times(struct opener *o)
{
	_cleanup_(freep) struct o_times *msg = xcalloc(1, MSG_MAX_BYTES);
	struct error err;

	drop_targets(o);
	msg->type = O_TIMES;
	for (size_t i = 0; i < o->n_targets; i++) {
		_cleanup_(freep) pid_t *tids = NULL;
		size_t n;

		if (proc_list_threads(o->targets[i].dir, &tids, &n, &err) < 0)
			continue;
		for (size_t k = 0; k < n; k++) {
			struct o_time *t = &msg->time[msg->n];

			t->pid = (uint32_t)o->targets[i].pid;
			t->tid = (uint32_t)tids[k];
			msg->n += proc_thread_cpu_ns(o->targets[i].dir, tids[k], &t->cpu_ns) == 0;
			if (msg->n == O_TIMES_MAX)
				send_some_times(o, msg, true);
		}
	}
	send_some_times(o, msg, false);
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
		.first_rate_hz = o->spec.first_rate_hz,
		.max_frames = o->spec.max_frames,
		.duration_ns = o->spec.duration_ns,
		.max_bytes = o->spec.max_bytes,
		.on_exec = o->spec.on_exec,
		.ncpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.follow = o->spec.follow,
		.command_pid = (uint32_t)getppid(),
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
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return EXIT_LIMIT;
	default:
		return EXIT_UNSUPPORTED;
	}
}

static int start_bpf(struct opener *o, struct error *err)
{
	struct bpf_unwind_how how = { .max_frames = o->spec.max_frames,
				      .table_bytes = BPF_TABLE_BYTES };
	struct bpf_unwind *bpf;

	if (bpf_unwind_load(&how, &bpf, err) < 0)
		return -1;
	if (perf_opener_start(o, bpf, err) == 0)
		return 0;
	perf_opener_stop(o);
	return -1;
}

/* Try what was asked for; `auto` goes on to the next. */
static int start_engine(struct opener *o, struct error *err)
{
	struct error why;

	if (o->spec.engine == ENGINE_PTRACE)
		return ptrace_opener_start(o, err);
	if (o->spec.engine != ENGINE_PERF && start_bpf(o, err) == 0)
		return 0;
	if (o->spec.engine == ENGINE_BPF) {
		refusal_of_bpf(&o->targets[0], err);
		return -1;
	}
	if (!o->told_rings && perf_opener_start(o, NULL, err) == 0)
		return 0;
	perf_opener_stop(o);
	if (refusal_of_perf(&o->targets[0], err) || o->spec.engine == ENGINE_PERF ||
	    err->code == ESRCH || o->spec.on_exec)
		return -1;
	why = *err;
	if (!o->rate_given)
		o->spec.rate_hz = PTRACE_RATE_HZ;
	if (ptrace_opener_start(o, err) < 0)
		return error_prefix(err, "%s; ptrace", why.msg);
	opener_note(o, NOTE_WARNING, "%s; sampling by ptrace at %u Hz instead", why.msg,
		    o->spec.rate_hz);
	return 0;
}

static int start_target(struct opener *o, struct error *err)
{
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
		if (ioctl(pidfd, PIDFD_GET_EXIT, &info) < 0 && errno != ESRCH)
			return;
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
	_cleanup_(closep) int fd = kallsyms_open(o);

	answer.origin = fd >= 0 ? FILE_BY_PATH : FILE_NONE;
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
		struct s_continue go_on;
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
	case S_CONTINUE:
		if (msg_holds(m, sizeof(ask->go_on)) && o->ptrace)
			ptrace_opener_continue(o, &ask->go_on);
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
	send_times(o);	/* of the part second since the last */
	perf_opener_stop(o);
	ptrace_opener_stop(o);
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
		if (poll(fds, array_len(fds), until(due)) < 0 && errno != EINTR)
			break;
		if (fds[0].revents && !opener_take_message(o))
			break;	/* the session has ended */
		if (fds[1].revents)
			send_target_end(o);
		if (fds[2].revents)
			file_opener_answer(o);

		uint64_t now = clock_mono_ns();

		if (now >= file_opener_deadline(o->files))
			file_opener_give_up(o);
		/* First the times that the samples count from. */
		if (now >= times_due) {
			send_times(o);
			times_due = now + TIMES_NS;
		}
		if (now >= ptrace_opener_due(o))
			ptrace_opener_tick(o);
		if (o->sampling_over)
			end_sampling(o);
	}
}

/* Whatever happened: nothing of ours stays. */
static void end_all(struct opener *o)
{
	ptrace_opener_stop(o);
	perf_opener_stop(o);
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
	const struct c_failed head = { .type = C_FAILED, .exit_code = EXIT_INTERNAL };
	uint8_t msg[sizeof(head) + sizeof(cause->msg)];
	struct error err;

	memcpy(msg, &head, sizeof(head));
	memcpy(msg + sizeof(head), cause->msg, sizeof(cause->msg));
	msg_send(control, msg, sizeof(head) + strlen(cause->msg) + 1, NULL, 0, &err);
}

/* Thread x CPU takes many descriptors: use all that the hard limit allows. */
static void raise_open_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void opener_main(const struct opener_spec *spec, int control)
{
	struct opener o = { .spec = *spec, .rate_given = spec->rate_hz, .session = -1, .pidfd = -1, .cache_dir = -1 };
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
	if (!o.spec.first_rate_hz || spec->engine == ENGINE_PTRACE)
		o.spec.first_rate_hz = o.spec.rate_hz;
	raise_open_files();	/* the session's, too: it holds the events */
	if (start_session(&o, control, &err) < 0) {
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

// SPDX-License-Identifier: Apache-2.0
#include "cmd/watch.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/msg.h"
#include "base/out_file.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/count.h"
#include "session/control.h"

#define MAX_RATE_HZ 20000
#define CHILD_WAIT_NS (200 * (long)NS_PER_MS)	/* between looks at a child that goes on */
#define DEFAULT_MAX_FRAMES 1024
#define LIMIT_MAX_FRAMES 65536

/* ---- options ---- */

enum {
	OPT_ENGINE = 1000, OPT_FORCE, OPT_MAX_FRAMES, OPT_MEASURE_EFFECT, OPT_NO_FOLLOW, OPT_QUIET,
};

const struct option watch_long_options[] = {
	{ "count", no_argument, NULL, WATCH_OPTION_COUNT },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "help", no_argument, NULL, 'h' },
	{ "max-frames", required_argument, NULL, OPT_MAX_FRAMES },
	{ "measure-effect", optional_argument, NULL, OPT_MEASURE_EFFECT },
	{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ NULL, 0, NULL, 0 },
};

void watch_options_init(struct watch_options *o)
{
	*o = (struct watch_options){
		.spec = { .engine = ENGINE_AUTO, .max_frames = DEFAULT_MAX_FRAMES,
			  .follow = true },
		.quiet = !isatty(STDERR_FILENO),
	};
}

static enum opener_engine engine(const struct cmd *cmd, const char *value, int *code)
{
	for (int i = 0; i < ENGINE_COUNT; i++)
		if (strcmp(value, opener_engine_name((enum opener_engine)i)) == 0)
			return (enum opener_engine)i;
	*code = cmd_usage(cmd, "--engine %s: auto, bpf, perf and ptrace are there", value);
	return ENGINE_AUTO;
}

/* `value` is NULL if none was given. */
static uint32_t effect(const struct cmd *cmd, const char *value, int *code)
{
	if (!value || strcmp(value, "auto") == 0)
		return EFFECT_AUTO;
	for (uint32_t i = 0; i < PROGRESS_COUNT; i++)
		if (strcmp(value, record_progress_name((enum record_progress)i)) == 0)
			return EFFECT_BY + i;
	*code = cmd_usage(cmd, "--measure-effect=%s: auto, calls, bytes, faults and switches are "
			  "there", value);
	return EFFECT_NONE;
}

bool watch_option(const struct cmd *cmd, struct watch_options *o, int opt,
		  const char *value, int *code)
{
	*code = 0;
	switch (opt) {
	case 'F':
		o->spec.rate_hz = (uint32_t)cmd_number(cmd, "-F", value, 1, MAX_RATE_HZ, code);
		return true;
	case 'd':
		o->spec.duration_ns = (uint64_t)(cmd_number(cmd, "-d", value, 0.001, 1e9, code) * 1e9);
		return true;
	case 'o':
		o->out = value;
		return true;
	case OPT_ENGINE:
		o->spec.engine = engine(cmd, value, code);
		return true;
	case OPT_MAX_FRAMES:
		o->spec.max_frames = (uint32_t)cmd_number(cmd, "--max-frames", value, 1,
							  LIMIT_MAX_FRAMES, code);
		return true;
	case OPT_MEASURE_EFFECT:
		o->spec.effect = effect(cmd, value, code);
		return true;
	case OPT_FORCE:
		o->force = true;
		return true;
	case OPT_NO_FOLLOW:
		o->spec.follow = false;
		return true;
	case OPT_QUIET:
		o->quiet = true;
		return true;
	default:
		return false;
	}
}

void watch_default_name(const char *name, char *buf, size_t cap)
{
	char when[32], safe[64];
	time_t now = time(NULL);
	struct tm tm;
	size_t n = 0;

	for (; *name && n + 1 < sizeof(safe); name++)
		if (isalnum((unsigned char)*name) || strchr("._+-", *name))
			safe[n++] = *name;
	safe[n] = '\0';
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(buf, cap, "%s-%s.cprof", n && safe[0] != '.' && safe[0] != '-' ? safe : "cprofd",
		 when);
}

/* ---- a child of ours ---- */

/* In the child: wait for the word, then become the program. */
static void child_main(char **argv, const struct count *count, int go, int failed)
{
	char byte;

	/* Rights lent to the profiler are not the program's. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* Under yama's scope 1 the opener, no parent of ours, could not trace us. */
	prctl(PR_SET_PTRACER, getppid());
	if (read(go, &byte, 1) != 1)
		_exit(EXIT_RUN_FAILED);	/* cprofd gave up */
	if (count)
		count_set_environment(count);
	execvp(argv[0], argv);
	int code = errno;
	(void)!write(failed, &code, sizeof(code));
	_exit(code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static int start_child(const struct cmd *cmd, char **argv, struct watch_child *child)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0)
		return cmd_fail(cmd, EXIT_RUN_FAILED, "cannot make a pipe: %s", strerror(errno));
	child->pid = fork();
	if (child->pid < 0)
		return cmd_fail(cmd, EXIT_RUN_FAILED, "cannot start a process: %s", strerror(errno));
	if (child->pid == 0) {
		close(go[1]);
		close(failed[0]);
		child_main(argv, child->count, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	child->go = go[1];
	child->failed = failed[0];
	return 0;
}

int watch_start_child(const struct cmd *cmd, const struct watch_options *o, char **argv,
		      struct watch_child *child)
{
	int code = 0;

	*child = (struct watch_child){ .program = argv[0] };
	if (o->spec.counts)
		code = count_open(cmd, &child->count);
	if (code)
		return code;
	code = start_child(cmd, argv, child);
	if (code)
		count_close(child->count);
	return code;
}

int watch_child_exit(const struct watch_result *r)
{
	if (!r->child_ended || (r->exit_code != EXIT_OK && r->exit_code != EXIT_NO_SAMPLE))
		return EXIT_RUN_FAILED;
	return WIFSIGNALED(r->child_status) ? 128 + WTERMSIG(r->child_status)
					    : WEXITSTATUS(r->child_status);
}

/* ---- watching ---- */

struct watch {
	const struct cmd *cmd;
	const struct watch_options *options;
	struct watch_child *child;
	struct watch_result *result;
	int control;
	bool started, over;
	uint64_t started_ns;
	bool progress_shown;
	sig_atomic_t n_stops, n_passed[3];	/* signals dealt with */
	sigset_t mask;				/* as it was, also while waiting */
	struct sigaction actions[4];
};

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t n_signals;
static volatile sig_atomic_t n_sent[array_len(stopping)];	/* by somebody, not a terminal */

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	n_signals++;
	for (size_t i = 0; i < array_len(stopping); i++)
		n_sent[i] += stopping[i] == sig && info->si_code != SI_KERNEL;
}

static void on_child(int sig)
{
	(void)sig;	/* only to leave ppoll() */
}

static void send_control(struct watch *w, const void *msg, size_t len)
{
	struct error err;

	msg_send(w->control, msg, len, NULL, 0, &err);
}

bool watch_ask_probe(int control, const char *function, double seconds)
{
	size_t len = sizeof(struct c_probe) + strlen(function) + 1;
	_cleanup_(freep) struct c_probe *msg = NULL;
	struct error err;

	if (!(seconds * NS_PER_S >= CONTROL_MIN_PROBE_NS && seconds * NS_PER_S <= CONTROL_MAX_PROBE_NS) ||
	    len > MSG_MAX_BYTES)
		return false;
	msg = xcalloc(1, len);
	*msg = (struct c_probe){ .type = C_PROBE, .duration_ns = (uint64_t)(seconds * NS_PER_S) };
	strcpy(msg->function, function);
	return msg_try_send(control, msg, len, NULL, 0, &err) == 0;
}

static void clear_progress(struct watch *w)
{
	if (w->progress_shown)
		fprintf(stderr, "\r\033[K");
	w->progress_shown = false;
}

/* A terminal that knows no line to be written anew. */
static bool is_dumb(void)
{
	const char *name = getenv("TERM");

	return !name || !*name || strcmp(name, "dumb") == 0;
}

static void show_progress(struct watch *w, const struct c_grew *g)
{
	uint64_t s = (clock_mono_ns() - w->started_ns) / NS_PER_S;

	if (w->options->quiet || !w->started || !isatty(STDERR_FILENO) || is_dumb())
		return;
	fprintf(stderr, "\r\033[Kcprofd: recording %02llu:%02llu  %llu samples  lost %llu  (Ctrl-C ends it)",
		(unsigned long long)s / 60, (unsigned long long)s % 60,
		(unsigned long long)g->n_samples, (unsigned long long)g->n_lost);
	fflush(stderr);
	w->progress_shown = true;
}

static void let_child_go(struct watch *w)
{
	if (!w->child || w->child->go < 0)
		return;
	(void)!write(w->child->go, "x", 1);
	close(w->child->go);
	w->child->go = -1;
}

/* Could the child become the program? */
static void check_exec(struct watch *w)
{
	int code;

	if (w->child->failed < 0)
		return;
	if (read(w->child->failed, &code, sizeof(code)) == sizeof(code)) {
		clear_progress(w);
		w->result->exec_failed = true;
		cmd_fail(w->cmd, 0, "%s: %s", w->child->program, strerror(code));
	}
	close(w->child->failed);
	w->child->failed = -1;
}

static void reap_child(struct watch *w)
{
	struct c_target_status msg = { .type = C_TARGET_STATUS };
	struct watch_result *r = w->result;

	if (!w->child || r->child_ended ||
	    wait4(w->child->pid, &r->child_status, WNOHANG, &r->child_usage) != w->child->pid)
		return;
	r->child_ended = true;
	r->wall_ns = clock_mono_ns() - w->started_ns;
	if (w->over) {
		check_exec(w);
		return;
	}
	msg.how = WIFSIGNALED(r->child_status) ? END_SIGNALED : END_EXITED;
	msg.status = WIFSIGNALED(r->child_status) ? (uint32_t)WTERMSIG(r->child_status)
						  : (uint32_t)WEXITSTATUS(r->child_status);
	send_control(w, &msg, sizeof(msg));
	check_exec(w);
	if (w->child->count)
		count_send(w->child->count, &r->child_usage, w->control);
}

static void on_failed(struct watch *w, const struct c_failed *msg)
{
	clear_progress(w);
	w->over = true;
	w->result->exit_code = (int)msg->exit_code;
	if (w->options->spec.pid)
		cmd_say("%s %d: %s", w->cmd->name, (int)w->options->spec.pid, msg->text);
	else
		cmd_fail(w->cmd, 0, "%s", msg->text);
}

static const char *why_text(enum record_end_why why)
{
	switch (why) {
	case END_PRIVILEGED:
		return "profiling stopped: the process now runs a privileged program, or the kernel took the events away";
	case END_TROUBLE:
		return "the recording ended early";
	default:
		return NULL;
	}
}

static void on_ended(struct watch *w, const struct c_ended *msg)
{
	struct watch_result *r = w->result;
	const char *why = why_text(msg->why);

	clear_progress(w);
	w->over = true;
	r->n_samples = msg->n_samples;
	r->n_lost = msg->n_lost;
	if (why)
		cmd_say("%s", why);
	if (r->exec_failed)
		return;
	if (msg->write_errno) {
		cmd_say("the recording is whole up to where this happened: %s", msg->text);
		r->exit_code = EXIT_OUTPUT;
	} else if (!msg->n_samples && msg->why == END_TARGET) {
		r->exit_code = EXIT_NO_SAMPLE;
		if (!w->child)
			cmd_fail(w->cmd, 0, "%d: the process ended before the first sample",
				 (int)w->options->spec.pid);
	}
}

static void on_message(struct watch *w, const struct msg *m)
{
	const union control_said *msg = (const void *)m->data;

	switch (msg->type) {
	case C_STARTED:
		w->started = true;
		w->started_ns = clock_mono_ns();
		if (w->options->greeting)
			cmd_say("%s", w->options->greeting);
		let_child_go(w);
		if (w->options->probe.function)
			watch_ask_probe(w->control, w->options->probe.function,
					w->options->probe.seconds);
		break;
	case C_FAILED:
		on_failed(w, &msg->failed);
		break;
	case C_GREW:
		show_progress(w, &msg->grew);
		break;
	case C_NOTE:
		clear_progress(w);
		cmd_say("%s", msg->note.text);
		break;
	case C_REFUSED:
		clear_progress(w);
		cmd_say("%s", msg->refused.text);
		break;
	case C_ENDED:
		on_ended(w, &msg->ended);
		break;
	}
}

/* What a terminal sends the child has had already; the rest is passed on. */
static void pass_signals(struct watch *w)
{
	for (size_t i = 0; i < array_len(stopping); i++)
		for (; w->n_passed[i] < n_sent[i]; w->n_passed[i]++)
			kill(w->child->pid, stopping[i]);
}

/* Signals that came are the child's while there is one, else they stop sampling. */
static void handle_signals(struct watch *w)
{
	struct c_stop stop = { .type = C_STOP };

	if (w->child && !w->result->child_ended) {
		pass_signals(w);
		w->n_stops = n_signals;
	}
	for (; w->n_stops < n_signals; w->n_stops++)
		send_control(w, &stop, sizeof(stop));
}

static void watch_loop(struct watch *w)
{
	struct msg *m = xmalloc(sizeof(*m));
	struct error err;

	while (!w->over) {
		struct pollfd fd = { .fd = w->control, .events = POLLIN };
		const struct timespec second = { .tv_sec = 1 };
		int n = ppoll(&fd, 1, &second, &w->mask);

		reap_child(w);
		handle_signals(w);
		if (n <= 0 || !fd.revents)
			continue;
		if (msg_recv(w->control, m, &err) != 1) {
			clear_progress(w);
			w->result->exit_code = cmd_fail(w->cmd, EXIT_INTERNAL,
				"the session ended unexpectedly%s%s",
				w->started ? "; what was recorded is in " : "",
				w->started ? w->result->path : "");
			break;
		}
		msg_close_fds(m);
		if (control_is_sound(m))
			on_message(w, m);
	}
	free(m);
}

/* From now on signals interrupt ppoll() and nothing else. */
static void catch_signals(struct watch *w)
{
	struct sigaction catch = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < array_len(stopping); i++) {
		sigaction(stopping[i], NULL, &w->actions[i]);
		if (stopping[i] == SIGHUP && w->actions[i].sa_handler == SIG_IGN)
			continue;	/* nohup(1) */
		sigaction(stopping[i], &catch, NULL);
		sigaddset(&block, stopping[i]);
	}
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_child },
		  &w->actions[array_len(stopping)]);
	sigaddset(&block, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &block, &w->mask);
}

/* What follows, a report perhaps, can be ended as any program can. */
static void release_signals(const struct watch *w)
{
	for (size_t i = 0; i < array_len(stopping); i++)
		sigaction(stopping[i], &w->actions[i], NULL);
	sigaction(SIGCHLD, &w->actions[array_len(stopping)], NULL);
	sigprocmask(SIG_SETMASK, &w->mask, NULL);
}

/*
 * The session is over and the child is not.  If sampling never began it has not
 * become the program, and ends when the word does not come.
 */
static void wait_for_child(struct watch *w)
{
	closep(&w->child->go);
	w->child->go = -1;
	for (bool said = !w->started; !w->result->child_ended; said = true) {
		ppoll(NULL, 0, &(struct timespec){ .tv_nsec = CHILD_WAIT_NS }, &w->mask);
		handle_signals(w);
		reap_child(w);
		if (!said && !w->result->child_ended)
			cmd_say("sampling is over; waiting for %s (pid %d) to end",
				w->child->program, (int)w->child->pid);
	}
}

/* Record into `path` until all is over; an exit code is in the result. */
static void record(struct watch *w, struct watch_options *o, const char *path)
{
	unsigned int flags = OUT_FILE_LIVE | OUT_FILE_PRIVATE | (o->force ? OUT_FILE_FORCE : 0u);
	struct watch_result *result = w->result;
	struct out_file *out;
	struct error err;

	if (out_file_open(path, flags, &out, &err) < 0) {
		result->exit_code = cmd_fail(w->cmd, EXIT_OUTPUT, "%s", err.msg);
		return;
	}
	o->spec.recording_fd = out_file_fd(out);
	if (opener_start(&o->spec, &w->control, &err) < 0) {
		result->exit_code = cmd_fail(w->cmd, EXIT_INTERNAL, "%s", err.msg);
	} else {
		watch_loop(w);
		close(w->control);
	}
	w->over = true;
	if (w->child && !result->child_ended)
		wait_for_child(w);
	if (!w->started || result->exec_failed)
		out_file_abort(out);
	else if (out_file_commit(out, &err) < 0)
		result->exit_code = cmd_fail(w->cmd, EXIT_OUTPUT, "%s", err.msg);
}

void watch_run(const struct cmd *cmd, struct watch_options *o, const char *path,
	       struct watch_child *child, struct watch_result *result)
{
	struct watch w = { .cmd = cmd, .options = o, .child = child, .result = result };

	*result = (struct watch_result){ .exit_code = EXIT_OK };
	snprintf(result->path, sizeof(result->path), "%s", path);
	catch_signals(&w);
	record(&w, o, path);
	if (child)
		count_close(child->count);
	release_signals(&w);
}

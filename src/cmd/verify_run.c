// SPDX-License-Identifier: Apache-2.0
#include "cmd/verify_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/util.h"
#include "profile/profile_load.h"
#include "session/control.h"

#define MAX_FRAMES 1024
#define MAX_TRUTH_BYTES 16384
/* A machine may be busy: a program is given up only after so long. */
#define GIVE_UP_S(cpu_s) (60 + 20 * (cpu_s))

struct run {
	const struct verify_engine *engine;
	const struct verify_case *which;
	double seconds;
	struct verify_result *result;
	pid_t pid;		/* the program, 0: none any more */
	int go;			/* where it waits for the rate */
	int said;		/* what it prints */
	int recording;
	int control;
};

static int failed(struct run *r, enum verify_ran how, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int failed(struct run *r, enum verify_ran how, const char *fmt, ...)
{
	va_list ap;

	r->result->ran = how;
	va_start(ap, fmt);
	vsnprintf(r->result->why, sizeof(r->result->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- the program ---- */

static int find_program(char path[PATH_MAX], struct error *err)
{
	_cleanup_(closep) int fd = opener_open_program("cprofd-verify", err);
	char link[64];
	ssize_t n;

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return error_sys(err, "cannot find cprofd-verify");
	path[n] = '\0';
	return 0;
}

/* In the child: wait for the rate that is sampled at, then become the program. */
static void child_main(const struct run *r, const char *path, int go, int out)
{
	char seconds[32], rate[32];
	uint32_t rate_hz;

	/* Under yama's scope 1 the opener, no parent of ours, could not trace us. */
	prctl(PR_SET_PTRACER, getppid());
	if (read(go, &rate_hz, sizeof(rate_hz)) != sizeof(rate_hz) || dup2(out, STDOUT_FILENO) < 0)
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	snprintf(seconds, sizeof(seconds), "%g", r->seconds);
	snprintf(rate, sizeof(rate), "%u", rate_hz);
	execl(path, "cprofd-verify", r->which->name, seconds, rate, (char *)NULL);
	_exit(127);
}

static int start_program(struct run *r)
{
	_cleanup_(closep) int go = -1;
	_cleanup_(closep) int out = -1;
	char path[PATH_MAX];
	struct error err;
	int pair[2];

	if (find_program(path, &err) < 0)
		return failed(r, RAN_FAILED, "%s", err.msg);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return failed(r, RAN_FAILED, "cannot make a pipe: %s", strerror(errno));
	go = pair[0];
	r->go = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return failed(r, RAN_FAILED, "cannot make a pipe: %s", strerror(errno));
	r->said = pair[0];
	out = pair[1];
	r->pid = fork();
	if (r->pid < 0)
		return failed(r, RAN_FAILED, "cannot start a process: %s", strerror(errno));
	if (r->pid == 0) {
		close(r->go);	/* or it would never see that we gave up */
		child_main(r, path, go, out);
	}
	return 0;
}

/* ---- the session ---- */

/* 1: it goes on, 0: it is over, -1: it failed. */
static int take_message(struct run *r, const struct msg *m)
{
	const union control_said *msg = (const void *)m->data;

	switch (msg->type) {
	case C_STARTED:
		r->result->rate_hz = msg->started.rate_hz;
		(void)!write(r->go, &r->result->rate_hz, sizeof(r->result->rate_hz));
		return 1;
	case C_FAILED:
		return failed(r, RAN_NO_ENGINE, "%s", msg->failed.text);
	case C_ENDED:
		return msg->ended.write_errno ? failed(r, RAN_FAILED, "%s", msg->ended.text) : 0;
	default:
		return 1;
	}
}

static int record(struct run *r, uint32_t rate_hz)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	struct opener_spec spec = {
		.pid = r->pid, .engine = r->engine->engine, .rate_hz = rate_hz,
		.max_frames = MAX_FRAMES, .on_exec = true, .command = r->which->name,
		.recording_fd = r->recording };
	uint64_t end_ns = clock_mono_ns() + (uint64_t)(GIVE_UP_S(r->seconds) * 1e9);
	struct error err;
	int more = 1;

	if (opener_start(&spec, &r->control, &err) < 0)
		return failed(r, RAN_FAILED, "%s", err.msg);
	while (more > 0) {
		struct pollfd fd = { .fd = r->control, .events = POLLIN };
		int n = poll(&fd, 1, 1000);

		if (clock_mono_ns() > end_ns)
			return failed(r, RAN_FAILED, "the program did not end within %.0f s",
				      GIVE_UP_S(r->seconds));
		if (n <= 0)
			continue;
		if (msg_recv(r->control, m, &err) != 1)
			return failed(r, RAN_FAILED, "the session ended unexpectedly");
		msg_close_fds(m);
		if (control_is_sound(m))
			more = take_message(r, m);
	}
	return more;
}

/* ---- comparing ---- */

static int read_truth(struct run *r)
{
	struct buf text = { 0 };
	struct error err;
	int status, code;

	code = io_read_all(r->said, MAX_TRUTH_BYTES, &text, &err);
	buf_put_u8(&text, '\0');
	if (code == 0)
		code = truth_parse((const char *)text.data, &r->result->truth, &err);
	buf_deinit(&text);
	waitpid(r->pid, &status, 0);
	r->pid = 0;
	if (WIFSIGNALED(status))
		return failed(r, RAN_FAILED, "the program ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return failed(r, RAN_FAILED, "the program ended with status %d", WEXITSTATUS(status));
	return code < 0 ? failed(r, RAN_FAILED, "%s", err.msg) : 0;
}

static int compare(struct run *r)
{
	struct profile_load *load;
	struct error err;
	int code;

	if (profile_load_open(r->recording, &load, &err) < 0)
		return failed(r, RAN_FAILED, "its recording: %s", err.msg);
	code = profile_load_more(load, &err);
	if (code < 0)
		failed(r, RAN_FAILED, "its recording: %s", err.msg);
	else
		verdict_make(profile_load_profile(load), &r->result->truth, r->engine->sees_kernel,
			     &r->result->verdict);
	profile_load_close(load);
	return code < 0 ? -1 : 0;
}

void verify_run(const struct verify_engine *engine, const struct verify_case *which,
		double seconds, uint32_t rate_hz, struct verify_result *out)
{
	struct run r = { .engine = engine, .which = which, .seconds = seconds, .result = out,
			 .go = -1, .said = -1, .control = -1 };

	*out = (struct verify_result){ .ran = RAN_COMPARED };
	r.recording = memfd_create("cprofd-verify", MFD_CLOEXEC);
	if (r.recording < 0)
		failed(&r, RAN_FAILED, "cannot make a memory file: %s", strerror(errno));
	else if (start_program(&r) == 0 && record(&r, rate_hz) == 0 && read_truth(&r) == 0)
		compare(&r);
	if (r.pid > 0) {
		kill(r.pid, SIGKILL);
		waitpid(r.pid, NULL, 0);
	}
	closep(&r.go);
	closep(&r.said);
	closep(&r.control);
	closep(&r.recording);
}

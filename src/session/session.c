// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/exit_code.h"
#include "config.h"
#include "engine/bpf/bpf_shared.h"

#define DRAIN_MS 100		/* how often rings are looked at without a wake-up */
#define FIRST_FLUSH_NS (50 * NS_PER_MS)	/* while somebody waits to see anything at all */
#define FIRST_FLUSHES_NS NS_PER_S
#define FLUSH_NS NS_PER_S
#define REORDER_NS (200 * NS_PER_MS)	/* samples may come so late */
#define FINISH_NS (30 * NS_PER_S)	/* for names, once sampling is over */
#define LAST_SEND_NS (5 * NS_PER_S)	/* to the opener, once the recording is sealed */
#define MAX_WORKER_DEATHS 100
#define MAX_POLL 1024

/* ---- sending ---- */

void session_send_opener(struct session *s, const void *msg, size_t len, const int *fds,
			 size_t n_fds)
{
	struct error err;

	/* An opener that is gone is noticed by the loop. */
	msg_queue_send(&s->to_opener, s->opener, msg, len, fds, n_fds, &err);
}

void session_ask(struct session *s, enum request_kind kind, struct module *module,
		 void *ask, size_t len, uint32_t *ask_number)
{
	*ask_number = ++s->last_request;
	array_reserve(s->requests, s->n_requests + 1, s->cap_requests);
	s->requests[s->n_requests++] = (struct request){ s->last_request, kind, module };
	session_send_opener(s, ask, len, NULL, 0);
}

/* Workers are started when there is work: often the caches have it all. */
static void ask_for_worker(struct session *s, enum worker_which which)
{
	struct s_worker ask = { .type = S_WORKER, .which = which };

	if (s->worker_starts[which] || s->n_worker_deaths[which] > MAX_WORKER_DEATHS)
		return;
	s->worker_starts[which] = true;
	s->asked[which].since_ns = s->now_ns;
	session_send_opener(s, &ask, sizeof(ask), NULL, 0);
}

bool session_send_worker(struct session *s, enum worker_which which, struct module *module,
			 uint32_t step, const void *msg, size_t len, const int *fds,
			 size_t n_fds)
{
	struct worker_asked *asked = &s->asked[which];
	struct error err;

	if (s->workers[which] < 0) {
		ask_for_worker(s, which);
		return false;
	}
	if (asked->n == MAX_ASKED ||
	    msg_try_send(s->workers[which], msg, len, fds, n_fds, &err) < 0)
		return false;
	if (!asked->n)
		asked->since_ns = s->now_ns;
	asked->at[asked->n].module = module;
	asked->at[asked->n++].step = step;
	return true;
}

bool session_answered(struct session *s, enum worker_which which, uint32_t module,
		      uint32_t step)
{
	struct worker_asked *asked = &s->asked[which];

	if (!asked->n || asked->at[0].module->number != module || asked->at[0].step != step)
		return false;
	memmove(asked->at, asked->at + 1, --asked->n * sizeof(asked->at[0]));
	asked->since_ns = s->now_ns;
	return true;
}

static void put_note(struct session *s, enum record_note_level level, const char *text)
{
	struct c_note head = { .type = C_NOTE, .level = level };

	record_put_note(s->writer, s->now_ns, level, text);
	viewers_tell(s, &head, sizeof(head), text);
}

void session_note(struct session *s, enum record_note_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_note(s, level, text);
}

/* ---- workers ---- */

static void worker_died(struct session *s, enum worker_which which)
{
	closep(&s->workers[which]);
	s->workers[which] = -1;
	s->n_worker_deaths[which]++;
	if (which == WORKER_UNWIND) {
		modules_worker_died(s);
	} else {
		symbols_worker_died(s);
		code_worker_died(s);
	}
	s->asked[which].n = 0;
	ask_for_worker(s, which);
}

void session_kill_worker(struct session *s, enum worker_which which)
{
	worker_died(s, which);	/* asking for another ends it */
}

static void on_worker(struct session *s, struct msg *m)
{
	const struct o_worker *msg = (const struct o_worker *)m->data;

	if (msg->which >= WORKER_COUNT)
		return;
	closep(&s->workers[msg->which]);
	s->workers[msg->which] = msg_take_fd(m, 0);
	s->worker_starts[msg->which] = false;
	own_cost_set(s, OWN_WORKERS + msg->which, (pid_t)msg->pid);
	if (msg->which == WORKER_UNWIND)
		modules_worker_ready(s);
	else
		symbols_worker_new(s);
}

bool session_take_worker_message(struct session *s, enum worker_which which)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	const uint32_t *type = (const uint32_t *)m->data;
	struct error err;

	if (msg_recv(s->workers[which], m, &err) != 1) {
		worker_died(s, which);
		return false;
	}
	if (which == WORKER_SYMBOL && m->len >= sizeof(*type) && *type == R_CODE)
		code_on_message(s, m);
	else if (which == WORKER_SYMBOL)
		symbols_on_message(s, m);
	else if (m->len >= sizeof(*type) && *type == R_TABLE)
		modules_on_table(s, m);
	else if (m->len >= sizeof(*type) && *type == R_STEP)
		modules_on_step(s, m);
	msg_close_fds(m);
	return true;
}

/* ---- what the opener says ---- */

static void put_meta_number(struct session *s, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	record_put_meta(s->writer, key, text);
}

static void on_spec(struct session *s, const struct msg *m)
{
	struct utsname u;

	if (s->spec)
		return;
	s->spec = xmemdup(m->data, m->len);
	if (s->spec->duration_ns)
		s->end_ns = UINT64_MAX - 1;	/* set when sampling begins */
	own_cost_set(s, OWN_VIEWERS, (pid_t)s->spec->command_pid);
	own_cost_set(s, OWN_OPENER, getppid());
	s->unwinder = unwinder_new(unwind_arch_host(), s->spec->max_frames);
	uname(&u);
	record_put_meta(s->writer, "version", PACKAGE_VERSION);
	record_put_meta(s->writer, "command", s->spec->command);
	record_put_meta(s->writer, "kernel_release", u.release);
	record_put_meta(s->writer, "arch", u.machine);
	record_put_meta(s->writer, "clock", "CLOCK_MONOTONIC");
	put_meta_number(s, "pid", s->spec->pid);
	put_meta_number(s, "max_frames", s->spec->max_frames);
	put_meta_number(s, "cpus", s->spec->ncpus);
	s->effect = effect_new(s, s->spec->effect);
}

static const char *event_name(const struct o_started *msg)
{
	if (msg->engine == ENGINE_PTRACE)
		return "stops of running threads";
	return msg->hardware ? "cycles" : "cpu-clock (no PMU)";
}

/* Where the kernel's part of the samples is. */
static const char *kernel_part(const struct o_started *msg)
{
	if (msg->engine == ENGINE_PTRACE)
		return "callers";
	return msg->kernel ? "visible" : "excluded";
}

/* Which rate is in effect since when, if that changes. */
static void put_rate(struct session *s, const struct o_started *msg)
{
	size_t n = strlen(s->rates);
	int added;

	if (msg->rate_hz == s->told_rate_hz)
		return;
	added = snprintf(s->rates + n, sizeof(s->rates) - n, "%s%u:%llu", n ? " " : "", msg->rate_hz,
			 (unsigned long long)((msg->time_ns - min_of(msg->time_ns, s->start_ns)) /
					      NS_PER_MS));
	if ((size_t)added >= sizeof(s->rates) - n)
		s->rates[n] = '\0';	/* more than anybody would read */
	else if (n)
		record_put_meta(s->writer, "rates", s->rates);
	s->told_rate_hz = msg->rate_hz;
}

static void on_started(struct session *s, struct msg *m)
{
	const struct o_started *msg = (const struct o_started *)m->data;
	bool perf = msg->engine != ENGINE_PTRACE;

	if (perf)
		perf_on_started(s, msg, msg_take_fd(m, 0));
	else if (s->perf)
		perf_free(s);	/* it was tried before */
	if (!perf)
		s->spec->rate_hz = msg->rate_hz;
	s->started = *msg;
	record_put_meta(s->writer, "engine", opener_engine_name(msg->engine));
	record_put_meta(s->writer, "event", event_name(msg));
	record_put_meta(s->writer, "kernel", kernel_part(msg));
	if (msg->engine == ENGINE_BPF && s->spec->max_frames > BPF_MAX_FRAMES)
		put_meta_number(s, "max_frames", BPF_MAX_FRAMES);
	put_meta_number(s, "stack_bytes", msg->stack_bytes);
	put_meta_number(s, "rate_hz", msg->rate_hz);
	put_rate(s, msg);
	if (s->is_started)
		return;
	s->is_started = true;
	s->began_ns = msg->time_ns;
	s->state = SESSION_RUNNING;
	s->lost_since_ns = s->now_ns;
	if (s->spec->duration_ns) {
		s->end_ns = clock_mono_ns() + s->spec->duration_ns;
		s->why = END_DURATION;	/* unless something else ends it */
	}
	viewers_tell_start(s);
}

static void on_failed(struct session *s, const struct o_failed *msg)
{
	struct c_failed failed = { .type = C_FAILED, .exit_code = msg->exit_code };

	viewers_tell(s, &failed, sizeof(failed), msg->text);
	s->state = SESSION_OVER;
}

static void on_file(struct session *s, const struct o_file *o, int fd)
{
	struct request request;
	size_t i = 0;

	while (i < s->n_requests && s->requests[i].number != o->request)
		i++;
	if (i == s->n_requests) {
		closep(&fd);
		return;
	}
	request = s->requests[i];
	s->requests[i] = s->requests[--s->n_requests];
	switch (request.kind) {
	case REQUEST_FILE:
		modules_on_file(s, request.module, o, fd);
		break;
	case REQUEST_TABLE_CACHE:
		modules_on_cache(s, request.module, fd);
		closep(&fd);
		break;
	case REQUEST_NAMES_CACHE:
		symbols_on_cache(s, request.module, fd);
		closep(&fd);
		break;
	case REQUEST_DEBUG:
	case REQUEST_ALT:
		symbols_on_file(s, request.module, o, fd);
		break;
	case REQUEST_SOURCE:
		viewers_on_source(s, request.number, fd);
		break;
	}
}

static void on_target_end(struct session *s, const struct o_target_end *msg)
{
	s->target_end.time_ns = msg->time_ns;
	if (msg->how != END_UNKNOWN) {
		s->target_end.how = msg->how;
		s->target_end.status = msg->status;
	}
	if (s->state == SESSION_RUNNING) {
		s->why = END_TARGET;
		s->end_ns = s->now_ns;
	}
}

static void on_times(struct session *s, const struct o_times *msg)
{
	own_cost_set(s, OWN_HELPER, (pid_t)msg->helper_pid);
	procs_on_times(s, msg);
}

/* Does the message hold an array of `n` elements behind its struct? */
static bool holds(const struct msg *m, size_t head, uint32_t n, size_t element)
{
	return m->len >= head && (m->len - head) / element >= n;
}

static void on_usage(struct session *s, const struct o_usage *msg)
{
	for (unsigned int i = 0; i < O_USAGE_COUNTERS; i++)
		if (msg->value[i] <= INT64_MAX)
			record_put_counter(s->writer, &(struct record_counter){
				.time_ns = msg->time_ns, .what = COUNTER_USER_NS + i,
				.thread = RECORD_NONE, .value = msg->value[i] });
}

static void on_opener_message(struct session *s, struct msg *m)
{
	union {
		uint32_t type;
		struct o_threads threads;
		struct o_gone gone;
		struct o_started started;
		struct o_failed failed;
		struct o_file file;
		struct o_target_end target_end;
		struct o_times times;
		struct o_note note;
		struct o_stopped stopped;
		struct o_checked checked;
		struct o_waiting waiting;
		struct o_progress progress;
		struct o_usage usage;
	} *msg = (void *)m->data;

	if (m->len < sizeof(msg->type) || (!s->spec && msg->type != O_SPEC))
		return;
	switch (msg->type) {
	case O_SPEC:
		if (msg_holds_text(m, sizeof(struct o_spec)))
			on_spec(s, m);
		break;
	case O_PROCESS:
		if (msg_holds_text(m, sizeof(struct o_process)) && m->n_fds)
			procs_on_process(s, m);
		break;
	case O_GONE:
		if (m->len >= sizeof(msg->gone))
			procs_on_gone(s, &msg->gone);
		break;
	case O_THREADS:
		if (holds(m, sizeof(msg->threads), 0, 1) &&
		    holds(m, sizeof(msg->threads), msg->threads.n, sizeof(struct o_thread)))
			procs_on_threads(s, &msg->threads);
		break;
	case O_RING:
		if (m->len >= sizeof(struct o_ring))
			perf_on_ring(s, m);
		break;
	case O_EVENTS:
		if (m->len >= sizeof(struct o_events))
			perf_on_events(s, m);
		break;
	case O_STARTED:
		if (m->len >= sizeof(msg->started))
			on_started(s, m);
		break;
	case O_FAILED:
		if (msg_holds_text(m, sizeof(msg->failed)))
			on_failed(s, &msg->failed);
		break;
	case O_FILE:
		if (m->len >= sizeof(msg->file))
			on_file(s, &msg->file, msg_take_fd(m, 0));
		break;
	case O_WORKER:
		if (m->len >= sizeof(struct o_worker))
			on_worker(s, m);
		break;
	case O_TARGET_END:
		if (m->len >= sizeof(msg->target_end))
			on_target_end(s, &msg->target_end);
		break;
	case O_TIMES:
		if (holds(m, sizeof(msg->times), 0, 1) &&
		    holds(m, sizeof(msg->times), msg->times.n, sizeof(msg->times.time[0])))
			on_times(s, &msg->times);
		break;
	case O_NOTE:
		if (msg_holds_text(m, sizeof(msg->note)))
			put_note(s, msg->note.level, msg->note.text);
		break;
	case O_BPF:
		if (m->len >= sizeof(struct o_bpf))
			kernel_side_on_maps(s, m);
		break;
	case O_RINGS_FREED:
		s->rings_freed = true;
		break;
	case O_REVOKED:
		session_stop(s, END_PRIVILEGED);
		break;
	case O_STOPPED:
		if (m->len >= sizeof(msg->stopped))
			ptrace_on_stopped(s, &msg->stopped);
		break;
	case O_CHECKED:
		if (m->len >= sizeof(msg->checked))
			ptrace_on_checked(s, &msg->checked);
		break;
	case O_WAITING:
		if (m->len >= sizeof(msg->waiting) && msg->waiting.n <= O_WAITING_MAX)
			activity_on_waiting(s, &msg->waiting);
		break;
	case O_COUNTED:
		if (holds(m, sizeof(struct o_counted), 0, 1))
			probe_on_counted(s, m);
		break;
	case O_PROGRESS:
		if (m->len >= sizeof(msg->progress))
			effect_on_progress(s, &msg->progress);
		break;
	case O_USAGE:
		if (m->len >= sizeof(msg->usage))
			on_usage(s, &msg->usage);
		break;
	}
}

void session_stop(struct session *s, enum record_end_why why)
{
	if (s->state == SESSION_STARTING) {
		struct c_failed failed = { .type = C_FAILED, .exit_code = EXIT_NO_SAMPLE };

		viewers_tell(s, &failed, sizeof(failed), "stopped before sampling began");
		s->state = SESSION_OVER;
	} else if (s->state == SESSION_RUNNING) {
		s->why = why;
		s->end_ns = s->now_ns;
	} else if (s->state == SESSION_FINISHING) {
		s->finish_by_ns = s->now_ns;	/* asked twice: without the rest of the names */
	}
}

/* ---- the loop ---- */

/* A session that nobody looks at must not fill the disk. */
static void check_size(struct session *s)
{
	if (s->state != SESSION_RUNNING || !s->spec->max_bytes ||
	    record_writer_written(s->writer) < s->spec->max_bytes)
		return;
	session_note(s, NOTE_WARNING, "the recording has reached its limit of %llu MiB: it ends here",
		     (unsigned long long)s->spec->max_bytes >> 20);
	session_stop(s, END_STOPPED);
}

/* Once a second: counters, and everything into the file. */
static void every_second(struct session *s)
{
	struct error err;
	uint64_t own_ns;

	if (s->perf) {
		perf_second(s);
	} else if (s->started.engine == ENGINE_PTRACE) {
		ptrace_second(s);
	}
	switch_second(s);
	own_ns = own_cost_put(s);
	governor_second(s, own_ns + kernel_side_cost_ns(s));
	python_second(s);
	procs_collect(s);
	modules_collect(s);
	modules_tick(s, s->now_ns);
	if (!s->write_errno && record_writer_error(s->writer, &err) < 0) {
		s->write_errno = err.code;
		snprintf(s->write_error, sizeof(s->write_error), "%s", err.msg);
		session_stop(s, END_TROUBLE);
	}
	check_size(s);
}

static void flush(struct session *s)
{
	/* What still waits for a table may be older than what is there. */
	uint64_t until = s->now_ns - REORDER_NS;

	record_writer_commit(s->writer, until);
}

static void on_growth(struct session *s)
{
	eventfd_t n;

	if (eventfd_read(record_writer_grown_fd(s->writer), &n) == 0)
		viewers_tell_growth(s);
}

/*
 * The kernel has taken the events away while the target goes on.  Events also
 * end with the target, so it has to have outlived them for a while.
 */
static void check_revoked(struct session *s)
{
	bool ended = s->perf && s->state == SESSION_RUNNING && perf_reader_all_ended(s->perf);

	if (ended && s->events_ended) {
		s->why = END_PRIVILEGED;
		s->end_ns = s->now_ns;
	}
	s->events_ended = ended;
}

/* Everything that waits: 1, or 0 if the opener is gone. */
static int wait_and_take(struct session *s)
{
	struct pollfd fds[MAX_POLL] = {
		{ .fd = s->opener,
		  .events = POLLIN | (msg_queue_waits(&s->to_opener) ? POLLOUT : 0) },
		{ .fd = s->workers[WORKER_UNWIND], .events = POLLIN },
		{ .fd = s->workers[WORKER_SYMBOL], .events = POLLIN },
		{ .fd = record_writer_grown_fd(s->writer), .events = POLLIN },
	};
	const struct pollfd *grown = fds + 1 + WORKER_COUNT, *viewers = grown + 1;
	_cleanup_(freep) struct msg *m = NULL;
	size_t n = 2 + WORKER_COUNT;
	struct error err;
	int ms = s->perf ? min_of(perf_patience_ms(s), DRAIN_MS) : DRAIN_MS;
	/* What is being counted at the end is waited for. */
	uint64_t due_ns = probe_is_ending(s) ? UINT64_MAX : min_of(s->end_ns, effect_due_ns(s));

	n += viewers_poll(s, fds + n);
	if (s->perf && s->state == SESSION_RUNNING)
		n += perf_reader_poll(s->perf, fds + n, MAX_POLL - n);
	if (s->state == SESSION_RUNNING && due_ns < s->now_ns + ms * NS_PER_MS)
		ms = due_ns > s->now_ns ? (int)((due_ns - s->now_ns) / NS_PER_MS) + 1 : 0;
	if (poll(fds, n, ms) < 0 && errno != EINTR)
		abort();
	s->now_ns = clock_mono_ns();
	if (fds[0].revents & POLLOUT)
		msg_queue_flush(&s->to_opener, s->opener, &err);
	if (fds[0].revents & ~POLLOUT) {
		m = xmalloc(sizeof(*m));
		if (msg_recv(s->opener, m, &err) != 1)
			return 0;
		on_opener_message(s, m);
		msg_close_fds(m);
	}
	if (grown->revents)
		on_growth(s);
	viewers_take(s, viewers);
	for (int i = 0; i < WORKER_COUNT; i++)
		if (fds[1 + i].revents && s->workers[i] == fds[1 + i].fd)
			session_take_worker_message(s, i);
	return 1;
}

/* Sampling is over: take what is left and wait for names. */
static void begin_finish(struct session *s)
{
	const struct s_sampling_over over = { .type = S_SAMPLING_OVER };

	effect_stop(s);
	switch_stop(s);
	s->state = SESSION_FINISHING;
	s->finish_by_ns = s->now_ns + FINISH_NS;
	if (s->perf) {
		perf_stop(s);
		perf_drain(s);
		perf_second(s);
		perf_free(s);
	}
	session_send_opener(s, &over, sizeof(over), NULL, 0);
}

static bool is_finished(struct session *s)
{
	if (s->now_ns >= s->finish_by_ns)
		return true;
	if (s->n_pending || symbols_busy(s) || !s->rings_freed || counts_busy(s))
		return false;
	code_want_hottest(s);
	return !code_busy(s);
}

static void loop(struct session *s)
{
	uint64_t flush_ns = s->now_ns + FIRST_FLUSH_NS, second_ns = s->now_ns + NS_PER_S;
	uint64_t flush_step = FIRST_FLUSH_NS, first_ns = s->now_ns + FIRST_FLUSHES_NS;
	bool opener_there = true;

	while (s->state != SESSION_OVER) {
		if (!wait_and_take(s)) {
			opener_there = false;
			s->why = END_TROUBLE;
			session_note(s, NOTE_WARNING, "the opener ended: so does the recording");
		}
		kernel_side_update(s);
		if (s->is_started)
			perf_drain(s);
		if (s->perf && s->state == SESSION_RUNNING)
			perf_judge(s);
		probe_tick(s);
		effect_tick(s);	/* with what was due before it done */
		symbols_tick(s, s->now_ns, s->state == SESSION_FINISHING);
		code_tick(s);
		if (s->now_ns >= second_ns) {
			every_second(s);
			check_revoked(s);
			second_ns = s->now_ns + NS_PER_S;
		}
		if (s->now_ns >= flush_ns) {
			flush(s);
			if (s->now_ns >= first_ns)
				flush_step = min_of(flush_step * 2, (uint64_t)FLUSH_NS);
			flush_ns = s->now_ns + flush_step;
		}
		if (s->state == SESSION_RUNNING &&
		    ((s->now_ns >= s->end_ns && probe_is_over(s)) || !opener_there))
			begin_finish(s);
		if (s->state == SESSION_FINISHING && (!opener_there || is_finished(s)))
			break;
		if (!opener_there)
			break;
	}
}

/* How the first process ended, as far as anybody told. */
static void put_target_end(struct session *s)
{
	struct proc *p = s->spec ? procs_find(s, s->spec->pid) : NULL;

	if (!p || !s->target_end.time_ns)
		return;
	procs_record(p);
	s->target_end.process = p->number;
	record_put_process_end(s->writer, &s->target_end);
}

/*
 * The names for the cache, which may be many, have still to go to the opener.
 * It may itself be sending, so what it says is taken, though nobody needs it.
 */
static void flush_opener(struct session *s)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	uint64_t until = clock_mono_ns() + LAST_SEND_NS, now;
	struct error err;

	while (msg_queue_waits(&s->to_opener) && (now = clock_mono_ns()) < until) {
		struct pollfd fd = { .fd = s->opener, .events = POLLIN | POLLOUT };

		if (poll(&fd, 1, (int)((until - now) / NS_PER_MS) + 1) < 0 && errno != EINTR)
			break;
		if (fd.revents & POLLIN) {
			if (msg_recv(s->opener, m, &err) != 1)
				break;
			msg_close_fds(m);
		}
		if (msg_queue_flush(&s->to_opener, s->opener, &err) < 0)
			break;
	}
}

/* Seal the recording and say how it ended. */
static int finish(struct session *s)
{
	struct c_ended ended = { .type = C_ENDED };
	struct error err = { .msg = "" };

	perf_retry_pending(s, true);
	if (s->perf)
		perf_second(s);
	else if (s->started.engine == ENGINE_PTRACE)
		ptrace_second(s);
	procs_put_cpu(s);
	switch_second(s);
	own_cost_put(s);
	symbols_save(s);
	put_target_end(s);
	if (procs_count_unrecorded(s))
		put_meta_number(s, "unsampled_processes", procs_count_unrecorded(s));
	record_put_end(s->writer, &(struct record_end){
		.time_ns = s->now_ns, .why = s->why, .n_samples = s->n_samples,
		.n_lost = s->n_lost });
	if (record_writer_close(s->writer, &err) < 0)
		s->write_errno = err.code;
	flush_opener(s);
	ended.why = s->why;
	ended.write_errno = (uint32_t)s->write_errno;
	ended.how = s->target_end.how;
	ended.status = s->target_end.status;
	ended.n_samples = s->n_cpu_samples;
	ended.n_lost = s->n_lost;
	if (s->is_started)
		viewers_tell(s, &ended, sizeof(ended), s->write_errno ? err.msg : "");
	return 0;
}

int session_run(int opener, int control, int recording, int listener)
{
	struct session s = {
		.opener = opener, .workers = { -1, -1 }, .host_stat = -1,
		.end_ns = UINT64_MAX, .start_ns = clock_mono_ns(), .why = END_STOPPED,
	};
	struct c_failed failed = { .type = C_FAILED, .exit_code = EXIT_OUTPUT };
	struct error err;

	viewers_init(&s, control, listener);
	s.now_ns = s.start_ns;
	s.last_pending = &s.pending;
	s.last_generation = 0;
	if (record_writer_open(recording, s.start_ns, clock_ns(CLOCK_REALTIME), &s.writer,
			       &err) < 0) {
		viewers_tell(&s, &failed, sizeof(failed), err.msg);
		return EXIT_OUTPUT;
	}
	loop(&s);
	int ret = finish(&s);
	perf_free(&s);
	kernel_side_free(&s);
	procs_free(&s);
	modules_free(&s);
	stacks_free(&s);
	python_free(&s);
	code_free(&s);
	counts_free(&s);
	probe_free(&s);
	effect_free(s.effect);
	unwinder_free(s.unwinder);
	msg_queue_deinit(&s.to_opener);
	free(s.requests);
	free(s.spec);
	return ret;
}

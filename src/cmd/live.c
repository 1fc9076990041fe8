// SPDX-License-Identifier: Apache-2.0
#include "cmd/live.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_recording.h"
#include "cmd/watch.h"
#include "profile/profile_load.h"
#include "session/control.h"
#include "ui/code_rows.h"
#include "ui/place.h"

#define RETRY_NS NS_PER_S		/* between tries to reach a session again */
#define REFRESH_MIN_NS (100 * NS_PER_MS)	/* between two pictures of new data */
#define REFRESH_MAX_NS (10 * NS_PER_S)	/* of a million samples: few of them are new */
#define REFRESH_SHARE 100		/* a picture may cost this part of a CPU */
#define REFRESH_FELT_NS (20 * NS_PER_MS)	/* somebody who types would feel what costs more */
#define HEADER_NS (2 * NS_PER_S)	/* until the recording has its header */
#define CLOCK_MS 1000			/* seconds that are counted on the screen */
#define HINTS_NS (NS_PER_S - 50 * NS_PER_MS)	/* data come once a second, about */
#define HINTS_NEEDED 3			/* looks at which a hint has to hold */
#define OTHERS_NS (2 * NS_PER_S)	/* between looks at other sessions */
#define STOP_NS (60 * NS_PER_S)

/* The sessions there are, as the app shows them. */
struct others {
	struct session_entry *entries;
	struct session_row *rows;
	size_t n;
	uint64_t read_ns;	/* when */
};

struct live {
	const struct cmd *cmd;
	const struct session_entry *entry;
	struct viewer_options *viewer;
	int control;			/* -1: lost */
	int recording;
	struct profile_load *load;
	struct model model;
	struct app app;
	bool grown;			/* there is more than what was read */
	bool over;			/* it said that it ended */
	uint64_t refresh_due_ns, retry_due_ns, hints_due_ns;
	uint64_t refresh_cpu_ns;	/* our CPU time before the last picture; 0: it is paid for */
	bool refresh_is_felt;		/* by what it cost */
	struct app_live ops;
	char *source_path;		/* that was asked for, or NULL */
	uint32_t source_request;
	uint32_t name_of;		/* the function that was asked for last */
	struct others others;
	uint32_t code_of;		/* function whose instructions were asked for last */
};

/* ---- what the session says ---- */

/* A source file: opened with the target's rights, where it sees it.  One at a time. */
static bool ask_for_source(void *ctx, const char *path)
{
	struct live *l = ctx;
	size_t len = sizeof(struct c_source) + strlen(path) + 1;
	_cleanup_(freep) struct c_source *msg = NULL;
	struct error err;

	if (l->control < 0 || l->over || l->source_path || len > MSG_MAX_BYTES)
		return false;
	msg = xcalloc(1, len);
	msg->type = C_SOURCE;
	msg->request = ++l->source_request;
	strcpy(msg->path, path);
	if (msg_try_send(l->control, msg, len, NULL, 0, &err) < 0)
		return false;
	l->source_path = xstrdup(path);
	return true;
}

/* The answer; without one, as the session is gone, -1. */
static void take_source(struct live *l, int fd)
{
	if (l->source_path)
		sources_put(&l->app.source.sources, l->source_path, fd);
	free(steal(l->source_path));
}

static void on_message(struct live *l, struct msg *m)
{
	const union control_said *said = (const void *)m->data;

	switch (said->type) {
	case C_STARTED:
		if (said->started.version != CONTROL_VERSION)
			app_say(&l->app, "the session is of another version: what it records can be "
				"looked at, requests may be refused");
		break;
	case C_GREW:
		l->app.session.n_known = said->grew.n_samples;
		l->grown = true;
		break;
	case C_NOTE:
		app_say(&l->app, "%s", said->note.text);
		break;
	case C_REFUSED:
		app_say(&l->app, "%s", said->refused.text);
		break;
	case C_FILE:
		if (said->file.request == l->source_request)
			take_source(l, m->n_fds ? m->fds[0] : -1);
		break;
	case C_ENDED:
		l->app.session.n_known = said->ended.n_samples;
		l->over = l->grown = true;
		if (!l->app.message && !l->app.prompt.mark)
			app_say(&l->app, "nothing more is recorded; what there is stays: S saves it, q leaves");
		break;
	}
}

static void lose(struct live *l)
{
	take_source(l, -1);
	closep(&l->control);
	l->control = -1;
	l->grown = true;	/* its last bytes */
	l->app.session.stale_ns = l->app.session.now_ns;
	l->app.session.n_tries = 0;
	l->retry_due_ns = l->app.session.now_ns + RETRY_NS;
}

static void take_messages(struct live *l)
{
	_cleanup_(freep) struct msg *m = NULL;
	struct pollfd fd = { .fd = l->control, .events = POLLIN };
	struct error err;

	while (l->control >= 0 && poll(&fd, 1, 0) > 0) {
		if (!m)
			m = xmalloc(sizeof(*m));
		if (msg_recv(l->control, m, &err) != 1) {
			lose(l);
			break;
		}
		if (control_is_sound(m))
			on_message(l, m);
		msg_close_fds(m);
	}
}

static void try_again(struct live *l)
{
	struct error err;

	l->app.session.n_tries++;
	l->control = sessions_connect(l->entry, &err);
	l->retry_due_ns = l->app.session.now_ns + RETRY_NS;
	if (l->control < 0)
		l->grown = true;	/* it may have sealed its file since */
}

/* ---- more data ---- */

static void refresh(struct live *l)
{
	struct error err;

	l->grown = false;
	if (l->model.n_order)	/* the first rows are not waited for, whatever they cost */
		l->refresh_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (profile_load_more(l->load, &err) < 0)
		app_say(&l->app, "%s: %s; this is what could be read", l->entry->path, err.msg);
	app_session_refresh(&l->app);
	if (l->app.session.untouched)
		viewer_come_back(l->viewer, &l->app);
	if (l->app.session.now_ns >= l->hints_due_ns) {
		app_look_for_hints(&l->app, HINTS_NEEDED);
		l->hints_due_ns = l->app.session.now_ns + HINTS_NS;
	}
	l->refresh_due_ns = l->app.session.now_ns + REFRESH_MIN_NS;
}

/* It has been drawn, too: what it cost says when the next one may come. */
static void pay_for_refresh(struct live *l)
{
	uint64_t cost, pause;

	if (!l->refresh_cpu_ns)
		return;
	cost = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - l->refresh_cpu_ns;
	pause = max_of(cost * REFRESH_SHARE, REFRESH_MIN_NS);
	l->refresh_due_ns += min_of(pause, REFRESH_MAX_NS) - REFRESH_MIN_NS;
	l->refresh_is_felt = cost > REFRESH_FELT_NS;
	l->refresh_cpu_ns = 0;
}

/* When the next picture may be made: not between keys, if it takes long. */
static uint64_t refresh_at_ns(const struct live *l)
{
	uint64_t rest_ns = min_of(l->app.session.held_until_ns, l->refresh_due_ns + REFRESH_MAX_NS);

	if (l->over)
		return 0;
	return l->refresh_is_felt ? max_of(l->refresh_due_ns, rest_ns) : l->refresh_due_ns;
}

static void judge_state(struct live *l)
{
	const struct profile *p = profile_load_profile(l->load);

	if (p->ended || l->over)
		l->app.session.state = APP_ENDED;
	else
		l->app.session.state = l->control < 0 ? APP_STALE : APP_LIVE;
}

/* Somebody looks at a function that has no name yet: its module is first then. */
static void ask_for_name(struct live *l)
{
	const struct profile *p = l->model.p;
	uint32_t function = l->app.function;
	struct c_resolve ask = { .type = C_RESOLVE };
	struct error err;

	if (l->control < 0 || l->over || function == RECORD_NONE || function == l->name_of ||
	    p->functions[function].module == RECORD_NONE || !profile_function_unnamed(p, function))
		return;
	l->name_of = function;
	ask.module = p->functions[function].module;
	msg_try_send(l->control, &ask, sizeof(ask), NULL, 0, &err);
}

/* Somebody looks at a function whose instructions are not in the recording. */
static void ask_for_code(struct live *l)
{
	struct c_code ask = { .type = C_CODE };
	struct error err;

	if (l->control < 0 || l->over || l->app.function == l->code_of ||
	    !code_is_wanted(&l->app, &ask.module, &ask.vaddr))
		return;
	l->code_of = l->app.function;
	msg_try_send(l->control, &ask, sizeof(ask), NULL, 0, &err);
}

/* Milliseconds until `at_ns`, rounded up. */
static int until(const struct live *l, uint64_t at_ns)
{
	return at_ns > l->app.session.now_ns ? (int)((at_ns - l->app.session.now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static void sooner(int *ms, int other)
{
	*ms = *ms < 0 ? other : min_of(*ms, other);
}

static int turn(void *ctx)
{
	struct live *l = ctx;
	int ms = -1;

	pay_for_refresh(l);
	take_messages(l);
	if (l->app.session.state == APP_STALE && l->app.session.now_ns >= l->retry_due_ns)
		try_again(l);
	if (l->grown && !l->app.session.paused && l->app.session.now_ns >= refresh_at_ns(l))
		refresh(l);
	judge_state(l);
	ask_for_code(l);
	ask_for_name(l);
	if (l->grown && !l->app.session.paused)
		sooner(&ms, until(l, refresh_at_ns(l)));
	if (l->app.session.state == APP_STALE)
		sooner(&ms, until(l, l->retry_due_ns));
	if (l->app.session.paused)
		sooner(&ms, CLOCK_MS);
	if (app_session_is_held(&l->app))
		sooner(&ms, until(l, l->app.session.held_until_ns));
	return ms;
}

static int feed_fd(void *ctx)
{
	const struct live *l = ctx;

	return l->control;
}

static bool is_busy(void *ctx)
{
	const struct live *l = ctx;

	return l->source_path;
}

/* ---- what the app asks for ---- */

static char *send_text(const struct live *l, uint32_t type, const char *text)
{
	size_t len = sizeof(struct c_mark) + strlen(text) + 1;
	_cleanup_(freep) struct c_mark *msg = xcalloc(1, len);
	struct error err;

	msg->type = type;
	strcpy(msg->text, text);
	return msg_try_send(l->control, msg, len, NULL, 0, &err) < 0
		? xasprintf("the session does not answer: %s", err.msg) : NULL;
}

static char *ask_rate(const struct live *l, const char *argument)
{
	struct c_rate msg = { .type = C_RATE };
	struct error err;
	uint64_t hz;

	if (!cmd_parse_number(argument, 1, CONTROL_MAX_RATE_HZ, &hz))
		return xasprintf("a rate is a number from 1 to %d, as :rate 999", CONTROL_MAX_RATE_HZ);
	msg.rate_hz = (uint32_t)hz;
	return msg_try_send(l->control, &msg, sizeof(msg), NULL, 0, &err) < 0
		? xasprintf("the session does not answer: %s", err.msg) : NULL;
}

/* "2 fib": for so many seconds. */
static char *ask_probe(const struct live *l, const char *argument)
{
	char *name;
	const double seconds = strtod(argument, &name);

	name += strspn(name, " ");
	return watch_ask_probe(l->control, name, seconds)
		? NULL : xstrdup("calls of a function are counted for 0.1 to 60 seconds, as :probe fib 5");
}

static char *ask_stop(const struct live *l)
{
	const struct c_stop stop = { .type = C_STOP };
	struct error err;

	return msg_try_send(l->control, &stop, sizeof(stop), NULL, 0, &err) < 0
		? xasprintf("the session does not answer: %s", err.msg)
		: xstrdup("sampling ends; the names that are missing come yet");
}

/* What comes of it the session tells everybody who looks. */
static char *ask(void *ctx, enum app_request what, const char *argument)
{
	const struct live *l = ctx;

	if (l->control < 0)
		return xstrdup("there is no session any more that could do that");
	switch (what) {
	case APP_RATE:
		return ask_rate(l, argument);
	case APP_MARK:
		return *argument ? send_text(l, C_MARK, argument) : xstrdup("which text?  :mark TEXT");
	case APP_PROBE:
		return ask_probe(l, argument);
	case APP_STOP:
		return ask_stop(l);
	default:
		return NULL;
	}
}

static void forget_others(struct others *o)
{
	free(o->entries);
	free(o->rows);
	*o = (struct others){ 0 };
}

static uint32_t list_sessions(void *ctx, const struct session_row **rows)
{
	struct live *l = ctx;
	struct others *o = &l->others;
	struct error err;

	if (!o->read_ns || l->app.session.now_ns - o->read_ns >= OTHERS_NS) {
		forget_others(o);
		sessions_list(&o->entries, &o->n, &err);
		o->rows = xcalloc(max_of(o->n, (size_t)1), sizeof(*o->rows));
		for (size_t i = 0; i < o->n; i++) {
			session_row_make(&o->entries[i], &o->rows[i]);
			o->rows[i].here = strcmp(o->entries[i].name, l->entry->name) == 0;
		}
		o->read_ns = l->app.session.now_ns;
	}
	*rows = o->rows;
	return (uint32_t)o->n;
}

/* ---- showing ---- */

/* The header is written first of all, but who joins at once may be faster. */
static int open_recording(struct live *l, struct error *err)
{
	uint64_t limit = clock_mono_ns() + HEADER_NS;

	l->recording = open(l->entry->path, O_RDONLY | O_CLOEXEC);
	if (l->recording < 0)
		return error_sys(err, "%s", l->entry->path);
	while (profile_load_open(l->recording, &l->load, err) < 0) {
		if (err->code != ENODATA || clock_mono_ns() > limit)
			return error_prefix(err, "%s", l->entry->path);
		usleep(2000);
	}
	return 0;
}

#define MAX_PLACE (64u << 10)

/* To where its last viewer was. */
static void come_back(struct live *l)
{
	char folder_path[PATH_MAX], name[SESSION_NAME_MAX + 8];
	struct error err;
	_cleanup_(closep) int folder = sessions_open_folder(folder_path, &err), fd = -1;
	struct buf text = { 0 };

	session_file(l->entry, "view", name);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && io_read_all(fd, MAX_PLACE, &text, &err) == 0) {
		place_read(&l->app, (const char *)text.data, text.len);
		l->app.session.untouched = false;
	}
	buf_deinit(&text);
}

static void keep_place(struct live *l)
{
	char folder_path[PATH_MAX], name[SESSION_NAME_MAX + 8];
	struct error err;
	_cleanup_(closep) int folder = sessions_open_folder(folder_path, &err), fd = -1;
	struct buf text = { 0 };

	place_write(&l->app, &text);
	session_file(l->entry, "view", name);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		io_write_full(fd, text.data, text.len);	/* a comfort: no more is lost without it */
	buf_deinit(&text);
}

static void begin(struct live *l, const char *program, struct viewer_options *o)
{
	struct error err;

	profile_load_more(l->load, &err);	/* damage is said by the first turn */
	model_init(&l->model, profile_load_profile(l->load));
	app_init(&l->app, &l->model);
	l->app.recording_fd = l->recording;
	l->app.session.state = APP_LIVE;
	l->app.session.untouched = true;
	l->app.session.target = l->entry->pid ? xasprintf("%d %s", (int)l->entry->pid, program)
					      : xstrdup("The host");
	l->grown = true;
	l->ops = (struct app_live){ .ask = ask, .sessions = list_sessions, .ctx = l };
	l->app.live = &l->ops;
	l->app.source.sources.ask = ask_for_source;
	l->app.source.sources.ctx = l;
	if (!l->entry->pid)
		app_open_processes(&l->app);
	viewer_begin(o, &l->app, program);
	come_back(l);
	if (o->lesson)
		app_open_lesson(&l->app);
}

static void end(struct live *l)
{
	forget_others(&l->others);
	free(l->source_path);
	app_deinit(&l->app);
	model_deinit(&l->model);
	profile_load_close(l->load);
	closep(&l->recording);
	closep(&l->control);
}

bool live_stop(int control)
{
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	const struct c_stop stop = { .type = C_STOP };
	uint64_t limit = clock_mono_ns() + STOP_NS, now;
	struct error err;

	if (msg_send(control, &stop, sizeof(stop), NULL, 0, &err) < 0)
		return true;	/* it has ended */
	while ((now = clock_mono_ns()) < limit) {
		struct pollfd fd = { .fd = control, .events = POLLIN };

		if (poll(&fd, 1, (int)((limit - now) / NS_PER_MS)) <= 0)
			continue;
		if (msg_recv(control, m, &err) != 1)
			return true;
		msg_close_fds(m);
	}
	return false;
}

/* Under the name that record would give it, in the current folder. */
static int save(struct live *l, const char *program)
{
	char name[128];
	struct error err;

	watch_default_name(program, name, sizeof(name));
	if (session_save(l->entry, name, 0, &err) < 0)
		return cmd_fail(l->cmd, EXIT_OUTPUT, "%s; the recording stays at %s", err.msg,
				l->entry->path);
	sessions_remove(l->entry);
	cmd_say("saved %s", name);
	return EXIT_OK;
}

static int say_it_goes_on(const struct live *l)
{
	cmd_say("%s is still being recorded; `cprofd attach %d` joins, `cprofd stop %d` ends it",
		l->app.session.target, (int)l->entry->pid, (int)l->entry->pid);
	return EXIT_OK;
}

static int say_it_is_kept(const struct live *l)
{
	cmd_say("the recording is kept for %d days: `cprofd view %s`", SESSIONS_KEEP_DAYS,
		l->entry->path);
	return EXIT_OK;
}

static int say_it_is_silent(const struct live *l)
{
	cmd_say("the session of %s does not answer: `cprofd list` says what became of it; the recording is %s",
		l->app.session.target, l->entry->path);
	return EXIT_OK;
}

/* Do what was chosen when the session was left. */
static int leave(struct live *l, const char *program)
{
	keep_place(l);
	if (l->app.session.state == APP_ENDED && l->app.session.leave == LEAVE_DETACH)
		return say_it_is_kept(l);
	if (l->app.session.state == APP_STALE && l->app.session.leave == LEAVE_DETACH)
		return say_it_is_silent(l);
	if (l->app.session.leave == LEAVE_DETACH)
		return say_it_goes_on(l);
	if (l->control >= 0 && !l->over && !live_stop(l->control))
		return cmd_fail(l->cmd, EXIT_INTERNAL, "the session does not end; its recording is %s",
				l->entry->path);
	if (l->app.session.leave == LEAVE_SAVE)
		return save(l, program);
	unlink(l->entry->path);
	sessions_remove(l->entry);
	cmd_say("nothing of %s was kept", l->app.session.target);
	return EXIT_OK;
}

/* Show one until it is left; *next is another one to go to, if its name is not "". */
static int show_one(const struct cmd *cmd, const struct session_entry *e, int control,
		    const char *program, struct viewer_options *o, struct session_entry *next)
{
	struct live l = { .cmd = cmd, .entry = e, .viewer = o, .control = control, .recording = -1,
			  .code_of = RECORD_NONE, .name_of = RECORD_NONE };
	const struct loop_feed feed = { .ctx = &l, .fd = feed_fd, .turn = turn,
					.is_busy = is_busy };
	struct error err;
	int code;

	*next->name = '\0';
	if (open_recording(&l, &err) < 0) {
		closep(&l.control);
		return cmd_fail(cmd, cmd_file_exit(&err, false), "%s", err.msg);
	}
	begin(&l, program, o);
	code = viewer_show(cmd, o, &l.app, &feed);
	if (code == EXIT_OK && l.app.session.join) {
		keep_place(&l);
		*next = l.others.entries[l.app.session.join - 1];
	} else if (code == EXIT_OK) {
		code = leave(&l, program);
	} else if (l.app.session.state == APP_LIVE) {
		say_it_goes_on(&l);
	}
	end(&l);
	return code;
}

int live_show(const struct cmd *cmd, const struct session_entry *e, int control,
	      const char *program, struct viewer_options *o)
{
	struct session_entry next, now = *e;
	struct session_facts facts;
	struct error err;
	int code;

	setlocale(LC_CTYPE, "");
	code = show_one(cmd, &now, control, program, o, &next);
	while (code == EXIT_OK && *next.name) {
		now = next;
		session_facts_read(now.path, &facts, &err);
		code = show_one(cmd, &now, sessions_connect(&now, &err), facts.program, o, &next);
	}
	return code;
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/app_session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "ui/app.h"
#include "ui/text.h"

/* ---- the order of rows ---- */

#define HOLD_NS (3 * NS_PER_S)	/* how long a key keeps it */

void app_session_hold(struct app *a)
{
	a->session.untouched = false;
	if (a->session.state == APP_LIVE)
		a->session.held_until_ns = a->session.now_ns + HOLD_NS;
}

bool app_session_is_held(const struct app *a)
{
	return a->session.now_ns < a->session.held_until_ns;
}

/* ---- how it stands ---- */

/* How sampling ended, as far as anybody knows. */
static const char *end_name(const struct app *a, char buf[APP_STATE_NAME])
{
	const struct profile_process *main = profile_main_process(a->model->p);
	const struct record_process_end *end = main && main->ended ? &main->end : NULL;
	const char *signal = end && end->how == END_SIGNALED ? sigabbrev_np((int)end->status) : NULL;

	if (end && end->how == END_EXITED)
		snprintf(buf, APP_STATE_NAME, "ENDED exit %u", end->status);
	else if (signal)
		snprintf(buf, APP_STATE_NAME, "ENDED SIG%s", signal);
	else
		strcpy(buf, "ENDED");
	return buf;
}

static unsigned int seconds_since(const struct app *a, uint64_t ns)
{
	return a->session.now_ns > ns ? (unsigned int)((a->session.now_ns - ns) / NS_PER_S) : 0;
}

void app_session_name(const struct app *a, char name[APP_STATE_NAME], char more[APP_STATE_MORE])
{
	uint64_t shown = a->model->p->samples.n;
	char n[TEXT_NUMBER];

	*more = '\0';
	switch (a->session.state) {
	case APP_FILE:
		strcpy(name, "FILE");
		break;
	case APP_LIVE:
		strcpy(name, "LIVE");
		if (app_session_is_held(a))
			strcpy(more, "HELD");
		break;
	case APP_STALE:
		snprintf(name, APP_STATE_NAME, "STALE %us", seconds_since(a, a->session.stale_ns));
		snprintf(more, APP_STATE_MORE, "reconnecting (%u)", a->session.n_tries);
		break;
	case APP_ENDED:
		end_name(a, name);
		break;
	}
	if (a->session.paused && a->session.state != APP_STALE) {
		snprintf(name, APP_STATE_NAME, "PAUSED %us", seconds_since(a, a->session.paused_ns));
		*more = '\0';
		if (a->session.n_known > shown)
			snprintf(more, APP_STATE_MORE, "+%s smp waiting", text_count(n, a->session.n_known - shown));
	}
}

/* ---- what can be done about it ---- */

/* What was waited for has come: it stays on the screen, and is noted in the recording. */
static void look_for_trigger(struct app *a)
{
	_cleanup_(freep) char *why = NULL, *mark = NULL, *answer = NULL;

	if (a->session.paused || a->session.state != APP_LIVE)
		return;
	why = trigger_look(&a->session.trigger, a->model->p);
	if (!why)
		return;
	trigger_deinit(&a->session.trigger);
	a->session.paused = true;
	a->session.paused_ns = a->session.now_ns;
	mark = xasprintf("frozen: %s", why);
	if (a->live)
		answer = a->live->ask(a->live->ctx, APP_MARK, mark);
	app_say(a, "%s: the picture is frozen; p goes on", why);
}

void app_session_freeze(struct app *a, const char *what)
{
	struct trigger *t = &a->session.trigger;
	struct trigger wanted;
	struct error err;

	if (!*what) {
		app_say(a, t->kind == TRIGGER_NONE
			? "nothing is waited for: :freeze FUNCTION, :freeze cpu 1.5, :freeze pause 2"
			: "it is waited for; :freeze off ends that");
		return;
	}
	if (strcmp(what, "off") != 0 && trigger_parse(what, a->model->p->end_ns, &wanted, &err) < 0) {
		app_refuse(a, "%s", err.msg);
		return;
	}
	trigger_deinit(t);
	if (strcmp(what, "off") == 0) {
		app_say(a, "nothing is waited for any more");
		return;
	}
	*t = wanted;
	app_say(a, "the picture freezes when that comes: %s", what);
}

void app_session_refresh(struct app *a)
{
	app_scope_ask(a);
	look_for_trigger(a);
	if (a->model->n_order && (a->session.untouched || a->function == RECORD_NONE))
		a->function = a->model->order[0];
}

static void leave_as_chosen(struct app *a)
{
	a->session.leave = (enum app_leave)a->dialog.list.cursor;
	a->asked_quit = true;
}

/* Its choices are enum app_leave. */
static void ask_how_to_leave(struct app *a)
{
	uint64_t s = (a->model->p->end_ns - a->model->p->start_ns) / NS_PER_S;
	struct dialog *d = &a->dialog;

	dialog_open(d, "Leave cprofd", "Enter does it, Esc stays");
	if (a->session.state == APP_STALE)
		dialog_say(d, "The session of %s does not answer.", a->session.target);
	else
		dialog_say(d, "%s is still being recorded (%02u:%02u).", a->session.target,
			   (unsigned int)(s / 60), (unsigned int)(s % 60));
	dialog_offer(d, 'd', DIALOG_PICK, "detach: %s", a->session.state == APP_STALE
		     ? "what there is stays" : "recording goes on");
	dialog_offer(d, 's', DIALOG_PICK, "stop recording, keep the data");
	dialog_offer(d, 'x', DIALOG_PICK, "stop and throw the data away");
	app_ask(a, leave_as_chosen);
}

/* What goes on goes on without us, what does not can be left at once. */
void app_quit(struct app *a)
{
	if (a->session.state == APP_LIVE || a->session.state == APP_STALE)
		ask_how_to_leave(a);
	else
		a->asked_quit = true;
}

void app_session_detach(struct app *a)
{
	if (a->session.state == APP_FILE) {
		app_say(a, "this is a recording: there is nothing to detach from");
		return;
	}
	a->session.leave = LEAVE_DETACH;
	a->asked_quit = true;
}

static void pause_or_go_on(struct app *a)
{
	if (a->session.state == APP_FILE) {
		app_say(a, "this is a recording: nothing moves that could be paused");
		return;
	}
	a->session.paused = !a->session.paused;
	a->session.paused_ns = a->session.now_ns;
}

bool app_session_act(struct app *a, enum action action)
{
	if (action == ACTION_LEAVE)
		app_quit(a);
	else if (action == ACTION_DETACH)
		app_session_detach(a);
	else if (action == ACTION_PAUSE)
		pause_or_go_on(a);
	else
		return false;
	return true;
}

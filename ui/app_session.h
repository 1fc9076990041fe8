// SPDX-License-Identifier: Apache-2.0
/*
 * ui/app_session.h - an app and the session that it looks at: how that stands, and
 * what becomes of it when it is left.
 *
 * Who is connected to the session (cmd/live.c) writes the state; keys only say what
 * is wanted.
 */
#ifndef CPROFD_UI_APP_SESSION_H
#define CPROFD_UI_APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/trigger.h"
#include "ui/action.h"
#include "ui/list.h"

struct app;

/* What is looked at. */
enum app_state {
	APP_FILE,		/* a recording */
	APP_LIVE,		/* one that grows */
	APP_STALE,		/* its session does not answer */
	APP_ENDED,		/* sampling is over */
};

/* What is to become of a session that is left. */
enum app_leave {
	LEAVE_DETACH,		/* it goes on */
	LEAVE_SAVE,		/* it stops, its recording is kept */
	LEAVE_DISCARD,		/* it stops, and the recording is removed */
};

/* One of those there are, with bytes of the target in it. */
struct session_row {
	uint32_t pid;
	char program[64];
	const char *state;	/* "live", "ended", "cut" */
	char since[24];
	uint64_t elapsed_ns, n_samples, n_lost, bytes;
	bool here;		/* the one that is looked at */
};

struct app_session {
	enum app_state state;
	enum app_leave leave;	/* with asked_quit */
	char *target;		/* "4242 shop", how it is called in messages */
	bool untouched;		/* no key yet: the hottest function is selected */
	uint64_t now_ns;	/* of the loop: CLOCK_MONOTONIC; 0: no time passes */
	uint64_t held_until_ns;	/* the order of rows stays till then: somebody reads */
	bool paused;
	uint64_t paused_ns;	/* since when */
	struct trigger trigger;	/* that pauses it */
	uint64_t n_known;	/* samples that there are; more than shown while paused */
	uint64_t stale_ns;	/* since when */
	unsigned int n_tries;	/* to reach the session again */
	uint32_t join;		/* with asked_quit: go to this row of struct app_live's
				   sessions, counted from 1; 0: leave */
	struct list list;	/* of them */
};

/* There is more in the profile: ask the model again. */
void app_session_refresh(struct app *a);

/* A key was pressed: rows keep their places for a while. */
void app_session_hold(struct app *a);
bool app_session_is_held(const struct app *a);

/* The word for the state, and what is to be said with it, or "". */
#define APP_STATE_NAME 48
#define APP_STATE_MORE 64
void app_session_name(const struct app *a, char name[APP_STATE_NAME], char more[APP_STATE_MORE]);

/* Leave, and let it go on. */
void app_session_detach(struct app *a);

/* Pause when something comes, as trigger_parse() takes it; "off": no more; "": say for what. */
void app_session_freeze(struct app *a, const char *what);

/* Do the action; false if it is none about sessions. */
bool app_session_act(struct app *a, enum action action);

#endif

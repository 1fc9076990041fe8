// SPDX-License-Identifier: Apache-2.0
#include "ui/loop.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "ui/editor.h"
#include "ui/key.h"
#include "ui/script.h"

#define SETTLE_MS 40		/* without a key, before what takes long is done */

/*
 * A change of size is a signal: it is let in only while we wait, or one that
 * comes just before would be seen at the next key.
 */
static bool wait_for(int tty, const sigset_t *during, const struct loop_feed *feed, int ms)
{
	struct pollfd fds[] = {
		{ .fd = tty, .events = POLLIN },
		{ .fd = feed ? feed->fd(feed->ctx) : -1, .events = POLLIN },
	};
	struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * (long)NS_PER_MS };

	return ppoll(fds, array_len(fds), ms < 0 ? NULL : &limit, during) != 0;
}

static bool wait_for_input(const sigset_t *during, const struct loop_feed *feed, int ms)
{
	return wait_for(STDIN_FILENO, during, feed, ms);
}

static volatile sig_atomic_t hung_up;

static void on_hangup(int sig)
{
	(void)sig;
	hung_up = 1;
}

/* A click is on what the screen is by now, whatever was typed just before. */
static void take_mouse(struct app *a, struct grid *g, uint32_t key)
{
	struct spot spot = { 0 };
	unsigned int x, y;

	term_clicked(&x, &y);
	if (key == KEY_OF_CLICK)
		app_draw(a, g);
	if (x < g->width && y < g->height)
		spot = grid_at(g, y, x)->spot;
	if (key == KEY_OF_CLICK)
		app_click(a, spot);
	else if (key == KEY_OF_DRAG)
		app_drag(a, spot);
	else
		app_release(a);
}

/* By now: that the size changed may be heard of after the key. */
static bool has_room(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= APP_MIN_WIDTH &&
	       size.ws_row >= APP_MIN_HEIGHT;
}

/* All that were typed, which ends a script; false if the terminal is gone. */
static bool take_keys(struct app *a, struct grid *g, struct script **script)
{
	uint32_t key;

	while (!a->asked_quit && (key = term_take_key()) != KEY_OF_NONE) {
		if (key == KEY_OF_GONE)
			return false;
		if (key != KEY_OF_RESIZE)
			*script = NULL;
		if (a->too_small)
			a->too_small = !has_room();
		if (key == KEY_OF_CLICK || key == KEY_OF_DRAG || key == KEY_OF_RELEASE)
			take_mouse(a, g, key);
		else
			app_key(a, key);
	}
	return true;
}

static void show(struct app *a, struct grid *g)
{
	unsigned int width, height;

	term_size(&width, &height);
	if (width != g->width || height != g->height) {
		grid_resize(g, width, height);
		a->asked_redraw = true;	/* who knows what the terminal kept */
	}
	app_draw(a, g);
	if (a->asked_redraw)
		term_redraw();
	a->asked_redraw = false;
	term_show(g);
}

/*
 * At once what is quick, and what takes longer when no key follows, in steps; true if one did,
 * or a signal came, which is not to be waited for again.
 */
static bool show_all(struct app *a, struct grid *g, const sigset_t *during)
{
	int ms = SETTLE_MS;

	a->in_haste = true;
	a->unsettled = false;
	show(a, g);
	a->in_haste = false;
	for (int i = 1; a->unsettled; i++, ms = 0) {
		if (wait_for_input(during, NULL, ms))
			return true;
		a->one_by_one = i < APP_MOST_STEPS;
		a->unsettled = false;
		show(a, g);
		a->one_by_one = false;
	}
	return false;
}

/* How the terminal is used, and what a grid for it can hold. */
static void take_look(struct grid *g, const struct term_caps *caps)
{
	g->utf8 = caps->utf8;
	g->fills = caps->colours > 0;
	g->two_tones = caps->colours == 256 && caps->theme != THEME_SAFE;
}

/* What nobody set is as the terminal was taken: `:set` lists it. */
static void take_begun(struct app *a, const struct term_caps *caps)
{
	const int begun[APP_SETTINGS] = { [APP_SET_ASCII] = !caps->utf8,
					  [APP_SET_THEME] = (int)caps->theme };

	for (int i = 0; i < APP_SETTINGS; i++)
		if (a->set[i] < 0)
			a->set[i] = begun[i];
}

/* Only with 256 colours it makes a difference. */
static bool has_to_ask(const struct app *a, const struct term_caps *caps)
{
	return a->set[APP_SET_THEME] < 0 && caps->theme == THEME_SAFE && caps->colours == 256;
}

/* What the terminal told, at once or late, is so, unless somebody chose by then. */
static void take_ground(struct app *a, enum theme told)
{
	if (told == THEME_SAFE || a->set[APP_SET_THEME] != THEME_SAFE)
		return;
	a->set[APP_SET_THEME] = (int)told;
	a->asked_look = true;
}

/* What keys asked of the terminal. */
static void serve(struct app *a, struct grid *g)
{
	struct term_caps caps;

	if (a->asked_look) {
		term_set(a->set[APP_SET_ASCII], a->set[APP_SET_COLOR], a->set[APP_SET_THEME],
			 a->set[APP_SET_PALETTE], &caps);
		take_look(g, &caps);
		term_set_mouse(a->set[APP_SET_MOUSE] > 0);
	}
	a->asked_look = false;
	if (a->asked_copy)
		term_copy(a->asked_copy);
	free(steal(a->asked_copy));
	if (a->asked_edit) {
		term_give();
		editor_run(a->asked_edit, a->asked_line);
		term_take();
	}
	free(steal(a->asked_edit));
	if (a->asked_suspend)
		term_suspend();
	a->asked_suspend = false;
}

/* ---- a script ---- */

/* The next step of it, if it is to be done now; *wait: for what the feed brings. */
static int take_step(struct app *a, const struct grid *g, const struct loop_feed *feed,
		     struct script **script, bool *wait, struct error *err)
{
	enum script_event event;

	*wait = !*script || (feed && feed->is_busy(feed->ctx));
	if (*wait)
		return 0;
	event = script_step(*script, a, g, err);
	*wait = event == SCRIPT_WAITS || event == SCRIPT_OVER;
	if (event == SCRIPT_OVER)
		*script = NULL;
	return event == SCRIPT_FAILED ? -1 : 0;
}

int loop_play(struct app *a, struct grid *g, const struct loop_feed *feed,
	      struct script *script, struct error *err)
{
	bool wait;
	int ms;

	for (;;) {
		a->session.now_ns = clock_mono_ns();
		ms = feed ? feed->turn(feed->ctx) : -1;
		app_draw(a, g);
		if (a->asked_quit || !script)
			return 0;
		if (take_step(a, g, feed, &script, &wait, err) < 0)
			return -1;
		if (wait && script)
			wait_for(-1, NULL, feed, ms);
		if (a->asked_look && a->set[APP_SET_ASCII] >= 0)
			g->utf8 = !a->set[APP_SET_ASCII] && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
		a->asked_look = a->asked_redraw = a->asked_suspend = false;
		free(steal(a->asked_copy));
		free(steal(a->asked_edit));
	}
}

/* ---- a terminal ---- */

static int run(struct app *a, struct grid *g, const struct loop_feed *feed,
	       struct script *script, const sigset_t *during, struct error *err)
{
	bool wait;
	int ms;

	while (!a->asked_quit && !hung_up) {
		a->session.now_ns = clock_mono_ns();
		ms = feed ? feed->turn(feed->ctx) : -1;
		if (script)
			show(a, g);
		else if (show_all(a, g, during))
			ms = 0;
		if (take_step(a, g, feed, &script, &wait, err) < 0)
			return -1;
		wait_for_input(during, feed, term_wait_ms(wait ? ms : 0));
		a->session.now_ns = clock_mono_ns();
		if (hung_up || !take_keys(a, g, &script))
			break;
		take_ground(a, term_told_ground());
		serve(a, g);
	}
	return 0;
}

int loop_run(struct app *a, const struct term_caps *caps, const struct loop_feed *feed,
	     struct script *script, struct error *err)
{
	struct sigaction at_hangup = { .sa_handler = on_hangup }, hangup_before;
	sigset_t blocked, before;
	bool ask = has_to_ask(a, caps);
	struct grid g;
	int ret;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGWINCH);
	sigaddset(&blocked, SIGHUP);	/* who is left by the terminal ends in good order */
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGHUP, &at_hangup, &hangup_before);
	grid_init(&g, 1, 1, caps->utf8);
	take_look(&g, caps);
	take_begun(a, caps);
	if (ask)
		take_ground(a, term_ask_ground());
	serve(a, &g);		/* what was configured */
	ret = run(a, &g, feed, script, &before, err);
	grid_deinit(&g);
	sigaction(SIGHUP, &hangup_before, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/cells.h"
#include "ui/key.h"
#include "ui/text.h"
#include "ui/view.h"

#define ZONES_ABOVE 3
#define ZONES_BELOW 2
#define SHORT_NAMES 100		/* width below which tabs and header are short */

void app_init(struct app *a, struct model *model)
{
	*a = (struct app){ .model = model, .view = &view_functions, .arrived = true,
			  .function = model->n_order ? model->order[0] : RECORD_NONE };
}

void app_deinit(struct app *a)
{
	app_callers_deinit(&a->callers);
	app_flame_deinit(&a->flame);
	app_source_deinit(&a->source);
	app_tree_deinit(&a->tree);
	free(a->order);
	free(a->message);
	free(a->target);
	dialog_deinit(&a->leaving);
}

void app_refresh(struct app *a)
{
	if (a->function == RECORD_NONE && a->model->n_order)
		a->function = a->model->order[0];
}

bool app_is_held(const struct app *a)
{
	return a->now_ns < a->held_until_ns;
}

void app_say(struct app *a, const char *fmt, ...)
{
	va_list ap;

	free(steal(a->message));
	va_start(ap, fmt);
	if (vasprintf(&a->message, fmt, ap) < 0)
		abort();
	va_end(ap);
}

/* ---- keys ---- */

void app_go(struct app *a, const struct view *view, uint32_t function)
{
	if (view == a->view && function == a->function)
		return;
	if (a->n_trail == APP_TRAIL)
		memmove(a->trail, a->trail + 1, --a->n_trail * sizeof(a->trail[0]));
	a->trail[a->n_trail++] = (struct app_place){ a->view, a->function };
	a->view = view;
	a->function = function;
	a->arrived = true;
	a->text = (struct list){ 0 };
}

static void go_back(struct app *a)
{
	if (!a->n_trail)
		return;
	a->n_trail--;
	a->view = a->trail[a->n_trail].view;
	a->function = a->trail[a->n_trail].function;
	a->arrived = true;
}

/* Open the view that an action stands for; false if there is none. */
static bool open_view(struct app *a, enum action action)
{
	for (size_t i = 0; views[i]; i++) {
		if (views[i]->action != action)
			continue;
		if (views[i]->coming)
			app_say(a, "%s: coming with a later version", views[i]->coming);
		else
			app_go(a, views[i], a->function);
		return true;
	}
	return false;
}

static void say_unknown(struct app *a, uint32_t key)
{
	if (key > 0x20 && key < 0x7f)
		app_say(a, "%c does nothing here; ? lists the keys", (int)key);
	else
		app_say(a, "this key does nothing here; ? lists the keys");
}

/* Its choices are enum app_leave. */
static void open_leave_dialog(struct app *a)
{
	uint64_t s = (a->model->p->end_ns - a->model->p->start_ns) / NS_PER_S;
	struct dialog *d = &a->leaving;

	dialog_open(d, "Leave cprofd", "Enter does it, Esc stays");
	dialog_say(d, "%s is still being recorded (%02u:%02u).", a->target, (unsigned int)(s / 60),
		   (unsigned int)(s % 60));
	dialog_offer(d, 'd', DIALOG_PICK, "detach: recording goes on");
	dialog_offer(d, 's', DIALOG_PICK, "stop recording, keep the data");
	dialog_offer(d, 'x', DIALOG_PICK, "stop and throw the data away");
}

/* What goes on goes on without us, what does not can be left at once. */
static void leave(struct app *a)
{
	if (a->state == APP_LIVE || a->state == APP_STALE)
		open_leave_dialog(a);
	else
		a->asked_quit = true;
}

static void detach(struct app *a)
{
	if (a->state == APP_FILE) {
		app_say(a, "this is a recording: there is nothing to detach from");
		return;
	}
	a->leave = LEAVE_DETACH;
	a->asked_quit = true;
}

static void pause_or_go_on(struct app *a)
{
	if (a->state == APP_FILE) {
		app_say(a, "this is a recording: nothing moves that could be paused");
		return;
	}
	a->paused = !a->paused;
	a->paused_ns = a->now_ns;
}

void app_key(struct app *a, uint32_t key)
{
	enum action action = action_of_key(key);

	if (key == KEY_OF_RESIZE)
		return;
	if (a->leaving.open) {
		if (dialog_key(&a->leaving, key) == DIALOG_CHOSEN) {
			a->leave = (enum app_leave)a->leaving.list.cursor;
			a->asked_quit = true;
		}
		return;
	}
	if (a->state == APP_LIVE)
		a->held_until_ns = a->now_ns + APP_HOLD_NS;
	free(steal(a->message));
	if (action == ACTION_NONE) {
		say_unknown(a, key);
		return;
	}
	if (open_view(a, action) || (a->view->act && a->view->act(a, action)))
		return;
	switch (action) {
	case ACTION_BACK:
		go_back(a);
		break;
	case ACTION_QUIT:
		if (a->view->key)
			leave(a);
		else
			go_back(a);	/* a page without a tab is closed */
		break;
	case ACTION_LEAVE:
		leave(a);
		break;
	case ACTION_DETACH:
		detach(a);
		break;
	case ACTION_PAUSE:
		pause_or_go_on(a);
		break;
	case ACTION_REDRAW:
		a->asked_redraw = true;
		break;
	case ACTION_SUSPEND:
		a->asked_suspend = true;
		break;
	case ACTION_CANCEL:
		break;
	default:
		say_unknown(a, key);
	}
}

/* ---- header ---- */

/* "label value unit", the value plain, the rest dim. */
struct token {
	char label[16], value[48], unit[16];
	bool loud;
	unsigned int keep;	/* the higher, the longer it stays when there is no room */
};

static unsigned int token_width(const struct token *t)
{
	return text_width(t->label) + text_width(t->value) + text_width(t->unit);
}

#define N_TOKENS 6

static void make_tokens(const struct app *a, struct token t[N_TOKENS])
{
	const struct model *m = a->model;
	const struct summary *sum = &m->sum;
	uint64_t ns = m->p->end_ns - m->p->start_ns;
	unsigned int cpus = (unsigned int)profile_meta_number(m->p, "cpus", 0);
	double lost = sum->lost.count ? summary_lost(sum).share : 0;
	double cut = sum->received.weight_ns ? (double)m->ledger.cut.weight_ns /
					       (double)sum->received.weight_ns : 0;
	char n[TEXT_NUMBER];

	memset(t, 0, N_TOKENS * sizeof(*t));
	for (unsigned int i = 0; i < N_TOKENS; i++)
		t[i].keep = i;
	snprintf(t[0].value, sizeof(t[0].value), "%02u:%02u", (unsigned int)(ns / NS_PER_S / 60),
		 (unsigned int)(ns / NS_PER_S % 60));
	t[0].keep = 7;
	snprintf(t[1].value, sizeof(t[1].value), "%u",
		 (unsigned int)profile_meta_number(m->p, "rate_hz", 0));
	snprintf(t[1].unit, sizeof(t[1].unit), " Hz");
	snprintf(t[2].value, sizeof(t[2].value), "%s", text_count(n, sum->received.count));
	snprintf(t[2].unit, sizeof(t[2].unit), " smp");
	t[2].keep = 9;
	snprintf(t[3].label, sizeof(t[3].label), "lost ");
	snprintf(t[3].value, sizeof(t[3].value), "%s", text_count(n, sum->lost_of_all.count));
	t[3].keep = 8;
	if (lost > 0)
		snprintf(t[3].unit, sizeof(t[3].unit), " (%.1f%%)", lost * 100);
	t[3].loud = lost > .01;
	snprintf(t[4].label, sizeof(t[4].label), "cut ");
	snprintf(t[4].value, sizeof(t[4].value), "%.1f%%", cut * 100);
	t[4].loud = cut > .05;
	t[4].keep = 2;
	snprintf(t[5].label, sizeof(t[5].label), "CPU ");
	snprintf(t[5].value, sizeof(t[5].value), "%.2f",
		 ns && sum->cpu_known ? (double)sum->cpu_ns / (double)ns : 0);
	if (cpus)
		snprintf(t[5].unit, sizeof(t[5].unit), "/%u", cpus);
	t[5].keep = 0;
}

/* Leave out what matters least until the tokens fit; returns their width. */
static unsigned int fit_tokens(struct token t[N_TOKENS], unsigned int room, unsigned int gap)
{
	for (;;) {
		unsigned int width = 0, least = 0;

		for (unsigned int i = 0; i < N_TOKENS; i++) {
			if (*t[i].value)
				width += token_width(&t[i]) + gap;
			if (*t[i].value && (!*t[least].value || t[i].keep < t[least].keep))
				least = i;
		}
		if (width <= room || t[least].keep >= 7)
			return width;
		t[least].value[0] = '\0';
	}
}

/* How sampling ended, as far as anybody knows. */
static const char *end_name(const struct app *a, char buf[48])
{
	const struct profile_process *main = profile_main_process(a->model->p);
	const struct record_process_end *end = main && main->ended ? &main->end : NULL;
	const char *signal = end && end->how == END_SIGNALED ? sigabbrev_np((int)end->status) : NULL;

	if (end && end->how == END_EXITED)
		snprintf(buf, 48, "ENDED exit %u", end->status);
	else if (signal)
		snprintf(buf, 48, "ENDED SIG%s", signal);
	else
		strcpy(buf, "ENDED");
	return buf;
}

static unsigned int seconds_since(const struct app *a, uint64_t ns)
{
	return a->now_ns > ns ? (unsigned int)((a->now_ns - ns) / NS_PER_S) : 0;
}

/* The word for the state, and what is to be said with it. */
static void name_state(const struct app *a, char name[48], char more[64])
{
	uint64_t shown = a->model->p->samples.n;
	char n[TEXT_NUMBER];

	*more = '\0';
	switch (a->state) {
	case APP_FILE:
		strcpy(name, "FILE");
		break;
	case APP_LIVE:
		strcpy(name, "LIVE");
		if (app_is_held(a))
			strcpy(more, "HELD");
		break;
	case APP_STALE:
		snprintf(name, 48, "STALE %us", seconds_since(a, a->stale_ns));
		snprintf(more, 64, "reconnecting (%u)", a->n_tries);
		break;
	case APP_ENDED:
		end_name(a, name);
		break;
	}
	if (a->paused && a->state != APP_STALE) {
		snprintf(name, 48, "PAUSED %us", seconds_since(a, a->paused_ns));
		*more = '\0';
		if (a->n_known > shown)
			snprintf(more, 64, "+%s smp waiting", text_count(n, a->n_known - shown));
	}
}

static void draw_header(const struct app *a, struct grid *g)
{
	const struct profile_process *process = profile_main_process(a->model->p);
	struct pen pen = pen_make(g, 0, 0, g->width);
	unsigned int gap = g->width < SHORT_NAMES ? 1 : 2, chip, width, name;
	struct token t[N_TOKENS];
	char state[48], more[64];

	make_tokens(a, t);
	name_state(a, state, more);
	chip = (unsigned int)strlen(state) + 2 + gap;
	if (*more)
		chip += (unsigned int)strlen(more) + 1;
	width = fit_tokens(t, g->width > chip + 26 ? g->width - chip - 26 : 0, gap) + chip;
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "cprofd");
	pen_to(&pen, pen.column + gap);
	if (process) {
		pen_put(&pen, STYLE_TEXT, "%u ", process->pid);
		name = pen.column + width + 1 < g->width ? g->width - width - 1 - pen.column : 0;
		pen_name(&pen, STYLE_DIM, name, profile_string(a->model->p, process->name));
	}
	pen_to(&pen, g->width > width ? g->width - width : 0);
	pen_put(&pen, (struct style){ .bg = INK_CHIP, .attrs = ATTR_BOLD }, " %s ", state);
	if (*more) {
		pen_to(&pen, pen.column + 1);
		pen_put(&pen, STYLE_STRONG, "%s", more);
	}
	for (unsigned int i = 0; i < N_TOKENS; i++) {
		if (!*t[i].value)
			continue;
		pen_to(&pen, pen.column + (i ? gap : 1));
		pen_put(&pen, STYLE_DIM, "%s", t[i].label);
		pen_put(&pen, t[i].loud ? STYLE_ALARM : STYLE_TEXT, "%s", t[i].value);
		pen_put(&pen, STYLE_DIM, "%s", t[i].unit);
	}
}

/* ---- tabs, context, the rows below ---- */

static void strip(struct grid *g, unsigned int y)
{
	grid_tint(g, y, 0, g->width, (struct style){ .bg = INK_STRIP });
}

static void draw_tabs(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, 1, 0, g->width);
	bool brief = g->width < SHORT_NAMES;

	strip(g, 1);
	for (size_t i = 0; views[i] && views[i]->key; i++) {
		const struct view *v = views[i];
		const char *name = brief ? v->short_name : v->name;
		bool here = v == a->view;
		struct style key = STYLE_STRONG, word = STYLE_DIM;

		if (here)
			key = word = (struct style){ .bg = INK_CHIP, .attrs = ATTR_BOLD };
		pen_put(&pen, here && !g->utf8 ? STYLE_STRONG : word, here && !g->utf8 ? "[" : " ");
		pen_put(&pen, key, "%c", v->key);
		pen_put(&pen, word, "%s%s", brief ? "" : " ", name);
		if (here)
			pen_put(&pen, word, g->utf8 ? " " : "]");
	}
}

static void put_separator(struct pen *pen)
{
	pen_put(pen, STYLE_RULE, pen->grid->utf8 ? " │ " : " | ");
}

static void draw_context(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, 2, 0, g->width);
	const struct model *m = a->model;
	char time[TEXT_NUMBER];

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "all threads");
	put_separator(&pen);
	pen_put(&pen, STYLE_DIM, "all %s", text_time(time, m->sum.to_ns - m->sum.from_ns));
	put_separator(&pen);
	pen_put(&pen, STYLE_DIM, "no filter");
	if (a->function == RECORD_NONE)
		return;
	put_separator(&pen);
	pen_put(&pen, STYLE_DIM, "selected ");
	pen_name(&pen, STYLE_STRONG, pen_left(&pen) > 1 ? pen_left(&pen) - 1 : 0,
		 profile_string(m->p, m->p->functions[a->function].name));
}

static void draw_message(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, g->height - 2, 0, g->width);
	uint64_t n = a->model->sum.received.count;
	char count[TEXT_NUMBER];

	pen_to(&pen, 1);
	if (a->message) {
		pen_name(&pen, STYLE_TEXT, g->width - 2, a->message);
	} else if (!a->model->p->ended && a->state == APP_FILE) {
		pen_put(&pen, STYLE_STRONG, "! ");
		pen_put(&pen, STYLE_TEXT, "this recording has no end: it was cut, or is still written");
	} else if (n && n < CELLS_FEW_SAMPLES) {
		pen_put(&pen, STYLE_STRONG, "! ");
		pen_put(&pen, STYLE_TEXT, "only %s sample%s: nothing here is certain yet",
			text_count(count, n), n == 1 ? "" : "s");
	}
}

/* "Enter callers  ? help": keys bold, words dim, from the right on left out. */
static void draw_keys(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, g->height - 1, 0, g->width);
	const char *s = a->view->keys ? a->view->keys : "? help  q quit";

	strip(g, g->height - 1);
	pen_to(&pen, 1);
	while (*s) {
		const char *end = strstr(s, "  ");
		int len = (int)(end ? (size_t)(end - s) : strlen(s)), key = (int)strcspn(s, " ");

		if (pen_left(&pen) < (unsigned int)len + 1)
			return;
		pen_put(&pen, STYLE_STRONG, "%.*s", key, s);
		pen_put(&pen, STYLE_DIM, "%.*s", len - key, s + key);
		pen_to(&pen, pen.column + 2);
		s += len + (end ? 2 : 0);
	}
}

static void draw_too_small(const struct app *a, struct grid *g)
{
	_cleanup_(freep) char *text = xasprintf("Terminal is %ux%u; cprofd needs %ux%u. q quits.",
						g->width, g->height, APP_MIN_WIDTH,
						APP_MIN_HEIGHT);
	unsigned int width = text_width(text);
	struct pen pen = pen_make(g, g->height / 2, 0, g->width);

	(void)a;
	pen_to(&pen, g->width > width ? (g->width - width) / 2 : 0);
	pen_put(&pen, STYLE_TEXT, "%s", text);
}

void app_draw(struct app *a, struct grid *g)
{
	struct area area = { .top = ZONES_ABOVE, .width = g->width };

	grid_clear(g);
	if (g->width < APP_MIN_WIDTH || g->height < APP_MIN_HEIGHT) {
		draw_too_small(a, g);
		return;
	}
	area.height = g->height - ZONES_ABOVE - ZONES_BELOW;
	a->width = g->width;
	a->height = g->height;
	a->view->draw(a, g, area);
	a->arrived = false;
	draw_header(a, g);
	draw_tabs(a, g);
	draw_context(a, g);
	draw_message(a, g);
	draw_keys(a, g);
	if (a->leaving.open)
		dialog_draw(&a->leaving, g);
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "ui/app_scope_text.h"
#include "ui/cells.h"
#include "ui/dialogs.h"
#include "ui/editor.h"
#include "ui/facts.h"
#include "ui/key.h"
#include "ui/panel.h"
#include "ui/recursion_picture.h"
#include "ui/save.h"
#include "ui/text.h"
#include "ui/too_small.h"
#include "ui/view.h"

#define ZONES_ABOVE 3
#define ZONES_BELOW 2
#define NARROW 80
#define SHORT_NAMES 100		/* width below which tabs and header are short */

/* The marks of what is typed. */
#define PROMPT_SEARCH '/'
#define PROMPT_FILTER '\\'
#define PROMPT_COMMAND ':'

void app_init(struct app *a, struct model *model)
{
	*a = (struct app){ .model = model, .view = &view_functions, .arrived = true,
			  .function = model->n_order ? model->order[0] : RECORD_NONE,
			  .script = RECORD_NONE, .recording_fd = -1 };
	memset(a->set, -1, sizeof(a->set));
	a->set[APP_SET_CLIPBOARD] = a->set[APP_SET_FLAME] = 0;
	app_scope_init(a);
}

void app_deinit(struct app *a)
{
	app_callers_deinit(&a->callers);
	app_flame_deinit(&a->flame);
	app_source_deinit(&a->source);
	app_tree_deinit(&a->tree);
	app_depths_deinit(&a->depths);
	lens_deinit(&a->lens.l);
	app_hints_deinit(&a->hints);
	app_processes_deinit(&a->processes);
	app_waits_deinit(&a->waits);
	app_threads_deinit(&a->threads);
	app_compare_deinit(&a->compare);
	app_heat_deinit(&a->heat);
	kept_deinit(&a->kept);
	app_panel_deinit(&a->panel);
	while (a->n_trail)
		scope_release(a->trail[--a->n_trail].scope);
	app_scope_deinit(a);
	search_deinit(&a->search);
	prompt_deinit(&a->prompt);
	dialog_deinit(&a->dialog);
	bindings_deinit(&a->bindings);
	free(a->asked_threads);
	free(a->asked_copy);
	free(a->asked_edit);
	trigger_deinit(&a->session.trigger);
	free(a->order);
	free(a->message);
	free(a->session.target);
}

static void say(struct app *a, const char *fmt, va_list ap)
{
	free(steal(a->message));
	if (vasprintf(&a->message, fmt, ap) < 0)
		abort();
}

void app_say(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, fmt, ap);
	va_end(ap);
}

void app_refuse(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, fmt, ap);
	va_end(ap);
	a->refused = true;
}

const struct lens *app_lens(struct app *a)
{
	struct app_lens *l = &a->lens;
	enum recursion mode = a->scope.now->recursion;
	struct error err;

	if (l->asked == a->model->n_asked && l->mode == mode)
		return &l->l;
	if (lens_update(&l->l, a->model->p, &a->model->sum, mode, &err) < 0)
		app_say(a, "recursion stays folded: %s", err.msg);
	l->asked = a->model->n_asked;
	l->mode = mode;
	return &l->l;
}

bool app_puts_off(struct app *a)
{
	if (a->model->p->n_leaves <= APP_QUICK_LEAVES)
		return false;
	if (a->in_haste || (a->one_by_one && a->made_one)) {
		a->unsettled = true;
		return true;
	}
	a->made_one = true;
	return false;
}

const struct ledger *app_ledger(struct app *a)
{
	return !a->model->has_edges && app_puts_off(a) ? NULL : model_ledger(a->model);
}

void app_open_processes(struct app *a)
{
	a->view = &view_processes;
}

/* ---- keys ---- */

/* The list of the view at hand, with its rows made. */
static struct list *list_of(struct app *a)
{
	if (!a->view->rows)
		return &a->text;
	a->view->rows->n(a);
	return a->view->rows->list(a);
}

void app_remember(struct app *a)
{
	struct app_place *to;

	if (a->n_trail == APP_TRAIL) {
		scope_release(a->trail[0].scope);
		memmove(a->trail, a->trail + 1, --a->n_trail * sizeof(a->trail[0]));
	}
	to = &a->trail[a->n_trail++];
	*to = (struct app_place){ a->view, a->function, *list_of(a), scope_hold(a->scope.now) };
	if (a->view == &view_source)
		view_source_leave(a, to);
}

void app_go(struct app *a, const struct view *view, uint32_t function)
{
	if (view == a->view && function == a->function)
		return;
	app_remember(a);
	a->view = view;
	a->function = function;
	a->arrived = true;
	a->text = (struct list){ 0 };
}

static void go_back(struct app *a)
{
	struct app_place *to;

	if (!a->n_trail)
		return;
	to = &a->trail[--a->n_trail];
	app_scope_set(a, to->scope);
	a->view = to->view;
	a->function = to->function;
	a->arrived = true;
	if (a->view == &view_source && a->function != RECORD_NONE)
		view_source_return(a, to);
	else
		*list_of(a) = to->list;
}

/* Open the view that an action stands for; false if there is none. */
static bool open_view(struct app *a, enum action action)
{
	for (size_t i = 0; views[i]; i++) {
		if (views[i]->action != action)
			continue;
		app_go(a, views[i], a->function);
		if (views[i]->opened)
			views[i]->opened(a);
		return true;
	}
	return false;
}

/* ---- prompt and dialog ---- */

void app_ask(struct app *a, void (*chosen)(struct app *a))
{
	a->dialog_chosen = chosen;
}

static void dialog_takes(struct app *a, uint32_t key)
{
	if (dialog_key(&a->dialog, key) == DIALOG_CHOSEN && a->dialog_chosen)
		a->dialog_chosen(a);
}

static void open_prompt(struct app *a, enum action action)
{
	if (action == ACTION_SEARCH && !a->view->rows) {
		app_say(a, "there is nothing to search in here");
	} else if (action == ACTION_SEARCH) {
		search_open(a);
		prompt_open(&a->prompt, PROMPT_SEARCH, "");
	} else if (action == ACTION_FILTER) {
		app_filter_open(a);
		prompt_open(&a->prompt, PROMPT_FILTER,
			    a->scope.now->typed ? a->scope.now->typed : "");
	} else {
		prompt_open(&a->prompt, PROMPT_COMMAND, "");
	}
}

static void complete(struct app *a)
{
	_cleanup_(freep) char *text = command_complete(a, prompt_text(&a->prompt));

	prompt_set(&a->prompt, text);
}

static void prompt_takes(struct app *a, uint32_t key)
{
	char mark = a->prompt.mark;
	enum prompt_event event = prompt_key(&a->prompt, key);
	const char *text = prompt_text(&a->prompt);
	bool entered = event == PROMPT_ENTERED, over = entered || event == PROMPT_CANCELLED;

	if (event != PROMPT_NOTHING)
		free(steal(a->message));
	if (mark == PROMPT_SEARCH && event == PROMPT_CHANGED)
		search_typed(a, text);
	else if (mark == PROMPT_SEARCH && over)
		search_close(a, entered);
	else if (mark == PROMPT_FILTER && event == PROMPT_CHANGED)
		app_filter_typed(a, text);
	else if (mark == PROMPT_FILTER && over)
		app_filter_close(a, entered);
	else if (mark == PROMPT_COMMAND && event == PROMPT_TAB)
		complete(a);
	else if (mark == PROMPT_COMMAND && entered)
		command_run(a, text);
}

/* ---- actions ---- */

static void say_unknown(struct app *a, uint32_t key)
{
	if (key > 0x20 && key < 0x7f)
		app_refuse(a, "%c does nothing here; ? lists the keys", (int)key);
	else
		app_refuse(a, "this key does nothing here; ? lists the keys");
}

/* What an action does in any view. */
static bool act(struct app *a, enum action action)
{
	if (app_scope_act(a, action) || search_act(a, action) || app_session_act(a, action))
		return true;
	switch (action) {
	case ACTION_BACK:
		go_back(a);
		break;
	case ACTION_QUIT:
		if (a->view->key || !a->n_trail)
			app_quit(a);
		else
			go_back(a);	/* a page without a tab is closed */
		break;
	case ACTION_SEARCH:
	case ACTION_FILTER:
	case ACTION_COMMAND:
		open_prompt(a, action);
		break;
	case ACTION_BASELINE:
		app_compare_take(a);
		break;
	case ACTION_CHOOSE_THREADS:
		threads_ask(a);
		break;
	case ACTION_NAME:
		name_show(a);
		break;
	case ACTION_EDIT:
		editor_ask(a);
		break;
	case ACTION_SAVE:
		save_ask(a);
		break;
	case ACTION_PRINT:
		save_next_screen(a);
		break;
	case ACTION_HEADER:
		a->no_header = !a->no_header;
		break;
	case ACTION_REDRAW:
		a->asked_redraw = true;
		break;
	case ACTION_SUSPEND:
		a->asked_suspend = true;
		break;
	case ACTION_CANCEL:
		break;
	case ACTION_NEXT_PANE:
		app_say(a, "there is one pane; L opens the lesson beside it");
		break;
	default:
		return false;
	}
	return true;
}

#define WHEEL_ROWS 3

void app_key(struct app *a, uint32_t key)
{
	enum action action = bindings_find(&a->bindings, key);

	if (key == KEY_OF_RESIZE)
		return;
	if (a->too_small) {
		too_small_key(a, key);
		return;
	}
	if (key == KEY_OF_WHEEL_UP || key == KEY_OF_WHEEL_DOWN) {
		for (int i = 0; i < WHEEL_ROWS; i++)
			app_key(a, key == KEY_OF_WHEEL_UP ? KEY_OF_UP : KEY_OF_DOWN);
		return;
	}
	if (a->prompt.mark) {
		prompt_takes(a, key);
		return;
	}
	free(steal(a->message));
	app_session_hold(a);
	if (a->dialog.open)
		dialog_takes(a, key);
	else if (!panel_key(a, key) && (action == ACTION_NONE ||
		 !(open_view(a, action) || (a->view->act && a->view->act(a, action)) ||
		   act(a, action))))
		say_unknown(a, key);
}

/* ---- the mouse ---- */

void app_click(struct app *a, struct spot spot)
{
	bool was = false;

	a->dragging = a->drag_enters = false;
	if (spot.kind == SPOT_CHOICE && a->dialog.open) {
		was = a->dialog.list.cursor == spot.n;
		list_choose(&a->dialog.list, spot.n);
	} else if (spot.kind == SPOT_ROW && !a->dialog.open && !a->prompt.mark) {
		app_session_hold(a);
		a->dragging = a->view->drag;
		if (a->view->pick) {
			was = a->view->pick(a, spot.n);
		} else if (a->view->rows && spot.n < a->view->rows->n(a)) {
			was = a->view->rows->at(a) == spot.n;
			a->view->rows->choose(a, spot.n);
		}
	}
	if (spot.kind == SPOT_KEY && !a->dialog.open)
		app_key(a, spot.n);
	else if (was && a->dragging)
		a->drag_enters = true;	/* it may go on from here */
	else if (was)
		app_key(a, KEY_OF_ENTER);
}

void app_drag(struct app *a, struct spot spot)
{
	if (!a->dragging || spot.kind != SPOT_ROW || !a->view->drag)
		return;
	app_session_hold(a);
	a->view->drag(a, spot.n);
	a->drag_enters &= !a->pick.dragged;
}

void app_release(struct app *a)
{
	if (a->dragging && (a->drag_enters || (a->pick.dragged && a->pick.selecting)))
		app_key(a, KEY_OF_ENTER);
	a->dragging = a->drag_enters = a->pick.dragged = false;
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
#define LOST_TOKEN 3

static void make_tokens(const struct app *a, struct token t[N_TOKENS])
{
	const struct model *m = a->model;
	const struct summary *sum = &m->sum;
	uint64_t ns = m->p->end_ns - m->p->start_ns;
	unsigned int cpus = (unsigned int)profile_meta_number(m->p, "cpus", 0);
	uint64_t rate = profile_meta_number(m->p, "rate_hz", 0);
	double lost = sum->lost.count ? summary_lost(sum).share : 0;
	double cut = sum->received.weight_ns ? (double)m->ledger.cut.weight_ns /
					       (double)sum->received.weight_ns : 0;
	char n[TEXT_NUMBER];

	memset(t, 0, N_TOKENS * sizeof(*t));
	for (unsigned int i = 0; i < N_TOKENS; i++)
		t[i].keep = i;
	snprintf(t[0].value, sizeof(t[0].value), "%02u:%02u", (unsigned int)(ns / NS_PER_S / 60),
		 (unsigned int)(ns / NS_PER_S % 60));
	t[0].keep = 6;
	snprintf(t[1].value, sizeof(t[1].value), "%s", rate ? text_count(n, rate) : "-");
	snprintf(t[1].unit, sizeof(t[1].unit), " Hz");
	snprintf(t[2].value, sizeof(t[2].value), "%s", text_count(n, sum->received.count));
	snprintf(t[2].unit, sizeof(t[2].unit), sum->measured ? " calls" : " smp");
	t[2].keep = 9;
	if (sum->measured)
		return;
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
	if (sum->to_ns > sum->from_ns && sum->cpu_known)
		snprintf(t[5].value, sizeof(t[5].value), "%.2f",
			 (double)sum->cpu_ns / (double)(sum->to_ns - sum->from_ns));
	else
		strcpy(t[5].value, "-");	/* not known, which is not zero */
	if (cpus)
		snprintf(t[5].unit, sizeof(t[5].unit), "/%u", cpus);
	t[5].keep = 0;
}

/* Columns of those that are there, with a blank before the first and behind the last. */
static unsigned int tokens_width(const struct token t[N_TOKENS], unsigned int gap)
{
	unsigned int width = 2, n = 0;

	for (unsigned int i = 0; i < N_TOKENS; i++)
		if (*t[i].value)
			width += token_width(&t[i]) + (n++ ? gap : 0);
	return width;
}

/* Leave out what matters least until the tokens fit; returns their width. */
static unsigned int fit_tokens(struct token t[N_TOKENS], unsigned int room, unsigned int gap)
{
	for (;;) {
		unsigned int width = tokens_width(t, gap), least = 0;

		for (unsigned int i = 0; i < N_TOKENS; i++)
			if (*t[i].value && (!*t[least].value || t[i].keep < t[least].keep))
				least = i;
		if (width <= room || t[least].keep >= 7)
			return width;
		t[least].value[0] = '\0';
	}
}

/* "python3 fib.py": all programs of Python are called python3.  The caller frees it. */
static char *find_title(struct app *a)
{
	const struct model *m = a->model;
	const char *title = profile_title(m->p), *slash;

	if (a->script_asked != m->n_asked) {
		uint32_t script = profile_main_process(m->p) ? facts_script(m->p, &m->sum) : RECORD_NONE;

		/* In a part of the recording it may not be on stacks. */
		a->script = script != RECORD_NONE ? script : a->script;
		a->script_asked = m->n_asked;
	}
	if (!title || a->script == RECORD_NONE)
		return xstrdup(title ? title : "");
	slash = strrchr(profile_string(m->p, a->script), '/');
	return xasprintf("%s %s", title, slash ? slash + 1 : profile_string(m->p, a->script));
}

/* "cprofd  4242 python3 fib.py": its columns, and no more of them than it may keep others from. */
static unsigned int title_width(const struct profile_process *process, const char *title)
{
	char pid[16] = "";

	if (process)
		snprintf(pid, sizeof(pid), "%u ", process->pid);
	return min_of((unsigned int)(strlen("cprofd  ") + strlen(pid) + strlen(title)), 25u) + 1;
}

static void draw_header(struct app *a, struct grid *g)
{
	const struct profile_process *process = profile_main_process(a->model->p);
	_cleanup_(freep) char *title = find_title(a);
	unsigned int gap = 2, chip, width, room, name;
	struct pen pen = pen_make(g, 0, 0, g->width);
	struct token t[N_TOKENS];
	char state[48], more[64];
	bool first = true;

	make_tokens(a, t);
	app_session_name(a, state, more);
	if (g->width < NARROW) {	/* what is never left out has to fit */
		t[LOST_TOKEN].unit[0] = '\0';
		more[strcspn(more, "w(")] = '\0';
	}
	chip = (unsigned int)(strlen(state) + 2 + strlen(more));
	room = title_width(process, title) + 1 + chip;
	room = g->width > room ? g->width - room : 0;
	if (g->width < SHORT_NAMES && tokens_width(t, gap) > room)
		gap = 1;
	width = fit_tokens(t, room, gap) + chip;
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_STRONG, "cprofd");
	pen_to(&pen, pen.column + gap);
	if (process)
		pen_put(&pen, STYLE_TEXT, "%u ", process->pid);
	name = pen.column + width + 1 < g->width ? g->width - width - 1 - pen.column : 0;
	pen_name(&pen, process ? STYLE_DIM : STYLE_TEXT, name, title);
	pen_to(&pen, g->width > width ? g->width - width : 0);
	pen_put(&pen, (struct style){ .bg = INK_CHIP, .attrs = ATTR_BOLD }, " %s ", state);
	pen_put(&pen, STYLE_STRONG, "%s", more);
	for (unsigned int i = 0; i < N_TOKENS; i++) {
		if (!*t[i].value)
			continue;
		pen_to(&pen, pen.column + (first ? 1 : gap));
		first = false;
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

/* " 2 Functions ": its place does not depend on which one is open. */
static void put_tab(struct grid *g, unsigned int at, const struct view *v, bool here,
		    const char *blank, const char *name)
{
	struct pen pen = pen_make(g, 1, at, g->width);
	struct style word = here ? (struct style){ .bg = INK_CHIP, .attrs = ATTR_BOLD } : STYLE_DIM;

	pen_put(&pen, here && !g->utf8 ? STYLE_STRONG : word, here && !g->utf8 ? "[" : " ");
	pen_put(&pen, here ? word : STYLE_STRONG, "%c", v->key);
	pen_put(&pen, word, "%s%s", blank, name);
	if (here)
		pen_put(&pen, word, g->utf8 ? " " : "]");
	grid_spot(g, 1, at, pen.column, SPOT_KEY, (uint32_t)v->key);
}

static void draw_tabs(const struct app *a, struct grid *g)
{
	const bool brief = g->width < SHORT_NAMES, tight = g->width < NARROW;
	unsigned int at = 0, here_at = 0;

	strip(g, 1);
	for (size_t i = 0; views[i] && views[i]->key; i++) {
		const char *name = brief ? views[i]->short_name : views[i]->name;

		if (views[i] == a->view)
			here_at = at;
		else
			put_tab(g, at, views[i], false, tight ? "" : " ", name);
		at += text_width(name) + (tight ? 2 : 4);
	}
	if (a->view->key)	/* over the blank of the one behind it */
		put_tab(g, here_at, a->view, true, tight ? "" : " ",
			brief ? a->view->short_name : a->view->name);
}

static bool is_separator(const struct cell *c)
{
	return c->style.fg == INK_RULE && strcmp(c->text, "│") == 0;
}

/* Where there is room for that, another blank on either side of each line. */
static void spread(struct grid *g, unsigned int y, unsigned int end)
{
	unsigned int n = 0, to;

	for (unsigned int x = 0; x < end; x++)
		n += is_separator(grid_at(g, y, x));
	to = end + 2 * n;
	if (to >= g->width)
		return;
	for (unsigned int x = end; n && x-- > 0;) {
		struct cell *at = grid_at(g, y, x);
		const bool line = is_separator(at);
		const struct cell blank = { .text = " " };

		if (line)
			*grid_at(g, y, --to) = blank;
		*grid_at(g, y, --to) = *at;
		if (line)
			*grid_at(g, y, --to) = blank;
		n -= line;
	}
}

static void draw_context(const struct app *a, struct grid *g, unsigned int y)
{
	struct pen pen = pen_make(g, y, 0, g->width);
	const struct model *m = a->model;
	_cleanup_(freep) char *where = NULL;

	pen_to(&pen, 1);
	app_scope_draw(a, &pen);
	if (a->function != RECORD_NONE) {
		app_scope_put_separator(&pen);
		pen_put(&pen, STYLE_DIM, "selected ");
		pen_name(&pen, STYLE_STRONG, pen_left(&pen) > 1 ? pen_left(&pen) - 1 : 0,
			 profile_string(m->p, m->p->functions[a->function].name));
		where = function_where(m->p, a->function);
		if (pen_left(&pen) >= text_width(where) + 3) {
			pen_to(&pen, pen.column + 2);
			pen_name(&pen, STYLE_DIM, pen_left(&pen) - 1, where);
		}
	}
	spread(g, y, min_of(pen.column, g->width));
}

/* What is typed, and at the right what came of it. */
static void draw_prompt(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, g->height - 2, 1, g->width - 1);
	unsigned int room = pen.width, said, typed;
	struct buf clean = { 0 };

	text_clean(&clean, a->message ? a->message : "", strlen(a->message ? a->message : ""),
		   g->utf8);
	typed = text_width(prompt_text(&a->prompt)) + 4;	/* mark, cursor, blanks */
	text_clip(&clean, room - min_of(room / 2, typed), g->utf8);
	said = text_width((const char *)clean.data);
	prompt_draw(&a->prompt, &pen, room - said - 2);
	pen_to(&pen, room - said);
	pen_put(&pen, STYLE_DIM, "%s", (const char *)clean.data);
	buf_deinit(&clean);
}

static void draw_message(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, g->height - 2, 0, g->width);
	uint64_t n = a->model->sum.received.count;
	char count[TEXT_NUMBER];

	pen_to(&pen, 1);
	if (a->prompt.mark) {
		draw_prompt(a, g);
	} else if (a->message) {
		pen_name(&pen, STYLE_TEXT, g->width - 2, a->message);
	} else if (!a->model->p->ended && a->session.state == APP_FILE) {
		pen_put(&pen, STYLE_STRONG, "! ");
		pen_put(&pen, STYLE_TEXT, "this recording has no end: it was cut, or is still written");
	} else if (n && n < CELLS_FEW_SAMPLES && !a->model->sum.measured) {
		pen_put(&pen, STYLE_STRONG, "! ");
		pen_put(&pen, STYLE_TEXT, "only %s sample%s: nothing here is certain yet",
			text_count(count, n), n == 1 ? "" : "s");
	} else {
		view_hints_put_first(a, &pen);
	}
}

/* "Enter callers": the key bold, the word dim; nothing if the room is needed for help. */
static void put_key(const struct app *a, struct pen *pen, const char *s, int len)
{
	static const char help[] = "? help  ";
	int word = (int)strcspn(s, " ");
	uint32_t key = key_called(s, (size_t)word), bound = bindings_key_for(&a->bindings, key);
	unsigned int from = pen->column;
	size_t keep = strncmp(s, help, 6) == 0 ? 0 : sizeof(help) - 1;
	char name[KEY_NAME];

	if (pen_left(pen) < (size_t)len + 1 + keep || (key && !bound))
		return;
	if (key == bound)
		pen_put(pen, STYLE_STRONG, "%.*s", word, s);
	else if (key_spell(bound, name))
		pen_put(pen, STYLE_STRONG, "%s", name);
	pen_put(pen, STYLE_DIM, "%.*s", len - word, s + word);
	if (key)
		grid_spot(pen->grid, pen->y, from, pen->column - from, SPOT_KEY, bound);
	pen_to(pen, pen->column + 2);
}

/* "Enter callers  ? help": from the right on left out, but for help. */
static void draw_keys(const struct app *a, struct grid *g)
{
	static const char to_lesson[] = "Tab to lesson", close_it[] = "L close it",
			  pane[] = "S-Tab pane";
	struct pen pen = pen_make(g, g->height - 1, 0, g->width);
	const char *s = panel_keys(a);

	if (!s && a->view->keys_here)
		s = a->view->keys_here(a);
	if (!s)
		s = a->view->keys_python && view_on_python(a) ? a->view->keys_python
		  : a->view->keys_code && a->source.in_code ? a->view->keys_code : a->view->keys;
	if (!s)
		s = "? help  q quit";
	strip(g, g->height - 1);
	pen_to(&pen, 1);
	while (*s) {
		const char *end = strstr(s, "  ");
		int len = (int)(end ? (size_t)(end - s) : strlen(s));

		if (strncmp(s, "L lesson", 8) == 0 && panel_is_open(a)) {
			put_key(a, &pen, to_lesson, sizeof(to_lesson) - 1);
			put_key(a, &pen, close_it, sizeof(close_it) - 1);
		} else if (strncmp(s, "Tab pane", 8) == 0 && panel_is_open(a)) {
			put_key(a, &pen, pane, sizeof(pane) - 1);	/* Tab goes to the lesson then */
		} else {
			put_key(a, &pen, s, len);
		}
		s += len + (end ? 2 : 0);
	}
}

void app_draw(struct app *a, struct grid *g)
{
	unsigned int above = a->no_header ? 1 : ZONES_ABOVE;
	struct area area = { .top = above, .width = g->width }, panel;

	grid_clear(g);
	a->made_one = false;
	a->too_small = too_small(g);
	if (a->too_small) {
		too_small_draw(a, g);
		return;
	}
	area.height = g->height - above - ZONES_BELOW;
	a->width = g->width;
	a->height = g->height;
	a->utf8 = g->utf8;
	if (a->session.state == APP_FILE && a->hints.asked != a->model->n_asked)
		app_look_for_hints(a, 1);
	panel = panel_take(a, g, &area);
	a->view_width = area.width;
	if (view_is_void(a))
		view_draw_void(g, area);
	else
		a->view->draw(a, g, area);
	a->arrived = false;
	panel_draw(a, g, panel);
	if (!a->no_header) {
		draw_header(a, g);
		draw_tabs(a, g);
	}
	draw_context(a, g, above - 1);
	draw_message(a, g);
	draw_keys(a, g);
	if (a->dialog.open)
		dialog_draw(&a->dialog, g);
}

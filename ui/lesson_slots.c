// SPDX-License-Identifier: Apache-2.0
#include "ui/lesson_slots.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "profile/butterfly.h"
#include "profile/groups.h"
#include "profile/lines.h"
#include "profile/stack_walk.h"
#include "profile/waits.h"
#include "ui/cells.h"
#include "ui/ledger_text.h"
#include "ui/model.h"
#include "ui/source.h"
#include "ui/text.h"
#include "ui/wait_text.h"

/* The examples are of one program: shop, which looks for orders in a list. */
const struct lesson_slot_row lesson_slots[SLOT_COUNT] = {
	[SLOT_SELF_NAME] = { "self.name", "membership" },
	[SLOT_SELF_WHERE] = { "self.where", "shop.c:38" },
	[SLOT_SELF_SHARE] = { "self.share", "38.4%" },
	[SLOT_SELF_INTERVAL] = { "self.interval", "+-1.9" },
	[SLOT_SELF_LOW] = { "self.low", "36.5%" },
	[SLOT_SELF_HIGH] = { "self.high", "40.3%" },
	[SLOT_SELF_SAMPLES] = { "self.samples", "1,848" },
	[SLOT_SELF_SECONDS] = { "self.seconds", "9.29 s" },
	[SLOT_SELF_SPEEDUP] = { "self.speedup", "1.6" },
	[SLOT_TOTAL_SHARE] = { "total.share", "38.4%" },
	[SLOT_TOTAL_INTERVAL] = { "total.interval", "+-1.9" },
	[SLOT_TOTAL_SAMPLES] = { "total.samples", "1,848" },
	[SLOT_DEPTH] = { "depth", "14" },
	[SLOT_PATHS_COUNT] = { "paths.count", "3" },
	[SLOT_HOT_LINE] = { "hot.line", "41" },
	[SLOT_HOT_SHARE] = { "hot.share", "97%" },
	[SLOT_HOT_TEXT] = { "hot.text", "if (seen[i] == id)" },
	[SLOT_LINES_COUNT] = { "lines.count", "4" },
	[SLOT_CALLER_NAME] = { "caller.name", "handle_order" },
	[SLOT_CALLER_SHARE] = { "caller.share", "94%" },
	[SLOT_CALLERS_COUNT] = { "callers.count", "2" },
	[SLOT_CALLEE_NAME] = { "callee.name", "compare" },
	[SLOT_CALLEE_SHARE] = { "callee.share", "61%" },
	[SLOT_MANAGER_NAME] = { "manager.name", "main" },
	[SLOT_MANAGER_TOTAL] = { "manager.total", "92.7%" },
	[SLOT_MANAGER_SELF] = { "manager.self", "0.4%" },
	[SLOT_TOP_NAME] = { "top.name", "membership" },
	[SLOT_TOP_SHARE] = { "top.share", "38.4%" },
	[SLOT_THREADS_COUNT] = { "threads.count", "4" },
	[SLOT_THREAD_NAME] = { "thread.name", "MainThread" },
	[SLOT_THREAD_SHARE] = { "thread.share", "94%" },
	[SLOT_ALL_NAME] = { "all.name", "shop" },
	[SLOT_ALL_SAMPLES] = { "all.samples", "4,812" },
	[SLOT_ALL_RATE] = { "all.rate", "199" },
	[SLOT_ALL_SECONDS] = { "all.seconds", "30.0 s" },
	[SLOT_ALL_CPU] = { "all.cpu", "0.81" },
	[SLOT_WAIT_REASON] = { "wait.reason", "lock" },
	[SLOT_WAIT_SHARE] = { "wait.share", "42.5%" },
	[SLOT_WAIT_SECONDS] = { "wait.seconds", "40.8 s" },
	[SLOT_WAIT_LOOKS] = { "wait.looks", "27,210" },
	[SLOT_COMPARE_ROWS] = { "compare.rows", "43" },
	[SLOT_COMPARE_EVIDENT] = { "compare.evident", "3" },
	[SLOT_COMPARE_TOTAL] = { "compare.total", "-37.4%  95%: -40.1 to -34.5" },
	[SLOT_COMPARE_NAME] = { "compare.name", "membership" },
	[SLOT_COMPARE_VERDICT] = { "compare.verdict", "faster" },
	[SLOT_COMPARE_LOW] = { "compare.low", "-1.95 ms" },
	[SLOT_COMPARE_HIGH] = { "compare.high", "-1.73 ms" },
	[SLOT_WHOLE_SHARE] = { "whole.share", "98.7%" },
	[SLOT_LOST_SHARE] = { "lost.share", "0.9%" },
	[SLOT_CUT_SHARE] = { "cut.share", "0.4%" },
	[SLOT_HIDDEN_SHARE] = { "hidden.share", "4.4%" },
	[SLOT_UNNAMED_SHARE] = { "unnamed.share", "0.9%" },
};

enum lesson_slot lesson_slot_find(const char *name, size_t len)
{
	enum lesson_slot i = 0;

	while (i < SLOT_COUNT && (strlen(lesson_slots[i].name) != len ||
				  strncmp(lesson_slots[i].name, name, len) != 0))
		i++;
	return i;
}

void lesson_values_make_example(struct lesson_values *out)
{
	for (enum lesson_slot i = 0; i < SLOT_COUNT; i++)
		out->v[i] = xstrdup(lesson_slots[i].example);
}

void lesson_values_deinit(struct lesson_values *v)
{
	for (enum lesson_slot i = 0; i < SLOT_COUNT; i++)
		free(v->v[i]);
	*v = (struct lesson_values){ 0 };
}

/* ---- values ---- */

struct work {
	const struct model *m;
	uint32_t function;
	struct lesson_values *out;
};

static char *count(uint64_t n)
{
	char text[TEXT_NUMBER];

	return xstrdup(text_count(text, n));
}

static char *time_of(uint64_t ns)
{
	char text[TEXT_NUMBER];

	return xstrdup(text_time(text, ns));
}

/* "38.4%" */
static char *percent(const struct work *w, double share)
{
	char text[TEXT_NUMBER];

	return xasprintf("%s%%", text_percent(text, share, w->m->sum.received.count <
					      CELLS_WHOLE_PERCENT));
}

/* Of something that is better not spoken of if there is none. */
static char *percent_if_any(const struct work *w, double share)
{
	return share >= .0005 ? percent(w, share) : NULL;
}

/* "97%": of a part that is itself a part, which is known less well. */
static char *part(uint64_t of, uint64_t whole)
{
	return whole ? xasprintf("%.0f%%", 100.0 * (double)of / (double)whole) : NULL;
}

static char *interval(struct interval iv)
{
	return xasprintf("+-%.1f%s", 100 * fmax(iv.high - iv.share, iv.share - iv.low),
			 iv.rough ? "?" : "");
}

static char *name_of(const struct work *w, uint32_t function)
{
	return xstrdup(profile_string(w->m->p, w->m->p->functions[function].name));
}

static void fill_self(struct work *w)
{
	const struct summary *sum = &w->m->sum;
	const struct function_sum *f = &sum->functions[w->function];
	const struct profile_function *info = &w->m->p->functions[w->function];
	const char *file = function_file(w->m->p, w->function);
	char **v = w->out->v;

	v[SLOT_SELF_NAME] = name_of(w, w->function);
	if (file && info->line)
		v[SLOT_SELF_WHERE] = xasprintf("%s:%u", file, info->line);
	v[SLOT_TOTAL_SHARE] = percent(w, summary_share(sum, f->total.weight_ns));
	v[SLOT_TOTAL_INTERVAL] = interval(summary_total(sum, w->function));
	v[SLOT_TOTAL_SAMPLES] = count(f->total.count);
	v[SLOT_SELF_SHARE] = percent(w, summary_share(sum, f->self.weight_ns));
	v[SLOT_SELF_SAMPLES] = count(f->self.count);
	if (!f->self.count)
		return;
	struct interval self = summary_self(sum, w->function);

	v[SLOT_SELF_INTERVAL] = interval(self);
	v[SLOT_SELF_LOW] = percent(w, self.low);
	v[SLOT_SELF_HIGH] = percent(w, self.high);
	v[SLOT_SELF_SECONDS] = time_of(f->self.weight_ns);
	if (self.share < .99)	/* beyond that it says nothing */
		v[SLOT_SELF_SPEEDUP] = xasprintf(self.share < .1 ? "%.2f" : "%.1f",
						 1 / (1 - self.share));
}

static void fill_lines(struct work *w, struct sources *sources)
{
	const struct model *m = w->m;
	const struct line_sum *hot = NULL;
	struct lines lines;
	uint64_t all_ns = 0;
	uint32_t n = 0;

	lines_make(m->p, NULL, &m->sum, w->function, &lines);
	for (uint32_t i = 0; i < lines.n; i++) {
		const struct line_sum *l = &lines.v[i];

		n += l->line != 0;
		all_ns += line_own_ns(l);
		if (l->line && line_own_ns(l) && (!hot || line_own_ns(l) > line_own_ns(hot)))
			hot = l;
	}
	if (hot) {
		const struct source *text = sources_find(sources, profile_string(m->p, hot->file));
		_cleanup_(freep) char *line = source_line_text(text, hot->line);

		w->out->v[SLOT_HOT_LINE] = xasprintf("%u", hot->line);
		w->out->v[SLOT_HOT_SHARE] = part(line_own_ns(hot), all_ns);
		if (line && line[strspn(line, " ")])
			w->out->v[SLOT_HOT_TEXT] = xstrdup(line + strspn(line, " "));
	}
	if (n)
		w->out->v[SLOT_LINES_COUNT] = count(n);
	lines_deinit(&lines);
}

/* The first neighbour on a side, and its part; returns how many there are. */
static uint32_t fill_side(struct work *w, const struct butterfly *b,
			  const struct butterfly_side *side, enum lesson_slot name,
			  enum lesson_slot share)
{
	const struct butterfly_row *most = NULL;

	for (uint32_t i = 0; i < side->n_rows; i++)
		if (!most || side->rows[i].sum.weight_ns > most->sum.weight_ns)
			most = &side->rows[i];
	if (most) {
		w->out->v[name] = name_of(w, most->function);
		w->out->v[share] = part(most->sum.weight_ns, b->total.weight_ns);
	}
	return side->n_rows;
}

static void fill_neighbours(struct work *w)
{
	struct butterfly b;
	uint32_t callers;

	butterfly_make(w->m->p, &w->m->sum, w->function, 1, &b);
	callers = fill_side(w, &b, &b.callers, SLOT_CALLER_NAME, SLOT_CALLER_SHARE);
	fill_side(w, &b, &b.callees, SLOT_CALLEE_NAME, SLOT_CALLEE_SHARE);
	if (callers)
		w->out->v[SLOT_CALLERS_COUNT] = count(callers);
	butterfly_deinit(&b);
}

/* How often a stack has it at most, and in how many places of the tree it is. */
static void fill_places(struct work *w)
{
	const struct profile *p = w->m->p;
	const struct summary *sum = &w->m->sum;
	uint32_t depth = 0, paths = 0;
	bool known = true;

	for (size_t i = 0; i < p->n_leaves; i++) {
		struct stack_walk walk = stack_walk_from(p, p->shown.leaves[i]);
		const struct profile_level *call;
		uint32_t n = 0;

		while ((call = stack_walk_next(&walk)))
			n += call->function == w->function;
		depth = max_of(depth, n);
		known &= !n || walk.stack != OUTCOME_LEFT_OUT;
	}
	for (uint32_t i = 1; i < sum->n_nodes; i++)
		paths += p->tree.function[i] == w->function && sum->nodes[i].count;
	if (depth > 1 && known)
		w->out->v[SLOT_DEPTH] = count(depth);
	if (paths > 1)
		w->out->v[SLOT_PATHS_COUNT] = count(paths);
}

/* The function that has the most below it, and hardly anything of its own. */
static void fill_manager(struct work *w)
{
	const struct summary *sum = &w->m->sum;
	const struct function_sum *f, *best = NULL;
	uint32_t manager = 0;

	for (uint32_t i = 0; i < w->m->n_order; i++) {
		f = &sum->functions[w->m->order[i]];
		if (f->self.weight_ns < f->total.weight_ns / 20 &&
		    (!best || f->total.weight_ns > best->total.weight_ns ||
		     (f->total.weight_ns == best->total.weight_ns &&
		      f->self.weight_ns < best->self.weight_ns))) {
			best = f;
			manager = w->m->order[i];
		}
	}
	if (!best)
		return;
	w->out->v[SLOT_MANAGER_NAME] = name_of(w, manager);
	w->out->v[SLOT_MANAGER_TOTAL] = percent(w, summary_share(sum, best->total.weight_ns));
	w->out->v[SLOT_MANAGER_SELF] = percent(w, summary_share(sum, best->self.weight_ns));
}

static void fill_quality(struct work *w)
{
	const struct model *m = w->m;
	uint64_t unnamed_ns = 0;

	for (uint32_t i = 0; i < m->ledger.n_rows; i++)
		if (m->ledger.rows[i].kind == LEDGER_OUTCOME &&
		    m->ledger.rows[i].outcome == OUTCOME_COMPLETE)
			w->out->v[SLOT_WHOLE_SHARE] =
				percent(w, ledger_share(&m->ledger, m->ledger.rows[i].sum.weight_ns));
	for (uint32_t i = 0; i < m->ledger.n_unnamed; i++)
		unnamed_ns += m->ledger.unnamed[i].on_top.weight_ns;
	if (m->sum.lost.weight_ns)
		w->out->v[SLOT_LOST_SHARE] = percent_if_any(w, summary_lost(&m->sum).share);
	if (m->sum.received.weight_ns)
		w->out->v[SLOT_CUT_SHARE] =
			percent_if_any(w, (double)m->ledger.cut.weight_ns /
				       (double)m->sum.received.weight_ns);
	w->out->v[SLOT_HIDDEN_SHARE] = percent_if_any(w, summary_share(&m->sum, m->sum.hidden_ns));
	w->out->v[SLOT_UNNAMED_SHARE] = percent_if_any(w, summary_share(&m->sum, unnamed_ns));
}

/* How many threads ran, and the one that did most. */
static void fill_threads(struct work *w)
{
	const struct model *m = w->m;
	char name[GROUP_NAME_MAX];
	struct groups g;

	groups_make(m->p, &m->scope, &m->sum, GROUP_THREAD, &g);
	if (g.n) {
		w->out->v[SLOT_THREADS_COUNT] = count(g.n);
		w->out->v[SLOT_THREAD_NAME] = xstrdup(group_name(m->p, &g, &g.rows[0], name));
		w->out->v[SLOT_THREAD_SHARE] = part(g.rows[0].sum.weight_ns, m->sum.received.weight_ns);
	}
	groups_deinit(&g);
}

static void fill_all(struct work *w)
{
	const struct model *m = w->m;
	const char *title = profile_title(m->p);
	uint64_t rate = profile_meta_number(m->p, "rate_hz", 0);
	char **v = w->out->v;

	if (title)
		v[SLOT_ALL_NAME] = xstrdup(title);
	v[SLOT_ALL_SAMPLES] = count(m->sum.received.count);
	if (rate)
		v[SLOT_ALL_RATE] = count(rate);
	v[SLOT_ALL_SECONDS] = time_of(m->sum.to_ns - m->sum.from_ns);
	if (m->sum.cpu_known && m->sum.to_ns > m->sum.from_ns)
		v[SLOT_ALL_CPU] = xasprintf("%.2f", (double)m->sum.cpu_ns /
					    (double)(m->sum.to_ns - m->sum.from_ns));
	if (!m->n_order)
		return;
	v[SLOT_TOP_NAME] = name_of(w, m->order[0]);
	v[SLOT_TOP_SHARE] =
		percent(w, summary_share(&m->sum, m->sum.functions[m->order[0]].self.weight_ns));
}

/* For what threads waited most. */
static void fill_waits(struct work *w)
{
	const struct model *m = w->m;
	char **v = w->out->v;
	struct waits waits;

	waits_make(m->p, &m->scope, &m->sum, WAITS_BY_REASON, false, &waits);
	if (waits.n) {
		v[SLOT_WAIT_REASON] = xstrdup(wait_reason_name(waits.rows[0].reason));
		v[SLOT_WAIT_SHARE] = part(waits.rows[0].sum.weight_ns, waits.shown.weight_ns);
		v[SLOT_WAIT_SECONDS] = time_of(waits.rows[0].sum.weight_ns);
		v[SLOT_WAIT_LOOKS] = count(waits.shown.count);
	}
	waits_deinit(&waits);
}

void lesson_values_make(const struct model *m, uint32_t function, struct sources *sources,
			struct lesson_values *out)
{
	struct work w = { m, function, out };

	*out = (struct lesson_values){ 0 };
	fill_all(&w);
	fill_threads(&w);
	fill_quality(&w);
	fill_manager(&w);
	fill_waits(&w);
	if (function == RECORD_NONE)
		return;
	fill_self(&w);
	fill_lines(&w, sources);
	fill_neighbours(&w);
	fill_places(&w);
}

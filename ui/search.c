// SPDX-License-Identifier: Apache-2.0
#include "ui/search.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/filter.h"
#include "ui/text.h"
#include "ui/view.h"

static void forget(struct search *s)
{
	filter_close(steal(s->filter));
	free(steal(s->typed));
	s->asked = 0;
}

void search_deinit(struct search *s)
{
	forget(s);
}

bool search_found(const struct app *a, uint32_t function)
{
	return a->search.filter &&
	       filter_match(a->search.filter,
			    profile_string(a->model->p, a->model->p->functions[function].name));
}

/* Which match the row is, counted from 1, and how many there are. */
static uint32_t count_matches(struct app *a, uint32_t row, uint32_t *n_out)
{
	const struct view_rows *rows = a->view->rows;
	uint32_t n = rows->n(a), which = 0;

	*n_out = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!rows->matches(a, i, a->search.filter))
			continue;
		++*n_out;
		if (i == row)
			which = *n_out;
	}
	return which;
}

static double share(struct app *a)
{
	struct search *s = &a->search;

	if (s->asked != a->model->n_asked)
		s->share = model_share_of(a->model, s->filter);
	s->asked = a->model->n_asked;
	return s->share;
}

static void say_match(struct app *a)
{
	uint32_t n, which = count_matches(a, a->view->rows->at(a), &n);
	char w[TEXT_NUMBER], count[TEXT_NUMBER];

	text_count(w, which);
	text_count(count, n);
	if (a->view->rows->own_text)
		app_say(a, "match %s of %s", w, count);
	else
		app_say(a, "match %s of %s, %.1f%% of CPU time", w, count, share(a) * 100);
}

static void say_none(struct app *a)
{
	char n[TEXT_NUMBER];

	if (a->view->rows->own_text)
		app_say(a, "no line matches \"%s\"; Esc clears", a->search.typed);
	else
		app_say(a, "no function matches \"%s\"; %s in scope; Esc clears", a->search.typed,
			text_count(n, a->model->n_order));
}

/* Go to the first match from row `from` on, or back, round the end. */
static void go(struct app *a, uint32_t from, bool back)
{
	const struct view_rows *rows = a->view->rows;
	uint32_t n = rows->n(a);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = (from + (back ? n - i : i)) % n;

		if (!rows->matches(a, row, a->search.filter))
			continue;
		rows->choose(a, row);
		say_match(a);
		return;
	}
	say_none(a);
}

/* ---- typing ---- */

void search_open(struct app *a)
{
	const struct view_rows *rows = a->view->rows;

	forget(&a->search);
	rows->n(a);
	a->search.row = rows->at(a);
	a->search.list = *rows->list(a);
	a->search.function = a->function;
}

static void restore(struct app *a)
{
	const struct view_rows *rows = a->view->rows;
	const struct search *s = &a->search;

	if (s->row < rows->n(a)) {
		rows->choose(a, s->row);
		rows->list(a)->top = s->list.top;
	}
	a->function = s->function;
}

/* From where the search began on; NULL ends it. */
static void look_for(struct app *a, struct filter *filter, const char *text)
{
	forget(&a->search);
	if (!filter)
		return;
	a->search.filter = filter;
	a->search.typed = xstrdup(text);
	go(a, a->search.row, false);
}

void search_typed(struct app *a, const char *text)
{
	struct filter *filter = NULL;
	struct error err;

	if (*text && filter_parse(text, &filter, &err) < 0) {
		app_say(a, "%s", err.msg);
		return;
	}
	restore(a);
	look_for(a, filter, text);
}

void search_close(struct app *a, bool keep)
{
	uint32_t n;

	if (!keep || !a->search.filter) {
		restore(a);
		forget(&a->search);
	} else if (count_matches(a, a->view->rows->at(a), &n)) {
		say_match(a);
	} else {
		say_none(a);
	}
}

/* ---- keys ---- */

static void search_name(struct app *a)
{
	struct filter *filter;
	struct error err;
	const char *name;

	if (a->function == RECORD_NONE)
		return;
	name = profile_string(a->model->p, a->model->p->functions[a->function].name);
	if (filter_open(name, FILTER_TEXT, &filter, &err) < 0)
		return;
	search_open(a);
	look_for(a, filter, name);
}

bool search_act(struct app *a, enum action action)
{
	bool next = action == ACTION_NEXT_MATCH, before = action == ACTION_MATCH_BEFORE;
	uint32_t n, at;

	if (action == ACTION_CANCEL && a->search.filter) {
		forget(&a->search);
		return true;
	}
	if (!next && !before && action != ACTION_SEARCH_NAME)
		return false;
	if (!a->view->rows) {
		app_say(a, "there is nothing to search in here");
	} else if (action == ACTION_SEARCH_NAME) {
		search_name(a);
	} else if (!a->search.filter) {
		app_say(a, "nothing is looked for; / searches");
	} else {
		n = a->view->rows->n(a);
		at = a->view->rows->at(a);
		go(a, n ? (next ? at + 1 : at + n - 1) % n : 0, before);
	}
	return true;
}

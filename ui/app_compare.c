// SPDX-License-Identifier: Apache-2.0
#include "ui/app_compare.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "ui/app.h"
#include "ui/compare_text.h"
#include "ui/text.h"
#include "ui/view.h"

#define MOST_OFFERED 9		/* files in the dialog */

/* ---- the baseline ---- */

static void forget_sides(struct app_compare *v)
{
	compare_deinit(&v->c);
	for (int i = 0; i < 2; i++)
		summary_deinit(&v->sums[i]);
	free(steal(v->named));
	free(steal(v->lacks));
	v->asked = 0;
}

static void forget_baseline(struct app_compare *v)
{
	forget_sides(v);
	if (v->load) {
		profile_load_close(steal(v->load));
		close(v->fd);
	}
	free(steal(v->name));
	free(steal(v->threads));
	v->n_threads = 0;
	v->p = NULL;
	v->unit_chosen = false;
	v->list = (struct list){ 0 };
}

static void forget_offers(struct app_compare *v)
{
	for (uint32_t i = 0; i < v->n_offered; i++)
		free(v->offered[i]);
	free(steal(v->offered));
	v->n_offered = 0;
}

void app_compare_deinit(struct app_compare *v)
{
	forget_baseline(v);
	forget_offers(v);
	free(v->shown);
}

static uint64_t since_start(const struct profile *p, uint64_t ns)
{
	return ns > p->start_ns ? ns - p->start_ns : 0;
}

/* What a part of the recording is called; the caller frees it. */
static char *part_name(const struct app *a, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t from = since_start(a->model->p, from_ns), to = since_start(a->model->p, to_ns);
	const struct named_range *range = kept_of(&a->kept, from, to);
	char span[TIME_AXIS_SPAN];

	time_axis_span(span, from, to);
	return range ? xasprintf("%s, %s s", range->name, span)
		     : xasprintf("%s s of this recording", span);
}

/* A part of the recording that is looked at, of the threads in the scope. */
static void take_part(struct app *a, uint64_t from_ns, uint64_t to_ns)
{
	struct app_compare *v = &a->compare;
	const struct scope *s = a->scope.now;

	forget_baseline(v);
	v->p = a->model->p;
	v->from_ns = from_ns;
	v->to_ns = to_ns;
	v->name = part_name(a, from_ns, to_ns);
	v->n_threads = s->n_threads;
	v->threads = s->n_threads ? xmemdup(s->threads, s->n_threads * sizeof(*s->threads)) : NULL;
}

void app_compare_take(struct app *a)
{
	const struct summary *sum = &a->model->sum;

	if (sum->measured) {
		app_refuse(a, "this was measured, not sampled: nothing says how it scatters");
	} else if (!sum->received.count) {
		app_refuse(a, "there are no samples here that could be a baseline");
	} else {
		take_part(a, sum->from_ns, sum->to_ns);
		app_say(a, "A is what is shown now, %s; 0 compares with it", a->compare.name);
	}
}

void app_compare_ranges(struct app *a, const struct named_range *baseline,
			const struct named_range *shown)
{
	uint64_t start_ns = a->model->p->start_ns;

	if (a->model->sum.measured) {
		app_refuse(a, "this was measured, not sampled: nothing says how it scatters");
		return;
	}
	take_part(a, start_ns + baseline->from_ns, start_ns + baseline->to_ns);
	if (shown)
		app_range_take(a, shown->name);
	app_go(a, &view_compare, a->function);
}

/* A regular file; another kind has no end. */
static int open_file(const char *path, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "cannot open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "is no regular file");
	return steal_fd(fd);
}

/* Why a recording is no baseline, or NULL. */
static const char *why_not(const struct app *a, const struct profile *p)
{
	if (profile_is_measured(p))
		return "was measured, not sampled: nothing says how it scatters";
	if (!p->samples.n)
		return "has no samples";
	if (profile_is_host(p) != profile_is_host(a->model->p))
		return profile_is_host(p) ? "is about the whole host, and this about one program"
					  : "is about one program, and this about the whole host";
	return NULL;
}

void app_compare_open(struct app *a, const char *path)
{
	struct app_compare *v = &a->compare;
	const char *slash = strrchr(path, '/'), *why;
	struct profile_load *load = NULL;
	struct error err;
	int fd = open_file(path, &err);
	bool part = false;

	if (fd < 0 || profile_load_open(fd, &load, &err) < 0) {
		app_refuse(a, "%s: %s", path, err.msg);
		closep(&fd);
		return;
	}
	part = profile_load_more(load, &err) < 0;
	why = why_not(a, profile_load_profile(load));
	if (why) {
		app_refuse(a, "%s: %s", path, why);
		profile_load_close(load);
		close(fd);
		return;
	}
	forget_baseline(v);
	v->load = load;
	v->fd = fd;
	v->p = profile_load_profile(load);
	v->name = xstrdup(slash && slash[1] ? slash + 1 : path);
	if (part)
		app_say(a, "%s: %s; the rest is left out", path, err.msg);
	app_go(a, &view_compare, a->function);
}

/* ---- the two sides ---- */

static int lacks(struct app_compare *v, const char *helps, char *why)
{
	free(v->lacks);
	v->lacks = why;
	v->helps = helps;
	return -1;
}

/* Show another recording as this one is shown. */
static void show_alike(struct app *a)
{
	struct app_compare *v = &a->compare;
	const struct scope *s = a->scope.now;
	_cleanup_(freep) uint32_t *folded = xcalloc(max_of(s->n_folded, (size_t)1), sizeof(*folded));
	struct error err;
	size_t n = 0;

	for (size_t i = 0; i < s->n_folded; i++) {
		folded[n] = compare_find(a->model->p, s->folded[i], v->p);
		n += folded[n] != RECORD_NONE;
	}
	if ((v->p->shown.mode != s->frames && profile_show(v->p, s->frames, &err) < 0) ||
	    ((n || s->kernel_folded || v->p->folds.any) &&
	     profile_fold(v->p, folded, n, s->kernel_folded, &err) < 0))
		app_say(a, "%s: %s", v->name, err.msg);
}

/* Threads of another recording that are called as those in the scope. */
static size_t same_names(const struct app *a, uint32_t *threads)
{
	const struct profile *p = a->compare.p, *now = a->model->p;
	const struct scope *s = a->scope.now;
	size_t n = 0;

	for (uint32_t i = 0; i < p->n_threads; i++)
		for (size_t k = 0; k < s->n_threads; k++)
			if (strcmp(profile_string(p, p->threads[i].name),
				   profile_string(now, now->threads[s->threads[k]].name)) == 0) {
				threads[n++] = i;
				break;
			}
	return n;
}

/* The module of this name; one that nothing is in if there is none. */
static uint32_t same_module(const struct app *a)
{
	const struct profile *p = a->compare.p;
	const char *name = profile_module_name(a->model->p, a->scope.now->module);

	for (uint32_t i = 0; i < p->n_modules; i++)
		if (strcmp(profile_module_name(p, i), name) == 0)
			return i;
	return (uint32_t)p->n_modules;
}

/* What of the baseline is compared. */
static int select_baseline(struct app *a)
{
	struct app_compare *v = &a->compare;
	const struct scope *s = a->scope.now;
	struct selection *out = &v->selections[COMPARE_A];

	*out = a->model->scope;
	out->from_ns = v->load ? 0 : v->from_ns;
	out->to_ns = v->load ? 0 : v->to_ns;
	out->threads = v->threads;
	out->n_threads = v->n_threads;
	if (!v->load)
		return 0;
	show_alike(a);
	if (s->by_module)
		out->module = same_module(a);
	if (!s->n_threads)
		return 0;
	v->named = xcalloc(max_of(v->p->n_threads, (size_t)1), sizeof(*v->named));
	out->threads = v->named;
	out->n_threads = same_names(a, v->named);
	if (!out->n_threads)
		return lacks(v, "T chooses threads, u undoes that.",
			     xasprintf("%s has no thread of that name.", v->name));
	return 0;
}

static bool shares_threads(const struct app_compare *v, const struct scope *s)
{
	if (!v->n_threads || !s->n_threads)
		return true;
	for (size_t i = 0; i < v->n_threads; i++)
		for (size_t k = 0; k < s->n_threads; k++)
			if (v->threads[i] == s->threads[k])
				return true;
	return false;
}

/* Of what is shown now, leave out what is in the baseline; false if nothing is left. */
static bool leave_out(struct app *a)
{
	struct app_compare *v = &a->compare;
	const struct summary *sum = &a->model->sum;
	struct selection *now = &v->selections[COMPARE_B];
	uint64_t from_ns = sum->from_ns, to_ns = sum->to_ns;

	*now = a->model->scope;
	if (v->load || !shares_threads(v, a->scope.now) || from_ns >= v->to_ns || to_ns <= v->from_ns)
		return true;
	if (to_ns > v->to_ns)
		from_ns = v->to_ns;
	else
		to_ns = v->from_ns;
	now->from_ns = from_ns;
	now->to_ns = to_ns;
	return from_ns < to_ns;
}

static int select_now(struct app *a)
{
	struct app_compare *v = &a->compare;
	const struct summary *sum = &a->model->sum;

	if (!leave_out(a))
		return lacks(v, "w or , . show another part of the time; b chooses another baseline.",
			     xasprintf("What is shown is in the baseline itself: %s.", v->name));
	if (v->selections[COMPARE_B].from_ns != a->model->scope.from_ns ||
	    v->selections[COMPARE_B].to_ns != a->model->scope.to_ns) {
		sum = &v->sums[COMPARE_B];
		summary_make(a->model->p, &v->selections[COMPARE_B], &v->sums[COMPARE_B]);
	}
	v->sides[COMPARE_B] = (struct compare_side){ a->model->p, &v->selections[COMPARE_B], sum };
	if (!sum->received.count)
		return lacks(v, "u goes back to what was shown before, A shows all of the time.",
			     xstrdup("There are no samples to compare in what is shown now."));
	return 0;
}

static int make_sides(struct app *a)
{
	struct app_compare *v = &a->compare;

	if (!v->p)
		return lacks(v, "B takes what is shown now for A; b offers more; :compare FILE takes a recording.",
			     xstrdup("There is no baseline A to compare with."));
	if (select_baseline(a) < 0 || select_now(a) < 0)
		return -1;
	summary_make(v->p, &v->selections[COMPARE_A], &v->sums[COMPARE_A]);
	v->sides[COMPARE_A] = (struct compare_side){ v->p, &v->selections[COMPARE_A],
						     &v->sums[COMPARE_A] };
	if (!v->sums[COMPARE_A].received.count)
		return lacks(v, "u goes back to the scope before; b chooses another baseline.",
			     xasprintf("The baseline, %s, has no samples in this scope.", v->name));
	return 0;
}

void app_compare_sides(const struct app *a, struct compare_side sides[2])
{
	const struct app_compare *v = &a->compare;

	for (int i = 0; i < 2; i++)
		sides[i] = v->sides[v->swapped ? !i : i];
}

int app_compare_now(const struct app *a)
{
	return a->compare.swapped ? COMPARE_A : COMPARE_B;
}

/* Rows that are shown, with the cursor on the function that it was on. */
static void choose_rows(struct app *a)
{
	struct app_compare *v = &a->compare;
	int now = app_compare_now(a);

	v->shown = xreallocarray(v->shown, max_of(v->c.n_rows, 1u), sizeof(*v->shown));
	v->n_shown = 0;
	for (uint32_t i = 0; i < v->c.n_rows; i++)
		if (!v->only_evidence || compare_has_evidence(&v->c.rows[i]))
			v->shown[v->n_shown++] = i;
	list_fit(&v->list, v->n_shown, v->list.height);
	for (uint32_t i = 0; i < v->n_shown && a->function != RECORD_NONE; i++)
		if (v->c.rows[v->shown[i]].function[now] == a->function)
			list_choose(&v->list, i);
}

void app_compare_again(struct app *a)
{
	struct app_compare *v = &a->compare;
	struct compare_side sides[2];

	compare_deinit(&v->c);
	app_compare_sides(a, sides);
	if (!v->unit_chosen || !compare_has_unit(sides, v->unit))
		v->unit = compare_has_unit(sides, COMPARE_PER_RUN) ? COMPARE_PER_RUN
								   : COMPARE_PER_SECOND;
	compare_make(sides, v->unit, &v->c);
	v->n_made++;
	choose_rows(a);
}

bool app_compare_make(struct app *a)
{
	struct app_compare *v = &a->compare;

	if (v->asked == a->model->n_asked && (v->p || v->lacks))
		return !v->lacks;
	forget_sides(v);
	v->asked = a->model->n_asked;
	if (make_sides(a) < 0)
		return false;
	app_compare_again(a);
	return true;
}

/* ---- names ---- */

char *app_compare_name(const struct app *a, int side)
{
	const struct app_compare *v = &a->compare;
	const struct compare_side *s = &v->sides[COMPARE_B];

	if (side != app_compare_now(a))
		return xstrdup(v->name);
	if (s->selection->from_ns || s->selection->to_ns)
		return part_name(a, s->sum->from_ns, s->sum->to_ns);
	return xstrdup(a->session.state == APP_LIVE ? "this, live" : "this recording");
}

void app_compare_fill(const struct app *a, struct lesson_values *out)
{
	const struct app_compare *v = &a->compare;
	const struct compare *c = &v->c;
	struct compare_numbers n = compare_numbers_of(c);
	char low[COMPARE_NUMBER], high[COMPARE_NUMBER], count[TEXT_NUMBER];
	const struct compare_row *first = NULL;
	struct compare_side sides[2];
	uint32_t n_evident = 0;

	app_compare_sides(a, sides);
	for (uint32_t i = 0; i < c->n_rows; i++)
		if (compare_has_evidence(&c->rows[i])) {
			first = first ? first : &c->rows[i];
			n_evident++;
		}
	out->v[SLOT_COMPARE_ROWS] = xstrdup(text_count(count, c->n_tested));
	out->v[SLOT_COMPARE_EVIDENT] = xstrdup(text_count(count, n_evident));
	if (c->change_known)
		out->v[SLOT_COMPARE_TOTAL] = compare_change_text(c, false);
	if (!first)
		return;
	out->v[SLOT_COMPARE_NAME] = compare_row_name(sides, first);
	out->v[SLOT_COMPARE_VERDICT] = xstrdup(compare_word(c->unit, first->verdict));
	out->v[SLOT_COMPARE_LOW] = xasprintf("%s %s", compare_change(low, &n, first->low, false),
					     n.unit);
	out->v[SLOT_COMPARE_HIGH] = xasprintf("%s %s", compare_change(high, &n, first->high, false),
					      n.unit);
}

/* ---- the dialog ---- */

#define CHOICES 5
enum choice { CHOICE_NOW, CHOICE_HALF, CHOICE_BEFORE, CHOICE_NAME, CHOICE_NONE };

static void take_half(struct app *a)
{
	const struct summary *sum = &a->model->sum;
	uint64_t middle_ns = sum->from_ns + (sum->to_ns - sum->from_ns) / 2, to_ns = sum->to_ns;
	struct scope *next = scope_copy(a->scope.now);

	take_part(a, sum->from_ns, middle_ns);
	next->window = SCOPE_RANGE;
	next->from_ns = middle_ns;
	next->length_ns = to_ns - middle_ns;
	app_scope_change(a, next);
	app_say(a, "the second half is shown, compared with the first; u shows both again");
}

static void take_before(struct app *a)
{
	const struct summary *sum = &a->model->sum;
	uint64_t start_ns = a->model->p->start_ns, length_ns = sum->to_ns - sum->from_ns;

	if (sum->from_ns <= start_ns)
		app_refuse(a, "nothing was recorded before what is shown; w shows a part");
	else
		take_part(a, sum->from_ns > start_ns + length_ns ? sum->from_ns - length_ns : start_ns,
			  sum->from_ns);
}

static void chosen(struct app *a)
{
	struct app_compare *v = &a->compare;
	uint32_t i = a->dialog.list.cursor;

	if (i >= CHOICES) {
		i -= CHOICES;
		if (i < a->kept.n)
			app_compare_ranges(a, &a->kept.v[i], NULL);
		else if (i - a->kept.n < v->n_offered)
			app_compare_open(a, v->offered[i - a->kept.n]);
		return;
	}
	switch ((enum choice)i) {
	case CHOICE_NOW:
		app_compare_take(a);
		break;
	case CHOICE_HALF:
		take_half(a);
		break;
	case CHOICE_BEFORE:
		take_before(a);
		break;
	case CHOICE_NAME:
		prompt_open(&a->prompt, ':', "compare ");
		break;
	case CHOICE_NONE:
		forget_baseline(v);
		break;
	}
}

static bool is_this(const struct app *a, const char *path)
{
	struct stat st, own;

	return stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	       (a->recording_fd >= 0 && fstat(a->recording_fd, &own) == 0 &&
		st.st_dev == own.st_dev && st.st_ino == own.st_ino);
}

/* Recordings in the folder that one is in. */
static void find_files(struct app *a)
{
	struct app_compare *v = &a->compare;
	glob_t found;

	forget_offers(v);
	if (glob("*.cprof", 0, NULL, &found) != 0)
		return;
	v->offered = xcalloc(MOST_OFFERED, sizeof(*v->offered));
	for (size_t i = 0; i < found.gl_pathc && v->n_offered < MOST_OFFERED; i++)
		if (!is_this(a, found.gl_pathv[i]))
			v->offered[v->n_offered++] = xstrdup(found.gl_pathv[i]);
	globfree(&found);
}

void app_compare_ask(struct app *a)
{
	struct app_compare *v = &a->compare;
	struct dialog *d = &a->dialog;
	uint32_t n = '0';

	if (a->model->sum.measured) {
		app_refuse(a, "this was measured, not sampled: nothing says how it scatters");
		return;
	}
	find_files(a);
	dialog_open(d, "Compare with", "Enter takes it for A, Esc changes nothing");
	dialog_offer(d, 'n', DIALOG_PICK, "what is shown now: for what is shown later");
	dialog_offer(d, 'h', DIALOG_PICK, "the first half of it: then the second is shown");
	dialog_offer(d, 'w', DIALOG_PICK, "the time before what is shown, as long");
	dialog_offer(d, 'f', DIALOG_PICK, "a recording by its name");
	dialog_offer(d, 'x', DIALOG_PICK, "nothing any more");
	for (uint32_t i = 0; i < a->kept.n; i++) {
		_cleanup_(freep) char *text = app_range_text(&a->kept.v[i]);

		dialog_offer(d, n < '9' ? ++n : 0, DIALOG_PICK, "%s", text);
	}
	for (uint32_t i = 0; i < v->n_offered; i++)
		dialog_offer(d, n < '9' ? ++n : 0, DIALOG_PICK, "%s", v->offered[i]);
	app_ask(a, chosen);
}

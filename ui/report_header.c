// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"
#include "profile/filter.h"
#include "ui/facts.h"
#include "ui/report.h"
#include "ui/text.h"

#define LABEL 1		/* columns */
#define VALUE 15
#define MAX_NOTES 12

/* Clean bytes of the target for use within a line; the caller frees it. */
static char *clean(const struct report *r, const char *s)
{
	struct buf b = { 0 };

	text_clean(&b, s, strlen(s), r->page->row.utf8);
	return (char *)b.data;
}

static void put_line(const struct report *r, const char *label, struct style tone,
		     const char *text)
{
	pen_to(&r->page->pen, LABEL);
	pen_put(&r->page->pen, STYLE_DIM, "%s", label);
	pen_to(&r->page->pen, VALUE);
	page_wrap(r->page, tone, text);
	page_end(r->page);
}

/* A process and its threads are listed anew when it executes another program. */
static void count_tasks(const struct profile *p, size_t *n_processes, size_t *n_threads)
{
	struct u64map pids = { 0 }, tids = { 0 };

	for (size_t i = 0; i < p->n_processes; i++)
		*u64map_slot(&pids, p->processes[i].pid) = 0;
	for (size_t i = 0; i < p->n_threads; i++)
		*u64map_slot(&tids, p->threads[i].tid) = 0;
	*n_processes = pids.n;
	*n_threads = tids.n;
	u64map_deinit(&pids);
	u64map_deinit(&tids);
}

/* Children that nothing is known of but that they were there; the caller frees it. */
static char *others_text(const struct profile *p)
{
	const char *others = profile_meta(p, "unsampled_processes");
	uint64_t n = others ? strtoull(others, NULL, 10) : 0;
	char text[TEXT_NUMBER];

	return n ? xasprintf("; %s more had no sample", text_count(text, n)) : xstrdup("");
}

static void put_program(const struct report *r)
{
	const struct profile_process *process = profile_main_process(r->p);
	_cleanup_(freep) char *file = clean(r, r->file ? r->file : "not kept; -o FILE keeps it");
	const char *title = profile_title(r->p);
	_cleanup_(freep) char *name = clean(r, title ? title : "nothing");
	_cleanup_(freep) char *pid = process ? xasprintf("  (pid %u)", process->pid) : xstrdup("");
	_cleanup_(freep) char *text = NULL;
	_cleanup_(freep) char *others = others_text(r->p);
	_cleanup_(freep) char *version = facts_python(r->p);
	_cleanup_(freep) char *python = version ? clean(r, version) : NULL;
	char threads[TEXT_NUMBER], processes[TEXT_NUMBER];
	size_t n_processes, n_threads;

	count_tasks(r->p, &n_processes, &n_threads);
	text = xasprintf("%s%s%s%s, %s thread%s in %s process%s%s", name, pid, python ? ", " : "",
			 python ? python : "",
			 text_count(threads, n_threads), n_threads == 1 ? "" : "s",
			 text_count(processes, n_processes), n_processes == 1 ? "" : "es", others);
	put_line(r, "recording", STYLE_STRONG, file);
	put_line(r, "program", STYLE_TEXT, text);
}

/* Why the recording ended; the caller frees it. */
static char *end_text(const struct report *r)
{
	const struct profile_process *process = profile_main_process(r->p);

	if (!r->p->ended)
		return xstrdup("not finished");
	switch (r->p->end.why) {
	case END_STOPPED:
		return xstrdup("stopped by the user");
	case END_TARGET:
		if (process && process->ended && process->end.how == END_EXITED)
			return xasprintf("the program exited with %u", process->end.status);
		if (process && process->ended && process->end.how == END_SIGNALED)
			return xasprintf("the program was ended by signal %u", process->end.status);
		return xstrdup("the program ended");
	case END_DURATION:
		return xstrdup("the time asked for was over");
	case END_PRIVILEGED:
		return xstrdup("the process went on as a privileged program");
	case END_TROUBLE:
		break;
	}
	return xstrdup("ended early: see the notes");
}

static void put_time(const struct report *r)
{
	time_t start = (time_t)(r->p->start_real_ns / NS_PER_S);
	_cleanup_(freep) char *why = end_text(r);
	_cleanup_(freep) char *text = NULL;
	char when[64] = "?", length[TEXT_NUMBER];
	struct tm tm;

	if (localtime_r(&start, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	text = xasprintf("%s, %s; %s", when,
			 text_time(length, r->p->end_ns - r->p->start_ns), why);
	put_line(r, "recorded", STYLE_TEXT, text);
}

/* A line of text that may not be known; frees the text. */
static void put_fact(const struct report *r, const char *label, char *text)
{
	_cleanup_(freep) char *shown = text ? clean(r, text) : NULL;

	if (shown)
		put_line(r, label, STYLE_TEXT, shown);
	free(text);
}

/* "lost 412 (7.9%)"; the caller frees it. */
static char *lost_text(const struct report *r)
{
	const struct summary *sum = r->sum;
	char n[TEXT_NUMBER], share[TEXT_NUMBER];

	if (!sum->lost_of_all.count)
		return xstrdup("lost 0");
	if (!sum->lost.count)
		return xasprintf("lost %s of all threads", text_count(n, sum->lost_of_all.count));
	return xasprintf("lost %s (%s%%)", text_count(n, sum->lost.count),
			 text_percent(share, summary_lost(sum).share, false));
}

/* "cut 19 (0.4%)"; the caller frees it. */
static char *cut_text(const struct report *r)
{
	struct sum cut = r->ledger->cut, all = r->sum->received;
	char n[TEXT_NUMBER], share[TEXT_NUMBER];

	if (!cut.count)
		return xstrdup("cut 0");
	return xasprintf("cut %s (%s%%)", text_count(n, cut.count),
			 text_percent(share, (double)cut.weight_ns / (double)all.weight_ns, false));
}

static void put_samples(const struct report *r)
{
	const struct summary *sum = r->sum;
	_cleanup_(freep) char *lost = lost_text(r), *cut = cut_text(r), *text = NULL;
	_cleanup_(freep) char *off = NULL;
	char n[TEXT_NUMBER], time[TEXT_NUMBER], cpu[TEXT_NUMBER];

	if (sum->off_ns)
		off = xasprintf(", of which %s without sampling", text_time(time, sum->off_ns));
	text = xasprintf("%s = %s of %s%sCPU%s; %s; %s", text_count(n, sum->received.count),
			 text_time(time, sum->received.weight_ns),
			 sum->cpu_known ? text_time(cpu, sum->cpu_ns) : "",
			 sum->cpu_known ? " " : "", off ? off : "", lost, cut);
	put_line(r, "samples", STYLE_TEXT, text);
}

/* The selection, if it is not everything. */
static void put_selection(const struct report *r)
{
	const struct selection *s = r->selection;
	struct buf b = { 0 };
	char text[128];
	int n;

	if (s->from_ns || s->to_ns) {
		n = snprintf(text, sizeof(text), "%.3f s to %.3f s",
			     (double)(r->sum->from_ns - r->p->start_ns) / NS_PER_S,
			     (double)(r->sum->to_ns - r->p->start_ns) / NS_PER_S);
		buf_put(&b, text, (size_t)n);
	}
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct profile_thread *t = &r->p->threads[s->threads[i]];
		_cleanup_(freep) char *name = clean(r, profile_string(r->p, t->name));

		n = snprintf(text, sizeof(text), "%sthread %u %.64s", b.len ? "; " : "", t->tid,
			     name);
		buf_put(&b, text, (size_t)n);
	}
	if (s->filter) {
		_cleanup_(freep) char *pattern = clean(r, filter_pattern(s->filter));

		n = snprintf(text, sizeof(text), "%sfunctions matching \"%.64s\"",
			     b.len ? "; " : "", pattern);
		buf_put(&b, text, (size_t)n);
	}
	if (r->p->shown.mode != FRAMES_MERGED) {
		n = snprintf(text, sizeof(text), "%s%s frames", b.len ? "; " : "",
			     frame_mode_name(r->p->shown.mode));
		buf_put(&b, text, (size_t)n);
	}
	buf_put_u8(&b, '\0');
	if (b.len > 1)
		put_line(r, "selection", STYLE_STRONG, (const char *)b.data);
	buf_deinit(&b);
}

static void put_notes(const struct report *r)
{
	size_t n = min_of(r->p->n_notes, (size_t)MAX_NOTES);

	for (size_t i = 0; i < n; i++) {
		const struct profile_note *note = &r->p->notes[i];
		_cleanup_(freep) char *text = clean(r, profile_string(r->p, note->text));

		put_line(r, note->level == NOTE_WARNING ? "! warning" : "note", STYLE_TEXT, text);
	}
	if (n < r->p->n_notes) {
		_cleanup_(freep) char *text = xasprintf("%zu more note%s", r->p->n_notes - n,
							    r->p->n_notes - n == 1 ? "" : "s");

		put_line(r, "note", STYLE_DIM, text);
	}
}

/* What to keep in mind with everything below. */
static void put_banners(const struct report *r)
{
	uint64_t count = r->sum->received.count;
	char n[TEXT_NUMBER], m[TEXT_NUMBER];

	if (r->p->ended && r->p->end.n_samples != r->p->samples.n) {
		_cleanup_(freep) char *text = xasprintf(
			"%s samples were recorded, %s are in the file",
			text_count(n, r->p->end.n_samples), text_count(m, r->p->samples.n));

		put_line(r, "! warning", STYLE_TEXT, text);
	}
	if (count > 0 && count < CELLS_FEW_SAMPLES) {
		_cleanup_(freep) char *text = xasprintf(
			"only %s sample%s: nothing here is certain yet", text_count(n, count),
			count == 1 ? "" : "s");

		put_line(r, "!", STYLE_STRONG, text);
	} else if (count && r->sum->stats.n_used < STATS_MIN_BLOCKS) {
		put_line(r, "!", STYLE_TEXT, "less than 10 s of data: \"?\" after an interval "
			 "says that it can be wider, if the program has phases");
	}
}

/* A recording without samples. */
static void put_measured(const struct report *r)
{
	_cleanup_(freep) char *file = clean(r, r->file ? r->file : "not kept; -o FILE keeps it");
	const char *format = profile_meta(r->p, "imported");
	_cleanup_(freep) char *text = NULL;
	char calls[TEXT_NUMBER], time[TEXT_NUMBER];

	put_line(r, "recording", STYLE_STRONG, file);
	put_fact(r, "imported", xasprintf("%s: calls that were counted and times that were measured; no samples, so no intervals, stacks or lines",
					  format ? format : "not recorded from what"));
	text = xasprintf("%s in %s", text_count(calls, r->sum->received.count),
			 text_time(time, r->sum->received.weight_ns));
	put_line(r, "calls", STYLE_TEXT, text);
	put_selection(r);
	put_notes(r);
	page_end(r->page);
}

void report_header(const struct report *r)
{
	if (r->sum->measured) {
		put_measured(r);
		return;
	}
	put_program(r);
	put_time(r);
	put_fact(r, "engine", facts_engine(r->p, r->sum));
	put_samples(r);
	put_fact(r, "cannot see", facts_blind(r->p));
	put_fact(r, "cost", facts_cost(r->p, false));
	put_fact(r, "effect", facts_effect(r->p));
	put_selection(r);
	put_notes(r);
	put_banners(r);
	page_end(r->page);
}

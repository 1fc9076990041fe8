// SPDX-License-Identifier: Apache-2.0
#include "base/util.h"
#include "profile/thread_activity.h"
#include "ui/report.h"
#include "ui/text.h"

#define ROWS 20			/* unless somebody asks for a number */
#define COLUMN 6
#define NAME_MIN 16

/* Shares of a thread's time; those behind the gap take a look at threads that wait. */
static const struct {
	const char *head;
	enum record_state state;	/* for ACTIVITY_UNKNOWN */
	enum record_activity activity;
	bool waits;
} columns[] = {
	{ "PY", STATE_RUNNING, ACTIVITY_PYTHON, false },
	{ "C", STATE_RUNNING, ACTIVITY_NATIVE, false },
	{ "GC", STATE_RUNNING, ACTIVITY_COLLECTING, false },
	{ "OTHER", STATE_RUNNING, ACTIVITY_UNKNOWN, false },
	{ "GIL", STATE_WAITING, ACTIVITY_WAIT_PYTHON, true },
	{ "LOCK", STATE_WAITING, ACTIVITY_WAIT_LOCK, true },
	{ "I/O", STATE_WAITING, ACTIVITY_WAIT_IO, true },
	{ "SLEEP", STATE_WAITING, ACTIVITY_SLEEP, true },
	{ "ELSE", STATE_WAITING, ACTIVITY_WAIT_ELSE, true },
};

static void put_head(struct page *page)
{
	struct pen *pen = &page->pen;

	pen_to(pen, 1);
	pen_right(pen, STYLE_DIM, 6, " ");
	pen_right(pen, STYLE_DIM, 4 * COLUMN, "RUNS %%");
	pen_right(pen, STYLE_DIM, 5 * COLUMN, "WAITS %%");
	page_end(page);
	pen_to(pen, 1);
	pen_right(pen, STYLE_DIM, 6, "CPU s");
	for (size_t i = 0; i < array_len(columns); i++)
		pen_right(pen, STYLE_STRONG, COLUMN, "%s", columns[i].head);
	pen_right(pen, STYLE_DIM, 9, "TID");
	pen_put(pen, STYLE_DIM, "  THREAD");
	page_end(page);
}

static uint64_t time_of(const struct thread_activity *row, size_t column)
{
	enum record_activity activity = columns[column].activity;

	/* Of one that waits what for is always known, but in recordings of before. */
	if (activity == ACTIVITY_UNKNOWN)
		return row->sums[STATE_RUNNING][activity].weight_ns;
	if (activity == ACTIVITY_WAIT_ELSE)
		return thread_activity_ns(row, activity) +
		       row->sums[STATE_WAITING][ACTIVITY_UNKNOWN].weight_ns;
	return thread_activity_ns(row, activity);
}

static void put_row(const struct report *r, const struct thread_activity *row)
{
	const struct profile_thread *thread = &r->p->threads[row->thread];
	uint64_t all_ns = row->running_ns + row->waiting_ns;
	struct pen *pen = &r->page->pen;
	char tid[TEXT_NUMBER];

	pen_to(pen, 1);
	pen_right(pen, STYLE_TEXT, 6, "%.2f", (double)row->running_ns / 1e9);
	for (size_t i = 0; i < array_len(columns); i++) {
		uint64_t ns = time_of(row, i);
		double share = all_ns ? (double)ns / (double)all_ns : 0;

		if (columns[i].waits && !row->waits_known && !ns)
			pen_right(pen, STYLE_DIM, COLUMN, "?");
		else if (!ns)
			pen_right(pen, STYLE_DIM, COLUMN, "-");
		else
			pen_right(pen, share >= .0995 ? STYLE_STRONG : STYLE_TEXT, COLUMN, "%.1f",
				  share * 100);
	}
	pen_right(pen, STYLE_DIM, 9, "%s", text_tid(tid, thread->tid));
	pen_to(pen, pen->column + 2);
	pen_name(pen, STYLE_TEXT, max_of(pen_left(pen), (unsigned int)NAME_MIN),
		 thread->name ? profile_string(r->p, thread->name) : "[not known]");
	page_end(r->page);
}

static void put_legend(const struct report *r, const struct thread_activities *a)
{
	bool known = false, unknown = false;
	struct page *page = r->page;

	for (uint32_t i = 0; i < a->n; i++)
		*(a->rows[i].waits_known ? &known : &unknown) = true;
	page_end(page);
	pen_to(&page->pen, 1);
	page_wrap(page, STYLE_DIM, "PY has the lock of the interpreter, C runs without it, GC has it "
		  "and collects garbage.  GIL waits for it, or takes it or gives it away.");
	page_end(page);
	if (known) {
		pen_to(&page->pen, 1);
		page_wrap(page, STYLE_DIM, "Shares are of the time in which the thread was seen.");
		page_end(page);
	}
	if (unknown) {
		pen_to(&page->pen, 1);
		page_wrap(page, STYLE_DIM, "?: nobody looked whether it waits; its shares are of its "
			  "CPU time.");
		page_end(page);
	}
}

void report_threads(const struct report *r)
{
	struct thread_activities a;
	uint32_t n_shown;

	thread_activities_make(r->p, r->selection, &a);
	n_shown = min_of(a.n, r->limit ? r->limit : ROWS);
	put_head(r->page);
	for (uint32_t i = 0; i < n_shown; i++)
		put_row(r, &a.rows[i]);
	if (n_shown < a.n) {
		char count[TEXT_NUMBER];

		pen_to(&r->page->pen, 1);
		pen_put(&r->page->pen, STYLE_DIM, "%s more", text_count(count, a.n - n_shown));
		page_end(r->page);
	}
	put_legend(r, &a);
	thread_activities_deinit(&a);
}

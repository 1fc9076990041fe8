// SPDX-License-Identifier: Apache-2.0
/*
 * A chain of calls without branches goes straight down; only where a path
 * branches its parts are indented, so that deep stacks stay readable:
 *
 *	main
 *	handle
 *	|- parse
 *	|  lex
 *	`- write
 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "profile/tree_rows.h"
#include "ui/report.h"
#include "ui/text.h"

#define ROWS 60			/* unless somebody asks for another number */
#define MIN_SHARE .005
#define MAX_DEPTH 4096		/* of calls shown */
#define NAME_AT 16		/* without the bar */

struct tree_report {
	const struct report *r;
	struct columns columns;
	struct tree_rows rows;
	bool *more;		/* by indentation: another part of the branch follows */
	uint32_t *indent;	/* by depth: of the row there last */
};

static void put_head(const struct tree_report *t)
{
	struct page *page = t->r->page;

	pen_put(&page->pen, STYLE_STRONG, " TOTAL%%");
	pen_put(&page->pen, STYLE_DIM, " SELF%% ");
	pen_to(&page->pen, 14);
	pen_put(&page->pen, STYLE_DIM, "0");
	pen_right(&page->pen, STYLE_DIM, t->columns.bar - 1, "100%%");
	pen_put(&page->pen, STYLE_DIM, " K CALL TREE");
	pen_to(&page->pen, t->columns.where_at);
	pen_put(&page->pen, STYLE_DIM, "WHERE");
	page_end(page);
}

/* Work out where a row hangs; false if it goes on straight below its parent. */
static bool branch(struct tree_report *t, uint32_t i)
{
	const struct tree_row *row = &t->rows.v[i];
	bool first = i && row->depth == t->rows.v[i - 1].depth + 1;
	bool alone = row->depth == 0 || (first && row->last);

	t->indent[row->depth] = row->depth == 0 ? 0
		: t->indent[row->depth - 1] + (alone ? 0 : 1);
	if (!alone)
		t->more[t->indent[row->depth]] = !row->last;
	return !alone;
}

/* The lines in front of a name; those that do not fit are left out at the left. */
static void put_guides(const struct tree_report *t, uint32_t indent, bool branches)
{
	struct page *page = t->r->page;
	uint32_t max = t->columns.name / 5, skip = indent > max ? indent - max : 0;

	if (skip)
		pen_put(&page->pen, STYLE_DIM, page->row.utf8 ? "… " : "~ ");
	for (uint32_t i = skip + 1; i <= indent; i++) {
		const char *guide;

		if (i == indent && branches)
			guide = t->more[i] ? (page->row.utf8 ? "├─ " : "|- ")
					   : (page->row.utf8 ? "└─ " : "`- ");
		else
			guide = t->more[i] ? (page->row.utf8 ? "│  " : "|  ") : "   ";
		pen_put(&page->pen, STYLE_DIM, "%s", guide);
	}
}

static char row_kind(const struct tree_report *t, const struct tree_row *row)
{
	return row->kind == TREE_ROW_NODE && row->node
		? profile_function_kind(t->r->p, t->r->p->tree.function[row->node]) : ' ';
}

static void put_numbers(const struct tree_report *t, const struct tree_row *row)
{
	const struct report *r = t->r;
	double total = summary_share(r->sum, row->total.weight_ns);
	double self = row->kind == TREE_ROW_NODE
		? summary_share(r->sum, row->self.weight_ns) : 0;
	char kind = row_kind(t, row);

	pen_to(&r->page->pen, 2);
	cell_share(&r->cells, total);
	pen_to(&r->page->pen, 8);
	if (row->kind == TREE_ROW_NODE)
		cell_share(&r->cells, self);
	pen_to(&r->page->pen, 14);
	pen_bar(&r->page->pen, kind, t->columns.bar, self, total, total, 1);
	pen_to(&r->page->pen, r->page->pen.column + 1);
	cell_kind(&r->cells, kind);
	pen_to(&r->page->pen, NAME_AT + t->columns.bar + 1);
}

/* "[gap: 912 KiB of stack not copied]" with the sizes that occurred. */
static void put_gap(const struct tree_report *t)
{
	const struct ledger *l = t->r->ledger;
	char low[TEXT_NUMBER], high[TEXT_NUMBER];

	text_bytes(low, l->gap_min);
	text_bytes(high, l->gap_max);
	if (strcmp(low, high) == 0)
		pen_put(&t->r->page->pen, STYLE_TEXT, "[gap: %s of stack not copied]", high);
	else
		pen_put(&t->r->page->pen, STYLE_TEXT, "[gap: %s to %s of stack not copied]", low, high);
}

/* How often a function calls itself in a row: in half of its samples, and at most. */
static void put_recursion(const struct tree_report *t, const struct tree_row *row)
{
	if (row->n < 2)
		return;
	pen_put(&t->r->page->pen, STYLE_DIM, "  %s%u", t->r->page->row.utf8 ? "×" : "x", row->n);
	if (row->n != row->max_depth)
		pen_put(&t->r->page->pen, STYLE_DIM, ", at most %u", row->max_depth);
}

static void put_node(const struct tree_report *t, const struct tree_row *row)
{
	const struct report *r = t->r;
	uint32_t function = r->p->tree.function[row->node];
	bool pseudo = r->p->functions[function].outcome;	/* is nowhere */
	unsigned int end = pseudo ? r->page->width - 1 : t->columns.where_at - 1;
	unsigned int room = end > r->page->pen.column + 8 ? end - r->page->pen.column : 8;

	if (r->p->functions[function].outcome == OUTCOME_COPY && r->ledger->gap_max)
		put_gap(t);
	else
		cell_function(&r->cells, row->n < 2 ? room : max_of(room, 24u) - 16, function,
			      summary_share(r->sum, row->total.weight_ns));
	put_recursion(t, row);
	if (pseudo)
		return;
	pen_to(&r->page->pen, t->columns.where_at);
	cell_where(&r->cells, t->columns.where, function);
}

static void put_root(const struct tree_report *t, const struct tree_row *row)
{
	const struct profile_process *process = profile_main_process(t->r->p);
	char count[TEXT_NUMBER], time[TEXT_NUMBER];
	struct page *page = t->r->page;

	pen_name(&page->pen, STYLE_STRONG, t->columns.name,
		  process ? profile_string(t->r->p, process->name) : "all");
	pen_to(&page->pen, t->columns.where_at);
	pen_put(&page->pen, STYLE_DIM, "%s samples, %s", text_count(count, row->total.count),
		 text_time(time, row->total.weight_ns));
}

static void put_rest(const struct tree_report *t, const struct tree_row *row)
{
	double largest = summary_share(t->r->sum, row->largest_ns);
	char count[TEXT_NUMBER];

	pen_put(&t->r->page->pen, STYLE_DIM, "%s more, %sunder %.1f%%", text_count(count, row->n),
		 row->n > 1 ? "each " : "", floor(largest * 1000) / 10 + .1);
}

static void put_row(struct tree_report *t, uint32_t i)
{
	const struct tree_row *row = &t->rows.v[i];
	bool branches = branch(t, i);

	put_numbers(t, row);
	put_guides(t, t->indent[row->depth], branches);
	if (row->kind == TREE_ROW_REST)
		put_rest(t, row);
	else if (row->kind == TREE_ROW_FILTERED)
		pen_put(&t->r->page->pen, STYLE_DIM, "[filtered out]");
	else if (row->depth == 0)
		put_root(t, row);
	else
		put_node(t, row);
	page_end(t->r->page);
}

/* Kernel time that is not visible: beside the tree, part of the 100 %. */
static void put_hidden(const struct tree_report *t)
{
	const struct report *r = t->r;

	if (!r->sum->hidden_ns)
		return;
	pen_to(&r->page->pen, 2);
	cell_share(&r->cells, summary_share(r->sum, r->sum->hidden_ns));
	pen_to(&r->page->pen, 14 + t->columns.bar + 1);
	cell_kind(&r->cells, 'K');
	pen_to(&r->page->pen, NAME_AT + t->columns.bar + 1);
	pen_put(&r->page->pen, STYLE_TEXT, "[kernel, not visible]");
	page_end(r->page);
}

/* By how many samples the rows below a row, and its own, miss its total. */
static uint64_t difference(const struct tree_rows *rows, uint32_t i)
{
	const struct tree_row *row = &rows->v[i];
	uint64_t sum = row->self.count;

	for (uint32_t c = i + 1; c < rows->n && rows->v[c].depth > row->depth; c++)
		if (rows->v[c].depth == row->depth + 1)
			sum += rows->v[c].total.count;
	return sum > row->total.count ? sum - row->total.count : row->total.count - sum;
}

static void put_check(const struct tree_report *t)
{
	struct page *page = t->r->page;
	_cleanup_(freep) char *text = NULL;
	char count[TEXT_NUMBER];
	uint64_t off = 0;

	for (uint32_t i = 0; i < t->rows.n; i++)
		if (t->rows.v[i].kind == TREE_ROW_NODE)
			off += difference(&t->rows, i);
	text = xasprintf("children + self = parent on every line; the sums differ by %s samples",
			 text_count(count, off));
	pen_to(&page->pen, 1);
	pen_put(&page->pen, STYLE_DIM, "check");
	pen_to(&page->pen, 15);
	page_wrap(page, STYLE_TEXT, text);
	page_end(page);
}

void report_tree(const struct report *r)
{
	struct tree_report t = { .r = r };

	t.columns = cells_columns(r->page->width, NAME_AT + 1);
	tree_rows_make(r->p, r->selection, r->sum, (uint64_t)(MIN_SHARE * (double)r->sum->base_ns),
		       r->limit ? r->limit : ROWS, MAX_DEPTH, &t.rows);
	t.more = xcalloc(MAX_DEPTH + 3, sizeof(*t.more));
	t.indent = xcalloc(MAX_DEPTH + 3, sizeof(*t.indent));
	put_head(&t);
	for (uint32_t i = 0; i < t.rows.n; i++)
		put_row(&t, i);
	put_hidden(&t);
	put_check(&t);
	free(t.more);
	free(t.indent);
	tree_rows_deinit(&t.rows);
}

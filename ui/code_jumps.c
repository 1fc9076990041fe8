// SPDX-License-Identifier: Apache-2.0
#include "ui/code_jumps.h"

#include <string.h>

#include "base/util.h"
#include "ui/code_rows.h"

#define MAX_LOOPS 16		/* around one instruction */
#define MAX_INDENT 16

/* ---- which ---- */

/* Where an instruction goes on within this code; UINT32_MAX: nowhere else. */
static uint32_t target_of(const struct app *a, uint32_t number)
{
	const struct profile_instruction *i = code_instruction(a, number);
	const char *text = profile_string(a->model->p, i->text);

	/* A call comes back. */
	if (!i->has_target || i->target - code_of(a)->vaddr >= code_of(a)->size ||
	    strncmp(text, "call", 4) == 0 || strncmp(text, "bl\t", 3) == 0 || strcmp(text, "bl") == 0)
		return UINT32_MAX;
	return code_at(a, i->target);
}

/* Loops around an instruction: the shortest jump back, and of each head the longest. */
struct loops {
	struct code_jump shortest, v[MAX_LOOPS];	/* instructions */
	unsigned int n;
};

static void add_loop(struct loops *l, uint32_t from, uint32_t to)
{
	unsigned int i = 0;

	if (!l->n || from - to < l->shortest.from - l->shortest.to)
		l->shortest = (struct code_jump){ from, to };
	while (i < l->n && l->v[i].to != to)
		i++;
	if (i == MAX_LOOPS)
		return;
	l->v[i] = (struct code_jump){ from, to };
	l->n = max_of(l->n, i + 1);
}

static struct loops find_loops(const struct app *a, uint32_t at)
{
	struct loops l = { 0 };

	for (uint32_t from = at; from < a->source.code.n; from++) {
		uint32_t to = target_of(a, from);

		if (to <= at)
			add_loop(&l, from, to);
	}
	return l;
}

/* The shortest that is longer than that, or NULL. */
static const struct code_jump *next_loop(const struct loops *l, uint32_t len)
{
	const struct code_jump *best = NULL;

	for (unsigned int i = 0; i < l->n; i++)
		if (l->v[i].from - l->v[i].to > len &&
		    (!best || l->v[i].from - l->v[i].to < best->from - best->to))
			best = &l->v[i];
	return best;
}

static void push(const struct app *a, struct code_jumps *j, uint32_t from, uint32_t to)
{
	from = code_row_of(a, from);
	to = code_row_of(a, to);
	if (j->n == j->lanes || (j->n && j->v[0].from == from && j->v[0].to == to))
		return;
	j->v[j->n++] = (struct code_jump){ from, to };
}

struct code_jumps code_jumps_find(const struct app *a, unsigned int lanes)
{
	const struct list *list = &a->source.code_list;
	struct code_jumps j = { .lanes = min_of(lanes, (unsigned int)CODE_JUMPS), .first = list->top };
	uint32_t at = code_chosen(a);
	const struct code_jump *next;
	struct loops loops;

	j.last = list->top + max_of(list->height, 1u) - 1;
	if (at >= a->source.code.n)
		return j;
	if (!code_line(a, list->cursor) && target_of(a, at) != UINT32_MAX) {
		j.has_chosen = true;
		push(a, &j, at, target_of(a, at));
	}
	loops = find_loops(a, at);
	if (loops.n)
		push(a, &j, loops.shortest.from, loops.shortest.to);
	for (next = &loops.shortest; loops.n && next;
	     next = next_loop(&loops, next->from - next->to))
		push(a, &j, next->from, next->to);
	return j;
}

/* ---- how ---- */

/* What a cell is made of: where lines go to from its middle, a head, the edge of the screen. */
enum { UP = 1, DOWN = 2, RIGHT = 4, LEFT = 8, ACROSS = LEFT | RIGHT,
       HEAD = 16, EDGE_UP = 32, EDGE_DOWN = 64 };

static const char *sign(unsigned int cell, bool utf8)
{
	if (cell & HEAD)
		return utf8 ? "▸" : ">";
	if (!(cell & ACROSS) && cell & EDGE_UP)
		return utf8 ? "▴" : ":";	/* a letter would read as one more digit */
	if (!(cell & ACROSS) && cell & EDGE_DOWN)
		return utf8 ? "▾" : ":";
	switch (cell & (UP | DOWN | ACROSS)) {
	case 0:
		return " ";
	case UP | DOWN:
		return utf8 ? "│" : "|";
	case DOWN | RIGHT:
		return utf8 ? "┌" : ".";
	case UP | RIGHT:
		return utf8 ? "└" : "'";
	case UP | DOWN | RIGHT:
		return utf8 ? "├" : "+";
	case DOWN | ACROSS:
		return utf8 ? "┬" : "+";
	case UP | ACROSS:
		return utf8 ? "┴" : "+";
	case UP | DOWN | ACROSS:
		return utf8 ? "┼" : "+";
	default:
		return utf8 ? "─" : "-";
	}
}

/* Add a jump to the cells of a row, of which the last stands before the text. */
static void add_jump(const struct code_jumps *j, unsigned int which, uint32_t row,
		     unsigned int *cells, unsigned int last)
{
	const struct code_jump *jump = &j->v[which];
	uint32_t top = min_of(jump->from, jump->to), bottom = max_of(jump->from, jump->to);
	unsigned int lane = j->lanes - 1 - which;

	if (row < top || row > bottom)
		return;
	cells[lane] |= (row > top ? UP : 0) | (row < bottom ? DOWN : 0);
	if (row == j->first && row > top && row < bottom)
		cells[lane] |= EDGE_UP;
	if (row == j->last && row > top && row < bottom)
		cells[lane] |= EDGE_DOWN;
	if (row != jump->from && row != jump->to)
		return;
	cells[lane] |= RIGHT;
	for (unsigned int x = lane + 1; x <= last; x++)
		cells[x] |= ACROSS;
	if (row == jump->to)
		cells[last] |= HEAD;
}

void code_jumps_put(const struct code_jumps *j, struct pen *pen, uint32_t row, unsigned int indent)
{
	unsigned int last = j->lanes + min_of(indent, (unsigned int)MAX_INDENT);
	unsigned int cells[CODE_JUMPS + 1 + MAX_INDENT] = { 0 };
	struct style style = STYLE_RULE;

	for (unsigned int i = j->n; i-- > 0;)
		add_jump(j, i, row, cells, last);
	while (last && !cells[last])
		last--;
	if (j->has_chosen && (row == j->v[0].from || row == j->v[0].to))
		style = STYLE_TEXT;
	for (unsigned int x = 0; x <= last; x++)
		pen_put(pen, style, "%s", sign(cells[x], pen->grid->utf8));
}

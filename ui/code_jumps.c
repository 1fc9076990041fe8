// SPDX-License-Identifier: Apache-2.0
#include "ui/code_jumps.h"

#include <string.h>

#include "base/util.h"
#include "ui/code_rows.h"

/* Where an instruction goes on within this code; UINT32_MAX: nowhere else. */
static uint32_t target_row(const struct app *a, uint32_t number)
{
	const struct profile *p = a->model->p;
	const struct profile_code *code = &p->codes[a->source.code.number];
	const struct profile_instruction *i = &p->instructions[code->first + number];
	const char *text = profile_string(p, i->text);

	/* A call comes back. */
	if (!i->has_target || i->target - code->vaddr >= code->size ||
	    strncmp(text, "call", 4) == 0 || strncmp(text, "bl\t", 3) == 0 || strcmp(text, "bl") == 0)
		return UINT32_MAX;
	return code_at(a, i->target);
}

struct code_jump code_jump_find(const struct app *a)
{
	uint32_t at = code_chosen(a), n = a->source.code.n;
	struct code_jump best = { 0 };

	if (at < n && target_row(a, at) != UINT32_MAX)
		return (struct code_jump){ true, at, target_row(a, at) };
	for (uint32_t from = at; from < n; from++) {
		uint32_t to = target_row(a, from);

		if (to <= at && (!best.any || from - to < best.from - best.to))
			best = (struct code_jump){ true, from, to };
	}
	return best;
}

void code_jump_put(const struct code_jump *j, struct pen *pen, uint32_t number)
{
	bool utf8 = pen->grid->utf8, down = j->from < j->to;
	uint32_t top = down ? j->from : j->to, bottom = down ? j->to : j->from;
	const char *corner = number == top ? utf8 ? "┌" : "." : utf8 ? "└" : "'";

	if (!j->any || number < top || number > bottom)
		return;
	if (top == bottom)
		pen_put(pen, STYLE_RULE, utf8 ? "─▸" : "->");
	else if (number == j->to)
		pen_put(pen, STYLE_RULE, "%s%s", corner, utf8 ? "▸" : ">");
	else if (number == j->from)
		pen_put(pen, STYLE_RULE, "%s%s", corner, utf8 ? "─" : "-");
	else
		pen_put(pen, STYLE_RULE, utf8 ? "│" : "|");
}

void code_jump_put_above(const struct code_jump *j, struct pen *pen, uint32_t number)
{
	uint32_t top = min_of(j->from, j->to), bottom = max_of(j->from, j->to);

	if (j->any && number > top && number <= bottom)
		pen_put(pen, STYLE_RULE, pen->grid->utf8 ? "│" : "|");
}

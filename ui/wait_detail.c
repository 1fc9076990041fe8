// SPDX-License-Identifier: Apache-2.0
#include "ui/wait_detail.h"

#include "base/util.h"
#include "profile/stack_walk.h"
#include "ui/cells.h"
#include "ui/text.h"
#include "ui/wait_text.h"

#define LABEL_AT 2
#define VALUE_AT 16
#define LINE_WIDTH 20		/* of file and line */
#define NAME_WIDTH 20		/* of a thread among others */

/* "shop.c:61": where in the function that is. */
static char *place_text(const struct profile *p, uint32_t function, uint32_t line)
{
	const char *file = function_file(p, function);

	return file ? xasprintf("%s:%u", file, line) : xasprintf("line %u", line);
}

static void put_threads(const struct profile *p, struct pen *pen, const struct wait_parts *parts,
			uint64_t all_ns)
{
	uint32_t i;

	pen_to(pen, LABEL_AT);
	pen_put(pen, STYLE_DIM, "thread%s", parts->n_threads == 1 ? "" : "s");
	pen_to(pen, VALUE_AT);
	for (i = 0; i < parts->n_threads && pen_left(pen) > NAME_WIDTH + 12; i++) {
		pen_to(pen, pen->column + (i ? 2 : 0));
		pen_name(pen, STYLE_TEXT, NAME_WIDTH, wait_thread_name(p, parts->threads[i].what));
		pen_put(pen, STYLE_STRONG, " %.0f%%",
			100 * (double)parts->threads[i].sum.weight_ns / (double)all_ns);
	}
	if (i < parts->n_threads)
		pen_put(pen, STYLE_DIM, "  +%u", parts->n_threads - i);
}

/* "64%  worker › get › wait  threading.py:320" */
static void put_stack(const struct profile *p, struct pen *pen, const struct wait_part *part,
		      uint64_t all_ns)
{
	struct stack_walk walk = stack_walk_from(p, part->what);
	const struct profile_level *call;
	_cleanup_(freep) uint32_t *functions = NULL;
	_cleanup_(freep) char *text = NULL, *line = NULL;
	uint32_t at = 0;
	size_t n = 0, cap = 0;

	while ((call = stack_walk_next(&walk))) {
		at = n ? at : call->line;
		array_reserve(functions, n + 1, cap);
		functions[n++] = call->function;
	}
	pen_to(pen, VALUE_AT);
	pen_right(pen, STYLE_STRONG, 4, "%.0f%%",
		  100 * (double)part->sum.weight_ns / (double)all_ns);
	pen_to(pen, pen->column + 2);
	if (!n) {
		pen_put(pen, STYLE_DIM, "[stack not looked at]");
		return;
	}
	line = at ? place_text(p, functions[0], at) : xstrdup("");
	for (size_t i = 0; i < n / 2; i++) {
		uint32_t other = functions[n - 1 - i];

		functions[n - 1 - i] = functions[i];
		functions[i] = other;
	}
	text = path_text(p, functions, (uint32_t)n, pen_left(pen) - LINE_WIDTH - 3, pen->grid->utf8);
	pen_put(pen, STYLE_TEXT, "%s", text);
	pen_to(pen, pen->column + 2);
	pen_name(pen, STYLE_DIM, LINE_WIDTH, line);
}

void wait_detail_put(const struct profile *p, struct grid *g, struct area area,
		     const struct wait_row *row, const struct wait_parts *parts)
{
	uint64_t all_ns = max_of(row->sum.weight_ns, (uint64_t)1);
	struct pen pen = area_pen(g, area, 0);

	pen_rule(&pen, wait_reason_name(row->reason), wait_reason_text(row->reason));
	pen = area_pen(g, area, 1);
	put_threads(p, &pen, parts, all_ns);
	for (uint32_t i = 0; i + 2 < area.height && i < parts->n_stacks; i++) {
		pen = area_pen(g, area, i + 2);
		pen_to(&pen, LABEL_AT);
		pen_put(&pen, STYLE_DIM, "%s", i ? "" : "waited in");
		if (i + 3 == area.height && i + 1 < parts->n_stacks) {
			char n[TEXT_NUMBER];

			pen_to(&pen, VALUE_AT);
			pen_put(&pen, STYLE_DIM, "%s more stacks", text_count(n, parts->n_stacks - i));
			break;
		}
		put_stack(p, &pen, &parts->stacks[i], all_ns);
	}
}

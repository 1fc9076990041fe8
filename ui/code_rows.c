// SPDX-License-Identifier: Apache-2.0
#include "ui/code_rows.h"

#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/view.h"

const struct profile_code *code_of(const struct app *a)
{
	return &a->model->p->codes[a->source.code.number];
}

const struct profile_instruction *code_instruction(const struct app *a, uint32_t row)
{
	return &a->model->p->instructions[code_of(a)->first + row];
}

uint64_t code_place(const struct app *a, uint32_t row)
{
	const struct profile *p = a->model->p;
	const struct profile_level *level = row < a->source.code.n
		? code_level(p, code_instruction(a, row), a->function) : NULL;
	uint32_t file;

	if (!level || !level->line)
		return 0;
	file = level->file ? level->file : p->functions[a->function].file;
	return (uint64_t)file << 32 | level->line;
}

uint32_t code_hottest(const struct app *a, uint64_t place)
{
	const struct code *c = &a->source.code;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < c->n; i++)
		if ((!place || code_place(a, i) == place) &&
		    (best == UINT32_MAX || c->v[i].self.weight_ns > c->v[best].self.weight_ns))
			best = i;
	return best;
}

uint32_t code_next_hottest(const struct app *a, uint32_t row)
{
	const struct code_sum *v = a->source.code.v;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < a->source.code.n; i++)
		if (v[i].self.weight_ns && i != row &&
		    (v[i].self.weight_ns < v[row].self.weight_ns ||
		     (v[i].self.weight_ns == v[row].self.weight_ns && i > row)) &&
		    (best == UINT32_MAX || v[i].self.weight_ns > v[best].self.weight_ns))
			best = i;
	return best;
}

char *code_inlined(const struct app *a, uint32_t row)
{
	const struct profile *p = a->model->p;
	const struct profile_instruction *i = row < a->source.code.n ? code_instruction(a, row) : NULL;
	struct buf text = { 0 };

	if (!i || i->n_levels < 2)
		return NULL;
	for (uint32_t l = 0; l < i->n_levels; l++) {
		const struct profile_level *level = &p->levels[i->first_level + l];
		const char *file = function_file(p, level->function);
		_cleanup_(freep) char *part = xasprintf("%s%s %s:%u", l ? ", in " : "inlined: ",
			profile_string(p, p->functions[level->function].name), file ? file : "line",
			level->line);

		buf_put(&text, part, strlen(part));
	}
	buf_put_u8(&text, '\0');
	return (char *)text.data;
}

uint32_t code_row_at(const struct app *a, uint64_t vaddr)
{
	uint32_t low = 0, high = a->source.code.n;	/* the first row behind it */

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (code_instruction(a, mid)->vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && code_instruction(a, low - 1)->vaddr == vaddr ? low - 1 : UINT32_MAX;
}

bool code_is_wanted(const struct app *a, uint32_t *module, uint64_t *vaddr)
{
	const struct app_source *s = &a->source;

	if (a->view != &view_source || !s->asked || s->function != a->function || s->code.n ||
	    s->code.note || s->code.module == RECORD_NONE)
		return false;
	*module = s->code.module;
	*vaddr = s->code.vaddr;
	return true;
}

char *code_text(const struct app *a, uint32_t row)
{
	const struct profile *p = a->model->p;
	const struct profile_instruction *i = code_instruction(a, row);

	return xasprintf("%s %s", profile_string(p, i->text), i->target_function == RECORD_NONE
			 ? "" : profile_string(p, p->functions[i->target_function].name));
}

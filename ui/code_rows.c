// SPDX-License-Identifier: Apache-2.0
#include "ui/code_rows.h"

#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/view.h"

#define MAX_FILES 64		/* whose lines are shown among the instructions of a function */

const struct profile_code *code_of(const struct app *a)
{
	return &a->model->p->codes[a->source.code.number];
}

const struct profile_instruction *code_instruction(const struct app *a, uint32_t number)
{
	return &a->model->p->instructions[code_of(a)->first + number];
}

/* ---- rows ---- */

uint32_t code_file(const struct profile *p, const struct profile_level *level)
{
	return level->file || level->function == RECORD_NONE
		? level->file : p->functions[level->function].file;
}

/* Of an instruction of which nothing is known. */
static const struct profile_level nowhere = { .function = RECORD_NONE };

static const struct profile_level *innermost(const struct profile *p,
					     const struct profile_instruction *i)
{
	return i->n_levels ? &p->levels[i->first_level] : &nowhere;
}

static const struct profile_level *outermost(const struct profile *p,
					     const struct profile_instruction *i)
{
	return i->n_levels ? &p->levels[i->first_level + i->n_levels - 1] : &nowhere;
}

static bool is_same(const struct profile_level *a, const struct profile_level *b)
{
	return a->function == b->function && a->line == b->line && a->file == b->file;
}

static void push(struct app_source *s, uint32_t number, int is)
{
	array_reserve(s->code_rows, s->n_code_rows + 1, s->cap_code_rows);
	s->code_rows[s->n_code_rows++] = (struct app_code_row){ number, is };
}

/* Files are read once for all of their lines. */
static void push_file(struct app *a, const struct profile_level *level)
{
	struct app_source *s = &a->source;
	uint32_t file = code_file(a->model->p, level);

	if (!level->line)
		return;
	for (uint32_t i = 0; i < s->n_code_files; i++)
		if (s->code_files[i].file == file)
			return;
	if (s->n_code_files == MAX_FILES)
		return;
	array_reserve(s->code_files, s->n_code_files + 1, s->cap_code_files);
	s->code_files[s->n_code_files++] = (struct app_code_file){
		file, sources_find(&s->sources, profile_string(a->model->p, file)) };
}

/* The lines that are others than those of the instruction before. */
static void push_lines(struct app *a, uint32_t number)
{
	const struct profile *p = a->model->p;
	const struct profile_instruction *i = code_instruction(a, number);
	const struct profile_instruction *before = number ? i - 1 : NULL;
	bool is_inlined = i->n_levels > 1, line;

	line = !before || !is_same(outermost(p, i), outermost(p, before)) ||
	       (!is_inlined && before->n_levels > 1);
	if (line) {
		push(&a->source, number, CODE_LINE);
		push_file(a, outermost(p, i));
	}
	if (is_inlined && (line || i->n_levels != before->n_levels ||
			   !is_same(innermost(p, i), innermost(p, before)))) {
		push(&a->source, number, CODE_INLINED_LINE);
		push_file(a, innermost(p, i));
	}
}

bool code_has_lines(const struct app *a)
{
	for (uint32_t i = 0; i < a->source.code.n; i++)
		if (outermost(a->model->p, code_instruction(a, i))->line ||
		    innermost(a->model->p, code_instruction(a, i))->line)
			return true;
	return false;
}

void code_rows_make(struct app *a)
{
	struct app_source *s = &a->source;
	bool mixed = s->mixed && code_has_lines(a);

	s->n_code_rows = s->n_code_files = 0;
	for (uint32_t i = 0; i < s->code.n; i++) {
		if (mixed)
			push_lines(a, i);
		push(s, i, CODE_INSTRUCTION);
	}
}

uint32_t code_chosen(const struct app *a)
{
	const struct app_source *s = &a->source;

	return s->code_list.cursor < s->n_code_rows ? s->code_rows[s->code_list.cursor].number
						    : UINT32_MAX;
}

uint32_t code_row_of(const struct app *a, uint32_t number)
{
	const struct app_source *s = &a->source;
	uint32_t low = 0, high = s->n_code_rows;	/* the first row of a later one */

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->code_rows[mid].number <= number)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : 0;
}

const struct profile_level *code_line(const struct app *a, uint32_t row)
{
	const struct app_code_row *r = row < a->source.n_code_rows ? &a->source.code_rows[row] : NULL;

	if (!r || r->is == CODE_INSTRUCTION)
		return NULL;
	return r->is == CODE_LINE ? outermost(a->model->p, code_instruction(a, r->number))
				  : innermost(a->model->p, code_instruction(a, r->number));
}

const struct source *code_file_text(const struct app *a, uint32_t file)
{
	for (uint32_t i = 0; i < a->source.n_code_files; i++)
		if (a->source.code_files[i].file == file)
			return a->source.code_files[i].text;
	return NULL;
}

/* ---- instructions ---- */

uint64_t code_place(const struct app *a, uint32_t number)
{
	const struct profile *p = a->model->p;
	const struct profile_level *level = number < a->source.code.n
		? code_level(p, code_instruction(a, number), a->function) : NULL;
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

uint32_t code_next_hottest(const struct app *a, uint32_t number)
{
	const struct code_sum *v = a->source.code.v;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < a->source.code.n; i++)
		if (v[i].self.weight_ns && i != number &&
		    (v[i].self.weight_ns < v[number].self.weight_ns ||
		     (v[i].self.weight_ns == v[number].self.weight_ns && i > number)) &&
		    (best == UINT32_MAX || v[i].self.weight_ns > v[best].self.weight_ns))
			best = i;
	return best;
}

char *code_inlined(const struct app *a, uint32_t number)
{
	const struct profile *p = a->model->p;
	const struct profile_instruction *i = number < a->source.code.n ? code_instruction(a, number) : NULL;
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

uint32_t code_at(const struct app *a, uint64_t vaddr)
{
	uint32_t low = 0, high = a->source.code.n;	/* the first one behind it */

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (code_instruction(a, mid)->vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && code_instruction(a, low - 1)->vaddr == vaddr ? low - 1 : UINT32_MAX;
}

uint32_t code_callee(const struct app *a, const struct profile_instruction *i)
{
	static const char stub[] = "@plt";
	const struct profile *p = a->model->p;
	const struct function_sum *sums = a->model->sum.functions;
	uint32_t best = i->target_function;
	const char *name;
	size_t len;

	if (best == RECORD_NONE)
		return best;
	name = profile_string(p, p->functions[best].name);
	len = strlen(name);
	if (len < sizeof(stub) || strcmp(name + len - strlen(stub), stub) != 0)
		return best;
	len -= strlen(stub);
	for (uint32_t f = 0; f < p->n_functions; f++) {
		const char *other = profile_string(p, p->functions[f].name);

		if (sums[f].total.count > sums[best].total.count && strncmp(other, name, len) == 0 &&
		    !other[len])
			best = f;
	}
	return best;
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

static char *line_text(const struct app *a, const struct profile_level *level)
{
	const struct profile *p = a->model->p;
	_cleanup_(freep) char *text =
		source_line_text(code_file_text(a, code_file(p, level)), level->line);

	if (level->function == RECORD_NONE)
		return xstrdup("");
	return xasprintf("%s %s", profile_string(p, p->functions[level->function].name),
			 text ? text : "");
}

char *code_text(const struct app *a, uint32_t row)
{
	const struct profile *p = a->model->p;
	const struct profile_level *line = code_line(a, row);
	const struct profile_instruction *i;

	if (line)
		return line_text(a, line);
	i = code_instruction(a, a->source.code_rows[row].number);
	return xasprintf("%s %s", profile_string(p, i->text), i->target_function == RECORD_NONE
			 ? "" : profile_string(p, p->functions[i->target_function].name));
}

// SPDX-License-Identifier: Apache-2.0
#include "worker/symbol_answer.h"

#include "base/util.h"

static void put_text(struct buf *b, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	buf_put_str(b, s, min_of(len, (size_t)RECORD_MAX_STRING));
}

void symbol_call_put(struct buf *b, uint64_t vaddr, const struct symbol_call *call)
{
	buf_put_uleb(b, call->kind);
	if (call->kind != CALL_DIRECT)
		return;
	buf_put_zigzag(b, (int64_t)(call->target - vaddr));
	buf_put_uleb(b, call->function == RECORD_NONE ? 0 : (uint64_t)call->function + 1);
}

bool symbol_call_get(struct cursor *c, uint64_t vaddr, struct symbol_call *out)
{
	uint64_t kind = cursor_uleb(c);

	*out = (struct symbol_call){ .kind = (enum record_call_kind)kind, .function = RECORD_NONE };
	if (kind == CALL_DIRECT) {
		out->target = vaddr + (uint64_t)cursor_zigzag(c);
		out->function = (uint32_t)cursor_uleb(c) - 1;	/* 0 becomes RECORD_NONE */
	}
	return kind < CALL_KINDS;
}

static void on_function(void *ctx, const struct symbol_function *f)
{
	struct symbol_answer_writer *w = ctx;
	struct buf *b = &w->functions;

	put_text(b, f->name);
	put_text(b, f->file);
	buf_put_uleb(b, f->line);
	buf_put_uleb(b, f->vaddr);
	buf_put_uleb(b, f->size);
	buf_put_uleb(b, f->source);
	w->n_functions++;
}

static void on_address(void *ctx, uint64_t vaddr, const struct symbol_level *levels,
		       uint32_t n_levels)
{
	struct symbol_answer_writer *w = ctx;
	struct buf *b = &w->addresses;

	n_levels = min_of(n_levels, (uint32_t)RECORD_MAX_LEVELS);
	buf_put_zigzag(b, (int64_t)(vaddr - w->last_vaddr));
	w->last_vaddr = vaddr;
	buf_put_uleb(b, n_levels);
	for (uint32_t i = 0; i < n_levels; i++) {
		buf_put_uleb(b, levels[i].function);
		buf_put_uleb(b, levels[i].line);
	}
	symbol_call_put(b, vaddr, &w->call);
	w->call = (struct symbol_call){ 0 };
	w->n_addresses++;
}

struct symbol_sink symbol_answer_sink(struct symbol_answer_writer *w)
{
	return (struct symbol_sink){
		.ctx = w, .function = on_function, .address = on_address };
}

void symbol_answer_put_call(struct symbol_answer_writer *w, struct symbol_call call)
{
	w->call = call;
}

void symbol_answer_finish(struct symbol_answer_writer *w, struct buf *out)
{
	buf_put_uleb(out, w->n_functions);
	buf_put(out, w->functions.data, w->functions.len);
	buf_put_uleb(out, w->n_addresses);
	buf_put(out, w->addresses.data, w->addresses.len);
	w->functions.len = w->addresses.len = 0;
	w->n_functions = w->n_addresses = 0;
	w->last_vaddr = 0;
}

void symbol_answer_deinit(struct symbol_answer_writer *w)
{
	buf_deinit(&w->functions);
	buf_deinit(&w->addresses);
}

void symbol_answer_open(struct symbol_answer_reader *r, const void *data, size_t len)
{
	*r = (struct symbol_answer_reader){ .c = cursor_make(data, len) };
	r->n_left = cursor_uleb(&r->c);
}

int symbol_answer_next_function(struct symbol_answer_reader *r,
				struct symbol_answer_function *out)
{
	struct cursor *c = &r->c;

	if (!r->n_left && !c->bad) {
		r->n_left = cursor_uleb(c);
		r->in_addresses = true;
		return 0;
	}
	r->n_left--;
	out->name = cursor_str(c, &out->name_len);
	out->file = cursor_str(c, &out->file_len);
	out->line = (uint32_t)cursor_uleb(c);
	out->vaddr = cursor_uleb(c);
	out->size = cursor_uleb(c);
	out->source = (uint32_t)cursor_uleb(c);
	return c->bad ? -1 : 1;
}

int symbol_answer_next_address(struct symbol_answer_reader *r,
			       struct symbol_answer_address *out)
{
	struct cursor *c = &r->c;

	if (!r->in_addresses || c->bad)
		return -1;
	if (!r->n_left)
		return 0;
	r->n_left--;
	r->last_vaddr += (uint64_t)cursor_zigzag(c);
	out->vaddr = r->last_vaddr;

	uint64_t n = cursor_uleb(c);

	if (n > RECORD_MAX_LEVELS)
		return -1;
	out->n_levels = (uint32_t)n;
	for (uint32_t i = 0; i < out->n_levels; i++) {
		out->levels[i].function = (uint32_t)cursor_uleb(c);
		out->levels[i].line = (uint32_t)cursor_uleb(c);
	}
	return symbol_call_get(c, out->vaddr, &out->call) && !c->bad ? 1 : -1;
}

// SPDX-License-Identifier: Apache-2.0
#include "worker/code_answer.h"

#include "base/util.h"

void code_answer_put_head(struct buf *b, uint64_t vaddr, uint64_t size, uint32_t n)
{
	buf_put_uleb(b, vaddr);
	buf_put_uleb(b, size);
	buf_put_uleb(b, n);
}

void code_answer_put(struct buf *b, const struct instruction *i)
{
	buf_put_uleb(b, i->len);
	buf_put_u8(b, i->has_target);
	if (i->has_target)
		buf_put_zigzag(b, (int64_t)(i->target - i->vaddr));
	buf_put_str(b, i->text, strlen(i->text));
}

bool code_answer_open(struct code_answer_reader *r, struct cursor c)
{
	uint64_t n;

	*r = (struct code_answer_reader){ .c = c };
	r->vaddr = r->next = cursor_uleb(&r->c);
	r->size = cursor_uleb(&r->c);
	n = cursor_uleb(&r->c);
	if (r->c.bad || n > CODE_MAX_INSTRUCTIONS)
		return false;
	r->n = r->n_left = (uint32_t)n;
	return true;
}

int code_answer_next(struct code_answer_reader *r, struct instruction *out)
{
	struct cursor *c = &r->c;
	uint64_t len;
	size_t text_len;
	const char *text;

	if (!r->n_left)
		return 0;
	r->n_left--;
	*out = (struct instruction){ .vaddr = r->next };
	len = cursor_uleb(c);
	out->has_target = cursor_u8(c);
	if (out->has_target)
		out->target = out->vaddr + (uint64_t)cursor_zigzag(c);
	text = cursor_str(c, &text_len);
	if (c->bad || !len || len > CODE_MAX_LENGTH || text_len >= sizeof(out->text))
		return -1;
	out->len = (uint32_t)len;
	memcpy(out->text, text, text_len);
	r->next += len;
	return 1;
}

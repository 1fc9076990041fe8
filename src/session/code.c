// SPDX-License-Identifier: Apache-2.0
/*
 * Instructions of functions: of those that a viewer asks for, and at the end of
 * those with the most samples, so that a recording can be read anywhere.
 *
 *	wish ──► the worker has opened the module for names ──► W_CODE ──► record
 *
 * An address is enough: the worker knows where the function around it begins and
 * ends.  What cannot be had is recorded too, with the reason.
 */
#include "session/session.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "worker/code_answer.h"
#include "worker/symbol_answer.h"

#define MAX_WISHES 1024
#define MAX_HOTTEST 32
#define HOTTEST_SHARE_PCT 1
#define HOTTEST_SAMPLES 10	/* with fewer there is nothing to tell by instruction */
#define MAX_ANSWER (32u << 20)

struct code_wish {		/* its number as a request is its place and 1 */
	struct module *module;
	uint64_t vaddr;		/* somewhere in the function */
	enum { WISH_WAITS, WISH_ASKED, WISH_DONE } state;
	uint64_t start, size;	/* of the function once it is recorded */
};

void code_free(struct session *s)
{
	free(s->codes);
	u64map_deinit(&s->leaf_samples);
}

bool code_busy(const struct session *s)
{
	for (size_t i = 0; i < s->n_codes; i++)
		if (s->codes[i].state != WISH_DONE)
			return true;
	return false;
}

/* ---- wishing ---- */

static bool has_wish(const struct session *s, const struct module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < s->n_codes; i++) {
		const struct code_wish *w = &s->codes[i];

		if (w->module == m && (w->vaddr == vaddr || vaddr - w->start < w->size))
			return true;
	}
	return false;
}

void code_want(struct session *s, uint32_t module, uint64_t vaddr)
{
	struct module *m = module < s->n_modules ? s->modules[module] : NULL;

	/* Of the kernel, Python and no file there is none: a viewer knows that by itself. */
	if (!m || m->kind == MODULE_KERNEL || m->kind == MODULE_ANON || m->kind == MODULE_PYTHON ||
	    s->n_codes >= MAX_WISHES || has_wish(s, m, vaddr))
		return;
	array_reserve(s->codes, s->n_codes + 1, s->cap_codes);
	s->codes[s->n_codes++] = (struct code_wish){ .module = m, .vaddr = vaddr };
}

/* It cannot be had: that is recorded with the address that was asked for. */
static void refuse(struct session *s, struct code_wish *w, const char *why)
{
	w->state = WISH_DONE;
	record_put_code(s->writer, &(struct record_code){
		.module = w->module->number, .vaddr = w->vaddr,
		.note = record_put_string(s->writer, why, strlen(why)) });
}

void code_tick(struct session *s)
{
	for (size_t i = 0; i < s->n_codes; i++) {
		struct code_wish *w = &s->codes[i];
		const struct w_code ask = { .type = W_CODE, .module = w->module->number,
					    .number = (uint32_t)i + 1, .vaddr = w->vaddr };

		if (w->state != WISH_WAITS)
			continue;
		if (w->module->naming == NAMING_FAILED)
			refuse(s, w, "its file cannot be read");
		else if (!symbols_open(s, w->module))
			continue;
		else if (!session_send_worker(s, WORKER_SYMBOL, w->module, ask.number, &ask,
					      sizeof(ask), NULL, 0))
			return;
		else
			w->state = WISH_ASKED;
	}
}

/* ---- the hottest ---- */

void code_saw(struct session *s, uint32_t frame)
{
	uint32_t *n = u64map_slot(&s->leaf_samples, frame);

	*n = *n == U64MAP_NONE ? 1 : *n + 1;
}

void code_forget_frames(struct session *s)
{
	u64map_clear(&s->leaf_samples);
}

struct hot {			/* a function */
	uint32_t module;
	uint64_t start;
	uint64_t n_samples;
	uint64_t vaddr;		/* where in it the most of them are */
	uint32_t n_there;
};

struct hottest {
	const struct session *s;
	struct hot *v;
	size_t n, cap;
	struct u64map by_start;	/* module and start -> place */
};

static void add_frame(void *ctx, uint32_t frame, struct module *m, uint64_t vaddr)
{
	struct hottest *h = ctx;
	uint32_t n_samples = u64map_find(&h->s->leaf_samples, frame), *slot;
	uint64_t start;

	if (n_samples == U64MAP_NONE || !symbols_function_at(m, vaddr, &start))
		return;
	slot = u64map_slot(&h->by_start, (uint64_t)m->number << 48 ^ start);
	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)h->n;
		array_reserve(h->v, h->n + 1, h->cap);
		h->v[h->n++] = (struct hot){ .module = m->number, .start = start };
	}

	struct hot *hot = &h->v[*slot];

	hot->n_samples += n_samples;
	if (n_samples > hot->n_there) {
		hot->n_there = n_samples;
		hot->vaddr = vaddr;
	}
}

static int by_samples(const void *a, const void *b)
{
	const struct hot *x = a, *y = b;

	if (x->n_samples != y->n_samples)
		return x->n_samples > y->n_samples ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

void code_want_hottest(struct session *s)
{
	struct hottest h = { .s = s };

	if (s->chose_code)
		return;
	s->chose_code = true;
	stacks_each_frame(s, add_frame, &h);
	if (h.n)
		qsort(h.v, h.n, sizeof(*h.v), by_samples);
	for (size_t i = 0; i < h.n && i < MAX_HOTTEST && h.v[i].n_samples >= HOTTEST_SAMPLES &&
			   h.v[i].n_samples * 100 >= s->n_cpu_samples * HOTTEST_SHARE_PCT; i++)
		code_want(s, h.v[i].module, h.v[i].vaddr);
	free(h.v);
	u64map_deinit(&h.by_start);
	code_tick(s);
}

/* ---- answers ---- */

/* What the addresses of an answer are in source. */
struct named_addresses {
	struct record_level *levels;
	size_t n, cap;
	struct u64map by_vaddr;	/* -> place of a count in `levels`, before its levels */
};

static void on_address(void *ctx, uint64_t vaddr, const struct record_level *levels,
		       uint32_t n_levels)
{
	struct named_addresses *a = ctx;

	*u64map_slot(&a->by_vaddr, vaddr) = (uint32_t)a->n;
	array_reserve(a->levels, a->n + 1 + n_levels, a->cap);
	a->levels[a->n++] = (struct record_level){ .line = n_levels };
	for (uint32_t i = 0; i < n_levels; i++)
		a->levels[a->n++] = levels[i];
}

/* The levels of an address; none if it is not known. */
static uint32_t find_levels(const struct named_addresses *a, uint64_t vaddr,
			    const struct record_level **out)
{
	uint32_t at = u64map_find(&a->by_vaddr, vaddr);

	*out = NULL;
	if (at == U64MAP_NONE)
		return 0;
	*out = a->levels + at + 1;
	return a->levels[at].line;
}

static void put_instruction(struct session *s, const struct named_addresses *names,
			    const struct instruction *i)
{
	struct record_instruction r = {
		.vaddr = i->vaddr, .len = i->len, .text = i->text, .text_len = strlen(i->text),
		.has_target = i->has_target, .target = i->target,
		.target_function = RECORD_NONE,
	};
	const struct record_level *levels;
	uint32_t n;

	if (i->has_target && (n = find_levels(names, i->target, &levels)) > 0)
		r.target_function = levels[n - 1].function;
	r.n_levels = find_levels(names, i->vaddr, &levels);
	if (r.n_levels)
		memcpy(r.levels, levels, r.n_levels * sizeof(*levels));
	record_put_instruction(s->writer, &r);
}

/* Is all of it well-formed? */
static bool is_sound(struct code_answer_reader r)
{
	struct instruction i;
	int more;

	while ((more = code_answer_next(&r, &i)) > 0)
		;
	return more == 0;
}

/* Is the function in the recording by another of its addresses? */
static bool is_recorded(const struct session *s, const struct module *m, uint64_t start)
{
	for (size_t i = 0; i < s->n_codes; i++)
		if (s->codes[i].module == m && s->codes[i].size && s->codes[i].start == start)
			return true;
	return false;
}

/* False if the bytes are no such answer. */
static bool take_code(struct session *s, struct code_wish *w, const struct named_addresses *names,
		      struct cursor c)
{
	struct code_answer_reader r;
	struct instruction i;

	if (!code_answer_open(&r, c) || !r.n || !is_sound(r) || w->vaddr - r.vaddr >= r.size)
		return false;
	w->state = WISH_DONE;
	if (is_recorded(s, w->module, r.vaddr))
		return true;
	while (code_answer_next(&r, &i) > 0)
		put_instruction(s, names, &i);
	record_put_code(s->writer, &(struct record_code){
		.module = w->module->number, .vaddr = r.vaddr, .size = r.size });
	w->start = r.vaddr;
	w->size = r.size;
	return true;
}

static void on_answer(struct session *s, struct code_wish *w, struct r_code *msg, int fd)
{
	struct named_addresses names = { 0 };
	struct symbol_answer_reader r;
	struct buf b = { 0 };
	struct error err;

	msg->note[sizeof(msg->note) - 1] = '\0';
	if (fd >= 0 && io_load(fd, MAX_ANSWER, &b, &err) == 0) {
		symbol_answer_open(&r, b.data, b.len);
		if (symbols_take_code(s, w->module, &r, on_address, &names) && !msg->note[0])
			take_code(s, w, &names, r.c);
	}
	if (w->state != WISH_DONE)
		refuse(s, w, msg->note[0] ? msg->note : "what was made of it is malformed");
	free(names.levels);
	u64map_deinit(&names.by_vaddr);
	buf_deinit(&b);
}

void code_on_message(struct session *s, struct msg *m)
{
	struct r_code *r = (struct r_code *)m->data;
	_cleanup_(closep) int fd = msg_take_fd(m, 0);

	if (m->len < sizeof(*r) || !r->number || r->number > s->n_codes ||
	    !session_answered(s, WORKER_SYMBOL, r->module, r->number))
		return;
	on_answer(s, &s->codes[r->number - 1], r, fd);
	symbols_worker_ready(s);
}

/* It died over its oldest request; the others are asked again. */
void code_worker_died(struct session *s)
{
	const struct worker_asked *asked = &s->asked[WORKER_SYMBOL];

	for (size_t i = 0; i < asked->n; i++) {
		struct code_wish *w = asked->at[i].step ? &s->codes[asked->at[i].step - 1] : NULL;

		if (w && i == 0)
			refuse(s, w, "the disassembler crashed or reached its limits");
		else if (w)
			w->state = WISH_WAITS;
	}
}

// SPDX-License-Identifier: Apache-2.0
#include "python/runtime.h"

#include "base/util.h"

#define MAX_INTERPRETERS 64
#define GLIBC_TID 0x2d0		/* in struct pthread, x86-64 glibc since 2.4 */

#define V(major, minor) ((major) << 8 | (minor))

static bool read_at(const struct python_memory *m, uint64_t base, uint32_t off, uint64_t *out)
{
	return off != LAYOUT_NONE && memory_read_u64(m, base + off, out);
}

/* ---- finding it ---- */

static uint64_t moved(uint64_t vaddr, uint64_t bias)
{
	return vaddr ? vaddr + bias : 0;
}

/* The newest interpreter; one exists as long as the runtime is initialised. */
static bool first_interp(const struct python_runtime *r, const struct python_memory *m,
			 uint64_t *interp)
{
	uint64_t tstate;

	if (r->address)
		return read_at(m, r->address, r->layout.runtime_interpreters_head, interp);
	if (r->interp_head)
		return memory_read_u64(m, r->interp_head, interp);
	/* A stripped 3.6: by whoever runs just now. */
	*interp = 0;
	return memory_read_u64(m, r->tstate_current, &tstate) &&
	       (!tstate || read_at(m, tstate, r->layout.tstate_interp, interp));
}

static struct python_runtime runtime_at(const struct python_elf *elf, uint64_t bias)
{
	return (struct python_runtime){
		.version_hex = elf->version_hex,
		.address = moved(elf->runtime, bias),
		.tstate_current = moved(elf->tstate_current, bias),
		.interp_head = moved(elf->interp_head, bias),
		.code_type = moved(elf->code_type, bias) };
}

static bool says_layout(const struct python_elf *elf)
{
	return layout_version(elf->version_hex) >= V(3, 13);
}

static bool find_layout(const struct python_elf *elf, struct python_runtime *r, const char **why)
{
	const struct layout *known = layout_find(elf->version_hex);

	if (!known) {
		*why = elf->version_hex ? "its version is not known" : "it does not say its version";
		return false;
	}
	r->layout = *known;
	return true;
}

bool python_runtime_of_file(const struct python_elf *elf, uint64_t bias,
			    struct python_runtime *r, const char **why)
{
	*r = runtime_at(elf, bias);
	return says_layout(elf) ? layout_from_debug_offsets(elf->debug, elf->debug_len, &r->layout, why)
				: find_layout(elf, r, why);
}

static bool read_layout(const struct python_memory *m, struct python_runtime *r, const char **why)
{
	uint8_t head[LAYOUT_DEBUG_BYTES];

	if (memory_read(m, r->address, head, sizeof(head)))
		return layout_from_debug_offsets(head, sizeof(head), &r->layout, why);
	*why = "its runtime cannot be read";
	return false;
}

enum python_finding python_runtime_find(const struct python_elf *elf, uint64_t bias,
					const struct python_memory *m,
					struct python_runtime *r, const char **why)
{
	uint64_t interp, tstate, back;

	*r = runtime_at(elf, bias);
	if (!(says_layout(elf) ? read_layout(m, r, why) : find_layout(elf, r, why)))
		return PYTHON_REFUSED;
	if (!first_interp(r, m, &interp)) {
		*why = "its runtime cannot be read";
		return PYTHON_REFUSED;
	}
	tstate = 0;
	/* From 3.13 on one in which nothing runs has no thread. */
	for (int i = 0; interp && i < MAX_INTERPRETERS; i++) {
		if (read_at(m, interp, r->layout.interp_threads_head, &tstate) && tstate)
			break;
		if (!read_at(m, interp, r->layout.interp_next, &interp))
			interp = 0;
	}
	if (!interp || !tstate)
		return PYTHON_NOT_YET;
	if (!read_at(m, tstate, r->layout.tstate_interp, &back) || back != interp) {
		*why = "its memory is not laid out as that of its version should be";
		return PYTHON_REFUSED;
	}
	return PYTHON_FOUND;
}

/* ---- threads ---- */

static uint32_t tid_of(const struct python_runtime *r, const struct python_memory *m,
		       uint64_t tstate, uint64_t thread_id)
{
	uint64_t native;
	uint32_t tid;

	if (r->layout.tstate_native_thread_id != LAYOUT_NONE)
		return read_at(m, tstate, r->layout.tstate_native_thread_id, &native)
		       ? (uint32_t)native : 0;
	return memory_read_u32(m, thread_id + GLIBC_TID, &tid) ? tid : 0;
}

size_t python_threads(const struct python_runtime *r, const struct python_memory *m,
		      struct python_thread *out, size_t max)
{
	uint64_t interp, tstate;
	size_t n = 0;

	if (!first_interp(r, m, &interp))
		return 0;
	for (int i = 0; interp && i < MAX_INTERPRETERS; i++) {
		if (!read_at(m, interp, r->layout.interp_threads_head, &tstate))
			break;
		while (tstate && n < max) {
			struct python_thread t = { .tstate = tstate };

			if (!read_at(m, tstate, r->layout.tstate_thread_id, &t.thread_id))
				break;
			t.tid = tid_of(r, m, tstate, t.thread_id);
			out[n++] = t;
			if (!read_at(m, tstate, r->layout.tstate_next, &tstate))
				break;
		}
		if (!read_at(m, interp, r->layout.interp_next, &interp))
			break;
	}
	return n;
}

uint32_t python_interpreters(const struct python_runtime *r, const struct python_memory *m)
{
	uint64_t interp;
	uint32_t n = 0;

	if (!first_interp(r, m, &interp))
		return 0;
	while (interp && n < MAX_INTERPRETERS) {
		n++;
		if (!read_at(m, interp, r->layout.interp_next, &interp))
			break;
	}
	return n;
}

uint64_t python_current(const struct python_runtime *r, const struct python_memory *m)
{
	uint64_t tstate = 0;

	if (!r->address)
		return memory_read_u64(m, r->tstate_current, &tstate) ? tstate : 0;
	return read_at(m, r->address, r->layout.runtime_tstate_current, &tstate) ? tstate : 0;
}

bool python_thread_check(const struct python_runtime *r, const struct python_memory *m,
			 const struct python_thread *t)
{
	uint64_t thread_id;

	return read_at(m, t->tstate, r->layout.tstate_thread_id, &thread_id) &&
	       thread_id == t->thread_id && tid_of(r, m, t->tstate, thread_id) == t->tid;
}

/* ---- frames ---- */

#define FRAME_BYTES 384		/* no frame is larger up to its local variables */

/* The fixed part of a frame, read at once. */
struct raw_frame {
	uint8_t bytes[FRAME_BYTES];
	size_t len;
};

/* Up to `locals`, where the local variables begin. */
static bool read_frame(const struct python_memory *m, uint64_t addr, uint32_t locals,
		       struct raw_frame *f)
{
	f->len = min_of((size_t)locals, sizeof(f->bytes));
	return addr && memory_read(m, addr, f->bytes, f->len);
}

static uint64_t word(const struct raw_frame *f, uint32_t off)
{
	uint64_t v = 0;

	if (off < f->len && f->len - off >= sizeof(v))
		memcpy(&v, f->bytes + off, sizeof(v));
	return v;
}

static int32_t number(const struct raw_frame *f, uint32_t off)
{
	int32_t v = 0;

	if (off < f->len && f->len - off >= sizeof(v))
		memcpy(&v, f->bytes + off, sizeof(v));
	return v;
}

static uint8_t byte(const struct raw_frame *f, uint32_t off)
{
	return off < f->len ? f->bytes[off] : 0;
}

static bool add_frame(struct python_stack *out, struct python_frame frame)
{
	if (out->n_frames == PYTHON_MAX_FRAMES) {
		out->end = PYTHON_END_LIMIT;
		return false;
	}
	out->frames[out->n_frames++] = frame;
	return true;
}

/* The frames since the last one are of one loop.  Without room for it they are cut. */
static bool add_segment(struct python_stack *out, struct python_segment segment)
{
	if (out->n_segments == PYTHON_MAX_FRAMES) {
		out->segments[PYTHON_MAX_FRAMES - 1].is_cut = true;
		out->n_frames -= segment.n_frames;
		out->end = PYTHON_END_LIMIT;
		return false;
	}
	segment.first = out->n_frames - segment.n_frames;
	out->segments[out->n_segments++] = segment;
	return true;
}

/* The segments from `from` on among those before, all by address. */
static void put_in_order(struct python_stack *out, uint32_t from)
{
	uint32_t at = 0;

	for (uint32_t i = from; from && i < out->n_segments; i++, at++) {
		struct python_segment new = out->segments[i];

		/* One without an address stays where those before it, of the same state, are. */
		while (new.boundary && at < i &&
		       (!out->segments[at].boundary || out->segments[at].boundary < new.boundary))
			at++;
		memmove(out->segments + at + 1, out->segments + at, (i - at) * sizeof(new));
		out->segments[at] = new;
	}
}

/* To 3.10: frame objects, each run by an interpreter loop of its own. */
static void walk_objects(const struct python_runtime *r, const struct python_memory *m,
			 uint64_t tstate, struct python_stack *out)
{
	const struct layout *l = &r->layout;
	struct raw_frame f;
	uint64_t at;

	if (!read_at(m, tstate, l->tstate_frame, &at)) {
		out->end = PYTHON_END_MEMORY;
		at = 0;
	}
	for (; at; at = word(&f, l->frame_back)) {
		if (!read_frame(m, at, l->frame_localsplus, &f)) {
			out->end = PYTHON_END_MEMORY;
			break;
		}
		/* From 3.10 on it counts code units of two bytes. */
		int64_t lasti = number(&f, l->frame_lasti);

		if (l->version >= V(3, 10) && lasti > 0)
			lasti *= 2;
		if (!add_frame(out, (struct python_frame){
				.code = word(&f, l->frame_code), .offset = lasti }))
			break;
		add_segment(out, (struct python_segment){ .n_frames = 1 });
	}
	if (out->end != PYTHON_END_COMPLETE)
		add_segment(out, (struct python_segment){ .is_cut = true });
}

#define CODE_TAG_BITS 3		/* of what refers to a code object, from 3.14 on */
#define OWNER_NO_PYTHON 3	/* from there on: what an interpreter loop begins with */

#define PAGE 4096u
#define IN_CHUNK 32		/* of a thread's stack of frames: there the first one is */
#define OWNER_THREAD 0

/* A walk from 3.11 on. */
struct walk {
	const struct python_runtime *runtime;
	const struct python_memory *memory;
	struct python_stack *out;
	uint64_t cframe;	/* the C structure of the interpreter loop; 0 from 3.13 on */
	uint32_t n_others;	/* frames of other walks */
	uint32_t n_before;	/* and those of the segments that have ended */
	uint64_t callee;	/* the innermost frame, until its caller is believed, */
	bool around;		/* or was looked for in the loop around */
	bool is_full;		/* there is no room for another segment */
};

/* What is not a shim, 0, has its boundary in the loop's own structure. */
static bool end_segment(struct walk *w, uint64_t shim)
{
	struct python_segment segment = {
		.n_frames = w->out->n_frames - w->n_before, .boundary = shim ? shim : w->cframe };

	if (w->cframe && !read_at(w->memory, w->cframe, w->runtime->layout.cframe_previous,
				  &w->cframe))
		w->cframe = 0;
	w->is_full = !add_segment(w->out, segment);
	w->n_before = w->out->n_frames;
	return !w->is_full;
}

/*
 * A frame that an interpreter loop begins with is said to run some instructions before it
 * says who called it; until then its caller is that of one that was in its place before.
 * But on a thread's stack of frames each begins where its caller ends.
 */
static bool can_call(const struct walk *w, const struct raw_frame *f, uint64_t at, uint64_t code)
{
	const struct layout *l = &w->runtime->layout;
	uint32_t n_locals, n_stack;

	if (l->code_nlocalsplus == LAYOUT_NONE || w->callee % PAGE <= IN_CHUNK ||
	    byte(f, l->iframe_owner) != OWNER_THREAD)
		return true;
	return memory_read(w->memory, code + l->code_nlocalsplus, &n_locals, sizeof(n_locals)) &&
	       memory_read(w->memory, code + l->code_stacksize, &n_stack, sizeof(n_stack)) &&
	       at + l->iframe_localsplus + 8 * ((uint64_t)n_locals + n_stack) == w->callee;
}

/* The innermost frame's caller is what the loop around runs, if there is one; else 0. */
static uint64_t go_around(struct walk *w)
{
	uint64_t at;

	if (!w->cframe || w->around)
		return 0;
	w->around = true;
	if (w->out->n_frames != w->n_before && !end_segment(w, 0))
		return 0;
	return w->cframe && read_at(w->memory, w->cframe,
				    w->runtime->layout.cframe_current_frame, &at) ? at : 0;
}

/* The next frame after the one at `at`; 0: there is none, or the walk has ended. */
static uint64_t walk_frame(struct walk *w, uint64_t at)
{
	const struct layout *l = &w->runtime->layout;
	struct python_stack *out = w->out;
	struct raw_frame f;
	uint64_t code;
	bool is_code;

	if (!read_frame(w->memory, at, l->iframe_localsplus, &f)) {
		out->end = PYTHON_END_MEMORY;
		return 0;
	}
	if (byte(&f, l->iframe_owner) >= OWNER_NO_PYTHON) {
		w->callee = 0;
		return end_segment(w, at) ? word(&f, l->iframe_previous) : 0;
	}
	/* In 3.14 the lowest bits say who counts the reference. */
	code = word(&f, l->iframe_code) & ~(uint64_t)CODE_TAG_BITS;
	is_code = code && code % 8 == 0;
	if (w->callee && !(is_code && can_call(w, &f, at, code))) {
		at = go_around(w);
		if (!at)
			out->end = PYTHON_END_TORN;
		return at;
	}
	if (!is_code) {
		out->end = PYTHON_END_MEMORY;
		return 0;
	}
	w->callee = out->n_frames == w->n_others && byte(&f, l->iframe_owner) == OWNER_THREAD ? at : 0;
	if (!add_frame(out, (struct python_frame){
			.code = code, .instruction = word(&f, l->iframe_instr) }))
		return 0;
	if (l->iframe_is_entry != LAYOUT_NONE && byte(&f, l->iframe_is_entry) && !end_segment(w, 0))
		return 0;
	at = word(&f, l->iframe_previous);
	return at || !w->callee ? at : go_around(w);
}

/* From 3.11: `at` is the innermost frame. */
static void walk_interpreter(const struct python_runtime *r, const struct python_memory *m,
			     uint64_t at, uint64_t cframe, struct python_stack *out)
{
	struct walk w = { .runtime = r, .memory = m, .out = out, .cframe = cframe,
			  .n_others = out->n_frames, .n_before = out->n_frames };

	while (at)
		at = walk_frame(&w, at);
	/* The outermost frame, too, is one that a loop began with. */
	if (out->n_frames > w.n_before && out->end == PYTHON_END_COMPLETE)
		out->end = PYTHON_END_TORN;
	if (out->end != PYTHON_END_COMPLETE && !w.is_full)
		add_segment(out, (struct python_segment){
			.n_frames = out->n_frames - w.n_before, .boundary = w.cframe,
			.is_cut = true });
}

/* Not even the first frame is to be had. */
static void cut_all(struct python_stack *out)
{
	out->end = PYTHON_END_MEMORY;
	add_segment(out, (struct python_segment){ .is_cut = true });
}

void python_walk_begin(struct python_stack *out)
{
	out->n_frames = out->n_segments = 0;
	out->end = PYTHON_END_COMPLETE;
}

uint64_t python_cframe(const struct python_runtime *r, const struct python_memory *m,
		       const struct python_thread *t)
{
	const struct layout *l = &r->layout;
	uint64_t cframe;

	return l->cframe_current_frame != LAYOUT_NONE && read_at(m, t->tstate, l->tstate_cframe, &cframe)
	       ? cframe : 0;
}

uint64_t python_on_stack(const struct python_runtime *r, const struct python_memory *m,
			 const struct python_thread *t)
{
	uint64_t cframe;

	return read_at(m, t->tstate, r->layout.tstate_cframe, &cframe) ? cframe : 0;
}

static void walk_cframe(const struct python_runtime *r, const struct python_memory *m,
			uint64_t cframe, struct python_stack *out)
{
	uint64_t frame;

	if (cframe && read_at(m, cframe, r->layout.cframe_current_frame, &frame))
		walk_interpreter(r, m, frame, cframe, out);
	else
		cut_all(out);
}

static void walk_state(const struct python_runtime *r, const struct python_memory *m,
		       const struct python_thread *t, struct python_stack *out)
{
	uint64_t frame;

	if (r->layout.version <= V(3, 10))
		walk_objects(r, m, t->tstate, out);
	else if (r->layout.version <= V(3, 12))
		walk_cframe(r, m, python_cframe(r, m, t), out);
	else if (!read_at(m, t->tstate, r->layout.tstate_current_frame, &frame))
		cut_all(out);
	else
		walk_interpreter(r, m, frame, 0, out);
}

/* From `cframe`, or if that is 0 from the top of the thread's state. */
static void walk_more(const struct python_runtime *r, const struct python_memory *m,
		      const struct python_thread *t, uint64_t cframe, struct python_stack *out)
{
	enum python_end end = out->end;
	uint32_t n = out->n_segments;

	out->end = PYTHON_END_COMPLETE;
	if (t)
		walk_state(r, m, t, out);
	else
		walk_cframe(r, m, cframe, out);
	put_in_order(out, n);
	out->end = max_of(out->end, end);
}

void python_walk(const struct python_runtime *r, const struct python_memory *m,
		 const struct python_thread *t, struct python_stack *out)
{
	walk_more(r, m, t, 0, out);
}

void python_walk_from(const struct python_runtime *r, const struct python_memory *m,
		      uint64_t cframe, struct python_stack *out)
{
	walk_more(r, m, NULL, cframe, out);
}

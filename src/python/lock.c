// SPDX-License-Identifier: Apache-2.0
#include "python/lock.h"

bool python_lock_at(const struct python_runtime *r, struct python_lock_at *out)
{
	const struct layout *l = &r->layout;

	*out = (struct python_lock_at){
		.interp = l->tstate_interp, .interp_lock = l->interp_gil,
		.holder = l->gil_last_holder, .locked = l->gil_locked, .size = l->gil_size,
		.interp_collecting = l->interp_gc_collecting };
	if (!r->address) {	/* 3.6: only a pointer to the holder */
		out->lock = r->tstate_current;
		out->holder = 0;
		out->size = 0;
		return out->lock != 0;
	}
	if (l->runtime_gil != LAYOUT_NONE)
		out->lock = r->address + l->runtime_gil;
	if (l->runtime_gc_collecting != LAYOUT_NONE)
		out->collecting = r->address + l->runtime_gc_collecting;
	return (out->lock || out->interp_lock != LAYOUT_NONE) && out->holder != LAYOUT_NONE &&
	       out->locked != LAYOUT_NONE && !l->free_threaded;
}

/* The lock of the thread's interpreter, and that interpreter. */
static bool find(const struct python_lock_at *at, const struct python_memory *m,
		 const struct python_thread *t, uint64_t *interp, uint64_t *lock)
{
	if (!memory_read_u64(m, t->tstate + at->interp, interp))
		return false;
	*lock = at->lock;
	return *lock || (memory_read_u64(m, *interp + at->interp_lock, lock) && *lock);
}

static bool is_collecting(const struct python_lock_at *at, const struct python_memory *m,
			  uint64_t interp)
{
	uint64_t addr = at->collecting;
	uint32_t v;

	if (!addr && at->interp_collecting != LAYOUT_NONE)
		addr = interp + at->interp_collecting;
	return addr && memory_read_u32(m, addr, &v) && v;
}

/* Another state of the same thread may have it: that of a sub-interpreter. */
static bool is_of_thread(const struct python_runtime *r, const struct python_memory *m,
			 const struct python_thread *t, uint64_t tstate)
{
	uint64_t id;

	return tstate == t->tstate ||
	       (tstate && memory_read_u64(m, tstate + r->layout.tstate_thread_id, &id) &&
		id == t->thread_id);
}

enum python_holding python_holding(const struct python_runtime *r, const struct python_memory *m,
				   const struct python_thread *t)
{
	struct python_lock_at at;
	uint64_t interp, lock, holder;
	uint32_t locked = 1;

	if (!python_lock_at(r, &at) || !find(&at, m, t, &interp, &lock) ||
	    !memory_read_u64(m, lock + at.holder, &holder) ||
	    (at.locked != LAYOUT_NONE && !memory_read_u32(m, lock + at.locked, &locked)))
		return PYTHON_HOLDING_UNKNOWN;
	/* The last holder stays there when it has given it away; -1: not made yet. */
	if (locked != 1 || !is_of_thread(r, m, t, holder))
		return PYTHON_HOLDING_NOT;
	return is_collecting(&at, m, interp) ? PYTHON_HOLDING_COLLECTING : PYTHON_HOLDING;
}

bool python_lock_contains(const struct python_runtime *r, const struct python_memory *m,
			  const struct python_thread *t, uint64_t addr)
{
	struct python_lock_at at;
	uint64_t interp, lock;

	return python_lock_at(r, &at) && at.size != LAYOUT_NONE && find(&at, m, t, &interp, &lock) &&
	       addr - lock < at.size;
}

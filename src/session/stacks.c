// SPDX-License-Identifier: Apache-2.0
/*
 * Frames and stacks by number.  A frame is known by (module, vaddr, flags)
 * packed into 64 bits, a stack by a 64-bit hash of its outcome and frames: two
 * of a million stacks share one by chance once in 37 million recordings.
 *
 * Both tables are forgotten when they grow beyond a budget, and begin again:
 * the recording says so, and its reader knows equal stacks by what they hold.
 */
#include "session/session.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAX_STACKS 650000	/* 12.6 MB of table */
#define MAX_FRAMES 650000

_Static_assert(FRAME_RETURN == 1 && FRAME_GUESSED == 2, "two bits of the key");

uint32_t stacks_frame(struct session *s, struct module *module, uint64_t vaddr,
		      uint32_t flags)
{
	/* 14 bits of module, 48 of address (a kernel's are recognised), 2 of flags */
	uint64_t key = (uint64_t)module->number << 50 | (vaddr & 0xffffffffffff) << 2 | flags;
	uint32_t *slot = u64map_slot(&s->frames, key);

	if (*slot != U64MAP_NONE)
		return *slot;

	uint32_t frame = record_put_frame(s->writer, &(struct record_frame){
		.module = module->number, .flags = flags, .vaddr = vaddr });

	*slot = frame;
	if (module->kind == MODULE_PYTHON) {
		python_name_frame(s, module, vaddr, frame);
		return frame;
	}
	python_saw_frame(s, module, flags & FRAME_RETURN ? vaddr - 1 : vaddr, frame);
	symbols_want(module, flags & FRAME_RETURN ? vaddr - 1 : vaddr, frame, flags & FRAME_RETURN);
	return frame;
}

uint32_t stacks_left_out(struct session *s, enum record_outcome why)
{
	uint32_t *frame = &s->left_out_frames[why];

	if (!*frame)
		*frame = record_put_frame(s->writer, &(struct record_frame){
			.flags = FRAME_LEFT_OUT,
			.vaddr = why == OUTCOME_LEFT_OUT ? 0 : why }) + 1;
	return *frame - 1;
}

void stacks_each_frame(struct session *s, stacks_frame_fn fn, void *ctx)
{
	for (size_t i = 0; i < s->frames.n_slots; i++) {
		const struct u64map_slot *slot = &s->frames.slots[i];
		uint64_t vaddr = slot->key >> 2 & 0xffffffffffff;

		if (slot->value != U64MAP_NONE)
			fn(ctx, slot->value, s->modules[slot->key >> 50],
			   slot->key & FRAME_RETURN ? vaddr - 1 : vaddr);
	}
}

uint32_t stacks_stack(struct session *s, enum record_outcome outcome,
		      const uint32_t *frames, size_t n_frames)
{
	uint32_t *slot;

	if (!n_frames)
		return outcome;
	slot = u64map_slot(&s->stacks, XXH3_64bits_withSeed(frames, n_frames * sizeof(*frames),
							    outcome));
	if (*slot != U64MAP_NONE)
		return *slot;
	/* Innermost first here, outermost first there. */
	array_reserve(s->path, n_frames, s->cap_path);
	for (size_t i = 0; i < n_frames; i++)
		s->path[i] = frames[n_frames - 1 - i];
	*slot = record_put_stack(s->writer, &(struct record_stack){
		.outcome = outcome, .frames = s->path, .n_frames = (uint32_t)n_frames });
	return *slot;
}

void stacks_check_budget(struct session *s)
{
	if (s->stacks.n < MAX_STACKS && s->frames.n < MAX_FRAMES)
		return;
	if (s->frames.n >= MAX_FRAMES) {
		u64map_clear(&s->frames);
		code_forget_frames(s);
		python_forget_frames(s);
		procs_new_generation(s);	/* caches hold frame numbers */
	}
	u64map_clear(&s->stacks);
	bpf_forget_stacks(s);
	record_put_epoch(s->writer);
}

void stacks_free(struct session *s)
{
	u64map_deinit(&s->frames);
	u64map_deinit(&s->stacks);
	bpf_free_stacks(s);
	free(s->path);
}

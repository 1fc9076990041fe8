// SPDX-License-Identifier: Apache-2.0
#include "python/merge.h"

#include "base/util.h"

struct merging {
	const struct merge_native *native;
	const struct python_stack *python;
	struct merged_frame *out;
	uint32_t n_out;
	uint32_t segment;	/* the next one */
	uint32_t n_python;	/* frames that were put */
	uint32_t n_loops;	/* met so far */
	struct merge_rest rest;
};

static void put(struct merging *m, enum merged_kind kind, uint32_t index)
{
	m->out[m->n_out++] = (struct merged_frame){ index, kind };
}

static void put_segment(struct merging *m)
{
	const struct python_segment *s = &m->python->segments[m->segment++];

	for (uint32_t i = 0; i < s->n_frames && m->n_python < m->python->n_frames; i++) {
		put(m, MERGED_PYTHON, min_of(s->first + i, m->python->n_frames - 1));
		m->n_python++;
	}
	if (s->is_cut)
		put(m, MERGED_CUT, 0);
}

static bool has_segment(const struct merging *m)
{
	return m->segment < m->python->n_segments;
}

static bool is_loop(const struct merging *m, uint32_t i)
{
	return m->native->is_loop && m->native->is_loop[i];
}

/* A loop without a segment; where the frames are cut, nothing is known of those further out. */
static void put_bare(struct merging *m)
{
	if (m->python->end != PYTHON_END_COMPLETE || (m->n_loops == 1 && !m->native->of_others))
		return;
	put(m, MERGED_UNKNOWN, 0);
	m->rest.n_unknown++;
	m->rest.innermost |= m->n_loops == 1;
}

#define AHEAD 4		/* segments of which the first ones may have no frame here */

/* The segment that has its address between `sp` and `end`, or none: n_segments. */
static uint32_t segment_in(const struct merging *m, uint64_t sp, uint64_t end)
{
	uint32_t last = min_of(m->segment + AHEAD, m->python->n_segments);

	for (uint32_t i = m->segment; i < last; i++) {
		uint64_t at = m->python->segments[i].boundary;

		if (at && at >= sp && at < end)
			return i;
	}
	return m->python->n_segments;
}

static void merge_by_address(struct merging *m)
{
	const struct merge_native *native = m->native;

	for (uint32_t i = 0; i < native->n; i++) {
		uint32_t found, first = m->segment;

		m->n_loops += is_loop(m, i);
		/* More than one if the frame stands for many that were left out. */
		while ((found = segment_in(m, native->sp[i], native->sp[i + 1])) <
		       m->python->n_segments)
			while (m->segment <= found)
				put_segment(m);
		if (is_loop(m, i) && m->segment == first) {
			if (has_segment(m) && !m->python->segments[first].boundary)
				put_segment(m);
			else
				put_bare(m);
		}
		put(m, MERGED_NATIVE, i);
	}
}

static uint32_t count_loops(const struct merging *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->native->n; i++)
		n += is_loop(m, i);
	return n;
}

static void merge_by_count(struct merging *m)
{
	const struct merge_native *native = m->native;
	uint32_t n_loops = count_loops(m), n = m->python->n_segments;
	/* Where the outermost are not there, nobody knows how many have no frame. */
	bool is_known = native->complete && m->python->end == PYTHON_END_COMPLETE;
	uint32_t n_idle = is_known && n_loops > n ? n_loops - n : 0;

	for (uint32_t i = 0; i < native->n; i++) {
		m->n_loops += is_loop(m, i);
		if (is_loop(m, i) && n_idle) {
			n_idle--;
			put_bare(m);
		} else if (is_loop(m, i) && has_segment(m)) {
			put_segment(m);
		}
		put(m, MERGED_NATIVE, i);
	}
}

uint32_t python_merge(const struct merge_native *native, const struct python_stack *python,
		      struct merged_frame *out, struct merge_rest *rest)
{
	struct merging m = { .native = native, .python = python, .out = out };

	if (!python->n_segments || python->segments[0].boundary)
		merge_by_address(&m);
	else
		merge_by_count(&m);
	*rest = m.rest;
	rest->n_apart = python->n_frames - m.n_python;
	while (has_segment(&m))
		put_segment(&m);
	return m.n_out;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * H03: a function that calls itself from two places and takes much of the time, as a
 * naive Fibonacci does.  From one place it is a loop in disguise; a sort or a walk over
 * a tree is the other thing that looks so, which samples cannot tell apart.
 *
 * Everything is found in passes over the table of stacks, in which a parent has a
 * smaller number: no stack is walked.
 */
#include "base/util.h"
#include "hints/hint.h"

#define BAR .15			/* own time */
#define OFTEN .5		/* of its samples have it twice or more */
#define MAX_HOT 8		/* functions: more cannot have 0.8 of the bar */

struct hot {
	uint32_t function;
	struct interval self;
	struct sum once, twice;	/* samples that have it at all, and twice or more */
};

/* Hot functions, by bit: those that are there, and those that are there twice. */
struct marks {
	uint8_t once, twice;
};

static uint8_t find_hot(const struct hint_input *in, struct hot hot[MAX_HOT])
{
	uint8_t n = 0;

	while (n < MAX_HOT && n < in->n_order) {
		struct interval self = summary_self(in->sum, in->order[n]);

		if (hint_above(self, BAR) == HINT_FAILS)
			break;	/* so do all that follow, which have less */
		hot[n] = (struct hot){ .function = in->order[n], .self = self };
		n++;
	}
	return n;
}

static void mark(struct marks *m, uint8_t once, uint8_t twice)
{
	m->twice |= twice | (m->once & once);
	m->once |= once;
}

/* Which of them are in each frame: an inlined call is one, too. */
static struct marks *mark_frames(const struct profile *p, const struct hot *hot, uint8_t n)
{
	struct marks *frames = xcalloc(p->n_frames, sizeof(*frames));
	_cleanup_(freep) uint8_t *bit = xcalloc(p->n_functions, sizeof(*bit));

	for (uint8_t i = 0; i < n; i++)
		bit[hot[i].function] = (uint8_t)(1u << i);
	for (size_t i = 0; i < p->n_frames; i++)
		for (uint32_t l = 0; l < p->frames[i].n_levels; l++)
			mark(&frames[i], bit[p->levels[p->frames[i].first_level + l].function], 0);
	return frames;
}

static void add_up(const struct hint_input *in, const struct marks *frames, struct hot *hot,
		   uint8_t n)
{
	const struct profile *p = in->p;
	_cleanup_(freep) struct marks *stacks = xcalloc(p->shown.n_stacks, sizeof(*stacks));

	for (size_t i = RECORD_STACK_FIRST; i < p->shown.n_stacks; i++) {
		const struct marks *frame = &frames[p->shown.stacks[i].frame];

		stacks[i] = stacks[p->shown.stacks[i].parent];
		mark(&stacks[i], frame->once, frame->twice);
	}
	for (size_t i = 0; i < p->n_leaves; i++) {
		struct marks has = stacks[p->shown.leaves[i]];

		for (uint8_t h = 0; h < n; h++) {
			if (has.once >> h & 1)
				sum_add(&hot[h].once, in->sum->leaves[i]);
			if (has.twice >> h & 1)
				sum_add(&hot[h].twice, in->sum->leaves[i]);
		}
	}
}

/*
 * Does it call itself from two places?  Places are return addresses: a call that was
 * inlined has none, so a function with one call that was inlined into itself is not
 * taken for one with two.
 */
static bool has_two_sites(const struct hint_input *in, uint32_t function)
{
	const struct profile *p = in->p;
	_cleanup_(freep) bool *used = xcalloc(p->shown.n_stacks, sizeof(*used));
	const struct profile_frame *first = NULL;

	for (size_t i = 0; i < p->n_leaves; i++)
		used[p->shown.leaves[i]] = in->sum->leaves[i].count > 0;
	for (size_t i = p->shown.n_stacks; i-- > RECORD_STACK_FIRST;) {
		uint32_t parent = p->shown.stacks[i].parent;
		const struct profile_frame *called, *caller;

		if (!used[i] || parent < RECORD_STACK_FIRST)
			continue;
		used[parent] = true;
		called = &p->frames[p->shown.stacks[i].frame];
		caller = &p->frames[p->shown.stacks[parent].frame];
		if (!called->n_levels || !caller->n_levels ||
		    p->levels[called->first_level + called->n_levels - 1].function != function ||
		    p->levels[caller->first_level].function != function)
			continue;
		if (first && caller->vaddr != first->vaddr)
			return true;
		first = caller;
	}
	return false;
}

static enum hint_verdict judge(const struct hot *h)
{
	struct interval often;

	if (!h->twice.weight_ns)
		return HINT_FAILS;
	often = stats_wilson((double)h->twice.weight_ns / (double)h->once.weight_ns,
			     (double)h->once.count, stats_t(STATS_MAX_BLOCKS));
	return min_of(hint_above(often, OFTEN), hint_above(h->self, BAR));
}

static void propose(const struct hint_input *in, const struct hot *h, struct hints *out)
{
	_cleanup_(freep) char *share = hint_share(h->self);
	const char *name = profile_string(in->p, in->p->functions[h->function].name);

	hints_add(out, judge(h), (struct hint){
		.function = h->function, .sure = HINT_MAY, .gain = h->self.low,
		.claim = xasprintf("%s calls itself from two places and takes %s: it may repeat work",
				   name, share),
		.briefs[0] = xasprintf("%s calls itself from two places and takes %s", name, share),
		.briefs[1] = xasprintf("recursion from two places, %s: %s", share, name),
		.evidence = xasprintf("it is on the stack twice or more in %.0f%% of its samples; "
				      "remembering its results is the usual cure",
				      100.0 * (double)h->twice.weight_ns /
				      (double)h->once.weight_ns),
	});
}

static void look(const struct hint_input *in, struct hints *out)
{
	struct hot hot[MAX_HOT];
	uint8_t n = find_hot(in, hot);
	_cleanup_(freep) struct marks *frames = NULL;

	if (!n)
		return;
	frames = mark_frames(in->p, hot, n);
	add_up(in, frames, hot, n);
	for (uint8_t i = 0; i < n; i++)
		if (judge(&hot[i]) != HINT_FAILS && has_two_sites(in, hot[i].function))
			propose(in, &hot[i], out);
}

const struct hint_rule hint_recursion = {
	.id = "H03", .key = 't', .lesson = "recursion",
	.wrong_if = "it never gets the same arguments twice, as a sort or a walk over a tree",
	.look = look,
};

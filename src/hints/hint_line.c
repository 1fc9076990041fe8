// SPDX-License-Identifier: Apache-2.0
/*
 * H14: nearly all of a function that takes much of the time is one of its lines.  Of a
 * Python function with the C that it calls: which line asks for that can be changed.
 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "hints/hint.h"
#include "profile/stack_walk.h"

#define BAR .1			/* own time of the function, of Python with that C */
#define ONE_LINE .8		/* of that in the line */
#define MAX_HOT 16		/* functions: more cannot have so much */

struct hot {
	uint32_t function;
	struct interval share;
	struct sum all;
	struct u64map by_line;	/* file and line -> line */
	struct hot_line {
		uint32_t file, line;
		struct sum sum, in_c;
	} *lines;
	size_t n, cap;
};

/* The call whose line a leaf is in; *in_c: not itself, but in C that it called. */
static const struct profile_level *find_call(const struct profile *p, size_t leaf, bool *in_c)
{
	struct stack_walk w = stack_walk_from(p, p->shown.leaves[leaf]);
	const struct profile_level *top = stack_walk_next(&w), *call = top;

	*in_c = false;
	if (!p->shown.own || p->shown.mode != FRAMES_MERGED)
		return top;
	while (call && profile_function_kind(p, call->function) != 'P')
		call = stack_walk_next(&w);
	*in_c = call && call != top;
	return call ? call : top;
}

static void add(struct hot *h, const struct profile_level *call, struct sum sum, bool in_c)
{
	uint32_t *slot = u64map_slot(&h->by_line, (uint64_t)call->file << 32 | call->line);

	sum_add(&h->all, sum);
	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)h->n;
		array_reserve(h->lines, h->n + 1, h->cap);
		h->lines[h->n++] = (struct hot_line){ .file = call->file, .line = call->line };
	}
	sum_add(&h->lines[*slot].sum, sum);
	if (in_c)
		sum_add(&h->lines[*slot].in_c, sum);
}

static void add_all(const struct hint_input *in, struct hot *hot, const uint8_t *number)
{
	const struct profile_level *call;
	bool in_c;

	for (size_t i = 0; i < in->p->n_leaves; i++) {
		call = in->sum->leaves[i].count ? find_call(in->p, i, &in_c) : NULL;
		if (call && number[call->function])
			add(&hot[number[call->function] - 1], call, in->sum->leaves[i], in_c);
	}
}

/* By function: its own time, of Python with the C that it calls, which C has not. */
static struct sum *find_own(const struct hint_input *in)
{
	struct sum *own = xcalloc(in->p->n_functions, sizeof(*own));
	const struct profile_level *call;
	bool in_c;

	for (size_t i = 0; i < in->p->n_leaves; i++) {
		call = in->sum->leaves[i].count ? find_call(in->p, i, &in_c) : NULL;
		if (call)
			sum_add(&own[call->function], in->sum->leaves[i]);
	}
	return own;
}

/* The last part of the path of the file that a line of a function is in. */
static const char *file_of(const struct profile *p, uint32_t function, uint32_t file)
{
	const char *path = profile_string(p, file ? file : p->functions[function].file);
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void judge(const struct hint_input *in, const struct hot *h, struct hints *out)
{
	_cleanup_(freep) char *share = NULL;
	const struct hot_line *most = NULL;
	const char *name, *file, *in_c;
	enum hint_verdict verdict;
	struct interval part;

	for (size_t i = 0; i < h->n; i++)
		if (!most || h->lines[i].sum.weight_ns > most->sum.weight_ns)
			most = &h->lines[i];
	if (!most || !most->line || !h->all.weight_ns)
		return;
	part = stats_wilson((double)most->sum.weight_ns / (double)h->all.weight_ns,
			    (double)h->all.count, stats_t(STATS_MAX_BLOCKS));
	verdict = min_of(hint_above(part, ONE_LINE), hint_above(h->share, BAR));
	if (verdict == HINT_FAILS)
		return;
	share = hint_share(h->share);
	name = profile_string(in->p, in->p->functions[h->function].name);
	file = file_of(in->p, h->function, most->file);
	in_c = most->in_c.weight_ns > most->sum.weight_ns / 2 ? ", in C that it calls" : "";
	hints_add(out, verdict, (struct hint){
		.function = h->function, .sure = HINT_LOOKS_LIKE, .gain = h->share.low * part.low,
		.wrong_if = profile_function_kind(in->p, h->function) == 'P'
			? "the line is not slow, but reached often: then its callers count" : NULL,
		.claim = xasprintf("%.0f%% of %s, which has %s, is line %u of %s%s",
				   part.share * 100, name, share, most->line, file, in_c),
		.briefs[0] = xasprintf("line %u of %s%s%s is %.0f%% of %s", most->line, file, in_c,
				       *in_c ? "," : "", part.share * 100, name),
		.briefs[1] = *in_c ? xasprintf("line %u of %s is %.0f%% of %s", most->line, file,
					       part.share * 100, name) : NULL,
		.evidence = xasprintf("at least %.0f%% of its own samples%s are on that line",
				      floor(part.low * 100), *in_c ? " and those in that C" : ""),
	});
}

static void look(const struct hint_input *in, struct hints *out)
{
	_cleanup_(freep) uint8_t *number = xcalloc(in->p->n_functions, 1);	/* 0: not hot */
	_cleanup_(freep) struct sum *own = find_own(in);
	struct hot hot[MAX_HOT] = { 0 };
	uint8_t n = 0;

	for (uint32_t i = 0; n < MAX_HOT && i < in->n_order; i++) {
		uint32_t function = in->order[i];
		uint64_t ns = own[function].weight_ns;
		struct interval share;

		if (summary_share(in->sum, ns) < BAR / 50)	/* no interval reaches up to it */
			continue;
		share = ns == in->sum->functions[function].self.weight_ns
			? summary_self(in->sum, function) : summary_part(in->sum, ns);
		if (hint_above(share, BAR) == HINT_FAILS)
			continue;
		hot[n++] = (struct hot){ .function = function, .share = share };
		number[function] = n;
	}
	if (n)
		add_all(in, hot, number);
	for (uint8_t i = 0; i < n; i++) {
		judge(in, &hot[i], out);
		u64map_deinit(&hot[i].by_line);
		free(hot[i].lines);
	}
}

const struct hint_rule hint_line = {
	.id = "H14", .key = 'a', .lesson = "source",
	.wrong_if = "the costly instruction is the one before: samples land a little late",
	.look = look,
};

// SPDX-License-Identifier: Apache-2.0
/* H14: nearly all of a function that takes much of the time is one of its lines. */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "hints/hint.h"
#include "profile/stack_walk.h"

#define BAR .1			/* own time of the function */
#define ONE_LINE .8		/* of that in the line */
#define MAX_HOT 16		/* functions: more cannot have so much */

struct hot {
	uint32_t function;
	struct interval self;
	struct sum all;
	struct u64map by_line;	/* file and line -> line */
	struct hot_line {
		uint32_t file, line;
		struct sum sum;
	} *lines;
	size_t n, cap;
};

static void add(struct hot *h, const struct profile_level *call, struct sum sum)
{
	uint32_t *slot = u64map_slot(&h->by_line, (uint64_t)call->file << 32 | call->line);

	sum_add(&h->all, sum);
	if (*slot == U64MAP_NONE) {
		*slot = (uint32_t)h->n;
		array_reserve(h->lines, h->n + 1, h->cap);
		h->lines[h->n++] = (struct hot_line){ call->file, call->line, { 0 } };
	}
	sum_add(&h->lines[*slot].sum, sum);
}

static void add_all(const struct hint_input *in, struct hot *hot, const uint8_t *number)
{
	for (size_t i = 0; i < in->p->n_leaves; i++) {
		struct stack_walk w = stack_walk_from(in->p, in->p->leaves[i]);
		const struct profile_level *top = in->sum->leaves[i].count ? stack_walk_next(&w) : NULL;

		if (top && number[top->function])
			add(&hot[number[top->function] - 1], top, in->sum->leaves[i]);
	}
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
	enum hint_verdict verdict;
	struct interval part;

	for (size_t i = 0; i < h->n; i++)
		if (!most || h->lines[i].sum.weight_ns > most->sum.weight_ns)
			most = &h->lines[i];
	if (!most || !most->line || !h->all.weight_ns)
		return;
	part = stats_wilson((double)most->sum.weight_ns / (double)h->all.weight_ns,
			    (double)h->all.count, stats_t(STATS_MAX_BLOCKS));
	verdict = min_of(hint_above(part, ONE_LINE), hint_above(h->self, BAR));
	if (verdict == HINT_FAILS)
		return;
	share = hint_share(h->self);
	hints_add(out, verdict, (struct hint){
		.function = h->function, .sure = HINT_LOOKS_LIKE, .gain = h->self.low * part.low,
		.claim = xasprintf("%.0f%% of %s is line %u of %s; the function has %s",
				   part.share * 100,
				   profile_string(in->p, in->p->functions[h->function].name),
				   most->line, file_of(in->p, h->function, most->file),
				   share),
		.evidence = xasprintf("at least %.0f%% of its own samples are on that line",
				      floor(part.low * 100)),
	});
}

static void look(const struct hint_input *in, struct hints *out)
{
	_cleanup_(freep) uint8_t *number = xcalloc(in->p->n_functions, 1);	/* 0: not hot */
	struct hot hot[MAX_HOT] = { 0 };
	uint8_t n = 0;

	while (n < MAX_HOT && n < in->n_order) {
		struct interval self = summary_self(in->sum, in->order[n]);

		if (hint_above(self, BAR) == HINT_FAILS)
			break;
		hot[n] = (struct hot){ .function = in->order[n], .self = self };
		n++;
		number[hot[n - 1].function] = n;
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

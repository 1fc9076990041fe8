// SPDX-License-Identifier: Apache-2.0
/*
 * H15: so much is lost, cut, broken or without a name that the rest misleads.  The
 * worst of them is the claim, the others are named beside it.
 */
#include "base/util.h"
#include "hints/hint.h"

enum hole { HOLE_LOST, HOLE_CUT, HOLE_BROKEN, HOLE_UNNAMED, HOLES };

static const double bars[HOLES] = {
	[HOLE_LOST] = .01, [HOLE_CUT] = .05, [HOLE_BROKEN] = .05, [HOLE_UNNAMED] = .1,
};

static const char *const names[HOLES] = {
	[HOLE_LOST] = "lost", [HOLE_CUT] = "cut", [HOLE_BROKEN] = "broken",
	[HOLE_UNNAMED] = "without a name",
};

struct holes {
	double share[HOLES];
	uint32_t module[HOLES];	/* where most of it is, or RECORD_NONE */
	const char *fix[HOLES];	/* or NULL; bytes of the target */
	uint64_t most_ns[HOLES];
};

static enum hole hole_of(uint32_t outcome)
{
	switch (outcome) {
	case OUTCOME_COMPLETE:
	case OUTCOME_NO_USER:
	case OUTCOME_LEFT_OUT:		/* calls between others, nearly always recursion */
		return HOLES;
	case OUTCOME_COPY:
	case OUTCOME_LIMIT:
	case OUTCOME_PYTHON_LIMIT:
		return HOLE_CUT;
	default:
		return HOLE_BROKEN;
	}
}

static void add(struct holes *h, enum hole hole, double share, uint64_t ns, uint32_t module,
		const char *fix)
{
	h->share[hole] += share;
	if (ns <= h->most_ns[hole])
		return;
	h->most_ns[hole] = ns;
	h->module[hole] = module;
	h->fix[hole] = fix;
}

static struct holes find_holes(const struct hint_input *in)
{
	const struct ledger *l = in->ledger;
	struct holes h = { 0 };

	for (uint32_t i = 0; i < l->n_rows; i++) {
		const struct ledger_row *r = &l->rows[i];
		const char *fix = ledger_fix(in->p, r);

		if (r->kind == LEDGER_LOST)
			add(&h, HOLE_LOST, summary_lost(in->sum).share, r->sum.weight_ns, RECORD_NONE,
			    fix);
		else if (r->kind == LEDGER_OUTCOME && hole_of(r->outcome) < HOLES)
			add(&h, hole_of(r->outcome), summary_share(in->sum, r->sum.weight_ns),
			    r->sum.weight_ns, r->module, fix);
	}
	for (uint32_t i = 0; i < l->n_unnamed; i++)
		if (l->unnamed[i].on_top.count)
			add(&h, HOLE_UNNAMED,
			    summary_share(in->sum, l->unnamed[i].on_top.weight_ns),
			    l->unnamed[i].on_top.weight_ns, l->unnamed[i].module,
			    ledger_unnamed_fix(in->p, l->unnamed[i].module));
	return h;
}

static const char *where_of(const struct profile *p, const struct holes *h, enum hole hole)
{
	return h->module[hole] != RECORD_NONE && h->share[hole] > 0
		? profile_module_name(p, h->module[hole]) : NULL;
}

static char *claim_of(const struct profile *p, const struct holes *h, enum hole hole)
{
	double pct = h->share[hole] * 100;
	const char *where = where_of(p, h, hole);

	switch (hole) {
	case HOLE_LOST:
		return xasprintf("%.1f%% of the samples were lost: what ran then is not here", pct);
	case HOLE_CUT:
		return xasprintf("%.0f%% of the stacks are cut: the callers beyond are missing", pct);
	case HOLE_BROKEN:
		return where ? xasprintf("%.0f%% of the stacks end early, most in %s: callers are "
					 "missing", pct, where)
			     : xasprintf("%.0f%% of the stacks end early: callers are missing", pct);
	default:
		return xasprintf("%.0f%% of the time is in code without names, most of it in %s", pct,
				 where ? where : "no file");
	}
}

static char *brief_of(const struct profile *p, const struct holes *h, enum hole hole)
{
	double pct = h->share[hole] * 100;
	const char *where = where_of(p, h, hole);

	switch (hole) {
	case HOLE_LOST:
		return xasprintf("%.1f%% of the samples were lost", pct);
	case HOLE_CUT:
		return xasprintf("%.0f%% of the stacks are cut", pct);
	case HOLE_BROKEN:
		return xasprintf("%.0f%% of the stacks end early%s%s", pct,
				 where ? ", most in " : "", where ? where : "");
	default:
		return xasprintf("%.0f%% is in code without names, most in %s", pct,
				 where ? where : "no file");
	}
}

/* "a lower rate, or fewer threads; also cut 7%" */
static char *evidence_of(const struct holes *h, enum hole worst)
{
	char *text = xstrdup(h->fix[worst] ? h->fix[worst] : "= lists what became of each sample");

	for (enum hole i = 0; i < HOLES; i++) {
		char *longer;

		if (i == worst || h->share[i] <= bars[i])
			continue;
		longer = xasprintf("%s; also %s: %.1f%%", text, names[i], h->share[i] * 100);
		free(text);
		text = longer;
	}
	return text;
}

static void look(const struct hint_input *in, struct hints *out)
{
	struct holes h = find_holes(in);
	enum hole worst = 0;

	for (enum hole i = 1; i < HOLES; i++)
		if (h.share[i] / bars[i] > h.share[worst] / bars[worst])
			worst = i;
	if (h.share[worst] < .8 * bars[worst])
		return;
	hints_add(out, h.share[worst] > bars[worst] ? HINT_HOLDS : HINT_KEEPS, (struct hint){
		.function = RECORD_NONE, .sure = HINT_IS, .gain = h.share[worst],
		.claim = claim_of(in->p, &h, worst), .briefs[0] = brief_of(in->p, &h, worst),
		.evidence = evidence_of(&h, worst),
	});
}

const struct hint_rule hint_holes = {
	.id = "H15", .key = '=', .lesson = "quality", .about_data = true, .look = look,
};

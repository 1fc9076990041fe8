// SPDX-License-Identifier: Apache-2.0
/* H16: no function has much time of its own: what is to be found is further up. */
#include "base/util.h"
#include "hints/hint.h"

#define BAR .1
#define MIN_SAMPLES 1000

static void look(const struct hint_input *in, struct hints *out)
{
	_cleanup_(freep) char *share = NULL;
	struct interval top;

	/* Of what a filter lists only, the largest may be elsewhere. */
	if (!in->n_order || in->sum->listed || in->sum->received.count < MIN_SAMPLES ||
	    summary_hidden(in->sum).share >= BAR)
		return;
	top = summary_self(in->sum, in->order[0]);
	share = hint_share(top);
	hints_add(out, top.high < BAR ? HINT_HOLDS : top.low < BAR / .8 ? HINT_KEEPS : HINT_FAILS,
		  (struct hint){
		.function = RECORD_NONE, .sure = HINT_LOOKS_LIKE,
		.claim = xasprintf("no function has more than %s of its own: look for a parent that "
				   "many share", share),
		.briefs[0] = xasprintf("no function has more than %s of its own", share),
		.briefs[1] = xasprintf("none has more than %s of its own", share),
		.evidence = xasprintf("the largest, %s, has %.1f%% at most",
				      profile_string(in->p, in->p->functions[in->order[0]].name),
				      top.high * 100),
	});
}

const struct hint_rule hint_flat = {
	.id = "H16", .key = 't', .lesson = "tree",
	.wrong_if = "the program does many things, each of which is needed",
	.look = look,
};

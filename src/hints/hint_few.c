// SPDX-License-Identifier: Apache-2.0
/* H01: too few samples, or too scattered ones, to say which function leads. */
#include "base/util.h"
#include "hints/hint.h"

#define FEW 100
#define WIDE .1			/* half of an interval */
#define LEADING 3		/* functions whose intervals matter */

/* The one of the first functions whose share is known worst. */
static uint32_t find_widest(const struct hint_input *in, struct interval *out)
{
	uint32_t widest = in->order[0];

	*out = summary_self(in->sum, widest);
	for (uint32_t i = 1; i < in->n_order && i < LEADING; i++) {
		struct interval iv = summary_self(in->sum, in->order[i]);

		if (iv.high - iv.low > out->high - out->low) {
			widest = in->order[i];
			*out = iv;
		}
	}
	return widest;
}

static void look(const struct hint_input *in, struct hints *out)
{
	uint64_t n = in->sum->received.count;
	enum hint_verdict verdict;
	struct interval iv;
	uint32_t function;
	const char *name;

	if (!in->n_order)
		return;
	function = find_widest(in, &iv);
	name = profile_string(in->p, in->p->functions[function].name);
	verdict = n < FEW || iv.high - iv.low > 2 * WIDE ? HINT_HOLDS :
		  iv.high - iv.low > 1.6 * WIDE ? HINT_KEEPS : HINT_FAILS;
	hints_add(out, verdict, (struct hint){
		.function = RECORD_NONE, .sure = HINT_IS,
		.claim = n < FEW
			? xasprintf("only %u samples: the %.0f%% of %s could be %.0f to %.0f",
				    (unsigned int)n, iv.share * 100, name, iv.low * 100,
				    iv.high * 100)
			: xasprintf("not settled yet: the %.0f%% of %s could be %.0f to %.0f in a "
				    "run like this one", iv.share * 100, name, iv.low * 100,
				    iv.high * 100),
		.briefs[0] = n < FEW
			? xasprintf("only %u samples: %.0f to %.0f%% for %s", (unsigned int)n,
				    iv.low * 100, iv.high * 100, name)
			: xasprintf("not settled yet: %.0f to %.0f%% for %s", iv.low * 100,
				    iv.high * 100, name),
		.evidence = n < FEW
			? xstrdup("four times as many samples halve the doubt: look longer, or -F "
				  "with a higher rate")
			: xstrdup("its share differs much from second to second, as that of a "
				  "program with phases does: look longer, or at one phase"),
	});
}

const struct hint_rule hint_few = {
	.id = "H01", .key = '=', .lesson = "what-is-a-sample", .about_data = true, .look = look,
};

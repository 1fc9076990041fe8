// SPDX-License-Identifier: Apache-2.0
/*
 * ui/model.h - a profile that is looked at: what it says about one scope.
 *
 * Views ask it and change nothing but the scope.  No terminal, no keys.
 */
#ifndef CPROFD_UI_MODEL_H
#define CPROFD_UI_MODEL_H

#include "profile/ledger.h"
#include "profile/summary.h"

struct model {
	struct profile *p;
	struct selection scope;
	struct summary sum;	/* of the scope, as are the following */
	struct ledger ledger;	/* without its edges, see model_ledger() */
	bool has_edges;
	uint32_t *order;	/* functions, those with the most own time first */
	uint32_t n_order;
	uint32_t n_asked;	/* how often all of this was made */
};

/* Of all there is in a profile, which stays the caller's and outlives it. */
void model_init(struct model *m, struct profile *p);
void model_deinit(struct model *m);

/* Answer for the scope anew. */
void model_ask(struct model *m);

/* The ledger with its edges, which are found when somebody asks for them. */
const struct ledger *model_ledger(struct model *m);

/* The share of samples that have such a function on their stack. */
double model_share_of(const struct model *m, const struct filter *filter);

/* Is the summary that of an empty scope? */
static inline bool model_is_empty(const struct model *m)
{
	return !m->sum.received.count && !m->sum.hidden_ns;
}

#endif

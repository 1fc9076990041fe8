// SPDX-License-Identifier: Apache-2.0
#include "ui/model.h"

#include "base/util.h"

static void forget(struct model *m)
{
	if (!m->n_asked)
		return;
	free(m->order);
	ledger_deinit(&m->ledger);
	summary_deinit(&m->sum);
}

void model_ask(struct model *m)
{
	forget(m);
	summary_make(m->p, &m->scope, &m->sum);
	ledger_make_rows(m->p, &m->scope, &m->sum, &m->ledger);
	m->has_edges = false;
	m->order = summary_rank(m->p, &m->sum, &m->n_order);
	m->n_asked++;
}

const struct ledger *model_ledger(struct model *m)
{
	if (!m->has_edges)
		ledger_find_edges(&m->ledger, m->p, &m->sum);
	m->has_edges = true;
	return &m->ledger;
}

double model_share_of(const struct model *m, const struct filter *filter)
{
	struct selection matching = { .filter = filter };
	uint64_t found = 0;
	struct picked k;

	picked_init(&k, m->p, &matching);
	for (size_t i = 0; i < m->sum.n_leaves; i++)
		found += k.leaf[i] ? m->sum.leaves[i].weight_ns : 0;
	picked_deinit(&k);
	return summary_share(&m->sum, found);
}

void model_init(struct model *m, struct profile *p)
{
	*m = (struct model){ .p = p };
	model_ask(m);
}

void model_deinit(struct model *m)
{
	forget(m);
}

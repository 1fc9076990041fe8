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
	ledger_make(m->p, &m->scope, &m->sum, &m->ledger);
	m->order = summary_rank(m->p, &m->sum, &m->n_order);
	m->n_asked++;
}

void model_init(struct model *m, const struct profile *p)
{
	*m = (struct model){ .p = p };
	model_ask(m);
}

void model_deinit(struct model *m)
{
	forget(m);
}

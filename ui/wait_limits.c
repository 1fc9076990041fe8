// SPDX-License-Identifier: Apache-2.0
#include "ui/wait_limits.h"

#include <string.h>

#include "base/util.h"
#include "ui/cells.h"
#include "ui/prose.h"
#include "ui/text.h"

static char *limits_text(const struct waits *w)
{
	_cleanup_(freep) char *few = NULL, *unseen = NULL;
	char n[TEXT_NUMBER];

	if (w->n_unseen)
		unseen = xasprintf(" Of %s thread%s that ran nobody looked whether they wait.",
				   text_count(n, w->n_unseen), w->n_unseen == 1 ? "" : "s");
	if (w->shown.count < CELLS_FEW_SAMPLES)
		few = xasprintf("Only %s look%s: nothing here is certain yet. ",
				text_count(n, w->shown.count), w->shown.count == 1 ? "" : "s");
	return xasprintf("%sSampled: a look at a thread stands for the time since the one before. "
			 "Not known: how many waits there were, how long the longest was, who ended "
			 "them.%s%s", few ? few : "",
			 w->with_stack.count ? "" : " Their stacks were not looked at: --engine ptrace "
			 "does that.", unseen ? unseen : "");
}

unsigned int wait_limits_put(const struct waits *w, struct grid *g, struct area area)
{
	_cleanup_(freep) char *text = limits_text(w);
	struct rows rows = { .g = g, .top = area.top, .height = area.height, .left = 1,
			     .right = area.width - 1 };
	struct prose prose = { .utf8 = g->utf8 };

	prose_add(&prose, PROSE_DIM, text);
	prose_put(&rows, &prose, NULL, 0);
	prose_deinit(&prose);
	return rows.n;
}

/* ---- nothing to show ---- */

/* Did the recording look at threads that wait at all, whatever is in scope? */
static bool was_looked(const struct profile *p)
{
	const char *engine = profile_meta(p, "engine");

	if (engine && strcmp(engine, "ptrace") == 0)
		return true;
	for (size_t i = 0; i < p->samples.n; i++)
		if (samples_state(p->samples.state[i]) == STATE_WAITING)
			return true;
	return false;
}

static char *nothing_text(const struct app *a)
{
	const struct model *m = a->model;
	const char *engine = profile_meta(m->p, "engine");
	uint64_t range_ns = m->sum.to_ns - m->sum.from_ns;
	char range[TEXT_NUMBER], cpu[TEXT_NUMBER];
	_cleanup_(freep) char *used = NULL;

	text_time(range, range_ns);
	if (was_looked(m->p))
		return xasprintf("No thread was seen to wait in %s.", range);
	if (m->sum.cpu_known)
		used = xasprintf(" Known is that %s of CPU were used in %s.",
				 text_time(cpu, m->sum.cpu_ns), range);
	return xasprintf("For what threads waited was not looked at: the engine %s samples what runs.%s",
			 engine ? engine : "of this recording", used ? used : "");
}

void wait_nothing_put(const struct app *a, struct grid *g, struct area area)
{
	_cleanup_(freep) char *what = nothing_text(a);
	struct rows rows = { .g = g, .top = area.top + 2, .height = area.height, .left = 1,
			     .right = area.width - 1 };
	struct prose prose = { .utf8 = g->utf8 };

	prose_add_name(&prose, PROSE_PLAIN, 400, what);
	prose_put(&rows, &prose, NULL, 0);
	prose_clear(&prose);
	if (was_looked(a->model->p))
		prose_add(&prose, PROSE_DIM, "2 shows what ran.  A shows all of the time, T all threads.");
	else
		prose_add(&prose, PROSE_DIM, "attach, run or record with --engine ptrace looks at threads "
			  "that wait, too, and at their stacks. For what threads of a Python program "
			  "wait every engine looks up.");
	prose_put(&rows, &prose, NULL, 0);
	prose_deinit(&prose);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/facts.h - how a recording was made, in words: for reports and views.
 *
 * The caller frees each text.  It may hold bytes of the recording: not clean.
 */
#ifndef CPROFD_UI_FACTS_H
#define CPROFD_UI_FACTS_H

#include "profile/summary.h"

/* "perf, cpu-clock; 499 Hz asked, 492 achieved" */
char *facts_engine(const struct profile *p, const struct summary *sum);

/* What this way of looking cannot show; NULL: nothing that is known. */
char *facts_blind(const struct profile *p);

/* What watching cost; NULL if it was not recorded. */
char *facts_cost(const struct profile *p);

#endif

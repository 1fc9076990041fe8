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

/* "Python 3.11", whose functions are in the recording; NULL: none. */
char *facts_python(const struct profile *p);

/*
 * The file that Python runs as the program: of the <module>s on stacks the one with the most
 * time.  A string of the profile, or RECORD_NONE.
 */
uint32_t facts_script(const struct profile *p, const struct summary *sum);

/* What this way of looking cannot show; NULL: nothing that is known. */
char *facts_blind(const struct profile *p);

/* What watching cost, over the whole recording. */
struct facts_cost {
	bool known;
	uint64_t all_ns;	/* CPU time of the processes of cprofd */
	bool parts_known;	/* what each of them had: */
	uint64_t session_ns, opener_ns, workers_ns, viewers_ns;
	bool program_known;	/* bpf: */
	uint64_t program_ns;	/* its program in the kernel, within the target's time */
	bool stopped_known;	/* ptrace: */
	uint64_t stopped_ns;	/* for how long threads were held, together */
	uint64_t range_ns, sampled_ns;	/* of the recording; of which sampling was on */
	uint64_t target_ns;	/* CPU time of the target; 0: not known */
};

void facts_cost_find(const struct profile *p, struct facts_cost *out);

/* The same in words, with what each process had or without; NULL if it was not recorded. */
char *facts_cost(const struct profile *p, bool parts);

/* Where calls were counted, and how: "over 12.3 s by sys.monitoring; slower meanwhile" */
char *facts_count(const struct profile *p, const struct profile_count *count);

/* Why what became of the samples is an empty table: that nothing ran has to be known. */
const char *facts_nothing_due(const struct summary *sum);

/* By how much sampling slowed the program; NULL if that was not to be measured. */
char *facts_effect(const struct profile *p);

#endif

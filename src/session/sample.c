// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

enum record_outcome sample_outcome(enum unwind_end end)
{
	switch (end) {
	case UNWIND_COMPLETE:
		return OUTCOME_COMPLETE;
	case UNWIND_COPY:
		return OUTCOME_COPY;
	case UNWIND_LIMIT:
		return OUTCOME_LIMIT;
	case UNWIND_NO_RULE:
		return OUTCOME_NO_RULE;
	case UNWIND_MEMORY:
		return OUTCOME_MEMORY;
	case UNWIND_JIT:
		return OUTCOME_JIT;
	case UNWIND_REGISTER:
		return OUTCOME_REGISTER;
	case UNWIND_BROKEN:
		return OUTCOME_BROKEN;
	case UNWIND_PENDING:
		return OUTCOME_PENDING;
	case UNWIND_LEFT_OUT:
		return OUTCOME_LEFT_OUT;
	}
	return OUTCOME_BROKEN;
}

void sample_mark_gap(struct session *s)
{
	struct unwinder *u = s->unwinder;

	if (u->end == UNWIND_LEFT_OUT)
		u->frames[u->gap_at] = stacks_left_out(s, OUTCOME_LEFT_OUT);
}

void session_put_sample(struct session *s, const struct record_sample *sample)
{
	record_put_sample(s->writer, sample);
	s->n_samples++;
	s->n_cpu_samples += sample->state == STATE_RUNNING;
	stacks_check_budget(s);
}

void session_put_lost(struct session *s, uint64_t n_lost, uint64_t period_ns)
{
	if (n_lost > s->n_lost)
		record_put_lost(s->writer, &(struct record_lost){
			.from_ns = s->lost_since_ns, .to_ns = s->now_ns,
			.count = n_lost - s->n_lost,
			.weight_ns = (n_lost - s->n_lost) * period_ns });
	s->n_lost = n_lost;
	s->lost_since_ns = s->now_ns;
}

void session_put_counter(struct session *s, enum record_counter_what what, uint64_t value)
{
	record_put_counter(s->writer, &(struct record_counter){
		.time_ns = s->now_ns, .what = what, .thread = RECORD_NONE, .value = value });
}

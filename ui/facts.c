// SPDX-License-Identifier: Apache-2.0
#include "ui/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "ui/text.h"

/* The CPU time that samples were taken in. */
static uint64_t ran_ns(const struct summary *sum)
{
	return sum->cpu_known && sum->cpu_ns > sum->hidden_ns
		? sum->cpu_ns - sum->hidden_ns : sum->received.weight_ns;
}

static void put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

char *facts_engine(const struct profile *p, const struct summary *sum)
{
	const char *engine = profile_meta(p, "engine"), *event = profile_meta(p, "event");
	uint64_t rate = profile_meta_number(p, "rate_hz", 0);
	uint64_t first = profile_meta_number(p, "first_rate_hz", rate);
	struct buf b = { 0 };
	char text[160];
	int n;

	n = snprintf(text, sizeof(text), "%.32s%s%.32s", engine ? engine : "not recorded",
		     event ? ", " : "", event ? event : "");
	buf_put(&b, text, (size_t)n);
	if (rate) {
		n = snprintf(text, sizeof(text), "; %" PRIu64 " Hz asked", rate);
		buf_put(&b, text, (size_t)n);
		if (first != rate) {
			n = snprintf(text, sizeof(text), ", %" PRIu64 " for the first 2 s", first);
			buf_put(&b, text, (size_t)n);
		}
		/* Stops go by the clock, whatever part of a CPU the threads get. */
		if (ran_ns(sum) && (!engine || strcmp(engine, "ptrace") != 0)) {
			n = snprintf(text, sizeof(text), ", %.0f achieved",
				     (double)sum->received.count * NS_PER_S / (double)ran_ns(sum));
			buf_put(&b, text, (size_t)n);
		}
	}
	if (counters_known(&p->counters, COUNTER_COPIED, RECORD_NONE) && sum->received.count) {
		uint64_t copied = counters_growth(&p->counters, COUNTER_COPIED, RECORD_NONE,
						  sum->from_ns, sum->to_ns);
		char share[TEXT_NUMBER];

		copied = min_of(copied, sum->received.count);
		put_text(&b, "; stacks unwound in the kernel, ");
		put_text(&b, text_percent(share, (double)copied / (double)sum->received.count, false));
		put_text(&b, "% from copies");
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* Add to a list in words. */
static void add_item(struct buf *list, const char *item)
{
	if (list->len)
		buf_put(list, "; ", 2);
	buf_put(list, item, strlen(item));
}

char *facts_blind(const struct profile *p)
{
	const char *engine = profile_meta(p, "engine"), *kernel = profile_meta(p, "kernel");
	uint64_t copy = profile_meta_number(p, "stack_bytes", 0);
	char bytes[TEXT_NUMBER];
	struct buf list = { 0 };

	copy = (copy + 1023) & ~UINT64_C(1023);	/* a record holds 8 bytes less than 64 KiB */
	bool bpf = engine && strcmp(engine, "bpf") == 0;

	if (bpf || (engine && strcmp(engine, "perf") == 0))
		add_item(&list, "threads that wait");
	if (engine && strcmp(engine, "ptrace") == 0)
		add_item(&list, "functions of the kernel");
	if (copy && !bpf) {
		add_item(&list, "stack beyond its first ");
		buf_put(&list, bytes, strlen(text_bytes(bytes, copy)));
	}
	if (kernel && strcmp(kernel, "excluded") == 0)
		add_item(&list, "kernel code (not visible to this user)");
	if (!list.len)
		return NULL;
	buf_put_u8(&list, '\0');
	return (char *)list.data;
}

char *facts_cost(const struct profile *p)
{
	uint64_t own = counters_growth(&p->counters, COUNTER_OWN_CPU_NS, RECORD_NONE,
				       p->start_ns, p->end_ns);
	uint64_t range = p->end_ns - p->start_ns;
	char time[TEXT_NUMBER], share[TEXT_NUMBER], program[TEXT_NUMBER];
	uint64_t kernel;

	if (!counters_known(&p->counters, COUNTER_OWN_CPU_NS, RECORD_NONE) || !range)
		return NULL;
	text_time(time, own);
	text_percent(share, (double)own / (double)range, false);
	if (!counters_known(&p->counters, COUNTER_PROGRAM_NS, RECORD_NONE))
		return xasprintf("cprofd used %s of CPU (%s%% of a core)", time, share);
	kernel = counters_growth(&p->counters, COUNTER_PROGRAM_NS, RECORD_NONE, p->start_ns,
				 p->end_ns);
	return xasprintf("cprofd used %s of CPU (%s%% of a core), its program in the kernel %s",
			 time, share, text_time(program, kernel));
}

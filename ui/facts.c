// SPDX-License-Identifier: Apache-2.0
#include "ui/facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "profile/effect.h"
#include "ui/text.h"

/* The CPU time that samples were taken in. */
static uint64_t ran_ns(const struct summary *sum)
{
	uint64_t besides = sum->hidden_ns + sum->off_ns;

	return sum->cpu_known && sum->cpu_ns > besides ? sum->cpu_ns - besides
						       : sum->received.weight_ns;
}

static void put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

#define MAX_OTHER_RATES 3	/* that are named */

/* Those that were in effect before the last one, and until when. */
static void put_other_rates(const struct profile *p, struct buf *b)
{
	const char *at = profile_meta(p, "rates");
	unsigned int hz, since_ms, next_hz, until_ms;
	char text[64];

	for (int i = 0; at && i < MAX_OTHER_RATES; i++) {
		int n;

		if (sscanf(at, "%u:%u %u:%u", &hz, &since_ms, &next_hz, &until_ms) != 4)
			return;
		n = snprintf(text, sizeof(text), ", %u until %.1f s", hz, until_ms / 1e3);
		buf_put(b, text, (size_t)n);
		at = strchr(at + 1, ' ');
	}
}

char *facts_engine(const struct profile *p, const struct summary *sum)
{
	const char *engine = profile_meta(p, "engine"), *event = profile_meta(p, "event");
	uint64_t rate = profile_meta_number(p, "rate_hz", 0);
	struct buf b = { 0 };
	char text[160];
	int n;

	n = snprintf(text, sizeof(text), "%.32s%s%.32s", engine ? engine : "not recorded",
		     event ? ", " : "", event ? event : "");
	buf_put(&b, text, (size_t)n);
	if (rate) {
		n = snprintf(text, sizeof(text), "; %" PRIu64 " Hz asked", rate);
		buf_put(&b, text, (size_t)n);
		put_other_rates(p, &b);
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

char *facts_python(const struct profile *p)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < p->n_modules; i++) {
		const char *name = profile_string(p, p->modules[i].path);

		if (p->modules[i].kind != MODULE_PYTHON)
			continue;
		put_text(&list, list.len ? ", " : "Python ");
		put_text(&list, strncmp(name, "python", 6) == 0 ? name + 6 : name);
	}
	if (!list.len)
		return NULL;
	buf_put_u8(&list, '\0');
	return (char *)list.data;
}

/* Was looked at what threads wait for, without their stacks? */
static bool saw_waiting(const struct profile *p)
{
	for (size_t i = 0; i < p->n_leaves; i++)
		if (p->leaves[i] == OUTCOME_UNSEEN)
			return true;
	return false;
}

/* Is that a file of a library?  One that is only loaded can have more time than the program. */
static bool is_library(const char *path)
{
	return strstr(path, "/lib/python") || strstr(path, "/lib64/python") ||
	       strstr(path, "/site-packages/") || strstr(path, "/dist-packages/");
}

uint32_t facts_script(const struct profile *p, const struct summary *sum)
{
	uint64_t most_ns = 0;
	uint32_t file = RECORD_NONE;
	bool library = true;

	for (uint32_t i = 0; i < sum->n_functions; i++) {
		const struct profile_function *f = &p->functions[i];
		const char *path = profile_string(p, f->file);
		uint64_t ns = sum->functions[i].total.weight_ns;

		if (f->source != SYMBOL_PYTHON || !ns || *path == '<' ||	/* "<frozen site>" */
		    strcmp(profile_string(p, f->name), "<module>") != 0 || (is_library(path) && !library))
			continue;
		if (ns > most_ns || (library && !is_library(path))) {
			most_ns = ns;
			file = f->file;
			library = is_library(path);
		}
	}
	return file;
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
		add_item(&list, saw_waiting(p) ? "stacks of threads that wait" : "threads that wait");
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

/* Of the whole recording. */
static uint64_t sum_of(const struct profile *p, enum record_counter_what what)
{
	return counters_growth(&p->counters, what, RECORD_NONE, p->start_ns, p->end_ns);
}

static bool known(const struct profile *p, enum record_counter_what what)
{
	return counters_known(&p->counters, what, RECORD_NONE);
}

void facts_cost_find(const struct profile *p, struct facts_cost *out)
{
	*out = (struct facts_cost){
		.known = known(p, COUNTER_OWN_CPU_NS) && p->end_ns > p->start_ns,
		.parts_known = known(p, COUNTER_OWN_OPENER_NS),
		.program_known = known(p, COUNTER_PROGRAM_NS),
		.stopped_known = known(p, COUNTER_STOPPED_NS),
		.all_ns = sum_of(p, COUNTER_OWN_CPU_NS),
		.opener_ns = sum_of(p, COUNTER_OWN_OPENER_NS),
		.workers_ns = sum_of(p, COUNTER_OWN_WORKERS_NS),
		.viewers_ns = sum_of(p, COUNTER_OWN_VIEWERS_NS),
		.program_ns = sum_of(p, COUNTER_PROGRAM_NS),
		.stopped_ns = sum_of(p, COUNTER_STOPPED_NS),
		.range_ns = p->end_ns - p->start_ns,
		.sampled_ns = p->end_ns - p->start_ns - min_of(sum_of(p, COUNTER_OFF_NS),
							       p->end_ns - p->start_ns),
		.target_ns = sum_of(p, COUNTER_CPU_NS),
	};
	for (uint32_t i = 0; !known(p, COUNTER_CPU_NS) && i < p->n_threads; i++)
		out->target_ns += counters_growth(&p->counters, COUNTER_CPU_NS, i, p->start_ns,
						  p->end_ns);
	out->session_ns = out->all_ns - min_of(out->opener_ns + out->workers_ns + out->viewers_ns,
					       out->all_ns);
}

static char *percent_of(char buf[TEXT_NUMBER], uint64_t part, uint64_t whole)
{
	return text_percent(buf, (double)part / (double)whole, false);
}

/* "1.4% of a core, 0.8% of what the program used" */
static void put_shares(struct buf *b, const struct facts_cost *c, uint64_t ns)
{
	char share[TEXT_NUMBER];

	put_text(b, percent_of(share, ns, c->range_ns));
	put_text(b, "% of a core");
	if (!c->target_ns)
		return;
	put_text(b, ", ");
	put_text(b, percent_of(share, ns, c->target_ns));
	put_text(b, "% of what the program used");
}

static void put_time(struct buf *b, const char *what, uint64_t ns)
{
	char time[TEXT_NUMBER];

	put_text(b, what);
	put_text(b, text_time(time, ns));
}

char *facts_cost(const struct profile *p, bool parts)
{
	struct buf b = { 0 };
	struct facts_cost c;
	char share[TEXT_NUMBER];

	facts_cost_find(p, &c);
	if (!c.known)
		return NULL;
	put_time(&b, "cprofd used ", c.all_ns);
	put_text(&b, " of CPU (");
	put_shares(&b, &c, c.all_ns);
	put_text(&b, ")");
	if (parts && c.parts_known) {
		put_time(&b, ": session ", c.session_ns);
		put_time(&b, ", opener ", c.opener_ns);
		put_time(&b, ", workers ", c.workers_ns);
		put_time(&b, ", command and viewers ", c.viewers_ns);
	}
	if (c.program_known) {
		put_time(&b, "; besides, its program in the kernel ", c.program_ns);
		put_text(&b, " (");
		put_shares(&b, &c, c.program_ns);
		put_text(&b, ")");
	}
	if (c.stopped_known && c.sampled_ns) {
		put_time(&b, "; it held threads still for ", c.stopped_ns);
		put_text(&b, " (");
		put_text(&b, percent_of(share, c.stopped_ns, c.sampled_ns));
		put_text(&b, "% of the time)");
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

/* ---- the effect of sampling ---- */

static const char *const progress_units[PROGRESS_COUNT] = {
	[PROGRESS_CALLS] = "read and write calls", [PROGRESS_BYTES] = "bytes read and written",
	[PROGRESS_FAULTS] = "page faults", [PROGRESS_SWITCHES] = "waits of threads",
};

/* In per cent, with as many decimals as the interval has use for; never "-0.0". */
static void put_percent(struct buf *b, const struct interval *iv, double share)
{
	int n = iv->high - iv->low < .002 ? 2 : 1;
	double step = n == 2 ? 1e4 : 1e3;
	char text[TEXT_NUMBER];

	snprintf(text, sizeof(text), "%.*f", n, round(share * step) / step * 100 + 0.);
	put_text(b, text);
}

static void put_range(struct buf *b, const struct interval *iv)
{
	put_text(b, " (95%: ");
	put_percent(b, iv, iv->low);
	put_text(b, " to ");
	put_percent(b, iv, iv->high);
	put_text(b, "%)");
}

/* "0.8% (95%: 0.1 to 1.5%)" */
static void put_interval(struct buf *b, const struct interval *iv)
{
	put_percent(b, iv, iv->share);
	put_text(b, "%");
	put_range(b, iv);
}

static void put_slower(struct buf *b, const struct effect_found *e)
{
	char rate[TEXT_NUMBER];

	if (e->slower.low > 0) {
		put_text(b, "sampling at ");
		put_text(b, text_count(rate, e->rate_hz));
		put_text(b, " Hz slows the program by ");
		put_interval(b, &e->slower);
		return;
	}
	put_text(b, e->slower.high < 0 ? "no slowdown: the program was faster while it was sampled"
				       : "a slowdown cannot be told apart from none");
	put_range(b, &e->slower);
}

static void put_dearer(struct buf *b, const struct effect_found *e)
{
	if (!e->dearer_known)
		return;
	if (e->dearer.low > 0) {
		put_text(b, "; the CPU time for the same work grows by ");
		put_interval(b, &e->dearer);
		return;
	}
	put_text(b, "; more CPU time for the same work cannot be told apart from none");
	put_range(b, &e->dearer);
}

static char *trouble_text(const struct profile *p, const struct effect_found *e)
{
	const char *engine = profile_meta(p, "engine");

	if (e->trouble == EFFECT_TOO_FEW && !p->ended)
		return xasprintf("not known yet: %u of %d pairs of windows with and without sampling",
				 e->n_pairs, EFFECT_MIN_PAIRS);
	if (e->trouble == EFFECT_TOO_FEW)
		return xasprintf("not measured: %u pairs of windows with and without sampling, of %d "
				 "that are needed: 10 s of recording have them", e->n_pairs,
				 EFFECT_MIN_PAIRS);
	if (e->asked && e->by == PROGRESS_SWITCHES && engine && strcmp(engine, "ptrace") == 0)
		return xstrdup("not measured: with ptrace, switches are those of its own stops, too");
	if (e->asked)
		return xasprintf("not measured: no progress is seen by %s", record_progress_name(e->by));
	return xstrdup("not measured: no progress is seen, as the program does not steadily read, "
		       "write, get pages or wait, 200 times a second or more");
}

char *facts_effect(const struct profile *p)
{
	struct effect_found e;
	struct buf b = { 0 };
	char n[TEXT_NUMBER];

	if (!effect_find(p, &e))
		return NULL;
	if (e.trouble != EFFECT_MEASURED)
		return trouble_text(p, &e);
	put_slower(&b, &e);
	put_dearer(&b, &e);
	put_text(&b, "; ");
	put_text(&b, text_count(n, e.n_pairs));
	put_text(&b, " pairs of windows, seen by ");
	put_text(&b, progress_units[e.by]);
	put_text(&b, " (");
	put_text(&b, text_count(n, (uint64_t)(fmin(e.per_s, 1e18) + .5)));
	put_text(&b, "/s)");
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

char *facts_count(const struct profile *p, const struct profile_count *count)
{
	static const char *const by[COUNTED_BY_COUNT] = {
		[COUNTED_BY_IMPORT] = "another profiler",
		[COUNTED_BY_PROBE] = "a probe",
		[COUNTED_BY_MONITORING] = "sys.monitoring",
		[COUNTED_BY_SETPROFILE] = "sys.setprofile",
	};
	const char *who = count->how < COUNTED_BY_COUNT ? by[count->how] : "a later version";
	uint64_t from_ns = count->from_ns > p->start_ns ? count->from_ns - p->start_ns : 0;
	char from[TEXT_NUMBER], length[TEXT_NUMBER];

	text_time(length, count->duration_ns);
	if (from_ns < NS_PER_S)	/* from the beginning, about */
		return xasprintf("over %s by %s; slower meanwhile", length, who);
	return xasprintf("over %s from %s on by %s; slower meanwhile", length,
			 text_time(from, from_ns), who);
}

const char *facts_nothing_due(const struct summary *sum)
{
	return sum->cpu_known ? "no sample was due: nothing ran"
			      : "no sample; whether anything ran is not known";
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/overview_facts.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "ui/cells.h"
#include "ui/facts.h"
#include "ui/text.h"

#define METER 20		/* columns of a meter or a trend at most, */
#define BESIDE 16		/* where so many are left beside it for words, */
#define BESIDE_MEMORY 21	/* or so many */
#define UNREAD_NS (5 * NS_PER_S / 2)	/* after the last reading, of what is known */
#define SEEN .9			/* of its CPU time that is of processes that lived to be read */
#define LEAST_TREND 8		/* columns: with fewer blocks there is none */

/* ---- parts ---- */

static unsigned int meter_width(const struct pen *pen, unsigned int beside)
{
	unsigned int left = pen_left(pen);

	return left > beside + 4 ? min_of(left - beside, (unsigned int)METER) : 0;
}

/* How full something is: not code, so without a colour of code. */
static void put_meter(struct pen *pen, double part)
{
	unsigned int width = meter_width(pen, BESIDE), full;
	const bool tones = pen->grid->two_tones && pen->grid->utf8;

	if (!width)
		return;
	full = (unsigned int)lround(fmin(fmax(part, 0), 1) * width);
	full = part > 0 ? max_of(full, 1u) : 0;
	for (unsigned int i = 0; i < width; i++)
		if (tones)
			pen_put(pen, (struct style){ .bg = i < full ? INK_METER : INK_CHIP }, " ");
		else
			pen_put(pen, i < full ? STYLE_TEXT : STYLE_DIM, "%s",
				!pen->grid->utf8 ? i < full ? "#" : "." : i < full ? "█" : "·");
	pen_put(pen, STYLE_TEXT, "  ");
}

static void put_trend(struct pen *pen, const double *values, unsigned int n)
{
	pen_trend(pen, (struct style){ .fg = INK_METER }, values, n);
	pen_put(pen, STYLE_TEXT, "  ");
}

static double range_s(const struct model *m)
{
	return (double)(m->sum.to_ns - m->sum.from_ns) / (double)NS_PER_S;
}

/* What was counted ends with the last reading, which may be before the end of the range. */
static uint64_t read_until(const struct model *m, enum record_counter_what what)
{
	return min_of(m->sum.to_ns, counters_last_ns(&m->p->counters, what));
}

static bool is_known(const struct model *m, enum record_counter_what what)
{
	uint64_t until = read_until(m, what);

	return until > m->sum.from_ns && m->sum.to_ns - until < UNREAD_NS;
}

static uint64_t growth(const struct model *m, enum record_counter_what what)
{
	return counters_growth(&m->p->counters, what, RECORD_NONE, m->sum.from_ns, m->sum.to_ns);
}

static double per_s(const struct model *m, enum record_counter_what what)
{
	return (double)growth(m, what) * NS_PER_S / (double)(read_until(m, what) - m->sum.from_ns);
}

/* "41" of a rate; "0.3" of a small one, "0" of nothing at all. */
static char *rate(char buf[TEXT_NUMBER], double n)
{
	if (n <= 0 || n >= 9.95)
		return text_count(buf, (uint64_t)llround(fmax(n, 0)));
	snprintf(buf, TEXT_NUMBER, n < .095 ? "%.2f" : "%.1f", fmax(n, .01));
	return buf;
}

static void put_rate(const struct model *m, struct pen *pen, enum record_counter_what what,
		     const char *unit)
{
	char n[TEXT_NUMBER];

	pen_put(pen, STYLE_TEXT, "%s", rate(n, per_s(m, what)));
	pen_put(pen, STYLE_DIM, "%s", unit);
}

static void put_bytes_rate(const struct model *m, struct pen *pen, enum record_counter_what what,
			   const char *unit)
{
	char n[TEXT_NUMBER];

	pen_put(pen, STYLE_TEXT, "%s", text_bytes(n, (uint64_t)llround(per_s(m, what))));
	pen_put(pen, STYLE_DIM, "%s", unit);
}

/* Why a number is not there. */
static void put_none(const struct model *m, struct pen *pen)
{
	const char *engine = profile_meta(m->p, "engine");

	if (profile_is_host(m->p))
		pen_put(pen, STYLE_DIM, "not counted of a whole machine");
	else if (!overview_is_counted(m))
		pen_put(pen, STYLE_DIM, "not in this recording");
	else if (engine && strcmp(engine, "ptrace") == 0)
		pen_put(pen, STYLE_DIM, "ptrace has its own in it");
	else
		pen_put(pen, STYLE_DIM, "could not be read");
}

bool overview_is_partial(const struct model *m)
{
	uint64_t seen_ns = growth(m, COUNTER_USER_NS) + growth(m, COUNTER_SYSTEM_NS);

	return overview_is_counted(m) && m->sum.cpu_known && !m->scope.n_threads &&
	       (double)seen_ns + (double)NS_PER_S / 10 < SEEN * (double)m->sum.cpu_ns;
}

bool overview_is_counted(const struct model *m)
{
	for (enum record_counter_what i = COUNTER_USER_NS; i <= COUNTER_THREADS; i++)
		if (counters_known(&m->p->counters, i, RECORD_NONE))
			return true;
	return false;
}

/* ---- utilisation ---- */

static void put_cpu(const struct model *m, const struct time_account *t, struct pen *pen)
{
	double used = (double)(m->sum.cpu_known ? m->sum.cpu_ns : t->used_ns) /
		      (double)max_of(t->range_ns, (uint64_t)1);

	if (t->n_cpus)
		put_meter(pen, used / (double)t->n_cpus);
	pen_put(pen, STYLE_STRONG, "%.2f", used);
	if (t->n_cpus)
		pen_put(pen, STYLE_DIM, " of %llu CPU%s", (unsigned long long)t->n_cpus,
			t->n_cpus == 1 ? "" : "s");
	else
		pen_put(pen, STYLE_DIM, " CPUs");
	if (!m->sum.cpu_known)
		pen_put(pen, STYLE_DIM, ", sampled");
}

static void put_user(const struct model *m, const struct time_account *t, struct pen *pen)
{
	(void)t;
	if (!is_known(m, COUNTER_USER_NS) || !is_known(m, COUNTER_SYSTEM_NS)) {
		put_none(m, pen);
		return;
	}
	pen_put(pen, STYLE_TEXT, "%.2f", per_s(m, COUNTER_USER_NS) / 1e9);
	pen_put(pen, STYLE_DIM, " and ");
	pen_put(pen, STYLE_TEXT, "%.2f", per_s(m, COUNTER_SYSTEM_NS) / 1e9);
	pen_put(pen, STYLE_DIM, " CPUs");
}

/* CPU time that samples stand for, in equal parts of the range; beside it, the last one's. */
static void put_cpu_trend(const struct model *m, const struct time_account *t, struct pen *pen)
{
	const struct stats *s = &m->sum.stats;
	unsigned int n = min_of(meter_width(pen, BESIDE), s->n_blocks);
	double parts[METER], block_ns = (double)t->range_ns / s->n_blocks;

	if (n < LEAST_TREND || s->total <= 0) {
		pen_put(pen, STYLE_DIM, s->total > 0 ? "too short to tell" : "no samples");
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		double from = (double)i * s->n_blocks / n, to = (double)(i + 1) * s->n_blocks / n;

		parts[i] = 0;
		for (uint32_t b = (uint32_t)from; b < s->n_blocks && b < to; b++)
			parts[i] += s->weight[b] * (fmin(to, b + 1) - fmax(from, b));
	}
	put_trend(pen, parts, n);
	pen_put(pen, STYLE_STRONG, "%.2f", s->weight[s->n_blocks - 1] * s->scale / block_ns);
	pen_put(pen, STYLE_DIM, " at last");
}

/* By how much more a second is held at the end than at the beginning. */
static void put_slope(const struct model *m, struct pen *pen, uint64_t last)
{
	uint64_t first, highest;
	char text[TEXT_NUMBER];
	double change;

	if (!counters_gauge(&m->p->counters, COUNTER_RESIDENT_BYTES, m->sum.from_ns + NS_PER_S, &first) ||
	    !counters_highest(&m->p->counters, COUNTER_RESIDENT_BYTES, m->sum.from_ns,
			      m->sum.to_ns + 1, &highest))
		return;
	change = ((double)last - (double)first) / range_s(m);
	if (fabs(change) >= 1024 && pen_left(pen) >= 14)
		pen_put(pen, STYLE_DIM, "  %s%s/s", change < 0 ? "-" : "+",
			text_bytes(text, (uint64_t)fabs(change)));
	if (highest > last + last / 20 && pen_left(pen) > 18)
		pen_put(pen, STYLE_DIM, "  most %s", text_bytes(text, highest));
}

static void put_memory(const struct model *m, const struct time_account *t, struct pen *pen)
{
	const struct counters *c = &m->p->counters;
	uint64_t seconds = min_of(t->range_ns / NS_PER_S, (uint64_t)METER);
	/* As wide as the one of the CPU, unless there is no room for more than words. */
	unsigned int n = meter_width(pen, BESIDE_MEMORY) ? min_of(meter_width(pen, BESIDE), (unsigned int)seconds) : 0;
	double parts[METER];
	uint64_t last, at;
	char text[TEXT_NUMBER];

	if (!counters_gauge(c, COUNTER_RESIDENT_BYTES, m->sum.to_ns, &last)) {
		put_none(m, pen);
		return;
	}
	if (n >= LEAST_TREND) {
		for (unsigned int i = 0; i < n; i++) {
			uint64_t to = m->sum.from_ns + t->range_ns / n * (i + 1);

			parts[i] = counters_gauge(c, COUNTER_RESIDENT_BYTES, to, &at) ? (double)at : 0;
		}
		put_trend(pen, parts, n);
	}
	pen_put(pen, STYLE_STRONG, "%s", text_bytes(text, last));
	put_slope(m, pen, last);
}

static void put_threads(const struct model *m, const struct time_account *t, struct pen *pen)
{
	struct u64map seen = { 0 };
	uint64_t now;
	char n[TEXT_NUMBER];

	(void)t;
	if (counters_gauge(&m->p->counters, COUNTER_THREADS, m->sum.to_ns, &now)) {
		pen_put(pen, STYLE_TEXT, "%s", text_count(n, now));
		pen_put(pen, STYLE_DIM, " at last, ");
	}
	for (size_t i = 0; i < m->p->n_threads; i++)
		*u64map_slot(&seen, m->p->threads[i].tid) = 0;
	pen_put(pen, STYLE_TEXT, "%s", text_count(n, seen.n));
	pen_put(pen, STYLE_DIM, " recorded");
	u64map_deinit(&seen);
}

const struct overview_fact overview_usage[OVERVIEW_FACTS] = {
	{ "CPU", put_cpu },
	{ "CPU, trend", put_cpu_trend },
	{ "user/kernel", put_user },
	{ "memory", put_memory },
	{ "threads", put_threads },
};

/* ---- what it did ---- */

static void put_switches(const struct model *m, const struct time_account *t, struct pen *pen)
{
	(void)t;
	if (!is_known(m, COUNTER_WAITS) || !is_known(m, COUNTER_PREEMPTIONS)) {
		put_none(m, pen);
		return;
	}
	put_rate(m, pen, COUNTER_WAITS, "/s wait  ");
	put_rate(m, pen, COUNTER_PREEMPTIONS, "/s forced");
}

static void put_queue(const struct model *m, const struct time_account *t, struct pen *pen)
{
	char text[TEXT_NUMBER];
	uint64_t ns = growth(m, COUNTER_QUEUE_NS), ready = ns + m->sum.cpu_ns;

	(void)t;
	if (!is_known(m, COUNTER_QUEUE_NS)) {
		put_none(m, pen);
		return;
	}
	pen_put(pen, STYLE_TEXT, "%s", text_time(text, ns));
	if (!ready || !m->sum.cpu_known || m->scope.n_threads)
		return;
	pen_put(pen, STYLE_DIM, ", ");
	pen_put(pen, ns * 10 >= ready ? STYLE_STRONG : STYLE_TEXT, "%s%%",
		text_percent(text, (double)ns / (double)ready, false));
	pen_put(pen, STYLE_DIM, " of ready");
}

static void put_faults(const struct model *m, const struct time_account *t, struct pen *pen)
{
	(void)t;
	if (!is_known(m, COUNTER_FAULTS) || !is_known(m, COUNTER_FAULTS_DISK)) {
		put_none(m, pen);
		return;
	}
	put_rate(m, pen, COUNTER_FAULTS, "/s  ");
	put_rate(m, pen, COUNTER_FAULTS_DISK, "/s from disk");
}

static void put_io(const struct model *m, const struct time_account *t, struct pen *pen)
{
	(void)t;
	if (!is_known(m, COUNTER_READ_BYTES) || !is_known(m, COUNTER_WRITTEN_BYTES)) {
		put_none(m, pen);
		return;
	}
	put_bytes_rate(m, pen, COUNTER_READ_BYTES, "/s  ");
	put_bytes_rate(m, pen, COUNTER_WRITTEN_BYTES, "/s");
}

/* How long its requests take, or how many there are, is nothing that sampling can tell. */
static void put_latency(const struct model *m, const struct time_account *t, struct pen *pen)
{
	(void)m;
	(void)t;
	pen_put(pen, STYLE_DIM, "not known: not timed");
}

const struct overview_fact overview_activity[OVERVIEW_FACTS] = {
	{ "switches", put_switches },
	{ "CPU queue", put_queue },
	{ "page faults", put_faults },
	{ "read, write", put_io },
	{ "latency", put_latency },
};

/* ---- data quality ---- */

static void put_sampling(const struct model *m, const struct time_account *t, struct pen *pen)
{
	const char *engine = profile_meta(m->p, "engine");
	uint64_t hz = profile_meta_number(m->p, "rate_hz", 0);
	char n[TEXT_NUMBER];

	(void)t;
	pen_name(pen, STYLE_TEXT, 12, engine ? engine : "engine not recorded");
	if (hz)
		pen_put(pen, STYLE_DIM, ", %s Hz asked", text_count(n, hz));
}

static void put_lost(const struct model *m, const struct time_account *t, struct pen *pen)
{
	const struct summary *sum = &m->sum;
	char n[TEXT_NUMBER], share[TEXT_NUMBER];

	(void)t;
	pen_put(pen, STYLE_TEXT, "%s", text_count(n, sum->lost_of_all.count));
	pen_put(pen, STYLE_DIM, " lost  ");
	pen_put(pen, STYLE_TEXT, "%s", text_count(n, m->ledger.cut.count));
	pen_put(pen, STYLE_DIM, " cut");
	if (m->ledger.cut.count && sum->received.weight_ns)
		pen_put(pen, STYLE_DIM, " (%s%%)",
			text_percent(share, (double)m->ledger.cut.weight_ns /
				     (double)sum->received.weight_ns, false));
}

static void put_unnamed(const struct model *m, const struct time_account *t, struct pen *pen)
{
	uint64_t ns = 0;
	char share[TEXT_NUMBER];

	(void)t;
	for (uint32_t i = 0; i < m->ledger.n_unnamed; i++)
		ns += m->ledger.unnamed[i].on_top.weight_ns;
	pen_put(pen, STYLE_TEXT, "%s%%", text_percent(share, summary_share(&m->sum, ns), false));
	pen_put(pen, STYLE_DIM, " of the time");
}

static void put_cost(const struct model *m, const struct time_account *t, struct pen *pen)
{
	struct facts_cost c;
	char share[TEXT_NUMBER];

	(void)t;
	facts_cost_find(m->p, &c);
	if (!c.known || !c.range_ns) {
		pen_put(pen, STYLE_DIM, "not in this recording");
		return;
	}
	pen_put(pen, STYLE_TEXT, "%s%%", text_percent(share, (double)c.all_ns / (double)c.range_ns, false));
	pen_put(pen, STYLE_DIM, " of a CPU, counted");
}

const struct overview_fact overview_quality[OVERVIEW_QUALITY] = {
	{ "sampling", put_sampling },
	{ "no names", put_unnamed },
	{ "lost, cut", put_lost },
	{ "cprofd used", put_cost },
};

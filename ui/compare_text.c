// SPDX-License-Identifier: Apache-2.0
#include "ui/compare_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "ui/text.h"

/* ---- numbers ---- */

struct compare_numbers compare_numbers_of(const struct compare *c)
{
	double all = fmax(c->total[COMPARE_A].value, c->total[COMPARE_B].value), most = 0;
	struct compare_numbers n = { .unit = "ms", .factor = 1000 };

	if (c->unit == COMPARE_SHARE)
		return (struct compare_numbers){ "%", 100, 1 };
	if (c->unit == COMPARE_PER_SECOND)
		n.unit = "ms/s";
	else if (all >= 10)
		n = (struct compare_numbers){ .unit = "s", .factor = 1 };
	for (uint32_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].kind < COMPARE_OTHERS)
			most = fmax(most, n.factor * fmax(c->rows[i].value[COMPARE_A],
							  c->rows[i].value[COMPARE_B]));
	n.decimals = most >= 1000 ? 0 : most >= (n.factor > 1 ? 10 : 100) ? 1 : 2;
	return n;
}

char *compare_value(char buf[COMPARE_NUMBER], const struct compare_numbers *n, double value)
{
	snprintf(buf, COMPARE_NUMBER, "%.*f", n->decimals, value * n->factor);
	return buf;
}

/* Put a sign in front of what is not 0 as it is written. */
static char *with_sign(char buf[COMPARE_NUMBER], double value, int decimals, bool utf8)
{
	char digits[COMPARE_NUMBER - 4];

	snprintf(digits, sizeof(digits), "%.*f", decimals, fabs(value));
	snprintf(buf, COMPARE_NUMBER, "%s%s", strtod(digits, NULL) == 0 ? "" : value > 0 ? "+"
		 : utf8 ? "−" : "-", digits);
	return buf;
}

char *compare_change(char buf[COMPARE_NUMBER], const struct compare_numbers *n, double change,
		     bool utf8)
{
	return with_sign(buf, change * n->factor, n->decimals, utf8);
}

/* ---- words ---- */

const char *compare_word(enum compare_unit unit, enum compare_verdict verdict)
{
	static const char *const of_runs[] = {
		[COMPARE_NO_EVIDENCE] = "no evidence", [COMPARE_LESS] = "faster",
		[COMPARE_GONE] = "faster (gone)", [COMPARE_MORE] = "slower",
		[COMPARE_NEW] = "slower (new)", [COMPARE_UNTESTED] = "not tested",
	};
	/* A smaller part of the whole, or of the time of a busy machine, can be slower. */
	static const char *const of_parts[] = {
		[COMPARE_NO_EVIDENCE] = "no evidence", [COMPARE_LESS] = "less",
		[COMPARE_GONE] = "less (gone)", [COMPARE_MORE] = "more",
		[COMPARE_NEW] = "more (new)", [COMPARE_UNTESTED] = "not tested",
	};

	return (unit == COMPARE_PER_RUN ? of_runs : of_parts)[verdict];
}

const char *compare_unit_title(enum compare_unit unit)
{
	static const char *const titles[COMPARE_UNITS] = {
		[COMPARE_PER_RUN] = "CPU time per run",
		[COMPARE_PER_SECOND] = "CPU time per second",
		[COMPARE_SHARE] = "share of the CPU time",
	};

	return titles[unit];
}

char *compare_change_text(const struct compare *c, bool utf8)
{
	char change[COMPARE_NUMBER], low[COMPARE_NUMBER], high[COMPARE_NUMBER];

	if (c->unit == COMPARE_SHARE)
		return xstrdup("shares add up to 100% on both sides");
	if (!c->change_known)
		return xstrdup("how much it changed cannot be said");
	return xasprintf("%s%%  95%%: %s to %s%s", with_sign(change, 100 * c->change.share, 1, utf8),
			 with_sign(low, 100 * c->change.low, 1, utf8),
			 with_sign(high, 100 * c->change.high, 1, utf8), c->change.rough ? " ?" : "");
}

bool compare_has_evidence(const struct compare_row *row)
{
	return row->verdict != COMPARE_NO_EVIDENCE && row->verdict != COMPARE_UNTESTED;
}

/* ---- rows ---- */

int compare_row_side(const struct compare_row *row)
{
	return row->function[COMPARE_B] != RECORD_NONE ? COMPARE_B : COMPARE_A;
}

char *compare_row_name(const struct compare_side sides[2], const struct compare_row *row)
{
	int side = compare_row_side(row);
	const struct profile *p = sides[side].p;
	uint32_t function = row->function[side];

	switch (row->kind) {
	case COMPARE_OTHERS:
		return xstrdup("other functions, with few samples");
	case COMPARE_FILTERED:
		return xstrdup("[filtered out]");
	case COMPARE_KERNEL:
		return xstrdup("[kernel]");
	case COMPARE_UNNAMED:
		return xasprintf("%s, code without a name",
				 profile_module_name(p, p->functions[function].module));
	case COMPARE_FUNCTION:
		break;
	}
	return xstrdup(profile_string(p, p->functions[function].name));
}

char compare_row_kind(const struct compare_side sides[2], const struct compare_row *row)
{
	int side = compare_row_side(row);

	if (row->kind == COMPARE_KERNEL)
		return 'K';
	if (row->function[side] == RECORD_NONE || row->kind >= COMPARE_OTHERS)
		return ' ';
	return profile_function_kind(sides[side].p, row->function[side]);
}

/* ---- sentences ---- */

char *compare_trouble_text(const struct compare *c)
{
	char which = c->trouble_side == COMPARE_A ? 'A' : 'B', n[TEXT_NUMBER];
	const struct compare_total *t = &c->total[c->trouble_side];

	switch (c->trouble) {
	case COMPARE_FEW:
		return xasprintf("%c has only %s sample%s: nothing can be said of a change yet", which,
				 text_count(n, t->samples), t->samples == 1 ? "" : "s");
	case COMPARE_LOST:
		return xasprintf("%c lost %.0f%% of its samples, nobody knows where: no verdicts", which,
				 100 * t->lost);
	case COMPARE_SHORT:
		return xasprintf("%c is too short, or ran in too little of its time, to see how it "
				 "scatters: no verdicts; record longer", which);
	case COMPARE_FINE:
		break;
	}
	return NULL;
}

/* A sentence with its parts apart by "; ". */
static void add(struct buf *b, char *part)
{
	if (b->len)
		buf_put(b, "; ", 2);
	buf_put(b, part, strlen(part));
	free(part);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* "engines differ: bpf and ptrace" */
static void add_if_other(struct buf *b, const struct compare_side sides[2], const char *key,
			 const char *what, const char *so)
{
	const char *x = profile_meta(sides[COMPARE_A].p, key);
	const char *y = profile_meta(sides[COMPARE_B].p, key);

	if (!same_text(x, y))
		add(b, xasprintf("%s: %s and %s%s", what, x ? x : "not known", y ? y : "not known", so));
}

static void add_rates(struct buf *b, const struct compare_side sides[2])
{
	uint64_t x = profile_meta_number(sides[COMPARE_A].p, "rate_hz", 0);
	uint64_t y = profile_meta_number(sides[COMPARE_B].p, "rate_hz", 0);
	char n[TEXT_NUMBER], m[TEXT_NUMBER];

	if (!x || !y)
		return;
	if (x == y)
		add(b, xasprintf("%s Hz both", text_count(n, x)));
	else
		add(b, xasprintf("%s and %s Hz, made up for", text_count(n, x), text_count(m, y)));
}

static uint32_t main_module(const struct profile *p)
{
	for (uint32_t i = 0; i < p->n_modules; i++)
		if (p->modules[i].main && p->modules[i].kind == MODULE_FILE)
			return i;
	return RECORD_NONE;
}

static void add_program(struct buf *b, const struct compare_side sides[2])
{
	const struct profile *x = sides[COMPARE_A].p, *y = sides[COMPARE_B].p;
	uint32_t main = main_module(x);
	uint32_t n = 0;

	if (!same_text(profile_title(x), profile_title(y)))
		add(b, xasprintf("programs: %s and %s", profile_title(x) ? profile_title(x) : "?",
				 profile_title(y) ? profile_title(y) : "?"));
	if (main != RECORD_NONE && compare_module_differs(x, main, y))
		add(b, xstrdup("another build of the program"));
	for (uint32_t i = 0; i < x->n_modules; i++)
		n += i != main && compare_module_differs(x, i, y);
	if (n)
		add(b, xasprintf("%u other file%s of another build", n, n == 1 ? "" : "s"));
}

char *compare_circumstances(const struct compare_side sides[2])
{
	struct buf b = { 0 };

	if (sides[COMPARE_A].p == sides[COMPARE_B].p) {
		add_rates(&b, sides);
		add(&b, xstrdup("two parts of one recording"));
	} else {
		add_rates(&b, sides);
		add_program(&b, sides);
		add_if_other(&b, sides, "engine", "engines",
			     ", of which one may not see what the other does");
		add_if_other(&b, sides, "event", "events", "");
		add_if_other(&b, sides, "cpus", "CPUs", "");
		add_if_other(&b, sides, "arch", "machines", "");
		add_if_other(&b, sides, "kernel_release", "Linux", "");
		add_if_other(&b, sides, "kernel", "the kernel was", ", so it is one row");
	}
	buf_put_u8(&b, '\0');
	return (char *)b.data;
}

const char *compare_caution(const struct compare *c)
{
	static const char *const cautions[COMPARE_UNITS] = {
		[COMPARE_PER_RUN] = "if both did the same work; 2% and 30 ms allowed for chance",
		[COMPARE_PER_SECOND] = "by the clock: waits, or a busy machine, lower it",
		[COMPARE_SHARE] = "where one share shrinks, all others grow",
	};

	return c->alike ? "all rows changed alike: the machine, or waits, rather than the code?"
			: cautions[c->unit];
}

char *compare_certainty(const struct compare *c)
{
	char n[TEXT_NUMBER];

	return xasprintf("%s row%s tested together: intervals are widened so that one false alarm in "
			 "20 whole comparisons is expected, not one in 20 rows.  \"no evidence\" is not "
			 "\"equal\".%s", text_count(n, c->n_tested), c->n_tested == 1 ? "" : "s",
			 c->rough ? "  \"?\": less than 10 s, so phases may not show." : "");
}

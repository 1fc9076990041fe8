// SPDX-License-Identifier: Apache-2.0
/*
 * hints/hint.h - what stands out in a profile, said only where the numbers bear it.
 *
 * A rule looks at a summary and proposes hints.  A proposal is shown once it held in
 * several looks in a row, and stays until it is clearly below its bar: no flicker.
 * No hint names a cause where only a correlation was measured, and each says when it
 * is wrong.
 *
 *	struct hint_watch w = { 0 };
 *
 *	hint_watch_look(&w, &input, 3);		each second; 1 for a finished recording
 *	for (i = 0; i < w.shown.n; i++)
 *		... w.shown.v[i] ...		the most to gain first
 *	hint_watch_deinit(&w);
 *
 * To add one: hint_NAME.c with a `const struct hint_rule hint_NAME`; declare it below;
 * the table in hint.c; Makefile.am; a profile in which it holds and one in which it does
 * not in tests/unit/test_hints.c; a lesson.  Numbers of samples beyond 999 are for
 * ui/text.h: give shares.
 */
#ifndef CPROFD_HINTS_HINT_H
#define CPROFD_HINTS_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/ledger.h"
#include "profile/summary.h"

#define HINTS_MIN_SAMPLES 30	/* with fewer there are none */
#define HINTS_SHARE_SAMPLES 200	/* with fewer nothing is said of a share */
#define HINTS_MAX_LOST .1	/* with more lost, neither */

#define HINT_BRIEFS 2

/* What a look looks at: all of it of one selection. */
struct hint_input {
	const struct profile *p;
	const struct summary *sum;
	const struct ledger *ledger;
	const uint32_t *order;		/* of summary_rank() */
	uint32_t n_order;
};

enum hint_sure {
	HINT_IS,		/* it was counted */
	HINT_LOOKS_LIKE,	/* a pattern */
	HINT_MAY,		/* half of the evidence is missing */
};

struct hint {
	const struct hint_rule *rule;
	uint32_t function;	/* that it is about, or RECORD_NONE */
	enum hint_sure sure;
	bool holds;		/* else it only does not fail: kept if it was shown */
	double gain;		/* least share of the time that it is about: for the order */
	const char *wrong_if;	/* NULL: as the rule says */
	/* One line each, with bytes of the target and "+-"; not clean. */
	char *claim, *evidence;
	char *briefs[HINT_BRIEFS];	/* the claim in fewer words, and in fewer yet, or NULL; a
					   name is at the end, where it may be cut */
};

struct hints {
	struct hint *v;
	size_t n, cap;
};

struct hint_rule {
	const char *id;
	char key;		/* of the view that proves it */
	const char *lesson;	/* that explains it */
	const char *wrong_if;	/* NULL: never */
	bool about_data;	/* also said of few or lost samples */
	void (*look)(const struct hint_input *in, struct hints *out);
};

extern const struct hint_rule hint_few, hint_recursion, hint_line, hint_holes, hint_flat;

/* What to say about how sure a hint is: "looks like". */
const char *hint_sure_text(enum hint_sure sure);

struct hint_watch {
	struct hints shown;	/* the most to gain first */
	struct hint_seen {	/* that hold, or are dismissed */
		const struct hint_rule *rule;
		uint32_t function;
		unsigned int in_a_row;
		bool shown, dismissed;
	} *seen;
	size_t n_seen, cap_seen;
};

/* Look once more; what held `needed` times in a row is shown. */
void hint_watch_look(struct hint_watch *w, const struct hint_input *in, unsigned int needed);

/* Forget what was seen, but what is dismissed: it is another selection. */
void hint_watch_restart(struct hint_watch *w);

/* Do not show number `i` of the shown ones any more. */
void hint_watch_dismiss(struct hint_watch *w, size_t i);

void hint_watch_deinit(struct hint_watch *w);

/* ---- for rules ---- */

enum hint_verdict { HINT_FAILS, HINT_KEEPS, HINT_HOLDS };

/*
 * Is a share above a bar: holds if all of its interval is, fails if all of it is
 * below 0.8 of it.
 */
enum hint_verdict hint_above(struct interval iv, double bar);

/* "38.4% +-1.9", with a "?" if that is rough.  The caller frees it. */
char *hint_share(struct interval iv);

/*
 * Propose `h`, whose texts go over to `out`, if it does not fail; frees them if it does.
 * The rule of `h` is set by hint_watch_look().
 */
void hints_add(struct hints *out, enum hint_verdict verdict, struct hint h);

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/compare_text.h - what a comparison says, in words and numbers: for its report and its
 * view.
 *
 * The caller frees texts that are not const.  They may hold bytes of the target.
 */
#ifndef CPROFD_UI_COMPARE_TEXT_H
#define CPROFD_UI_COMPARE_TEXT_H

#include "profile/compare.h"

/* How values of a comparison are written: as many digits as say something. */
struct compare_numbers {
	const char *unit;	/* "ms", "s", "ms/s", "%" */
	double factor;
	int decimals;
};

struct compare_numbers compare_numbers_of(const struct compare *c);

#define COMPARE_NUMBER 48	/* bytes of a number */

/* "1.86" */
char *compare_value(char buf[COMPARE_NUMBER], const struct compare_numbers *n, double value);

/* "+0.09", "-1.84", "0.00"; with UTF-8 a minus of the width of a plus. */
char *compare_change(char buf[COMPARE_NUMBER], const struct compare_numbers *n, double change,
		     bool utf8);

/* "faster", "slower (new)", "no evidence" ...; where the work is not the same "less", "more" */
const char *compare_word(enum compare_unit unit, enum compare_verdict verdict);

/* "CPU time per run" */
const char *compare_unit_title(enum compare_unit unit);

/* "-37.4%  95%: -40.1 to -34.5", or what is to be said in its place. */
char *compare_change_text(const struct compare *c, bool utf8);

/* What a row stands for: "membership", "libx.so, code without a name" ... */
char *compare_row_name(const struct compare_side sides[2], const struct compare_row *row);

/* The side that a row's function is best taken from: B, unless it is gone. */
int compare_row_side(const struct compare_row *row);

/* Why there are no verdicts; NULL: there are. */
char *compare_trouble_text(const struct compare *c);

/* In how far both were made alike: "499 Hz and 199 Hz, made up for; another build ...". */
char *compare_circumstances(const struct compare_side sides[2]);

/* What verdicts rest on; and what the unit leaves open. */
char *compare_certainty(const struct compare *c);
const char *compare_caution(const struct compare *c);

/* Rows with evidence. */
bool compare_has_evidence(const struct compare_row *row);

/* What kind of code a row is. */
char compare_row_kind(const struct compare_side sides[2], const struct compare_row *row);

#endif

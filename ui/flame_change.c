// SPDX-License-Identifier: Apache-2.0
#include "ui/flame_change.h"

#include <stdlib.h>

#include "base/util.h"
#include "ui/flame_picture.h"
#include "ui/text.h"

struct style flame_change_style(const struct grid *g, int sign)
{
	uint8_t grey = g->two_tones ? INK_UNKNOWN_QUIET : INK_DIM;

	return (struct style){ INK_BLACK, sign < 0 ? INK_LESS : sign > 0 ? INK_MORE : grey,
			       sign ? ATTR_BOLD : 0 };
}

void flame_change_put(const struct app *a, const struct compare_numbers *numbers, struct pen *pen)
{
	const struct compare_node *n = flame_compare_of(a, flame_chosen(&a->flame));
	const struct compare *c = &a->compare.c;
	char change[COMPARE_NUMBER], low[COMPARE_NUMBER], high[COMPARE_NUMBER];
	_cleanup_(freep) char *interval = NULL, *before = NULL, *unit = NULL;
	int sign = flame_compare_sign(n);

	if (!n || flame_chosen(&a->flame) == a->flame.f.v) {
		interval = compare_change_text(c, pen->grid->utf8);
		pen_put(pen, STYLE_DIM, "%s", n ? interval : "no call path: not compared");
		return;
	}
	unit = xasprintf(" %s", numbers->unit);
	pen_put(pen, STYLE_STRONG, "%s", compare_change(change, numbers, n->change, pen->grid->utf8));
	pen_put(pen, STYLE_DIM, "%s", unit);
	pen_put(pen, sign ? (struct style){ .fg = sign < 0 ? INK_LESS : INK_MORE, .attrs = ATTR_BOLD }
			  : STYLE_TEXT, "   %s", compare_word(c->unit, n->verdict));
	if (n->verdict != COMPARE_UNTESTED) {
		interval = xasprintf("%s to %s", compare_change(low, numbers, n->low, pen->grid->utf8),
				     compare_change(high, numbers, n->high, pen->grid->utf8));
		pen_fact(pen, "95%: ", interval, c->rough ? " ?" : "");
	}
	before = xasprintf("%s", compare_value(change, numbers, n->value[COMPARE_A]));
	pen_fact(pen, "A ", before, "");
	pen_fact(pen, "now ", compare_value(low, numbers, n->value[COMPARE_B]), unit);
}

void flame_change_put_colours(const struct app *a, struct pen *pen)
{
	enum compare_unit unit = a->compare.c.unit;
	const char *const words[] = { compare_word(unit, COMPARE_LESS), compare_word(unit, COMPARE_MORE),
				      "no evidence, or few samples" };
	char count[TEXT_NUMBER];

	for (int i = 0; i < 3; i++) {
		int sign = i == 0 ? -1 : i == 1 ? 1 : 0;

		pen_put(pen, pen->grid->fills ? flame_change_style(pen->grid, sign) : STYLE_STRONG, " %c ", "-+ "[i]);
		pen_put(pen, STYLE_DIM, " %s", words[i]);
		pen_to(pen, pen->column + 2);
	}
	if (a->flame.compare.tree.n_tested)
		pen_fact(pen, "", text_count(count, a->flame.compare.tree.n_tested), " paths tested together");
}

void flame_change_put_baseline(const struct app *a, const struct compare_numbers *numbers,
			       struct pen *pen)
{
	const struct app_compare *v = &a->compare;
	const struct compare_tree *tree = &a->flame.compare.tree;
	_cleanup_(freep) char *trouble = compare_trouble_text(&v->c);
	char gone[COMPARE_NUMBER];

	if (trouble || tree->kernel_differs) {
		pen_name(pen, STYLE_STRONG, pen_left(pen), trouble ? trouble
			 : "one side does not see the kernel: paths that lead into it cannot be compared");
		return;
	}
	pen_name(pen, STYLE_TEXT, pen_left(pen) / 2, v->name);
	compare_value(gone, numbers, tree->gone);
	if (strtod(gone, NULL) > 0) {
		_cleanup_(freep) char *unit = xasprintf(" %s of it in calls that are not here", numbers->unit);

		pen_fact(pen, "", gone, unit);
	}
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/list.h"

#include "base/util.h"

/* Keep the cursor among the rows, and the window around it and full. */
static void settle(struct list *l)
{
	uint32_t height = max_of(l->height, 1u);

	if (l->cursor >= l->n)
		l->cursor = l->n ? l->n - 1 : 0;
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (l->cursor >= l->top + height)
		l->top = l->cursor - height + 1;
	if (l->top + height > l->n)
		l->top = l->n > height ? l->n - height : 0;
}

void list_fit(struct list *l, uint32_t n, uint32_t height)
{
	l->n = n;
	l->height = height;
	settle(l);
}

void list_choose(struct list *l, uint32_t row)
{
	l->cursor = row;
	settle(l);
}

/* By so many rows, as far as there are any. */
static void move(struct list *l, int64_t by)
{
	int64_t to = (int64_t)l->cursor + by, last = l->n ? (int64_t)l->n - 1 : 0;

	list_choose(l, (uint32_t)(to < 0 ? 0 : min_of(to, last)));
}

bool list_act(struct list *l, enum action action)
{
	int64_t page = max_of(l->height, 1u), half = max_of(l->height / 2, 1u);

	switch (action) {
	case ACTION_DOWN:
		move(l, 1);
		return true;
	case ACTION_UP:
		move(l, -1);
		return true;
	case ACTION_FIRST:
		move(l, INT32_MIN);
		return true;
	case ACTION_LAST:
		move(l, UINT32_MAX);
		return true;
	case ACTION_HALF_DOWN:
		move(l, half);
		return true;
	case ACTION_HALF_UP:
		move(l, -half);
		return true;
	case ACTION_PAGE_DOWN:
		move(l, page);
		return true;
	case ACTION_PAGE_UP:
		move(l, -page);
		return true;
	default:
		return false;
	}
}

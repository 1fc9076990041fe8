// SPDX-License-Identifier: Apache-2.0
#include "ui/too_small.h"

#include "base/util.h"
#include "ui/app_session.h"
#include "ui/pen.h"
#include "ui/text.h"

bool too_small(const struct grid *g)
{
	return g->width < APP_MIN_WIDTH || g->height < APP_MIN_HEIGHT;
}

static bool goes_on(const struct app *a)
{
	return a->session.state == APP_LIVE || a->session.state == APP_STALE;
}

/* The `n`th way to say it, each shorter than the one before; the caller frees it. */
static char *wording(const struct app *a, const struct grid *g, unsigned int n)
{
	unsigned int w = APP_MIN_WIDTH, h = APP_MIN_HEIGHT;

	switch (n) {
	case 0:
		return xasprintf("Terminal is %ux%u; cprofd needs %ux%u. %sq quits.", g->width,
				 g->height, w, h, goes_on(a) ? "Recording goes on. " : "");
	case 1:
		return xasprintf("%ux%u; cprofd needs %ux%u. q quits.", g->width, g->height, w, h);
	case 2:
		return xasprintf("cprofd needs %ux%u; q quits", w, h);
	case 3:
		return xasprintf("needs %ux%u; q quits", w, h);
	case 4:
		return xasprintf("needs %ux%u", w, h);
	default:
		return xasprintf("%ux%u", w, h);
	}
}

void too_small_draw(const struct app *a, struct grid *g)
{
	struct pen pen = pen_make(g, g->height / 2, 0, g->width);
	char *text = wording(a, g, 0);

	for (unsigned int n = 1; n <= 5 && text_width(text) > g->width; n++) {
		free(text);
		text = wording(a, g, n);
	}
	pen_to(&pen, g->width > text_width(text) ? (g->width - text_width(text)) / 2 : 0);
	pen_put(&pen, STYLE_TEXT, "%s", text);
	free(text);
}

void too_small_key(struct app *a, uint32_t key)
{
	switch (bindings_find(&a->bindings, key)) {
	case ACTION_QUIT:
	case ACTION_LEAVE:
	case ACTION_DETACH:
		a->session.leave = LEAVE_DETACH;
		a->asked_quit = true;
		break;
	case ACTION_REDRAW:
		a->asked_redraw = true;
		break;
	case ACTION_SUSPEND:
		a->asked_suspend = true;
		break;
	default:
		break;
	}
}

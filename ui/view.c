// SPDX-License-Identifier: Apache-2.0
#include "ui/view.h"

#include "base/util.h"
#include "profile/filter.h"
#include "ui/app_scope_text.h"
#include "ui/text.h"

const struct view *const views[] = {
	&view_overview,
	&view_functions,
	&view_tree,
	&view_callers,
	&view_flame,
	&view_source,
	&view_threads,
	&view_waits,
	&view_memory,
	&view_compare,
	&view_heat,
	&view_processes,
	&view_quality,
	&view_hints,
	&view_sessions,
	&view_help,
	NULL,
};

bool view_lacks_samples(const struct app *a, struct grid *g, struct area area)
{
	_cleanup_(freep) char *what = NULL, *next = NULL;
	struct pen pen = area_pen(g, area, 2);

	if (!app_scope_is_empty(a, &what, &next))
		return false;
	pen_to(&pen, 1);
	pen_name(&pen, STYLE_TEXT, area.width - 2, what);
	pen = area_pen(g, area, 3);
	pen_to(&pen, 1);
	pen_name(&pen, STYLE_DIM, area.width - 2, next);
	return true;
}

bool view_is_void(const struct app *a)
{
	return a->view->needs_samples && a->model->sum.measured;
}

void view_draw_void(struct grid *g, struct area area)
{
	struct pen pen = area_pen(g, area, 2);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_TEXT, "Calls were counted and times measured: there are no samples, so no stacks and lines.");
	pen = area_pen(g, area, 3);
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "2 lists the functions, 4 their callers.");
}

bool view_lacks_function(const struct app *a, struct grid *g, struct area area)
{
	const struct model *m = a->model;
	struct pen pen;

	if (view_lacks_samples(a, g, area))
		return true;
	if (a->function != RECORD_NONE && m->sum.functions[a->function].total.count)
		return false;
	pen = area_pen(g, area, 2);
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_TEXT, a->function == RECORD_NONE
		? "No function is selected." : "No samples of the selected function in this scope.");
	pen = area_pen(g, area, 3);
	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "2 lists those that have some.");
	return true;
}

void view_put_choices(struct grid *g, struct area area, unsigned int y, int chosen, int n,
		      const char *(*name)(int), const char *text)
{
	struct pen pen = area_pen(g, area, y);
	unsigned int width = text_width(text);

	pen_to(&pen, 1);
	pen_put(&pen, STYLE_DIM, "by");
	for (int i = 0; i < n; i++)
		if (i == chosen)
			pen_put(&pen, STYLE_STRONG, g->utf8 ? "  %s" : " [%s]", name(i));
		else
			pen_put(&pen, STYLE_DIM, "  %s", name(i));
	if (pen.column + width + 4 > area.width)
		return;
	pen_to(&pen, area.width - width - 1);
	pen_put(&pen, STYLE_TEXT, "%s", text);
}

bool view_on_python(const struct app *a)
{
	return a->function != RECORD_NONE && profile_function_kind(a->model->p, a->function) == 'P';
}

void view_put_mark(const struct app *a, struct pen *pen, uint32_t function)
{
	pen_put(pen, STYLE_STRONG, search_found(a, function) ? "*" : " ");
}

bool view_function_matches(const struct app *a, uint32_t function, const struct filter *f)
{
	return filter_match(f, profile_string(a->model->p, a->model->p->functions[function].name));
}

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/view.h - the table of views.
 *
 * To add one: write ui/view_NAME.c with a `struct view`, declare it here, and
 * put it into the table in view.c.  A view draws its rows and does its own
 * actions; all it keeps is in struct app.
 */
#ifndef CPROFD_UI_VIEW_H
#define CPROFD_UI_VIEW_H

#include "ui/app.h"
#include "ui/pen.h"

/* Rows of a grid to draw in, and columns [left, left + width); a view's begin at 0. */
struct area {
	unsigned int top, height, left, width;
};

/* The rows of a view that can be searched. */
struct view_rows {
	uint32_t (*n)(struct app *a);		/* how many, made up to date */
	uint32_t (*at)(const struct app *a);	/* the chosen one */
	void (*choose)(struct app *a, uint32_t row);
	bool (*matches)(struct app *a, uint32_t row, const struct filter *f);
	struct list *(*list)(struct app *a);	/* that shows them */
	bool own_text;		/* it is not names of functions that are searched */
};

struct view {
	char key;			/* of its tab; 0: it has none */
	enum action action;		/* that opens it */
	const char *name, *short_name;	/* of its tab */
	const char *keys;		/* "Enter callers  ? help": two blanks between */
	const struct view_rows *rows;	/* NULL: a page of text */
	const char *lesson;		/* about it, or NULL */
	const char *keys_python, *lesson_python;	/* on a Python function; NULL: the same */
	const char *keys_code;		/* where they move in instructions; NULL: the same */
	const char *(*keys_here)(const struct app *a);	/* on what is chosen; NULL: the same */
	void (*opened)(struct app *a);	/* by its key; NULL: nothing to do then */
	void (*draw)(struct app *a, struct grid *g, struct area area);
	bool (*act)(struct app *a, enum action action);	/* false: not its own */
	bool needs_samples;		/* nothing to show of what was measured */
	/* Choose what was drawn as SPOT_ROW `n`; was it chosen already?  NULL: a row. */
	bool (*pick)(struct app *a, uint32_t n);
	/* The mouse came to SPOT_ROW `n` with its button held: select time up to there; NULL: it
	   cannot be dragged here. */
	void (*drag)(struct app *a, uint32_t n);
};

extern const struct view view_overview, view_functions, view_tree, view_callers, view_flame,
	view_source, view_threads, view_heat, view_waits, view_memory, view_compare, view_processes,
	view_quality, view_hints, view_sessions, view_help;

/* All that have a tab, in their order, then the others; ends with NULL. */
extern const struct view *const views[];

/* What the views of the tree, of callers, of the flame graph and of source keep. */
void app_tree_deinit(struct app_tree *t);
void app_callers_deinit(struct app_callers *c);
void app_flame_deinit(struct app_flame *t);
void app_source_deinit(struct app_source *s);
void app_threads_deinit(struct app_threads *t);
void app_heat_deinit(struct app_heat *h);
void app_processes_deinit(struct app_processes *v);
void app_waits_deinit(struct app_waits *v);
void app_hints_deinit(struct app_hints *h);

/* The name of the lesson about the chosen hint, and the function that the hint is about. */
const char *view_hints_lesson(const struct app *a);
uint32_t view_hints_function(const struct app *a);

/* The first of them, in one row, and the key that says more. */
void view_hints_put_first(const struct app *a, struct pen *pen);

/* Keep where somebody is in the source or the assembly of the selected function; come back. */
void view_source_leave(const struct app *a, struct app_place *from);
void view_source_return(struct app *a, const struct app_place *to);

/* The column that functions are sorted by, by its name. */
const char *view_functions_sort(const struct app *a);
void view_functions_sort_by(struct app *a, const char *name);

/* Say why there is nothing to show: no function selected, no samples in scope. */
bool view_lacks_function(const struct app *a, struct grid *g, struct area area);
bool view_lacks_samples(const struct app *a, struct grid *g, struct area area);

/* Does the view at hand need samples, and the recording was measured without? */
bool view_is_void(const struct app *a);
void view_draw_void(struct grid *g, struct area area);

/* Callers and callees of the selected function beside another view. */
void view_callers_put_beside(struct app *a, struct grid *g, struct area area);

/* Is a Python function selected? */
bool view_on_python(const struct app *a);

/* For struct view_rows: is it the name of a function that matches? */
bool view_function_matches(const struct app *a, uint32_t function, const struct filter *f);

/* One column: "*" if the function was searched for. */
void view_put_mark(const struct app *a, struct pen *pen, uint32_t function);

/* "by  process  program", the chosen one bold, and at the right `text` where there is room. */
void view_put_choices(struct grid *g, struct area area, unsigned int y, int chosen, int n,
		      const char *(*name)(int), const char *text);

/* Row `n` of the view is drawn in row `y` of the area. */
static inline void area_spot(struct grid *g, struct area area, unsigned int y, uint32_t n)
{
	grid_spot(g, area.top + y, 0, area.width, SPOT_ROW, n);
}

/* A pen for row `y` of an area. */
static inline struct pen area_pen(struct grid *g, struct area area, unsigned int y)
{
	return pen_make(g, y < area.height ? area.top + y : g->height, area.left,
			area.left + area.width);
}

#endif

// SPDX-License-Identifier: Apache-2.0
#include "ui/cells.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "ui/text.h"

static bool whole_percent(const struct cells *c)
{
	return !c->sum->measured && c->sum->received.count < CELLS_WHOLE_PERCENT;
}

static struct style rank_tone(double share)
{
	return share >= .0995 ? STYLE_STRONG : share < .00995 ? STYLE_DIM : STYLE_TEXT;
}

void cell_share(const struct cells *c, double share)
{
	char buf[TEXT_NUMBER];

	pen_right(c->pen, rank_tone(share), 5, "%s",
		   text_percent(buf, share, whole_percent(c)));
}

void cell_interval(const struct cells *c, struct interval iv)
{
	char buf[TEXT_NUMBER];
	double unit = whole_percent(c) ? .01 : .001;	/* the last digit shown */
	double half = fmax(iv.high - iv.share, iv.share - iv.low);	/* it is not centred */

	if (iv.low < unit / 2)	/* the lower end is not distinguishable from nothing */
		pen_right(c->pen, STYLE_DIM, 5, "<%s",
			   text_percent(buf, ceil(iv.high / unit - 1e-9) * unit, whole_percent(c)));
	else
		pen_right(c->pen, STYLE_DIM, 5, "%s%s", pen_plus_minus(c->pen),
			   text_percent(buf, fmax(half, unit), whole_percent(c)));
	pen_put(c->pen, STYLE_DIM, iv.rough ? "?" : " ");
}

void cell_calls(const struct cells *c, uint64_t n)
{
	char buf[TEXT_NUMBER];

	pen_right(c->pen, STYLE_TEXT, 5, "%s", text_count_short(buf, n));
	pen_put(c->pen, STYLE_DIM, " ");
}

unsigned int cells_counted_width(const struct profile *p, const struct summary *sum,
				 unsigned int width)
{
	return !p->calls.n || sum->measured ? 0 : width < 100 ? 6 : 12;
}

void cell_counted(const struct cells *c, unsigned int width, uint32_t function)
{
	const struct profile_count *count = profile_count_of(c->p, function);
	char buf[TEXT_NUMBER];

	if (!count) {
		pen_right(c->pen, STYLE_DIM, width, "-");
		return;
	}
	text_count(buf, count->calls);
	if (strlen(buf) >= width)
		text_count_short(buf, count->calls);
	pen_right(c->pen, STYLE_TEXT, width, "%s", buf);
}

void cell_seconds(const struct cells *c, uint64_t ns, double share)
{
	char buf[TEXT_NUMBER];

	pen_right(c->pen, share < .00995 ? STYLE_DIM : STYLE_TEXT, 7, "%s",
		   text_seconds(buf, ns));
}

void cell_kind(const struct cells *c, char kind)
{
	struct style style = style_kind(kind);

	style.attrs |= ATTR_BOLD;
	pen_put(c->pen, style, "%c", kind);
}

void cell_function(const struct cells *c, unsigned int width, uint32_t function, double share)
{
	pen_name(c->pen, share >= .0995 ? STYLE_STRONG : STYLE_TEXT, width,
		  profile_string(c->p, c->p->functions[function].name));
}

const char *function_file(const struct profile *p, uint32_t function)
{
	const char *path = profile_string(p, p->functions[function].file);
	const char *slash = strrchr(path, '/');

	return !*path ? NULL : slash && slash[1] ? slash + 1 : path;
}

char *call_at(const struct profile *p, uint32_t function, uint32_t line)
{
	const char *file = function_file(p, function);

	return file ? xasprintf("call at %s:%u", file, line) : xasprintf("call at line %u", line);
}

char *function_where(const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];
	const char *file = function_file(p, function);

	if (profile_function_in_interpreter(p, function)) {
		_cleanup_(freep) char *name = profile_interpreter_name(p, f->module);

		return xasprintf("C in %s", name);
	}
	if (file && f->line)
		return xasprintf("%s:%u", file, f->line);
	if (file)
		return xstrdup(file);
	return xstrdup(f->module != RECORD_NONE && !f->outcome ? profile_module_name(p, f->module)
							       : "");
}

void cell_where(const struct cells *c, unsigned int width, uint32_t function)
{
	_cleanup_(freep) char *text = function_where(c->p, function);

	pen_name(c->pen, STYLE_DIM, width, text);
}

#define PATH_NAME 24	/* columns of a name where all of it is too long */

/* Put a name in front of a path; false if that is wider than `width`. */
static bool put_before(struct buf *path, const char *name, unsigned int max,
		       unsigned int width, bool utf8)
{
	struct buf all = { 0 };
	bool fits;

	text_clean(&all, name, strlen(name), utf8);
	text_clip(&all, max, utf8);
	if (path->len) {
		buf_put(&all, utf8 ? " › " : " > ", strlen(utf8 ? " › " : " > "));
		buf_put(&all, path->data, path->len);
	}
	buf_put_u8(&all, '\0');
	all.len--;
	fits = text_width((const char *)all.data) <= width;
	if (fits) {
		struct buf before = *path;

		*path = all;
		all = before;
	}
	buf_deinit(&all);
	return fits;
}

char *path_text(const struct profile *p, const uint32_t *functions, uint32_t n,
		unsigned int width, bool utf8)
{
	struct buf path = { 0 };
	char *text;

	while (n) {
		const char *name = profile_string(p, p->functions[functions[n - 1]].name);
		unsigned int room = n > 1 ? max_of(width, 4u) - 4 : width;	/* for a mark */

		if (!put_before(&path, name, room, room, utf8) &&
		    !put_before(&path, name, PATH_NAME, room, utf8))
			break;
		n--;
	}
	text = xasprintf("%s%s", !n ? "" : utf8 ? "… › " : "~ > ",
			 path.len ? (const char *)path.data : "");
	buf_deinit(&path);
	return text;
}

struct style style_heat(char kind, double share)
{
	if (share >= .25)
		return (struct style){ INK_BLACK, (uint8_t)ink_strong(kind), ATTR_BOLD };
	if (share >= .1)
		return (struct style){ INK_BLACK, (uint8_t)ink_quiet(kind), 0 };
	if (share >= .03)
		return (struct style){ INK_DEFAULT, INK_WARM, 0 };
	return (struct style){ INK_DEFAULT, share >= .008 ? INK_HEAT : INK_DEFAULT, 0 };
}

double bar_scale(double share)
{
	return share <= .1 ? .1 : share <= .2 ? .2 : share <= .4 ? .4 : 1;
}

struct columns cells_columns(unsigned int width, unsigned int used)
{
	width = max_of(width, 50u);
	struct columns c = { .bar = width < 70 ? 8 : width < 100 ? 10 : width < 140 ? 13 : 20 };
	unsigned int left = width > used + c.bar + 22 ? width - used - c.bar - 2 : 20;

	c.where = min_of(left * 2 / 5, 44u);
	c.name = left - c.where;
	c.where_at = width - 1 - c.where;
	return c;
}

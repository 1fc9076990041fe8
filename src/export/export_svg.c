// SPDX-License-Identifier: Apache-2.0
/*
 * A flame graph as a picture: root on top, what it calls below, as wide as its time.  It
 * has no script and refers to nothing, so that it can stand in a page, a ticket or a
 * report; the pointer on a box shows its numbers.
 */
#include <string.h>

#include "base/text_number.h"
#include "base/utf8.h"
#include "base/util.h"
#include "export/flame_page.h"

#define WIDTH 1200		/* of the picture; all in pixels */
#define MARGIN 10
#define ROW 18			/* of a box and what is between two */
#define CHARACTER 6.65		/* of the font, which is given by its size: 11 */
#define PER_PIXEL 4		/* columns of the layout */
#define HEAD 62			/* above the boxes */
#define FOOT 46			/* and below */
#define SHARE_PLACE 7		/* characters that a share takes beside a name */

/* On white; the quiet tone is of time that was passed on to what was called. */
static const struct {
	char kind;
	const char *strong, *quiet;
} fills[] = {
	{ 'P', "#5f87ff", "#afd7ff" },
	{ 'N', "#e0762f", "#ffc766" },
	{ 'L', "#6fa06f", "#afd787" },
	{ 'K', "#b872b8", "#d7afd7" },
	{ '?', "#9a9a9a", "#c4c4c4" },
};

static const char style_head[] =
	"<style>\n"
	"text { font: 11px monospace; fill: #000 }\n"
	".h { font-size: 15px; font-weight: bold }\n"
	".d { fill: #555 }\n"
	".o { font-weight: bold }\n"
	"g:hover rect { stroke: #000 }\n";

static double x_of(uint32_t column)
{
	return MARGIN + (double)column / PER_PIXEL;
}

static unsigned int y_of(uint32_t depth)
{
	return HEAD + depth * ROW;
}

static void put_text(FILE *out, double x, unsigned int y, const char *class, const char *text)
{
	fprintf(out, "<text x=\"%.2f\" y=\"%u\" class=\"%s\">", x, y, class);
	flame_page_escape(out, text);
	fputs("</text>\n", out);
}

/* The first `n` characters, the last a mark if there are more. */
static void put_cut(FILE *out, const char *text, unsigned int n)
{
	const char *end = text + strlen(text), *at = text, *last = text;
	_cleanup_(freep) char *part = NULL;
	uint32_t cp;

	for (unsigned int i = 0; i < n && at < end; i++) {
		last = at;
		at += max_of(utf8_decode(at, end, &cp), (size_t)1);
	}
	part = at < end ? xasprintf("%.*s…", (int)(last - text), text) : xstrdup(text);
	flame_page_escape(out, part);
}

static void put_share(char text[TEXT_NUMBER], const struct flame_page *page, uint64_t ns)
{
	text_percent(text, summary_share(&page->sum, ns), false);
	strcat(text, "%");
}

/* "fib ×14" */
static char *full_name(const struct flame_page *page, const struct flame_box *box)
{
	_cleanup_(freep) char *name = flame_page_name(page, box);

	return box->kind == FLAME_FUNCTION && box->n > 1 ? xasprintf("%s ×%u", name, box->n)
							 : steal(name);
}

/* What the pointer shows. */
static void put_tip(FILE *out, const struct flame_page *page, const struct flame_box *box,
		    const char *name)
{
	struct interval iv = flame_box_interval(&page->sum, box);
	_cleanup_(freep) char *place = flame_page_place(page, box);
	char number[TEXT_NUMBER];

	fputs("<title>", out);
	flame_page_escape(out, name);
	put_share(number, page, box->total.weight_ns);
	fprintf(out, "\n%s of CPU time", number);
	if (box->kind != FLAME_ALL)
		fprintf(out, " (95%%: %.1f to %.1f%s)", iv.low * 100, iv.high * 100,
			iv.rough ? ", roughly" : "");
	if (box->kind != FLAME_HIDDEN)
		fprintf(out, ", %s sample%s", text_count(number, box->total.count),
			box->total.count == 1 ? "" : "s");
	fprintf(out, ", %s", text_time(number, box->total.weight_ns));
	if (box->kind == FLAME_FUNCTION) {
		put_share(number, page, box->self.weight_ns);
		fprintf(out, "\nitself %s; %s", number,
			flame_page_kind(flame_box_kind(&page->flame, box)));
	}
	if (*place)
		fputs(", ", out);
	flame_page_escape(out, place);
	fputs("</title>", out);
}

static void put_label(FILE *out, const struct flame_page *page, const struct flame_box *box,
		      const char *name)
{
	unsigned int room = (unsigned int)max_of(0., ((double)box->width / PER_PIXEL - 7) / CHARACTER);
	size_t n = 0;
	char share[TEXT_NUMBER];

	for (const char *s = name; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	if (room < 4 && n > room)
		return;
	fprintf(out, "<text x=\"%.2f\" y=\"%u\"%s>", x_of(box->column) + 3, y_of(box->depth) + 12,
		flame_box_is_own(box) ? " class=\"o\"" : "");
	put_cut(out, name, room);
	if (n + SHARE_PLACE + 1 <= room) {
		put_share(share, page, box->total.weight_ns);
		fprintf(out, " %s", share);
	}
	fputs("</text>", out);
}

static char class_of(const struct flame_page *page, const struct flame_box *box)
{
	char kind = flame_box_kind(&page->flame, box);

	return kind == '?' ? 'U' : kind;
}

static void put_box(FILE *out, const struct flame_page *page, const struct flame_box *box)
{
	_cleanup_(freep) char *name = full_name(page, box);
	double gap = box->width > 4 * PER_PIXEL ? .5 : 0;

	fputs("<g>", out);
	put_tip(out, page, box, name);
	fprintf(out, "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\" class=\"%c%s\"/>",
		x_of(box->column), y_of(box->depth), (double)box->width / PER_PIXEL - gap, ROW - 1,
		class_of(page, box), flame_box_is_own(box) ? "" : " q");
	put_label(out, page, box, name);
	fputs("</g>\n", out);
}

static void put_style(FILE *out)
{
	fputs(style_head, out);
	for (size_t i = 0; i < array_len(fills); i++) {
		char class = fills[i].kind == '?' ? 'U' : fills[i].kind;

		fprintf(out, ".%c { fill: %s }\n.%c.q { fill: %s }\n", class, fills[i].strong,
			class, fills[i].quiet);
	}
	fputs("</style>\n", out);
}

static void put_head(FILE *out, const struct flame_page *page)
{
	_cleanup_(freep) char *title = flame_page_title(page), *scope = flame_page_scope(page);

	put_text(out, MARGIN, 20, "h", title);
	fprintf(out, "<text x=\"%u\" y=\"37\">", MARGIN);
	put_cut(out, scope, (unsigned int)((WIDTH - 2 * MARGIN) / CHARACTER));
	fputs("</text>\n", out);
	put_text(out, MARGIN, 53, "d", "What a box calls is below it; its width is its share of "
		 "the CPU time.  Left to right is not time.  Waiting is not in it.");
}

/* Letters and colours; what is not drawn. */
static void put_foot(FILE *out, const struct flame_page *page)
{
	unsigned int y = y_of(page->flame.n_rows) + 20;
	_cleanup_(freep) char *narrow = flame_page_narrow(page);
	double x = MARGIN;

	for (const char *k = flame_page_kinds(page); *k; k++) {
		fprintf(out, "<rect x=\"%.2f\" y=\"%u\" width=\"11\" height=\"11\" class=\"%c\"/>\n",
			x, y - 9, *k == '?' ? 'U' : *k);
		fprintf(out, "<rect x=\"%.2f\" y=\"%u\" width=\"11\" height=\"11\" class=\"%c q\"/>\n",
			x + 12, y - 9, *k == '?' ? 'U' : *k);
		put_text(out, x + 28, y, "", flame_page_kind(*k));
		x += 90;
	}
	put_text(out, x + 10, y, "d", "strong: half of it or more is its own work;  "
		 "pale: passed on to what it calls;  ×: calls itself so deep");
	if (narrow)
		put_text(out, MARGIN, y + 16, "d", narrow);
}

static int write_svg(const struct export_job *job, FILE *out, struct error *err)
{
	struct flame_page page;

	if (flame_page_init(&page, job, (WIDTH - 2 * MARGIN) * PER_PIXEL, err) < 0)
		return -1;
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"viewBox=\"0 0 %u %u\">\n", WIDTH, y_of(page.flame.n_rows) + FOOT, WIDTH,
		y_of(page.flame.n_rows) + FOOT);
	put_style(out);
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", out);
	put_head(out, &page);
	for (uint32_t i = 0; i < page.flame.n; i++)
		put_box(out, &page, &page.flame.v[i]);
	put_foot(out, &page);
	fputs("</svg>\n", out);
	flame_page_deinit(&page);
	return 0;
}

const struct export_format export_svg = {
	.name = "svg",
	.suffix = ".svg",
	.key = 'v',
	.write = write_svg,
};

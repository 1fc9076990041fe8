// SPDX-License-Identifier: Apache-2.0
/*
 * A flame graph as one page that needs nothing else: no network, no other file.
 *
 * The page is flame.html, in which "@title@", "@scope@" and "@data@" stand for what is
 * written here.  The data is JSON: what can be a tag or end one is escaped in it, and the
 * page's script only ever makes text of it.
 *
 *	{ "kinds": [ [letter, word] ... ],
 *	  "narrow": text or null,
 *	  "names": [ [name, place, kind] ... ],
 *	  "boxes": [ [parent, name, start ns, ns, samples, own ns, lowest and highest
 *		      percent (95 %), is that rough, recursion] ... ] }
 *
 * The first box is everything; boxes come by row, and from left to right.
 */
#include <inttypes.h>
#include <string.h>

#include "base/u64map.h"
#include "base/util.h"
#include "export/flame_page.h"

/* A box needs a half of one of these parts of the time; a browser zooms in on it. */
#define PARTS (1u << 16)

static const char *const page_lines[] = {
#include "export/flame.html.inc"
};

static void put_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++)
		if (strchr("\"\\<>&", *s))
			fprintf(out, "\\u%04x", (unsigned int)*s);
		else
			fputc(*s, out);
	fputc('"', out);
}

/* Names that stand there already are not written again; returns which one it is. */
static uint32_t name_of(struct u64map *names, const struct flame_box *box, uint32_t *n, bool *is_new)
{
	uint64_t key = (uint64_t)box->kind << 32 |
		       (box->kind == FLAME_FUNCTION ? box->function : box->n);
	uint32_t *slot = u64map_slot(names, key);

	*is_new = *slot == U64MAP_NONE;
	if (*is_new)
		*slot = (*n)++;
	return *slot;
}

static void put_names(FILE *out, const struct flame_page *page, uint32_t *name_of_box)
{
	struct u64map names = { 0 };
	uint32_t n = 0;
	bool is_new;

	for (uint32_t i = 0; i < page->flame.n; i++) {
		const struct flame_box *box = &page->flame.v[i];
		_cleanup_(freep) char *name = NULL, *place = NULL;

		name_of_box[i] = name_of(&names, box, &n, &is_new);
		if (!is_new)
			continue;
		name = flame_page_name(page, box);
		place = flame_page_place(page, box);
		fputs(n > 1 ? ",\n[" : "[", out);
		put_string(out, name);
		fputc(',', out);
		put_string(out, place);
		fprintf(out, ",\"%c\"]", flame_box_kind(&page->flame, box));
	}
	u64map_deinit(&names);
}

static void put_box(FILE *out, const struct flame_page *page, const struct flame_box *box,
		    uint32_t name)
{
	struct interval iv = flame_box_interval(&page->sum, box);

	fprintf(out, "[%u,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.4g,%.4g,%d,%u]",
		box->parent, name, box->start_ns, box->total.weight_ns, box->total.count,
		box->self.weight_ns, iv.low * 100, iv.high * 100, iv.rough,
		box->kind == FLAME_FUNCTION ? box->n : 0);
}

static void put_data(FILE *out, const struct flame_page *page)
{
	_cleanup_(freep) char *narrow = flame_page_narrow(page);
	_cleanup_(freep) uint32_t *name = xcalloc(page->flame.n, sizeof(*name));
	const char *kinds = flame_page_kinds(page);

	fputs("{\"kinds\":[", out);
	for (const char *k = kinds; *k; k++)
		fprintf(out, "%s[\"%c\",\"%s\"]", k > kinds ? "," : "", *k, flame_page_kind(*k));
	fputs("],\n\"narrow\":", out);
	if (narrow)
		put_string(out, narrow);
	else
		fputs("null", out);
	fputs(",\n\"names\":[\n", out);
	put_names(out, page, name);
	fputs("],\n\"boxes\":[\n", out);
	for (uint32_t i = 0; i < page->flame.n; i++) {
		fputs(i ? ",\n" : "", out);
		put_box(out, page, &page->flame.v[i], name[i]);
	}
	fputs("]}\n", out);
}

static int write_html(const struct export_job *job, FILE *out, struct error *err)
{
	_cleanup_(freep) char *title = NULL, *scope = NULL;
	struct flame_page page;

	if (flame_page_init(&page, job, PARTS, err) < 0)
		return -1;
	title = flame_page_title(&page);
	scope = flame_page_scope(&page);
	for (size_t i = 0; i < array_len(page_lines); i++)
		if (strcmp(page_lines[i], "@data@") == 0) {
			put_data(out, &page);
		} else if (strcmp(page_lines[i], "@title@") == 0) {
			flame_page_escape(out, title);
			fputc('\n', out);
		} else if (strcmp(page_lines[i], "@scope@") == 0) {
			flame_page_escape(out, scope);
			fputc('\n', out);
		} else {
			fprintf(out, "%s\n", page_lines[i]);
		}
	flame_page_deinit(&page);
	return 0;
}

const struct export_format export_html = {
	.name = "html",
	.suffix = ".html",
	.key = 'h',
	.write = write_html,
};

// SPDX-License-Identifier: Apache-2.0
/*
 * Flame graphs in files: their boxes add up to the report, and names cannot leave the text
 * that they are.
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "export/flame_page.h"
#include "profile/filter.h"
#include "profile/profile_load.h"
#include "tests/unit/fixture.h"

static const struct selection everything = { 0 };
static const struct fixture_options fixtures[] = {
	{ 0 }, { .hidden = true }, { .hostile = true }, { .n_samples = 1 }, { .deep = true },
	{ .python = true },
};
static const struct export_format *const formats[] = { &export_svg, &export_html };

static char *export(const struct export_format *format, const struct profile *p,
		    const struct selection *selection)
{
	struct export_job job = { .p = p, .selection = selection };
	struct error err;
	char *data = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&data, &len);

	assert_int_equal(format->write(&job, stream, &err), 0);
	fclose(stream);
	assert_int_equal(strlen(data), len);
	return data;
}

/* ---- boxes ---- */

struct box {
	unsigned int parent, name;
	uint64_t start, ns, samples, own, below;
};

/* Those of the page's data; the caller frees them. */
static struct box *read_boxes(const char *page, size_t *n_out)
{
	const char *at = strstr(page, "\"boxes\":[\n");
	struct box *v = NULL;
	size_t n = 0, cap = 0;
	int len = 0;

	assert_non_null(at);
	for (at = strchr(at, '\n') + 1;; at += len + (at[len] == ',') + 1) {
		struct box b = { 0 };
		double low, high;
		int rough;
		unsigned int recursion;

		assert_int_equal(sscanf(at, "[%u,%u,%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64
					",%lf,%lf,%d,%u]%n", &b.parent, &b.name, &b.start, &b.ns,
					&b.samples, &b.own, &low, &high, &rough, &recursion, &len), 10);
		assert_true(low <= high && low >= 0 && high <= 100);
		array_reserve(v, n + 1, cap);
		v[n++] = b;
		if (at[len] == ']')
			break;
	}
	*n_out = n;
	return v;
}

/* Nothing of the fixtures is too narrow for the page, so nothing may be missing. */
TEST(boxes_of_a_page_add_up_to_the_report)
{
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		const struct profile *p = profile_load_profile(load);
		_cleanup_(freep) char *page = export(&export_html, p, &everything);
		_cleanup_(freep) struct box *box = NULL;
		struct summary sum;
		uint64_t own = 0;
		size_t n;

		summary_make(p, &everything, &sum);
		box = read_boxes(page, &n);
		assert_int_equal(box[0].ns, sum.base_ns);
		assert_int_equal(box[0].samples, sum.received.count);
		for (size_t b = 1; b < n; b++) {
			struct box *above = &box[box[b].parent];

			assert_true(box[b].parent < b);
			assert_true(box[b].start >= above->start + above->below);
			above->below += box[b].ns;
			assert_true(box[b].start + box[b].ns <= above->start + above->ns);
		}
		for (size_t b = 0; b < n; b++) {
			bool is_hidden = fixtures[i].hidden && b && !box[b].samples;

			assert_int_equal(box[b].own + box[b].below + (is_hidden ? box[b].ns : 0),
					 box[b].ns);
			own += box[b].own;
		}
		assert_int_equal(own + sum.hidden_ns, sum.base_ns);
		summary_deinit(&sum);
		profile_load_close(load);
	}
}

/* Rectangles of a row do not overlap, and none reaches beyond the picture. */
TEST(boxes_of_a_picture_do_not_overlap)
{
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		_cleanup_(freep) char *svg = export(&export_svg, profile_load_profile(load),
						    &everything);
		unsigned int row = 0, n = 0;
		double end = 0;

		for (const char *at = svg; (at = strstr(at, "</title><rect ")); at++) {
			double x, width;
			unsigned int y;

			assert_int_equal(sscanf(at, "</title><rect x=\"%lf\" y=\"%u\" width=\"%lf\"",
						&x, &y, &width), 3);
			assert_true(width > 0 && y >= row);
			assert_true(y > row || x >= end - 1e-6);
			row = y;
			end = x + width;
			assert_true(x >= 10 && end <= 1190 + 1e-6);
			n++;
		}
		assert_true(n >= (fixtures[i].n_samples ? 2 : 10));
		profile_load_close(load);
	}
}

TEST(a_filter_and_what_is_not_visible_have_boxes_of_their_own)
{
	struct profile_load *load = fixture_load(&fixtures[1]);
	struct selection s = { 0 };
	struct filter *filter;
	struct error err;

	assert_int_equal(filter_open("fib", FILTER_TEXT, &filter, &err), 0);
	s.filter = filter;
	for (size_t i = 0; i < array_len(formats); i++) {
		_cleanup_(freep) char *text = export(formats[i], profile_load_profile(load), &s);

		assert_non_null(strstr(text, "[filtered out]"));
		assert_non_null(strstr(text, "[kernel, not visible]"));
		assert_non_null(strstr(text, "; filter fib"));
	}
	filter_close(filter);
	profile_load_close(load);
}

/* ---- text ---- */

TEST(they_say_what_they_are_of)
{
	struct profile_load *load = fixture_load(&fixtures[0]);

	for (size_t i = 0; i < array_len(formats); i++) {
		_cleanup_(freep) char *text = export(formats[i], profile_load_profile(load),
						     &everything);
		_cleanup_(freep) char *again = export(formats[i], profile_load_profile(load),
						      &everything);

		assert_non_null(strstr(text, "shop (pid 4242)"));
		assert_non_null(strstr(text, "30.0 s; 8,000 samples = 40.0 s of CPU; lost "));
		assert_non_null(strstr(text, "; cut "));
		assert_string_equal(text, again);
	}
	profile_load_close(load);
}

/* A page loads nothing: the only address in it is the name of SVG's elements. */
TEST(they_refer_to_nothing)
{
	static const char *const words[] = { "http:", "https:", "src=", "href", "url(", "@import",
					     "<link", "<img", "<iframe", "fetch(", "eval(",
					     "innerHTML" };
	struct profile_load *load = fixture_load(&fixtures[0]);

	for (size_t i = 0; i < array_len(formats); i++) {
		_cleanup_(freep) char *text = export(formats[i], profile_load_profile(load),
						     &everything);
		char *space = strstr(text, "\"http://www.w3.org/2000/svg\"");

		if (space)
			memset(space, ' ', strlen("\"http://www.w3.org/2000/svg\""));
		for (size_t k = 0; k < array_len(words); k++)
			assert_null(strstr(text, words[k]));
	}
	profile_load_close(load);
}

/* Tags of a file, so that a name which became one is noticed. */
static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

TEST(names_stay_text_whatever_they_are)
{
	struct profile_load *load = fixture_load(&fixtures[2]);

	for (size_t i = 0; i < array_len(formats); i++) {
		_cleanup_(freep) char *text = export(formats[i], profile_load_profile(load),
						     &everything);
		const char *end = text + strlen(text);
		uint32_t cp;

		for (const char *s = text; s < end;) {
			size_t n = utf8_decode(s, end, &cp);

			assert_true(n > 0);
			assert_true(cp == '\n' || cp == '\t' || !utf8_is_control(cp));
			s += n;
		}
		assert_int_equal(count(text, "<script"), formats[i] == &export_html ? 2 : 0);
		assert_int_equal(count(text, "</script"), count(text, "<script"));
		assert_int_equal(count(text, "<title>"), count(text, "</title>"));
	}
	profile_load_close(load);
}

TEST(what_has_a_meaning_in_xml_is_escaped)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {
		{ "std::map<int, char>&", "std::map&lt;int, char&gt;&amp;" },
		{ "]]></title><script>\"'", "]]&gt;&lt;/title&gt;&lt;script&gt;&quot;&#39;" },
		{ "\xc3\xa9", "\xc3\xa9" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		char *got = NULL;
		size_t len;
		FILE *out = open_memstream(&got, &len);

		flame_page_escape(out, cases[i].text);
		fclose(out);
		assert_string_equal(got, cases[i].escaped);
		free(got);
	}
}

TEST(no_time_at_all_is_refused)
{
	struct profile_load *load = fixture_load(&fixtures[3]);
	struct selection none = { .from_ns = 1, .to_ns = 2 };
	struct export_job job = { .p = profile_load_profile(load), .selection = &none };
	_cleanup_(fclosep) FILE *out = fopen("/dev/null", "w");

	for (size_t i = 0; i < array_len(formats); i++) {
		struct error err;

		assert_int_equal(formats[i]->write(&job, out, &err), -1);
		assert_int_equal(err.code, ENODATA);
	}
	profile_load_close(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_of_a_page_add_up_to_the_report),
		cmocka_unit_test(boxes_of_a_picture_do_not_overlap),
		cmocka_unit_test(a_filter_and_what_is_not_visible_have_boxes_of_their_own),
		cmocka_unit_test(they_say_what_they_are_of),
		cmocka_unit_test(they_refer_to_nothing),
		cmocka_unit_test(names_stay_text_whatever_they_are),
		cmocka_unit_test(what_has_a_meaning_in_xml_is_escaped),
		cmocka_unit_test(no_time_at_all_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

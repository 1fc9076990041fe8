// SPDX-License-Identifier: Apache-2.0
/*
 * Reports of the made-up recording, compared with the texts in golden/.
 * GENERATE=1 rewrites those: read the difference before you commit it.
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "profile/filter.h"
#include "profile/profile_load.h"
#include "tests/unit/fixture.h"
#include "tests/unit/golden.h"
#include "ui/page.h"
#include "ui/report.h"
#include "ui/source.h"
#include "ui/text.h"

/* ---- a report as text ---- */

enum which {
	FLAT, TREE, CALLERS, LINES, LEDGER, HEADER, JSON
};

struct print {
	enum which which;
	unsigned int width;
	bool utf8, colour, source;
	const char *function;
	uint32_t limit;
	const struct selection *selection;
};

static const char source_text[] =
	"/* report.c */\n"
	"static void build_report(struct rows *rows)\n"
	"{\n"
	"\tfor (size_t i = 0; i < rows->n; i++)\n"
	"\t\tout = append(out, render(&rows->v[i]));\n"
	"}\n";

/* report.c as it was: the text above from line 51 on. */
static struct source make_source(void)
{
	struct source s = { .changed = 0 };
	size_t cap = 0;

	for (int i = 0; i < 50; i++)
		buf_put_u8(&s.text, '\n');
	buf_put(&s.text, source_text, sizeof(source_text) - 1);
	for (size_t at = 0; at < s.text.len;) {
		array_reserve(s.starts, s.n_lines + 2, cap);
		s.starts[s.n_lines++] = at;
		at += strcspn((char *)s.text.data + at, "\n") + 1;
		s.starts[s.n_lines] = at;
	}
	return s;
}

/* Its file has been read, and was there or not. */
static void add_source(struct sources *s, const struct report *r, uint32_t function, bool there)
{
	array_reserve(s->v, 1, s->cap);
	s->v[s->n] = xcalloc(1, sizeof(*s->v[s->n]));
	*s->v[s->n++] = (struct sources_item){
		.path = xstrdup(profile_string(r->p, r->p->functions[function].file)),
		.read = there };
	if (there)
		s->v[0]->source = make_source();
}

static void print_one(const struct print *how, const struct report *r)
{
	struct report_json_parts parts = { .tree = true, .callers = RECORD_NONE, .lines = RECORD_NONE,
					   .by = GROUP_PROCESS };
	uint32_t n, function = how->function ? summary_find(r->p, r->sum, how->function, &n) : 0;
	struct sources sources = { 0 };

	switch (how->which) {
	case FLAT:
		report_flat(r);
		break;
	case TREE:
		report_tree(r);
		break;
	case CALLERS:
		report_callers(r, function);
		break;
	case LINES:
		add_source(&sources, r, function, how->source);
		report_lines(r, function, &sources);
		sources_deinit(&sources);
		break;
	case LEDGER:
		report_ledger(r);
		break;
	case HEADER:
		report_header(r);
		break;
	case JSON:
		parts.callers = parts.lines = function;
		report_json(r, &parts);
		break;
	}
}

/* The text of a report; the caller frees it. */
static char *print(const struct print *how, const struct fixture_options *fixture)
{
	static const struct selection everything = { 0 };
	struct profile_load *load = fixture_load(fixture);
	char *text = NULL;
	size_t len;
	struct page page;
	struct summary sum;
	struct ledger ledger;
	struct report r = {
		.page = &page, .cells = { &page.pen, profile_load_profile(load), &sum },
		.p = profile_load_profile(load), .sum = &sum, .ledger = &ledger,
		.selection = how->selection ? how->selection : &everything,
		.file = "shop.cprof", .limit = how->limit,
	};

	page_init(&page, open_memstream(&text, &len), how->width, how->utf8, how->colour);
	summary_make(r.p, r.selection, &sum);
	ledger_make(r.p, r.selection, &sum, &ledger);
	print_one(how, &r);
	ledger_deinit(&ledger);
	summary_deinit(&sum);
	fclose(page.out);
	page_deinit(&page);
	profile_load_close(load);
	return text;
}

/* ---- golden texts ---- */

/* No line may be wider than the page, and none may end in a blank. */
static void check_lines(const char *text, unsigned int width)
{
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, "\n");
		_cleanup_(freep) char *copy = strndup(line, len);

		assert_true(text_width(copy) <= width);
		assert_false(len && line[len - 1] == ' ');
	}
}

TEST(reports_look_as_they_did)
{
	static const struct fixture_options plain = { 0 }, hidden = { .hidden = true },
		few = { .n_samples = 12, .unfinished = true }, hostile = { .hostile = true },
		deep = { .deep = true }, counted = { .python = true, .counted = true };
	static const struct {
		const char *name;
		struct print print;
		const struct fixture_options *fixture;
	} cases[] = {
		{ "header-80", { HEADER, 80, true }, &plain },
		{ "header-hostile-100", { HEADER, 100, true }, &hostile },
		{ "header-few-80", { HEADER, 80, false }, &few },
		{ "flat-80", { FLAT, 80, true }, &plain },
		{ "flat-100", { FLAT, 100, true }, &plain },
		{ "flat-160", { FLAT, 160, true }, &plain },
		{ "flat-ascii-80", { FLAT, 80, false }, &plain },
		{ "flat-hidden-100", { FLAT, 100, true }, &hidden },
		{ "flat-few-80", { FLAT, 80, true }, &few },
		{ "flat-limit-80", { FLAT, 80, true, .limit = 3 }, &plain },
		{ "flat-hostile-100", { FLAT, 100, true }, &hostile },
		{ "flat-colour-100", { FLAT, 100, true, true }, &hidden },
		{ "flat-counted-80", { FLAT, 80, true }, &counted },
		{ "flat-counted-100", { FLAT, 100, true }, &counted },
		{ "tree-80", { TREE, 80, true }, &plain },
		{ "tree-100", { TREE, 100, true }, &hidden },
		{ "tree-deep-100", { TREE, 100, true }, &deep },
		{ "ledger-deep-80", { LEDGER, 80, true }, &deep },
		{ "tree-ascii-80", { TREE, 80, false }, &plain },
		{ "tree-limit-100", { TREE, 100, true, .limit = 5 }, &plain },
		{ "callers-80", { CALLERS, 80, true, .function = "build_report" }, &plain },
		{ "callers-ascii-100", { CALLERS, 100, false, .function = "fib" }, &plain },
		{ "lines-80", { LINES, 80, true, .source = true, .function = "build_report" }, &plain },
		{ "lines-ascii-100", { LINES, 100, false, .function = "membership" }, &plain },
		{ "ledger-80", { LEDGER, 80, true }, &hidden },
		{ "ledger-ascii-100", { LEDGER, 100, false }, &plain },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		_cleanup_(freep) char *text = print(&cases[i].print, cases[i].fixture);

		golden_compare(cases[i].name, text);
		if (!cases[i].print.colour)
			check_lines(text, cases[i].print.width);
	}
}

TEST(colour_changes_nothing_but_colour)
{
	static const struct fixture_options hostile = { .hostile = true };

	for (enum which which = FLAT; which <= HEADER; which++) {
		struct print how = { which, 100, true, .function = "fib" };
		_cleanup_(freep) char *plain = print(&how, &hostile);
		_cleanup_(freep) char *colour = NULL;
		char *to;

		how.colour = true;
		colour = to = print(&how, &hostile);
		for (const char *s = colour; *s; s++) {
			if (*s == '\033')
				s += strcspn(s, "m");
			else
				*to++ = *s;
		}
		*to = '\0';
		assert_string_equal(colour, plain);
	}
}

TEST(nothing_of_the_target_reaches_the_terminal_raw)
{
	static const struct fixture_options hostile = { .hostile = true };

	for (int utf8 = 0; utf8 < 2; utf8++)
		for (enum which which = FLAT; which <= HEADER; which++) {
			struct print how = { which, 120, utf8, .function = "evil" };
			_cleanup_(freep) char *text = print(&how, &hostile);

			for (const unsigned char *s = (unsigned char *)text; *s; s++)
				assert_true((*s >= 0x20 && *s != 0x7f) || *s == '\n');
			assert_null(strstr(text, "\xe2\x80\xae"));	/* right to left */
			assert_null(strstr(text, "\xc2\x9b"));		/* CSI */
			if (!utf8)
				for (const char *s = text; *s; s++)
					assert_true((unsigned char)*s < 0x80);
		}
}

TEST(a_filter_that_matches_nothing_says_so)
{
	static const struct fixture_options plain = { 0 };
	struct selection s = { 0 };
	struct filter *filter;
	struct error err;

	assert_int_equal(filter_open("nothing like it", FILTER_TEXT, &filter, &err), 0);
	s.filter = filter;
	struct print how = { FLAT, 80, true, .selection = &s };
	_cleanup_(freep) char *text = print(&how, &plain);
	assert_non_null(strstr(text, "no function of this selection matches the filter"));
	assert_non_null(strstr(text, "100.0"));
	assert_non_null(strstr(text, "[filtered out]"));
	filter_close(filter);
}

TEST(json_is_valid_and_says_what_the_text_says)
{
	static const struct fixture_options fixtures[] = {
		{ 0 }, { .hidden = true }, { .hostile = true }, { .n_samples = 1 },
		{ .python = true, .counted = true },
	};
	static const char check[] =
		"import json, sys\n"
		"d = json.load(open(sys.argv[1], encoding='utf-8'))\n"
		"assert d['schema'] == 'cprofd-report' and d['schema_version'] == 1\n"
		"t = d['totals']\n"
		"assert abs(sum(f['self']['weight_ns'] for f in d['functions'])\n"
		"    - t['received']['weight_ns']) == 0\n"
		"assert sum(r['weight_ns'] for r in d['ledger']['rows']) == d['ledger']['whole_ns']\n"
		"shares = sum(f['self']['share'] for f in d['functions'])\n"
		"assert abs(shares + t['kernel_not_visible']['share'] - 1) < 1e-6\n"
		"for f in d['functions']:\n"
		"    for k in 'self', 'total':\n"
		"        i = f[k]\n"
		"        assert 0 <= i['low'] <= i['share'] + 1e-9 <= i['high'] + 2e-9 <= 1 + 3e-9\n"
		"calls = {f['name']: [f['calls'], f['calls_from'], f['calls_seconds'], f['calls_by']]\n"
		"    for f in d['functions'] if f['calls'] is not None}\n"
		"assert not calls or (calls['fib'] == [25083, 3, 5, 'probe'] and\n"
		"    calls['Order.__init__'] == [45001, .02, 20, 'monitoring'] and len(calls) == 6), calls\n"
		"assert calls or not any(f['name'] == 'in_list' for f in d['functions'])\n"
		"nodes = {n['id']: n for n in d['tree']}\n"
		"left = {n['id']: n['total']['samples'] - n['self']['samples'] for n in d['tree']}\n"
		"for n in d['tree']:\n"
		"    if n['parent'] is not None: left[n['parent']] -= n['total']['samples']\n"
		"assert all(v == 0 for v in left.values())\n"
		"c = d['callers_of']\n"
		"assert c['self']['samples'] + sum(r['sum']['samples'] for r in c['callees']\n"
		"    if r['parent'] is None) == c['total']['samples']\n"
		"assert sum(l['self']['samples'] for l in d['lines_of']['lines']) == c['self']['samples']\n";

	if (system("python3 -c 'import json' 2>/dev/null") != 0) {
		print_message("python3 is not installed\n");
		skip();
	}
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct print how = { JSON, 80, true, .function = "o" };
		_cleanup_(freep) char *text = print(&how, &fixtures[i]);
		char json[] = "/tmp/test_report_XXXXXX", script[] = "/tmp/test_report_XXXXXX";
		_cleanup_(closep) int fd = mkstemp(json), sfd = mkstemp(script);
		_cleanup_(freep) char *command = xasprintf("python3 %s %s", script, json);
		int status;

		assert_int_equal(io_write_full(fd, text, strlen(text)), 0);
		assert_int_equal(io_write_full(sfd, check, sizeof(check) - 1), 0);
		close(sfd);
		status = system(command);
		unlink(json);
		unlink(script);
		assert_int_equal(status, 0);
	}
}

/* ---- text ---- */

TEST(bytes_that_are_no_characters_are_shown_as_what_they_are)
{
	static const struct {
		const char *bytes, *utf8, *ascii;
	} cases[] = {
		{ "plain name", "plain name", "plain name" },
		{ "caf\xc3\xa9", "caf\xc3\xa9", "caf?" },
		{ "\x1b[31mred", "\\x1b[31mred", "\\x1b[31mred" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f", "\\x7f" },
		{ "\xc2\x9b[", "\\u009b[", "?[" },		/* C1 in UTF-8 */
		{ "\x9b[", "\\x9b[", "\\x9b[" },		/* C1 as a byte */
		{ "\xff\xfe", "\\xff\\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf" },	/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },	/* surrogate */
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80", "\\xf5\\x80\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82" },	/* cut short */
		{ "\xe2\x80\xae" "abc", "\\u202e" "abc", "?abc" },
		{ "\xe2\x81\xa6", "\\u2066", "?" },
		{ "\xe2\x80\x8b", "\\u200b", "?" },
		{ "\xcc\x81" "a", "\\u0301" "a", "?a" },	/* nothing to sit on */
		{ "a\xcc\x81", "a\xcc\x81", "a?" },
		{ "\xf3\xa0\x81\x81", "\\U000e0041", "?" },	/* a tag */
		{ "x (deleted)", "x (deleted)", "x (deleted)" },
		{ "", "", "" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = { 0 };

		text_clean(&b, cases[i].bytes, strlen(cases[i].bytes), true);
		assert_string_equal((char *)b.data, cases[i].utf8);
		b.len = 0;
		text_clean(&b, cases[i].bytes, strlen(cases[i].bytes), false);
		assert_string_equal((char *)b.data, cases[i].ascii);
		buf_deinit(&b);
	}
}

TEST(text_is_cut_by_columns_with_a_mark)
{
	static const struct {
		const char *text;
		unsigned int width;
		const char *cut;
	} cases[] = {
		{ "function", 8, "function" },
		{ "function", 7, "functi…" },
		{ "function", 1, "…" },
		{ "function", 0, "" },
		{ "日本語", 6, "日本語" },
		{ "日本語", 5, "日本…" },
		{ "日本語", 4, "日…" },
		{ "", 0, "" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct buf b = { 0 };

		text_clean(&b, cases[i].text, strlen(cases[i].text), true);
		text_clip(&b, cases[i].width, true);
		assert_string_equal((char *)b.data, cases[i].cut);
		assert_true(text_width((char *)b.data) <= cases[i].width);
		buf_deinit(&b);
	}
}

TEST(numbers_have_three_digits_that_count)
{
	char b[TEXT_NUMBER];

	assert_string_equal(text_count(b, 0), "0");
	assert_string_equal(text_count(b, 999), "999");
	assert_string_equal(text_count(b, 1000), "1,000");
	assert_string_equal(text_count(b, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(text_percent(b, .3841, false), "38.4");
	assert_string_equal(text_percent(b, .3841, true), "38");
	assert_string_equal(text_time(b, 0), "0 ns");
	assert_string_equal(text_time(b, 999), "999 ns");
	assert_string_equal(text_time(b, 3100), "3.10 us");
	assert_string_equal(text_time(b, 9999), "10.0 us");
	assert_string_equal(text_time(b, 84123456), "84.1 ms");
	assert_string_equal(text_time(b, 999499999), "999 ms");
	assert_string_equal(text_time(b, 999999999), "1.00 s");
	assert_string_equal(text_time(b, 9290000000), "9.29 s");
	assert_string_equal(text_time(b, 1234000000000), "1,234 s");
	assert_string_equal(text_seconds(b, 20000000), "0.02");
	assert_string_equal(text_seconds(b, 1234560000000), "1,235");
	assert_string_equal(text_bytes(b, 912 << 10), "912 KiB");
	assert_string_equal(text_bytes(b, 1000), "1000 B");
	assert_string_equal(text_bytes(b, 1310720), "1.25 MiB");
	assert_string_equal(text_bytes(b, UINT64_MAX), "16 EiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_look_as_they_did),
		cmocka_unit_test(colour_changes_nothing_but_colour),
		cmocka_unit_test(nothing_of_the_target_reaches_the_terminal_raw),
		cmocka_unit_test(a_filter_that_matches_nothing_says_so),
		cmocka_unit_test(json_is_valid_and_says_what_the_text_says),
		cmocka_unit_test(bytes_that_are_no_characters_are_shown_as_what_they_are),
		cmocka_unit_test(text_is_cut_by_columns_with_a_mark),
		cmocka_unit_test(numbers_have_three_digits_that_count),
	};

	/* wcwidth() and localtime() have to know where they are. */
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_page.h"
#include "cmd/cmd_recording.h"
#include "ui/report_compare.h"

struct options {
	const char *files[2];
	double from_s[2], to_s[2];	/* to_s < 0: all of it */
	bool json, only_evidence, unit_asked;
	enum compare_unit unit;
	uint64_t limit;
	struct cmd_page page;
	struct cmd_selection chosen;	/* filter and frames, of both */
};

enum option_id {
	OPTION_SELECTION = 256, OPTION_PAGE, OPTION_UNIT, OPTION_EVIDENCE, OPTION_JSON, OPTION_LIMIT,
	OPTION_A, OPTION_B,
};

static const struct option long_options[] = {
	{ "unit", required_argument, NULL, OPTION_UNIT },
	{ "evidence", no_argument, NULL, OPTION_EVIDENCE },
	{ "a-range", required_argument, NULL, OPTION_A },
	{ "b-range", required_argument, NULL, OPTION_B },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "filter", required_argument, NULL, OPTION_SELECTION },
	{ "frames", required_argument, NULL, OPTION_SELECTION },
	{ "width", required_argument, NULL, OPTION_PAGE },
	{ "color", required_argument, NULL, OPTION_PAGE },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* "12-18": seconds since the start. */
static int set_range(struct options *o, int side, const char *value)
{
	_cleanup_(freep) char *from = xstrdup(value);
	char *dash = strchr(from, '-');

	if (dash)
		*dash = '\0';
	if (!dash || !cmd_parse_seconds(from, &o->from_s[side]) ||
	    !cmd_parse_seconds(dash + 1, &o->to_s[side]) || o->to_s[side] <= o->from_s[side])
		return cmd_usage(&cmd_compare, "--%c-range %s: not two times, such as 12-18",
				 side == COMPARE_A ? 'a' : 'b', value);
	return EXIT_OK;
}

static int set_option(struct options *o, int id, const char *name, const char *value)
{
	int code = EXIT_OK;

	switch (id) {
	case OPTION_UNIT:
		o->unit_asked = true;
		if (!compare_unit_parse(value, &o->unit))
			code = cmd_usage(&cmd_compare, "--unit %s: not run, second or share", value);
		return code;
	case OPTION_EVIDENCE:
		o->only_evidence = true;
		return code;
	case OPTION_A:
	case OPTION_B:
		return set_range(o, id == OPTION_A ? COMPARE_A : COMPARE_B, value);
	case OPTION_JSON:
		o->json = true;
		return code;
	case OPTION_LIMIT:
		if (!cmd_parse_number(value, 1, 1000000, &o->limit))
			code = cmd_usage(&cmd_compare, "--limit %s: not a number from 1", value);
		return code;
	case OPTION_SELECTION:
		cmd_selection_option(&cmd_compare, &o->chosen, name, value, &code);
		return code;
	case OPTION_PAGE:
		cmd_page_option(&cmd_compare, &o->page, name, value, &code);
		return code;
	default:
		return cmd_usage(&cmd_compare, "an option is unknown or lacks its value");
	}
}

/* EXIT_OK, an exit code after saying why, or -1 if help was asked for. */
static int parse(struct options *o, int argc, char **argv)
{
	int index = 0, id, code = EXIT_OK, n;

	optind = 0;
	opterr = 0;
	while (code == EXIT_OK && (id = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
		if (id == 'h')
			return -1;
		code = set_option(o, id, long_options[index].name, optarg);
	}
	if (code != EXIT_OK)
		return code;
	n = argc - optind;
	if (n == 1 && (o->to_s[COMPARE_A] < 0 || o->to_s[COMPARE_B] < 0))
		return cmd_usage(&cmd_compare, "one recording: compare it with which other, or which "
				 "parts of it (--a-range, --b-range)?");
	if (n != 1 && n != 2)
		return cmd_usage(&cmd_compare, n ? "only two recordings at a time"
						 : "which recordings?");
	o->files[COMPARE_A] = argv[optind];
	o->files[COMPARE_B] = argv[optind + n - 1];
	return EXIT_OK;
}

/* ---- the two sides ---- */

struct sides {
	struct cmd_recording recordings[2];
	struct cmd_selection chosen[2];
	struct selection selections[2];
	struct summary sums[2];
	struct compare_side sides[2];
};

static bool is_same_file(const struct sides *s)
{
	struct stat a, b;

	return fstat(s->recordings[COMPARE_A].fd, &a) == 0 &&
	       fstat(s->recordings[COMPARE_B].fd, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int open_side(const struct options *o, struct sides *s, int side)
{
	struct cmd_recording *r = &s->recordings[side];
	int code = cmd_recording_open(&cmd_compare, o->files[side], r);

	if (code != EXIT_OK)
		return code;
	s->chosen[side] = o->chosen;
	s->chosen[side].compiled = NULL;
	s->chosen[side].from_s = o->to_s[side] < 0 ? 0 : o->from_s[side];
	s->chosen[side].to_s = o->to_s[side];
	if (profile_is_measured(r->p))
		return cmd_fail(&cmd_compare, EXIT_USAGE, "%s: was measured, not sampled: nothing says "
				"how its times scatter; compare recordings of run or record",
				o->files[side]);
	if (o->to_s[side] >= 0 && o->from_s[side] * (double)NS_PER_S >=
				  (double)(r->p->end_ns - r->p->start_ns))
		return cmd_usage(&cmd_compare, "--%c-range: nothing was recorded after %g s",
				 side == COMPARE_A ? 'a' : 'b', o->from_s[side]);
	code = cmd_select(&cmd_compare, &s->chosen[side], r->p, &s->selections[side]);
	if (code != EXIT_OK)
		return code;
	summary_make(r->p, &s->selections[side], &s->sums[side]);
	s->sides[side] = (struct compare_side){ r->p, &s->selections[side], &s->sums[side] };
	if (!s->sums[side].received.count)
		return cmd_fail(&cmd_compare, EXIT_NO_SAMPLE, "%s: no samples%s: nothing of it can be "
				"compared", o->files[side], o->to_s[side] < 0 ? "" : " in that range");
	return EXIT_OK;
}

/* Can these two be compared, and in which unit? */
static int judge(struct options *o, const struct sides *s)
{
	const double *from = o->from_s, *to = o->to_s;

	if (profile_is_host(s->sides[COMPARE_A].p) != profile_is_host(s->sides[COMPARE_B].p))
		return cmd_fail(&cmd_compare, EXIT_USAGE, "%s: is about the whole host, and the other "
				"about one program; compare recordings of the same kind",
				o->files[profile_is_host(s->sides[COMPARE_A].p) ? COMPARE_A : COMPARE_B]);
	if (is_same_file(s) && to[COMPARE_A] >= 0 && to[COMPARE_B] >= 0 &&
	    fmax(from[COMPARE_A], from[COMPARE_B]) < fmin(to[COMPARE_A], to[COMPARE_B]))
		return cmd_usage(&cmd_compare, "--a-range and --b-range overlap: what is in both cannot "
				 "be compared with itself");
	if (o->unit_asked && !compare_has_unit(s->sides, o->unit))
		return cmd_usage(&cmd_compare, "--unit run: both have to be recorded from the start of "
				 "the program to its end, by run or record -- CMD");
	if (!o->unit_asked)
		o->unit = compare_has_unit(s->sides, COMPARE_PER_RUN) ? COMPARE_PER_RUN
								      : COMPARE_PER_SECOND;
	return EXIT_OK;
}

static void print(const struct options *o, const struct sides *s)
{
	struct compare c;
	struct page page;
	struct report_compare r = {
		.page = &page, .sides = s->sides, .c = &c, .limit = (uint32_t)o->limit,
		.files = { o->files[COMPARE_A], o->files[COMPARE_B] },
		.only_evidence = o->only_evidence,
	};

	compare_make(s->sides, o->unit, &c);
	cmd_page_init(&o->page, &page);
	if (o->json)
		report_compare_json(&r);
	else
		report_compare(&r);
	page_deinit(&page);
	compare_deinit(&c);
}

static int compare(struct options *o)
{
	struct sides s = { .recordings = { { .fd = -1 }, { .fd = -1 } } };
	int code = open_side(o, &s, COMPARE_A);

	setlocale(LC_CTYPE, "");
	if (code == EXIT_OK)
		code = open_side(o, &s, COMPARE_B);
	if (code == EXIT_OK)
		code = judge(o, &s);
	if (code == EXIT_OK)
		print(o, &s);
	for (int side = 0; side < 2; side++) {
		if (code == EXIT_OK)
			code = s.recordings[side].exit_code;
		summary_deinit(&s.sums[side]);
		cmd_selection_deinit(&s.chosen[side]);
		cmd_recording_close(&s.recordings[side]);
	}
	return cmd_finish_stdout(&cmd_compare, code);
}

static int run(int argc, char **argv)
{
	struct options o = { .to_s = { -1, -1 } };
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_compare);
		return cmd_finish_stdout(&cmd_compare, EXIT_OK);
	}
	return code == EXIT_OK ? compare(&o) : code;
}

const struct cmd cmd_compare = {
	.name = "compare",
	.synopsis = "[--unit UNIT] [--evidence] [--json] [OPTIONS] A [B]",
	.summary = "say what became faster or slower from one recording to another",
	.help =
	"Compares the CPU time of each function before, in recording A, and now, in B: the\n"
	"change with its 95% interval, and a verdict only where there is evidence.\n"
	"\n"
	"  --unit UNIT         run (if both saw all of one), second or share\n"
	"  --evidence          only rows with evidence of a change\n"
	"  --a-range FROM-TO   only these seconds of A,\n"
	"  --b-range FROM-TO   and of B, which is A if only one recording is named\n"
	"  --json              for programs, see cprofd-report-json(5)\n"
	"  --limit N           rows of the table\n"
	"  --filter REGEX      look only at samples with a function of such a name\n"
	"  --frames MODE       of a Python program: merged (Python and the C that it\n"
	"                      calls), python, native or mixed\n"
	CMD_PAGE_OPTIONS
	"  -h, --help          this text\n",
	.run = run,
};

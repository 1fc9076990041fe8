// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/cmd_page.h"
#include "cmd/cmd_recording.h"
#include "cmd/show.h"
#include "profile/groups.h"
#include "ui/report.h"
#include "ui/source.h"

struct options {
	const char *file;
	bool file_gone;		/* it is not kept: do not name it */
	bool json, tree, threads;
	const char *callers, *lines;	/* functions, or NULL */
	enum group_by by;	/* GROUP_BY_COUNT: no groups */
	struct cmd_page page;
	uint64_t limit;
	struct cmd_selection selection;
};

enum option_id {
	OPTION_OTHER = 256, OPTION_TREE, OPTION_CALLERS, OPTION_LINES, OPTION_JSON,
	OPTION_LIMIT, OPTION_PAGE, OPTION_BY, OPTION_THREADS,
};

static const struct option long_options[] = {
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "callers", required_argument, NULL, OPTION_CALLERS },
	{ "lines", required_argument, NULL, OPTION_LINES },
	{ "threads", no_argument, NULL, OPTION_THREADS },
	{ "by", required_argument, NULL, OPTION_BY },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "width", required_argument, NULL, OPTION_PAGE },
	{ "color", required_argument, NULL, OPTION_PAGE },
	{ "from", required_argument, NULL, OPTION_OTHER },
	{ "to", required_argument, NULL, OPTION_OTHER },
	{ "thread", required_argument, NULL, OPTION_OTHER },
	{ "filter", required_argument, NULL, OPTION_OTHER },
	{ "frames", required_argument, NULL, OPTION_OTHER },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int set_option(struct options *o, int id, const char *name, const char *value)
{
	int code = EXIT_OK;

	switch (id) {
	case OPTION_TREE:
		o->tree = true;
		return code;
	case OPTION_THREADS:
		o->threads = true;
		return code;
	case OPTION_CALLERS:
		o->callers = value;
		return code;
	case OPTION_LINES:
		o->lines = value;
		return code;
	case OPTION_BY:
		if (!group_by_parse(value, &o->by))
			code = cmd_usage(&cmd_report, "--by %s: not process, program, cgroup or "
					 "thread", value);
		return code;
	case OPTION_JSON:
		o->json = true;
		return code;
	case OPTION_LIMIT:
		if (!cmd_parse_number(value, 1, 1000000, &o->limit))
			code = cmd_usage(&cmd_report, "--limit %s: not a number from 1", value);
		return code;
	case OPTION_PAGE:
		cmd_page_option(&cmd_report, &o->page, name, value, &code);
		return code;
	case OPTION_OTHER:
		cmd_selection_option(&cmd_report, &o->selection, name, value, &code);
		return code;
	default:
		return cmd_usage(&cmd_report, "an option is unknown or lacks its value");
	}
}

/* EXIT_OK, an exit code after saying why, or -1 if help was asked for. */
static int parse(struct options *o, int argc, char **argv)
{
	int index = 0, id, code = EXIT_OK;

	optind = 0;
	opterr = 0;
	while (code == EXIT_OK && (id = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
		if (id == 'h')
			return -1;
		code = set_option(o, id, long_options[index].name, optarg);
	}
	if (code != EXIT_OK)
		return code;
	if (argc - optind != 1)
		return cmd_usage(&cmd_report, argc == optind ? "which recording?"
							     : "only one recording at a time");
	if (o->tree + o->threads + !!o->callers + !!o->lines > 1 && !o->json)
		return cmd_usage(&cmd_report, "only one of --tree, --callers, --lines and --threads");
	o->file = argv[optind];
	return EXIT_OK;
}

/* The function that is meant; RECORD_NONE if none was asked for. */
static int find_function(const struct report *r, const char *name, uint32_t *out)
{
	uint32_t n;

	*out = RECORD_NONE;
	if (!name)
		return EXIT_OK;
	*out = summary_find(r->p, r->sum, name, &n);
	if (*out == RECORD_NONE)
		return cmd_fail(&cmd_report, EXIT_USAGE, "no function of this selection matches "
				"\"%s\"; `cprofd report` lists them", name);
	if (n > 1)
		cmd_fail(&cmd_report, EXIT_OK, "%u functions match \"%s\": the one with the most "
			 "time is shown", n, name);
	return EXIT_OK;
}

static void print_lines(const struct report *r, uint32_t function)
{
	struct sources sources = { 0 };

	report_lines(r, function, &sources);
	sources_deinit(&sources);
}

static int print(const struct options *o, const struct report *r)
{
	struct report_json_parts parts = { .tree = o->tree, .threads = o->threads,
					   .by = o->by };
	int code = find_function(r, o->callers, &parts.callers);

	if (code == EXIT_OK)
		code = find_function(r, o->lines, &parts.lines);
	if (code != EXIT_OK)
		return code;
	if (r->sum->measured && (o->tree || o->lines || o->by != GROUP_BY_COUNT))
		return cmd_fail(&cmd_report, EXIT_USAGE, "%s: was measured, not sampled: there are no "
				"stacks, lines or threads; --callers FUNC is there", o->file);
	if (o->json) {
		report_json(r, &parts);
		return EXIT_OK;
	}
	report_header(r);
	if (parts.callers != RECORD_NONE) {
		report_callers(r, parts.callers);
	} else if (parts.lines != RECORD_NONE) {
		print_lines(r, parts.lines);
	} else if (o->threads) {
		report_threads(r);
	} else {
		if (o->by != GROUP_BY_COUNT)
			report_groups(r, o->by);
		(o->tree ? report_tree : report_flat)(r);
		if (!r->sum->measured)
			report_ledger(r);
	}
	return EXIT_OK;
}

static int report(const struct options *o, const struct profile *p, const struct selection *s)
{
	struct page page;
	struct summary sum;
	struct ledger ledger;
	struct report r = {
		.page = &page, .cells = { &page.pen, p, &sum },
		.p = p, .selection = s, .sum = &sum, .ledger = &ledger,
		.file = o->file_gone ? NULL : o->file, .limit = (uint32_t)o->limit,
	};
	int code;

	cmd_page_init(&o->page, &page);
	summary_make(p, s, &sum);
	ledger_make(p, s, &sum, &ledger);
	code = print(o, &r);
	ledger_deinit(&ledger);
	summary_deinit(&sum);
	page_deinit(&page);
	return code;
}

/* Open the recording, choose from it, print. */
static int report_file(const struct cmd *cmd, struct options *o)
{
	struct cmd_recording recording;
	struct selection selection;
	int code = cmd_recording_open(cmd, o->file, &recording);

	if (code != EXIT_OK)
		return code;
	setlocale(LC_CTYPE, "");
	code = cmd_select(cmd, &o->selection, recording.p, &selection);
	if (code == EXIT_OK)
		code = report(o, recording.p, &selection);
	if (code == EXIT_OK)
		code = recording.exit_code;
	cmd_recording_close(&recording);
	return cmd_finish_stdout(cmd, code);
}

int show_report(const struct cmd *cmd, const char *path, bool kept, const char *by)
{
	struct options o = { .file = path, .file_gone = !kept, .selection.to_s = -1,
			     .by = GROUP_BY_COUNT };
	int code;

	if (by)
		group_by_parse(by, &o.by);
	code = report_file(cmd, &o);

	cmd_selection_deinit(&o.selection);
	return code;
}

static int run(int argc, char **argv)
{
	struct options o = { .selection.to_s = -1, .by = GROUP_BY_COUNT };
	int code = parse(&o, argc, argv);

	if (code == -1) {
		cmd_print_help(&cmd_report);
		code = cmd_finish_stdout(&cmd_report, EXIT_OK);
	} else if (code == EXIT_OK) {
		code = report_file(&cmd_report, &o);
	}
	cmd_selection_deinit(&o.selection);
	return code;
}

const struct cmd cmd_report = {
	.name = "report",
	.synopsis = "[--tree | --callers FUNC | --lines FUNC | --threads] [--by WHAT] [--json] [OPTIONS] "
		    "RECORDING",
	.summary = "print what a recording says",
	.help =
	"Without more: the functions, those with the most time of their own first,\n"
	"each share with its 95% interval.\n"
	"\n"
	"  --tree              who called whom, from the top\n"
	"  --callers FUNC      who calls one function, and where its time goes\n"
	"  --lines FUNC        one function by source line\n"
	"  --threads           what each thread does, and for what it waits\n"
	"  --by WHAT           first who: by process, program, cgroup or thread\n"
	"  --json              everything for programs, see cprofd-report-json(5)\n"
	"  --limit N           rows of the table\n"
	CMD_SELECTION_OPTIONS
	CMD_PAGE_OPTIONS
	"  -h, --help          this text\n",
	.run = run,
};

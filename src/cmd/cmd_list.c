// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/sessions.h"
#include "export/json_writer.h"
#include "ui/app_session.h"
#include "ui/text.h"

static void print_row(const struct session_entry *e, const struct session_row *r)
{
	char samples[TEXT_NUMBER], bytes[TEXT_NUMBER];
	struct buf program = { 0 };
	unsigned int s = (unsigned int)(r->elapsed_ns / NS_PER_S);

	text_clean(&program, r->program, strlen(r->program), false);
	printf("%7u  %-16.16s  %-5s  %s  %02u:%02u  %11s  %9s  %s\n", r->pid,
	       program.len ? (char *)program.data : "-", r->state, r->since, s / 60, s % 60,
	       text_count(samples, r->n_samples), text_bytes(bytes, r->bytes), e->path);
	buf_deinit(&program);
}

static void put_row(struct json *j, const struct session_entry *e, const struct session_row *r)
{
	json_object(j, NULL);
	json_u64(j, "pid", r->pid);
	json_text(j, "program", r->program);
	json_text(j, "state", r->state);
	json_u64(j, "began_s", (uint64_t)e->began);
	json_double(j, "elapsed_s", (double)r->elapsed_ns / NS_PER_S);
	json_u64(j, "samples", r->n_samples);
	json_u64(j, "lost", r->n_lost);
	json_u64(j, "bytes", r->bytes);
	json_text(j, "recording", e->path);
	json_end(j);
}

static int list(bool as_json)
{
	_cleanup_(freep) struct session_entry *all = NULL;
	struct json j = json_start(stdout);
	struct error err;
	size_t n;

	if (sessions_list(&all, &n, &err) < 0)
		return cmd_fail(&cmd_list, cmd_file_exit(&err, false), "%s", err.msg);
	if (as_json)
		json_array(&j, NULL);
	else if (n)
		printf("    PID  PROGRAM           STATE  SINCE             TIME       SAMPLES"
		       "       SIZE  RECORDING\n");
	else
		cmd_say("no sessions; `cprofd attach PID` begins one");
	for (size_t i = 0; i < n; i++) {
		struct session_row row;

		session_row_make(&all[i], &row);
		if (as_json)
			put_row(&j, &all[i], &row);
		else
			print_row(&all[i], &row);
	}
	if (as_json) {
		json_end(&j);
		json_finish(&j);
	}
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	bool json = false;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_list);
			return cmd_finish_stdout(&cmd_list, EXIT_OK);
		}
		if (opt != 'j')
			return cmd_usage(&cmd_list, "an option is unknown");
		json = true;
	}
	if (optind != argc)
		return cmd_usage(&cmd_list, "nothing but options is wanted");
	return cmd_finish_stdout(&cmd_list, list(json));
}

const struct cmd cmd_list = {
	.name = "list",
	.synopsis = "[--json]",
	.summary = "sessions that go on, and what ended ones left",
	.help =
		"Shows each session that `cprofd attach` began on a terminal: live, ended, or\n"
		"cut (it died and its recording has no end).  Recordings that nobody saved are\n"
		"kept for 7 days.\n\n"
		"  --json             as JSON\n"
		"  -h, --help         this text\n",
	.run = run,
};

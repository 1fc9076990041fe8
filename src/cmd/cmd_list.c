// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/sessions.h"
#include "export/json_writer.h"
#include "ui/text.h"

/* One that goes on can have no end yet; another without was cut off. */
static const char *state_of(const struct session_entry *e, const struct session_facts *f)
{
	return e->live ? "live" : f->ended ? "ended" : "cut";
}

static void clean_program(struct buf *out, const struct session_facts *f)
{
	text_clean(out, f->program, strlen(f->program), false);
}

static void print_row(const struct session_entry *e, const struct session_facts *f)
{
	char samples[TEXT_NUMBER], bytes[TEXT_NUMBER], since[32];
	time_t began = (time_t)e->began;
	struct buf program = { 0 };
	struct tm tm;

	clean_program(&program, f);
	localtime_r(&began, &tm);
	strftime(since, sizeof(since), "%Y-%m-%d %H:%M", &tm);
	printf("%7d  %-16.16s  %-5s  %s  %02u:%02u  %11s  %9s  %s\n", (int)e->pid,
	       program.len ? (char *)program.data : "-", state_of(e, f), since,
	       (unsigned int)(f->elapsed_ns / NS_PER_S / 60),
	       (unsigned int)(f->elapsed_ns / NS_PER_S % 60), text_count(samples, f->n_samples),
	       text_bytes(bytes, f->bytes), e->path);
	buf_deinit(&program);
}

static void put_row(struct json *j, const struct session_entry *e, const struct session_facts *f)
{
	json_object(j, NULL);
	json_u64(j, "pid", (uint64_t)e->pid);
	json_text(j, "program", f->program);
	json_text(j, "state", state_of(e, f));
	json_u64(j, "began_s", (uint64_t)e->began);
	json_double(j, "elapsed_s", (double)f->elapsed_ns / NS_PER_S);
	json_u64(j, "samples", f->n_samples);
	json_u64(j, "lost", f->n_lost);
	json_u64(j, "bytes", f->bytes);
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
		struct session_facts facts;

		/* One whose recording cannot be read is listed, as cut. */
		session_facts_read(all[i].path, &facts, &err);
		if (as_json)
			put_row(&j, &all[i], &facts);
		else
			print_row(&all[i], &facts);
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

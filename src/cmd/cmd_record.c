// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/target.h"
#include "cmd/watch.h"

static void print_saved(const struct watch_result *r)
{
	cmd_say("%llu samples, %llu lost: %s", (unsigned long long)r->n_samples,
		(unsigned long long)r->n_lost, r->path);
}

/* A program of ours, from its exec to its end. */
static int record_child(struct watch_options *o, char **argv)
{
	struct watch_child child;
	struct watch_result result;
	const char *slash = strrchr(argv[0], '/');
	char name[4096];
	int code = watch_start_child(&cmd_record, o, argv, &child);

	if (code)
		return code;
	o->spec.pid = child.pid;
	o->spec.on_exec = true;
	o->spec.command = slash ? slash + 1 : argv[0];
	watch_default_name(o->spec.command, name, sizeof(name));
	watch_run(&cmd_record, o, o->out ? o->out : name, &child, &result);
	if ((result.exit_code == EXIT_OK || result.exit_code == EXIT_NO_SAMPLE) &&
	    !result.exec_failed)
		print_saved(&result);
	return watch_child_exit(&result);
}

static int record_process(struct watch_options *o, const char *pid)
{
	struct watch_result result;
	struct cmd_target target;
	char name[4096];
	int code = target_find(&cmd_record, pid, false, &target);

	if (code)
		return code;
	o->spec.pid = target.pid;
	o->spec.command = target.name;
	watch_default_name(target.name, name, sizeof(name));
	watch_run(&cmd_record, o, o->out ? o->out : name, NULL, &result);
	if (result.exit_code == EXIT_OK)
		print_saved(&result);
	return result.exit_code;
}

enum { OPT_PROBE = 2000 };
#define PROBE_SECONDS 2

/* "fib,5": for so many seconds. */
static int probe_option(struct watch_probe *probe, char *value)
{
	char *comma = strrchr(value, ',');
	int code = 0;

	probe->function = value;
	probe->seconds = PROBE_SECONDS;
	if (comma) {
		probe->seconds = cmd_number(&cmd_record, "--probe", comma + 1, .1, 60, &code);
		*comma = '\0';
	}
	return code || *value ? code : cmd_usage(&cmd_record, "--probe: of which function?");
}

/* Those of all who watch, and one of ours. */
static const struct option *long_options(void)
{
	static struct option all[32];
	size_t n = 0;

	for (const struct option *o = watch_long_options; o->name; o++)
		all[n++] = *o;
	all[n] = (struct option){ "probe", required_argument, NULL, OPT_PROBE };
	return all;
}

static int run(int argc, char **argv)
{
	struct watch_options options;
	const char *pid = NULL;
	int opt, code;

	watch_options_init(&options);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+" WATCH_SHORT_OPTIONS "p:", long_options(),
				  NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_record);
			return cmd_finish_stdout(&cmd_record, EXIT_OK);
		} else if (opt == 'p') {
			pid = optarg;
		} else if (opt == WATCH_OPTION_COUNT) {
			options.spec.counts = true;
		} else if (opt == OPT_PROBE) {
			code = probe_option(&options.probe, optarg);
			if (code)
				return code;
		} else if (!watch_option(&cmd_record, &options, opt, optarg, &code)) {
			return cmd_usage(&cmd_record, "an option is unknown or lacks its value");
		} else if (code) {
			return code;
		}
	}
	if (pid && optind < argc)
		return cmd_usage(&cmd_record, "either -p PID or a command, not both");
	if (options.spec.counts && (pid || options.spec.duration_ns))
		return cmd_usage(&cmd_record, "--count: counts the calls of a command from its beginning to its end: not with -p or -d");
	if (!pid && options.probe.function)
		return cmd_usage(&cmd_record, "--probe is of a program that runs: -p PID; `cprofd run --count` "
				 "counts in one that it starts");
	if (pid)
		return record_process(&options, pid);
	if (optind < argc)
		return record_child(&options, argv + optind);
	return cmd_usage(&cmd_record, "what to record is missing: -p PID, or -- and a command");
}

const struct cmd cmd_record = {
	.name = "record",
	.synopsis = "[OPTIONS] -p PID\n[OPTIONS] -- COMMAND [ARG...]",
	.summary = "record where a program's time goes",
	.help =
		"Samples the process (until it ends, or Ctrl-C) into a recording that\n"
		"`cprofd report` and `cprofd export` read.  With a command, ends with the\n"
		"command's own exit status.\n\n"
		"  -p PID             the process to record\n"
		WATCH_COUNT_HELP
		"  --probe FUNCTION[,SECONDS]  count calls of a Python function, * of all, for so\n"
		"                     long (default 2): sampling is off, the program slower\n"
		WATCH_OPTIONS_HELP,
	.run = run,
};

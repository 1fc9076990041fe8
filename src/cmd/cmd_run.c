// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "cmd/watch.h"
#include "ui/text.h"

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* What the kernel counted of the whole run, besides the profile. */
static void print_summary(const char *command, const struct watch_result *r)
{
	const struct rusage *u = &r->child_usage;
	double wall = (double)r->wall_ns / 1e9, cpu = seconds(&u->ru_utime) + seconds(&u->ru_stime);

	printf("%s", command);
	if (WIFSIGNALED(r->child_status))
		printf("  ended by signal %d", WTERMSIG(r->child_status));
	else
		printf("  exit %d", WEXITSTATUS(r->child_status));
	printf("   wall %.3f s   CPU %.3f s user, %.3f s system (%.0f%% of one CPU)\n", wall,
	       seconds(&u->ru_utime), seconds(&u->ru_stime), wall > 0 ? 100 * cpu / wall : 0);
	printf("peak memory %.1f MiB   context switches %ld waiting, %ld forced   page faults %ld minor, %ld major\n\n",
	       (double)u->ru_maxrss / 1024, u->ru_nvcsw, u->ru_nivcsw, u->ru_minflt, u->ru_majflt);
}

static int run_child(struct watch_options *o, char **argv)
{
	struct watch_child child;
	struct watch_result result;
	const char *slash = strrchr(argv[0], '/');
	char name[4096];
	int code = watch_start_child(&cmd_run, o, argv, &child);

	if (code)
		return code;
	o->spec.pid = child.pid;
	o->spec.on_exec = true;
	o->spec.command = slash ? slash + 1 : argv[0];
	o->spec.young = !o->spec.rate_hz;
	watch_default_name(o->spec.command, name, sizeof(name));
	watch_run(&cmd_run, o, o->out ? o->out : name, &child, &result);
	if (result.exec_failed || (result.exit_code != EXIT_OK && result.exit_code != EXIT_NO_SAMPLE))
		return watch_child_exit(&result);
	print_summary(o->spec.command, &result);
	if (result.n_samples || o->spec.counts)
		show_report(&cmd_run, result.path, true, NULL);
	else
		printf("no samples: it used too little CPU\n");
	cmd_finish_stdout(&cmd_run, EXIT_OK);
	cmd_say("saved %s", result.path);
	return watch_child_exit(&result);
}

static int run(int argc, char **argv)
{
	struct watch_options options;
	int opt, code;

	watch_options_init(&options);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+" WATCH_SHORT_OPTIONS, watch_long_options,
				  NULL)) != -1) {
		if (opt == 'h') {
			cmd_print_help(&cmd_run);
			return cmd_finish_stdout(&cmd_run, EXIT_OK);
		}
		if (opt == WATCH_OPTION_COUNT) {
			options.spec.counts = true;
			continue;
		}
		if (!watch_option(&cmd_run, &options, opt, optarg, &code))
			return cmd_usage(&cmd_run, "an option is unknown or lacks its value");
		if (code)
			return code;
	}
	if (optind == argc)
		return cmd_usage(&cmd_run, "a command is missing");
	if (options.spec.counts && options.spec.duration_ns)
		return cmd_usage(&cmd_run, "--count: calls are known when the program ends: not with -d");
	return run_child(&options, argv + optind);
}

const struct cmd cmd_run = {
	.name = "run",
	.synopsis = "[OPTIONS] -- COMMAND [ARG...]",
	.summary = "run a program and report where its time went",
	.help =
		"Runs the command under the profiler.  When it ends: its wall and CPU time,\n"
		"memory and context switches, and the profile.  The recording is kept.\n"
		"Without -F the first half second is sampled at 4999 Hz, what comes until two\n"
		"seconds at 1999, the rest at 499.\n"
		"Ends with the command's own exit status.\n\n"
		WATCH_COUNT_HELP
		WATCH_OPTIONS_HELP,
	.run = run,
};

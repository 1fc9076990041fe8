// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "config.h"
#include "record/record.h"

#ifdef HAVE_LIBDWARF
#define LINES "source lines and inlined calls (libdwarf)"
#else
#define LINES "no source lines (built without libdwarf)"
#endif

#ifdef HAVE_CAPSTONE
#define ASSEMBLY "assembly (capstone)"
#else
#define ASSEMBLY "no assembly (built without capstone)"
#endif

#ifdef HAVE_BPF
#define ENGINES "bpf, perf, ptrace"
#else
#define ENGINES "perf, ptrace (built without libbpf)"
#endif

static int run(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		cmd_print_help(&cmd_version);
	} else if (argc > 1) {
		return cmd_usage(&cmd_version, "%s: nothing is wanted here", argv[1]);
	} else {
		printf("cprofd %s\n", PACKAGE_VERSION);
		printf("recording format %d.%d; engines " ENGINES "; %s; %s\n", RECORD_MAJOR,
		       RECORD_MINOR, LINES, ASSEMBLY);
	}
	return cmd_finish_stdout(&cmd_version, EXIT_OK);
}

const struct cmd cmd_version = {
	.name = "version",
	.synopsis = "",
	.summary = "print the version and what was built in",
	.help = "  -h, --help         this text\n",
	.run = run,
};

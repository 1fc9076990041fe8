// SPDX-License-Identifier: Apache-2.0
#include "verify/program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const struct program *const programs[] = {
	&program_shares,
	&program_recursion,
	&program_deep,
	&program_deeper,
	&program_lockstep,
	&program_threads,
	&program_signal,
	&program_syscalls,
};

volatile uint64_t program_sink;

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* it ends with who compares */
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(programs[i]->name, argv[1]) != 0)
			continue;
		programs[i]->run(atof(argv[2]), (unsigned int)atoi(argv[3]));
		printf("cpu %.9f\n", (double)process_cpu_ns() / 1e9);
		return 0;
	}
	return 2;
}

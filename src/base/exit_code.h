// SPDX-License-Identifier: Apache-2.0
/*
 * base/exit_code.h - how cprofd ends (documented in cprofd(1)).
 *
 * The opener and the session use them too: what went wrong there becomes the
 * exit code of the command.
 */
#ifndef CPROFD_BASE_EXIT_CODE_H
#define CPROFD_BASE_EXIT_CODE_H

enum cmd_exit {
	EXIT_OK = 0,
	EXIT_USAGE = 2,
	EXIT_NO_PROCESS = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_NO_SAMPLE = 5,	/* the target ended before the first sample */
	EXIT_UNSUPPORTED = 6,	/* kernel or feature missing */
	EXIT_DAEMON = 7,
	EXIT_OUTPUT = 8,	/* output could not be written */
	EXIT_DAMAGED = 9,	/* input damaged */
	EXIT_LIMIT = 10,	/* resource limit */
	EXIT_INTERNAL = 70,
	EXIT_RUN_FAILED = 125,	/* run, record -- CMD: cprofd's own failure */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/verify_run.h - one program of cprofd-verify under one engine.
 */
#ifndef CPROFD_CMD_VERIFY_RUN_H
#define CPROFD_CMD_VERIFY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "opener/opener.h"
#include "verify/verify.h"

struct verify_engine {
	const char *name;
	enum opener_engine engine;
	bool sees_kernel;	/* the kernel's time is told from its caller's */
};

enum verify_ran {
	RAN_COMPARED,		/* there is a verdict */
	RAN_NO_ENGINE,		/* the engine does not work here: `why` */
	RAN_FAILED,		/* cprofd or its program did not do what it has to: `why` */
};

struct verify_result {
	enum verify_ran ran;
	char why[512];
	uint32_t rate_hz;
	struct truth truth;
	struct verdict verdict;
};

/* Record a program that uses `seconds` of CPU time; `rate_hz` 0: the engine's default. */
void verify_run(const struct verify_engine *engine, const struct verify_case *which,
		double seconds, uint32_t rate_hz, struct verify_result *out);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "record/record.h"

const char *record_outcome_name(enum record_outcome outcome)
{
	static const char *const names[OUTCOME_COUNT] = {
		[OUTCOME_COMPLETE] = "complete",
		[OUTCOME_COPY] = "copy too small",
		[OUTCOME_LIMIT] = "frame limit",
		[OUTCOME_NO_RULE] = "no unwind rule",
		[OUTCOME_MEMORY] = "unreadable memory",
		[OUTCOME_JIT] = "code without a file",
		[OUTCOME_REGISTER] = "register not known",
		[OUTCOME_BROKEN] = "broken chain",
		[OUTCOME_NO_USER] = "no user stack",
		[OUTCOME_PENDING] = "table not ready",
	};

	return outcome < OUTCOME_COUNT ? names[outcome] : "unknown";
}

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
		[OUTCOME_LEFT_OUT] = "middle left out",
		[OUTCOME_UNSEEN] = "not looked at",
		[OUTCOME_PYTHON_MEMORY] = "unreadable Python frame",
		[OUTCOME_PYTHON_LIMIT] = "Python frame limit",
		[OUTCOME_PYTHON_UNMATCHED] = "unmatched Python frames",
	};

	return outcome < OUTCOME_COUNT ? names[outcome] : "unknown";
}

const char *record_activity_name(enum record_activity activity)
{
	static const char *const names[ACTIVITY_COUNT] = {
		[ACTIVITY_UNKNOWN] = "unknown",
		[ACTIVITY_PYTHON] = "python",
		[ACTIVITY_COLLECTING] = "collecting",
		[ACTIVITY_NATIVE] = "native",
		[ACTIVITY_WAIT_PYTHON] = "wait-python",
		[ACTIVITY_WAIT_LOCK] = "wait-lock",
		[ACTIVITY_WAIT_IO] = "wait-io",
		[ACTIVITY_SLEEP] = "sleep",
		[ACTIVITY_WAIT_ELSE] = "wait-else",
	};

	return activity < ACTIVITY_COUNT ? names[activity] : "unknown";
}

const char *record_progress_name(enum record_progress progress)
{
	static const char *const names[PROGRESS_COUNT] = {
		[PROGRESS_CALLS] = "calls",
		[PROGRESS_BYTES] = "bytes",
		[PROGRESS_FAULTS] = "faults",
		[PROGRESS_SWITCHES] = "switches",
	};

	return progress < PROGRESS_COUNT ? names[progress] : "unknown";
}

const char *record_counted_name(enum record_counted how)
{
	static const char *const names[COUNTED_BY_COUNT] = {
		[COUNTED_BY_IMPORT] = "import",
		[COUNTED_BY_PROBE] = "probe",
		[COUNTED_BY_MONITORING] = "monitoring",
		[COUNTED_BY_SETPROFILE] = "setprofile",
	};

	return how < COUNTED_BY_COUNT ? names[how] : "unknown";
}

// SPDX-License-Identifier: Apache-2.0
#include "ui/ledger_text.h"

const char *ledger_row_name(const struct ledger_row *row)
{
	switch (row->kind) {
	case LEDGER_OUTCOME:
		return record_outcome_name(row->outcome);
	case LEDGER_LOST:
		return "lost";
	case LEDGER_THROTTLED:
		return "throttled by the kernel";
	case LEDGER_HIDDEN:
		return "in the kernel, not visible";
	case LEDGER_UNSAMPLED:
		return "between two samples";
	}
	return "unknown";
}

double ledger_share(const struct ledger *l, uint64_t ns)
{
	return l->whole_ns ? (double)ns / (double)l->whole_ns : 0;
}

bool ledger_fix_matters(const struct ledger_row *row, double share)
{
	/* There is always a little that no sample stands for. */
	return row->kind != LEDGER_UNSAMPLED || share >= .01;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/ledger_text.h - the ledger in words, for reports and views.
 */
#ifndef CPROFD_UI_LEDGER_TEXT_H
#define CPROFD_UI_LEDGER_TEXT_H

#include "profile/ledger.h"

/* What became of the samples of a row: "complete", "lost". */
const char *ledger_row_name(const struct ledger_row *row);

/* Of the time that was due. */
double ledger_share(const struct ledger *l, uint64_t ns);

/* Is what would help (ledger_fix) worth a line? */
bool ledger_fix_matters(const struct ledger_row *row, double share);

#endif

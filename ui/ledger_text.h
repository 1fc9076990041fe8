// SPDX-License-Identifier: Apache-2.0
/*
 * ui/ledger_text.h - the ledger in words, for reports and views.
 */
#ifndef CPROFD_UI_LEDGER_TEXT_H
#define CPROFD_UI_LEDGER_TEXT_H

#include "profile/ledger.h"

/*
 * What became of the samples of a row: "complete", "lost", "middle left out: 976 to
 * 3,976 frames".  The caller frees it.
 */
char *ledger_row_text(const struct ledger *l, const struct ledger_row *row);

/* "3,976 frames", "976 to 3,976 frames", or NULL if none were left out; to be freed, too. */
char *ledger_left_out(const struct ledger *l);

/* Of the time that was due. */
double ledger_share(const struct ledger *l, uint64_t ns);

/*
 * How far the code agrees with the stacks: "92.1% proven by the call in the code, 7.5%
 * through a pointer"; NULL if there are no edges.  The caller frees it.
 */
char *ledger_edges(const struct ledger *l);

/*
 * What the code says if it calls another function than the one that a stack has there:
 * "by a tail call: the code calls parse"; else NULL.  Holds bytes of the target.  The
 * caller frees it.
 */
char *ledger_detour(const struct profile *p, const struct ledger *l, uint32_t caller,
		    uint32_t callee);

/* Is what would help (ledger_fix) worth a line? */
bool ledger_fix_matters(const struct ledger_row *row, double share);

#endif

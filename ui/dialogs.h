// SPDX-License-Identifier: Apache-2.0
/*
 * ui/dialogs.h - what is asked and told in boxes on top of any view.
 */
#ifndef CPROFD_UI_DIALOGS_H
#define CPROFD_UI_DIALOGS_H

struct app;

/* Which threads to look at. */
void threads_ask(struct app *a);

/* All that is known of what the selected function is, however long its name. */
void name_show(struct app *a);

#endif

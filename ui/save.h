// SPDX-License-Identifier: Apache-2.0
/*
 * ui/save.h - what somebody looks at, in a file: the recording, an export, a screen.
 *
 * A file that is there is only replaced if `force` says so; on failure nothing has
 * changed.  What became of it is said in the row for messages; but if the name is
 * taken nothing is said, and false returned.
 */
#ifndef CPROFD_UI_SAVE_H
#define CPROFD_UI_SAVE_H

#include <stdbool.h>

struct app;
struct export_format;

/* The recording as it is. */
bool save_recording(struct app *a, const char *path, bool force);

/* The scope in the format of another tool, with nothing folded. */
bool save_export(struct app *a, const struct export_format *format, const char *path, bool force);

/* The screen as text, without prompt, box and message. */
bool save_screen(struct app *a, const char *path, bool force);

/* The same in "cprofd-screen-N.txt", for the first N that is free. */
void save_next_screen(struct app *a);

/* Ask what, and by which name. */
void save_ask(struct app *a);

#endif

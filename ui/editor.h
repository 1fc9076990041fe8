// SPDX-License-Identifier: Apache-2.0
/*
 * ui/editor.h - somebody's own editor at the line that is looked at.
 */
#ifndef CPROFD_UI_EDITOR_H
#define CPROFD_UI_EDITOR_H

#include <stdint.h>

struct app;

/* Ask for it at the chosen line of the source view, elsewhere at the hottest of the function. */
void editor_ask(struct app *a);

/*
 * Run $VISUAL, $EDITOR or vi with "+LINE PATH", and wait for its end; the terminal has to be
 * given back meanwhile.
 */
void editor_run(const char *path, uint32_t line);

#endif

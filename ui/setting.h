// SPDX-License-Identifier: Apache-2.0
/*
 * ui/setting.h - `:set`: what somebody likes, by name, in the viewer or in a configuration
 * file.
 *
 * To add one: a row in setting.c and its number in enum app_setting; man/cprofd.1.
 */
#ifndef CPROFD_UI_SETTING_H
#define CPROFD_UI_SETTING_H

#include <stdint.h>

struct app;

#define SETTING_VALUES 4

/* Those with a few values, by enum app_setting; the list of columns is besides. */
struct setting {
	const char *name;
	const char *values[SETTING_VALUES];	/* those that are not NULL */
	const char *help;
};
extern const struct setting settings[];

#define SETTING_COLUMNS "columns"

/* Do "theme dark"; what is wrong with it is said.  "" opens a box with all of them. */
void setting_take(struct app *a, const char *text);

/* For a look that hangs on names: the same for the same name, always and everywhere. */
uint32_t setting_hash(const char *name);

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/config.h - what somebody wants of every app: the lines of a configuration file.
 *
 *	# a comment
 *	set theme dark
 *	bind z follow
 *	map /srv/app ~/src/app
 *
 * They are commands of ui/command.h that set up, without the colon.
 */
#ifndef CPROFD_UI_CONFIG_H
#define CPROFD_UI_CONFIG_H

#include <stddef.h>

struct app;

#define CONFIG_MAX_BYTES (1u << 16)

/*
 * Do what the lines say to an app that nobody sees yet.  `wrong` is told of those that say
 * nothing; `why` may be any bytes of theirs.
 */
void config_apply(struct app *a, const char *text, size_t len,
		  void (*wrong)(void *ctx, unsigned int line, const char *why), void *ctx);

#endif

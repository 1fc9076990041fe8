// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/cmd_recording.h - open a recording for a command that reads it.
 */
#ifndef CPROFD_CMD_CMD_RECORDING_H
#define CPROFD_CMD_CMD_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"
#include "profile/profile_load.h"
#include "profile/selection.h"

struct cmd;

struct error;

/* Open a regular file: a pipe or a device has no end, or no beginning. */
int cmd_open_regular(const char *path, int flags, struct error *err);

struct cmd_recording {
	int fd;
	struct profile_load *load;
	struct profile *p;
	int exit_code;	/* that the command ends with if all else goes well */
};

/*
 * Open and read a recording.  Returns EXIT_OK, or an exit code after saying why.
 * A damaged one is opened as far as it can be read: that is said on stderr, and
 * exit_code is EXIT_DAMAGED.
 */
int cmd_recording_open(const struct cmd *cmd, const char *path, struct cmd_recording *out);
void cmd_recording_close(struct cmd_recording *r);

/* Options that choose what a command looks at. */
struct cmd_selection {
	double from_s, to_s;	/* since the start; to_s < 0: to the end */
	const char *filter;	/* regular expression, or NULL */
	enum frame_mode frames;
	uint32_t *tids;
	size_t n_tids, cap_tids;

	struct filter *compiled;	/* filled in by cmd_select() */
	uint32_t *threads;
	size_t n_threads, cap_threads;
};

#define CMD_SELECTION_OPTIONS \
	"  --from SECONDS      look only at what was recorded from then on,\n" \
	"  --to SECONDS        and up to then\n" \
	"  --thread TID        look only at this thread (may be repeated)\n" \
	"  --filter REGEX      look only at samples with a function of such a name\n" \
	"  --frames MODE       of a Python program: merged (Python and the C that it\n" \
	"                      calls), python, native or mixed\n"

void cmd_selection_deinit(struct cmd_selection *s);

/*
 * Take one of these options: true if `name` is one.  *code becomes EXIT_USAGE,
 * and the reason is said, if its value is none.
 */
bool cmd_selection_option(const struct cmd *cmd, struct cmd_selection *s, const char *name,
			  const char *value, int *code);

/*
 * What they choose of a recording, whose stacks are shown as they say from then on; EXIT_OK,
 * or an exit code after saying why.
 */
int cmd_select(const struct cmd *cmd, struct cmd_selection *s, struct profile *p,
	       struct selection *out);

/* A number of seconds, of which there are none below 0. */
bool cmd_parse_seconds(const char *text, double *out);

/* A whole number from `low` to `high`. */
bool cmd_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

#endif

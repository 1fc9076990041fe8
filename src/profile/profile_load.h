// SPDX-License-Identifier: Apache-2.0
/*
 * profile/profile_load.h - read a recording into a profile, and read on.
 *
 *	struct profile_load *load;
 *
 *	if (profile_load_open(fd, &load, err) < 0)
 *		return -1;			no recording
 *	if (profile_load_more(load, err) < 0)
 *		...				damaged: what is there is valid
 *	profile = profile_load_profile(load);	ask; call _more() as the file grows
 *	profile_load_close(load);
 */
#ifndef CPROFD_PROFILE_PROFILE_LOAD_H
#define CPROFD_PROFILE_PROFILE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct profile;
struct profile_load;

/*
 * `fd` stays the caller's, has to live as long as the object and may still be
 * written to.  Fails like record_reader_open().
 */
int profile_load_open(int fd, struct profile_load **out, struct error *err);

/* NULL is allowed; ends the profile, too. */
void profile_load_close(struct profile_load *load);

/*
 * Read what the file has by now.  Returns 1 if there was something new, 0 if
 * not.  Fails with EBADMSG, naming the byte, if the rest of the file cannot be
 * used, and with EFBIG if a limit was met: then the profile has everything up to there,
 * can be asked, and every further call fails the same way.
 */
int profile_load_more(struct profile_load *load, struct error *err);

struct profile *profile_load_profile(struct profile_load *load);

/* Bytes of the file that were understood. */
uint64_t profile_load_valid_bytes(const struct profile_load *load);

#endif

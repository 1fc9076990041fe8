// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd_recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "profile/filter.h"

/* A block is written at once, so a file that grows is whole again soon. */
#define GROW_TRIES 5
#define GROW_WAIT_NS (50 * NS_PER_MS)

int cmd_open_regular(const char *path, int flags, struct error *err)
{
	_cleanup_(closep) int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "cannot open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "is no regular file");
	return steal_fd(fd);
}

static uint64_t file_bytes(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

/* Bytes at the end that are no whole block, also after waiting for the rest. */
static uint64_t torn_bytes(struct cmd_recording *r)
{
	uint64_t valid = profile_load_valid_bytes(r->load), size = file_bytes(r->fd);
	struct timespec wait = { .tv_nsec = GROW_WAIT_NS };
	struct error err;

	for (int i = 0; i < GROW_TRIES && valid < size; i++) {
		nanosleep(&wait, NULL);
		if (profile_load_more(r->load, &err) < 0)
			break;
		valid = profile_load_valid_bytes(r->load);
		if (file_bytes(r->fd) > size)
			return 0;	/* somebody is writing it */
	}
	return size > valid ? size - valid : 0;
}

/* Say what is wrong with what was read; returns the exit code for it. */
static int judge(const struct cmd *cmd, const char *path, struct cmd_recording *r)
{
	uint64_t torn = torn_bytes(r);

	if (torn && r->p->ended)
		return cmd_fail(cmd, EXIT_DAMAGED, "%s: %" PRIu64 " bytes follow the end of the "
				"recording; `cprofd recover` cuts them off", path, torn);
	if (torn)
		return cmd_fail(cmd, EXIT_DAMAGED, "%s: byte %" PRIu64 ": the last block is not "
				"whole: %" PRIu64 " bytes are lost; `cprofd recover` cuts them off",
				path, profile_load_valid_bytes(r->load), torn);
	if (!r->p->ended)
		cmd_fail(cmd, EXIT_OK, "%s: not finished: recorded up to %.3f s", path,
			 (double)(r->p->end_ns - r->p->start_ns) / NS_PER_S);
	return EXIT_OK;
}

int cmd_recording_open(const struct cmd *cmd, const char *path, struct cmd_recording *out)
{
	struct error err;

	*out = (struct cmd_recording){ .fd = cmd_open_regular(path, O_RDONLY, &err) };
	if (out->fd < 0 || profile_load_open(out->fd, &out->load, &err) < 0) {
		cmd_recording_close(out);
		return cmd_fail(cmd, cmd_file_exit(&err, false), "%s: %s", path, err.msg);
	}
	out->p = profile_load_profile(out->load);
	if (profile_load_more(out->load, &err) < 0)
		out->exit_code = err.code == EFBIG
			? cmd_fail(cmd, EXIT_LIMIT, "%s: %s; the rest (%" PRIu64 " bytes) is left out",
				   path, err.msg,
				   file_bytes(out->fd) - profile_load_valid_bytes(out->load))
			: cmd_fail(cmd, cmd_file_exit(&err, false),
			"%s: %s; the rest (%" PRIu64 " bytes) is left out; `cprofd recover` makes "
			"a recording of what can be read", path, err.msg,
			file_bytes(out->fd) - profile_load_valid_bytes(out->load));
	else
		out->exit_code = judge(cmd, path, out);
	return EXIT_OK;
}

void cmd_recording_close(struct cmd_recording *r)
{
	profile_load_close(r->load);
	closep(&r->fd);
}

/* ---- choosing ---- */

bool cmd_parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && isfinite(*out) && *out >= 0 && *out < 1e9;
}

bool cmd_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && *text >= '0' && *text <= '9' && !*end && *out >= low && *out <= high;
}

void cmd_selection_deinit(struct cmd_selection *s)
{
	filter_close(s->compiled);
	free(s->tids);
	free(s->threads);
}

bool cmd_selection_option(const struct cmd *cmd, struct cmd_selection *s, const char *name,
			  const char *value, int *code)
{
	uint64_t tid;

	if (strcmp(name, "from") == 0 || strcmp(name, "to") == 0) {
		if (!cmd_parse_seconds(value, *name == 'f' ? &s->from_s : &s->to_s))
			*code = cmd_usage(cmd, "--%s %s: not a number of seconds", name, value);
	} else if (strcmp(name, "thread") == 0) {
		if (!cmd_parse_number(value, 1, UINT32_MAX, &tid)) {
			*code = cmd_usage(cmd, "--thread %s: not the number of a thread", value);
			return true;
		}
		array_reserve(s->tids, s->n_tids + 1, s->cap_tids);
		s->tids[s->n_tids++] = (uint32_t)tid;
	} else if (strcmp(name, "filter") == 0) {
		s->filter = value;
	} else if (strcmp(name, "frames") == 0) {
		if (!frame_mode_parse(value, &s->frames))
			*code = cmd_usage(cmd, "--frames %s: not merged, python, native or mixed",
					  value);
	} else {
		return false;
	}
	return true;
}

/* All threads that had this number, one after the other. */
static bool add_threads(struct cmd_selection *s, const struct profile *p, uint32_t tid)
{
	bool any = false;

	for (uint32_t i = 0; i < p->n_threads; i++) {
		if (p->threads[i].tid != tid)
			continue;
		array_reserve(s->threads, s->n_threads + 1, s->cap_threads);
		s->threads[s->n_threads++] = i;
		any = true;
	}
	return any;
}

/* Only Python functions, or none of them, can be asked for only where there are any. */
static int select_frames(const struct cmd *cmd, enum frame_mode mode, struct profile *p)
{
	struct error err;

	if (mode == FRAMES_MERGED)
		return EXIT_OK;
	if (profile_is_measured(p))
		return cmd_usage(cmd, "--frames %s: it was measured, not sampled: there are no "
				 "stacks", frame_mode_name(mode));
	if (!profile_has_python(p))
		return cmd_usage(cmd, "--frames %s: there are no Python functions in this "
				 "recording", frame_mode_name(mode));
	if (profile_show(p, mode, &err) < 0)
		return cmd_fail(cmd, EXIT_LIMIT, "%s", err.msg);
	return EXIT_OK;
}

int cmd_select(const struct cmd *cmd, struct cmd_selection *s, struct profile *p,
	       struct selection *out)
{
	struct error err;

	*out = (struct selection){ 0 };
	if (profile_is_measured(p) && (s->from_s > 0 || s->to_s >= 0))
		return cmd_usage(cmd, "--from, --to: this recording was measured, not sampled: it "
				 "has no times");
	if (s->from_s > 0 || s->to_s >= 0) {
		out->from_ns = p->start_ns + (uint64_t)(s->from_s * (double)NS_PER_S);
		out->to_ns = s->to_s >= 0 ? p->start_ns + (uint64_t)(s->to_s * (double)NS_PER_S)
					  : UINT64_MAX;
		if (s->to_s >= 0 && s->to_s <= s->from_s)
			return cmd_usage(cmd, "--to %g: not after --from %g", s->to_s,
					 fmax(s->from_s, 0));
		if (out->from_ns >= out->to_ns || out->from_ns > p->end_ns)
			return cmd_usage(cmd, "--from %g: nothing was recorded between that and "
					 "the end", s->from_s);
	}
	for (size_t i = 0; i < s->n_tids; i++)
		if (!add_threads(s, p, s->tids[i]))
			return cmd_usage(cmd, "--thread %u: no such thread in this recording",
					 s->tids[i]);
	if (s->filter) {
		if (filter_open(s->filter, FILTER_REGEX, &s->compiled, &err) < 0)
			return cmd_usage(cmd, "--filter: %s", err.msg);
		out->filter = s->compiled;
	}
	out->threads = s->threads;
	out->n_threads = s->n_threads;
	return select_frames(cmd, s->frames, p);
}

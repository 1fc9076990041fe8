// SPDX-License-Identifier: Apache-2.0
#include "cmd/convert.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/msg.h"
#include "base/util.h"
#include "opener/opener.h"
#include "worker/worker_proto.h"

#define ANSWER_MS 60000		/* the worker's CPU time has a limit, its waiting has not */

/* The recording that it made, or -1. */
static int ask(int worker, int file, uint64_t time_ns, struct error *err)
{
	const struct w_import request = { .type = W_IMPORT, .time_ns = time_ns };
	struct pollfd answer = { .fd = worker, .events = POLLIN };
	_cleanup_(freep) struct msg *m = xmalloc(sizeof(*m));
	struct r_import *r = (struct r_import *)m->data;
	int recording = -1;

	if (msg_send(worker, &request, sizeof(request), &file, 1, err) < 0)
		return -1;
	if (poll(&answer, 1, ANSWER_MS) <= 0)
		return error_set(err, EFBIG, "no answer within %d s", ANSWER_MS / 1000);
	if (msg_recv(worker, m, err) <= 0)
		return error_set(err, EFBIG, "what reads it ended: it needs too much memory or time");
	recording = msg_take_fd(m, 0);
	msg_close_fds(m);
	if (!msg_holds(m, sizeof(*r)) || r->type != R_IMPORT || (recording < 0) != (r->code != 0)) {
		closep(&recording);
		return error_set(err, EPROTO, "an answer that makes no sense");
	}
	r->error[sizeof(r->error) - 1] = '\0';
	return recording < 0 ? error_set(err, r->code, "%s", r->error) : recording;
}

int convert_start(struct convert *c, struct error *err)
{
	int ends[2];

	if (msg_pair(ends, err) < 0)
		return -1;
	c->channel = ends[0];
	c->worker = opener_spawn("cprofd-worker", &ends[1], 1, err);
	close(ends[1]);
	if (c->worker > 0)
		return 0;
	close(c->channel);
	return -1;
}

int convert_file(struct convert *c, int file, struct error *err)
{
	struct stat st;

	if (fstat(file, &st) < 0)
		return error_sys(err, "cannot look at it");
	return ask(c->channel, file, (uint64_t)st.st_mtim.tv_sec * NS_PER_S +
				     (uint64_t)st.st_mtim.tv_nsec, err);
}

void convert_end(struct convert *c)
{
	kill(c->worker, SIGKILL);
	waitpid(c->worker, NULL, 0);
	close(c->channel);
}

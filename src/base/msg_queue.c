// SPDX-License-Identifier: Apache-2.0
#include "base/msg_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/msg.h"
#include "base/util.h"

struct queued_msg {
	struct queued_msg *next;
	size_t len, n_fds;
	int *fds;
	unsigned char data[];
};

static void free_first(struct msg_queue *q)
{
	struct queued_msg *m = q->first;

	q->first = m->next;
	if (!q->first)
		q->last = NULL;
	for (size_t i = 0; i < m->n_fds; i++)
		closep(&m->fds[i]);
	free(m->fds);
	free(m);
}

static int put(struct msg_queue *q, const void *data, size_t len, const int *fds, size_t n_fds,
	       struct error *err)
{
	struct queued_msg *m = xcalloc(1, sizeof(*m) + len);
	struct msg_queue one = { m, m };

	m->len = len;
	memcpy(m->data, data, len);
	m->fds = xcalloc(n_fds + 1, sizeof(*m->fds));
	for (; m->n_fds < n_fds; m->n_fds++) {
		m->fds[m->n_fds] = fcntl(fds[m->n_fds], F_DUPFD_CLOEXEC, 0);
		if (m->fds[m->n_fds] < 0) {
			error_sys(err, "cannot keep a descriptor for later");
			free_first(&one);
			return -1;
		}
	}
	if (q->last)
		q->last->next = m;
	else
		q->first = m;
	q->last = m;
	return 0;
}

/* ETOOMANYREFS: too many descriptors are under way until the other side reads. */
static bool has_no_room(const struct error *err)
{
	return err->code == EAGAIN || err->code == ETOOMANYREFS;
}

int msg_queue_send(struct msg_queue *q, int end, const void *data, size_t len, const int *fds,
		   size_t n_fds, struct error *err)
{
	struct error why;

	if (!q->first) {
		if (msg_try_send(end, data, len, fds, n_fds, &why) == 0)
			return 0;
		if (!has_no_room(&why)) {
			*err = why;
			return -1;
		}
	}
	return put(q, data, len, fds, n_fds, err);
}

int msg_queue_flush(struct msg_queue *q, int end, struct error *err)
{
	struct error why;

	while (q->first) {
		struct queued_msg *m = q->first;

		if (msg_try_send(end, m->data, m->len, m->fds, m->n_fds, &why) < 0) {
			if (has_no_room(&why))
				return 0;
			*err = why;
			return -1;
		}
		free_first(q);
	}
	return 0;
}

void msg_queue_deinit(struct msg_queue *q)
{
	while (q->first)
		free_first(q);
}

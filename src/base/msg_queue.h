// SPDX-License-Identifier: Apache-2.0
/*
 * base/msg_queue.h - send without ever waiting for the other side.
 *
 * Two processes that both block in sending to one another wait for ever.  So
 * one of them keeps here what its channel has no room for:
 *
 *	msg_queue_send(&q, end, data, len, fds, n_fds, &err);
 *	... poll for POLLOUT while msg_queue_waits(&q) ...
 *	msg_queue_flush(&q, end, &err);
 *
 * Order is kept.  A zeroed struct is an empty queue.
 */
#ifndef CPROFD_BASE_MSG_QUEUE_H
#define CPROFD_BASE_MSG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct queued_msg;

struct msg_queue {
	struct queued_msg *first, *last;
};

/*
 * Send now or, if the channel is full, by msg_queue_flush().  Descriptors stay
 * the caller's; those that wait are duplicates.  Fails like msg_send() and
 * dup(2), but never with EAGAIN; then the message is dropped.
 */
int msg_queue_send(struct msg_queue *q, int end, const void *data, size_t len, const int *fds,
		   size_t n_fds, struct error *err);

/* Send as much as there is room for.  Fails if the other side is gone. */
int msg_queue_flush(struct msg_queue *q, int end, struct error *err);

static inline bool msg_queue_waits(const struct msg_queue *q)
{
	return q->first != NULL;
}

/* Drop what waits. */
void msg_queue_deinit(struct msg_queue *q);

#endif

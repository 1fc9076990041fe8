// SPDX-License-Identifier: Apache-2.0
/*
 * base/msg.h - messages with descriptors between the processes of cprofd.
 *
 * A channel is one end of a SOCK_SEQPACKET pair: a message arrives whole or
 * not at all.  What the bytes mean is the business of the two sides
 * (opener/opener_proto.h, worker/worker_proto.h, session/control.h); what is
 * too large for a message travels as a memory file.
 */
#ifndef CPROFD_BASE_MSG_H
#define CPROFD_BASE_MSG_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define MSG_MAX_BYTES 65536
#define MSG_MAX_FDS 200		/* the kernel takes 253 */

/* A message received; its descriptors belong to whoever holds the struct. */
struct msg {
	size_t len;
	size_t n_fds;
	int fds[MSG_MAX_FDS];	/* close-on-exec; -1 once taken */
	_Alignas(8) unsigned char data[MSG_MAX_BYTES];
};

/* Does it hold a struct of `size` bytes? */
static inline bool msg_holds(const struct msg *m, size_t size)
{
	return m->len >= size;
}

/* Does it hold a struct of `size` bytes and a terminated text behind it? */
static inline bool msg_holds_text(const struct msg *m, size_t size)
{
	return m->len > size && m->data[m->len - 1] == '\0';
}

/* A new channel: both ends close-on-exec. */
int msg_pair(int ends[2], struct error *err);

/*
 * Send `len` bytes and `n_fds` descriptors, which stay the caller's.  Blocks
 * while the other side's queue is full unless the end is non-blocking (EAGAIN).
 * Fails with EPIPE if there is no other side any more.
 */
int msg_send(int end, const void *data, size_t len, const int *fds,
	     size_t n_fds, struct error *err);

/* The same, but fails with EAGAIN instead of waiting. */
int msg_try_send(int end, const void *data, size_t len, const int *fds,
		 size_t n_fds, struct error *err);

/*
 * Receive one message into *m.  Returns 1, or 0 when the other side is gone.
 * Fails with EAGAIN if the end is non-blocking and nothing is there, with
 * EMSGSIZE if the message or its descriptors did not fit (they are closed).
 */
int msg_recv(int end, struct msg *m, struct error *err);

/* Take descriptor `i` out of the message, or -1 if it carries none. */
int msg_take_fd(struct msg *m, size_t i);

/* Close what was not taken. */
void msg_close_fds(struct msg *m);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "base/msg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

int msg_pair(int ends[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_sys(err, "cannot make a socket pair");
	return 0;
}

static int send_it(int end, const void *data, size_t len, const int *fds,
		   size_t n_fds, int flags, struct error *err)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * MSG_MAX_FDS)];
	} control;
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds > MSG_MAX_FDS || len > MSG_MAX_BYTES || len == 0)
		return error_set(err, EMSGSIZE, "message of %zu bytes, %zu descriptors",
				 len, n_fds);
	if (n_fds) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	while (sendmsg(end, &mh, MSG_NOSIGNAL | flags) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == ECONNRESET)	/* gone with messages that it had not read */
			errno = EPIPE;
		return error_sys(err, "cannot send a message");
	}
	return 0;
}

int msg_send(int end, const void *data, size_t len, const int *fds,
	     size_t n_fds, struct error *err)
{
	return send_it(end, data, len, fds, n_fds, 0, err);
}

int msg_try_send(int end, const void *data, size_t len, const int *fds,
		 size_t n_fds, struct error *err)
{
	return send_it(end, data, len, fds, n_fds, MSG_DONTWAIT, err);
}

int msg_recv(int end, struct msg *m, struct error *err)
{
	struct iovec iov = { .iov_base = m->data, .iov_len = sizeof(m->data) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * MSG_MAX_FDS)];
	} control;
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	m->len = 0;
	m->n_fds = 0;
	/*
	 * ECONNRESET says once that the other side ended without reading all
	 * of ours; what it had sent before is still there.
	 */
	do {
		n = recvmsg(end, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return error_sys(err, "cannot receive a message");

	/* Take every descriptor into our care before judging the message. */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t bytes = c->cmsg_len - CMSG_LEN(0);
		memcpy(m->fds + m->n_fds, CMSG_DATA(c), bytes);
		m->n_fds += bytes / sizeof(int);
	}
	if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		msg_close_fds(m);
		return error_set(err, EMSGSIZE, mh.msg_flags & MSG_CTRUNC
				 ? "descriptors of a message were lost: too many open files"
				 : "message too large");
	}
	m->len = (size_t)n;
	return n > 0;	/* we never send an empty message */
}

int msg_take_fd(struct msg *m, size_t i)
{
	return i < m->n_fds ? steal_fd(m->fds[i]) : -1;
}

void msg_close_fds(struct msg *m)
{
	for (size_t i = 0; i < m->n_fds; i++)
		closep(&m->fds[i]);
	m->n_fds = 0;
}

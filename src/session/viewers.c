// SPDX-License-Identifier: Apache-2.0
/*
 * Who looks at the session: the command that started it, and everybody who came
 * over its socket.  What they ask for is done in session.c and its siblings.
 */
#include "session/session.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "session/control.h"

void viewers_init(struct session *s, int starter, int listener)
{
	s->listener = listener;
	s->viewers[0].fd = starter;
	for (size_t i = 1; i < array_len(s->viewers); i++)
		s->viewers[i].fd = -1;
}

/* ---- telling ---- */

static uint8_t *message(const void *head, size_t head_len, const char *text, size_t *len)
{
	uint8_t *msg;

	*len = head_len + strlen(text) + 1;
	msg = xmalloc(*len);
	memcpy(msg, head, head_len);
	memcpy(msg + head_len, text, *len - head_len);
	return msg;
}

/*
 * A viewer that is suspended reads nothing: only how the session begins and ends
 * is worth waiting for, and only for the command whose session ends with it.  What
 * else somebody misses stands in the recording.
 */
void viewers_tell(struct session *s, const void *head, size_t head_len, const char *text)
{
	uint32_t type = *(const uint32_t *)head;
	bool waits = (type == C_STARTED || type == C_FAILED || type == C_ENDED) && s->listener < 0;
	size_t len;
	_cleanup_(freep) uint8_t *msg = message(head, head_len, text, &len);
	struct error err;

	for (size_t i = 0; i < array_len(s->viewers); i++)
		if (s->viewers[i].fd >= 0)
			(waits ? msg_send : msg_try_send)(s->viewers[i].fd, msg, len, NULL, 0, &err);
}

static void answer(int fd, const void *head, size_t head_len, const char *text)
{
	size_t len;
	_cleanup_(freep) uint8_t *msg = message(head, head_len, text, &len);
	struct error err;

	msg_try_send(fd, msg, len, NULL, 0, &err);
}

static void refuse(int fd, uint32_t request, const char *why)
{
	const struct c_refused refused = { .type = C_REFUSED, .request = request };

	answer(fd, &refused, sizeof(refused), why);
}

static struct c_started started_message(const struct session *s)
{
	struct c_started started = {
		.type = C_STARTED, .version = CONTROL_VERSION,
		.rate_hz = s->spec->rate_hz, .kernel = s->started.kernel,
	};
	const char *engine = opener_engine_name(s->started.engine);

	memcpy(started.engine, engine, strlen(engine) + 1);
	return started;
}

static struct c_grew grew_message(const struct session *s)
{
	return (struct c_grew){
		.type = C_GREW,
		.bytes = record_writer_written(s->writer),
		.n_samples = s->n_cpu_samples,
		.n_lost = s->n_lost,
	};
}

void viewers_tell_start(struct session *s)
{
	struct c_started started = started_message(s);

	viewers_tell(s, &started, sizeof(started), "");
}

void viewers_tell_growth(struct session *s)
{
	struct c_grew grew = grew_message(s);

	viewers_tell(s, &grew, sizeof(grew), "");
}

/* ---- coming and going ---- */

static void welcome(struct session *s, int fd)
{
	if (s->is_started) {
		struct c_started started = started_message(s);
		struct c_grew grew = grew_message(s);

		answer(fd, &started, sizeof(started), "");
		answer(fd, &grew, sizeof(grew), "");
	}
}

static pid_t pid_of(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : peer.pid;
}

static void on_arrival(struct session *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < array_len(s->viewers); i++) {
		if (s->viewers[i].fd >= 0)
			continue;
		s->viewers[i].fd = fd;
		own_cost_set(s, (enum own_process)(OWN_VIEWERS + i), pid_of(fd));
		welcome(s, fd);
		return;
	}
	refuse(fd, 0, "too many look at this session already");
	close(fd);
}

static void on_departure(struct session *s, size_t i)
{
	closep(&s->viewers[i].fd);
	s->viewers[i].fd = -1;
	own_cost_set(s, (enum own_process)(OWN_VIEWERS + i), 0);
	if (s->listener < 0 || !s->is_started)
		session_stop(s, END_STOPPED);	/* nobody else can come, or knows of it */
}

/* ---- requests ---- */

static void on_target_status(struct session *s, const struct c_target_status *msg)
{
	s->target_end.how = msg->how;
	s->target_end.status = msg->status;
}

static void on_rate(struct session *s, int fd, const struct c_rate *msg)
{
	if (!msg->rate_hz || msg->rate_hz > CONTROL_MAX_RATE_HZ)
		refuse(fd, C_RATE, "a rate is 1 to 20000 Hz");
	else if (s->state != SESSION_RUNNING)
		refuse(fd, C_RATE, "it is not sampling");
	else if (!s->perf)
		refuse(fd, C_RATE, "the ptrace engine keeps its rate: attach again with -F");
	else
		perf_set_rate(s, msg->rate_hz);
}

static void on_probe(struct session *s, int fd, const struct c_probe *msg)
{
	const char *why = probe_want(s, msg->function, msg->duration_ns);

	if (why)
		refuse(fd, C_PROBE, why);
}

static void on_mark(struct session *s, const char *text)
{
	record_put_mark(s->writer, s->now_ns, text);
	session_note(s, NOTE_INFO, "mark: %s", text);
}

static void on_source(struct session *s, size_t i, const struct c_source *msg)
{
	struct source_request *r = &s->viewers[i].source;
	const struct c_file none = { .type = C_FILE, .request = msg->request };
	size_t len = strlen(msg->path) + 1;
	_cleanup_(freep) struct s_debug_file *ask = NULL;

	if (r->number || *msg->path != '/') {	/* one at a time */
		answer(s->viewers[i].fd, &none, sizeof(none), "");
		return;
	}
	ask = xcalloc(1, sizeof(*ask) + len);
	*ask = (struct s_debug_file){ .type = S_DEBUG_FILE, .pid = s->spec->pid };
	memcpy(ask->names, msg->path, len);
	session_ask(s, REQUEST_SOURCE, NULL, ask, sizeof(*ask) + len, &ask->request);
	*r = (struct source_request){ .number = ask->request, .of_viewer = msg->request };
}

void viewers_on_source(struct session *s, uint32_t number, int fd)
{
	for (size_t i = 0; i < array_len(s->viewers); i++) {
		struct source_request *r = &s->viewers[i].source;
		struct c_file file = { .type = C_FILE, .request = r->of_viewer };
		struct error err;

		if (r->number != number)
			continue;
		r->number = 0;
		if (s->viewers[i].fd >= 0)
			msg_try_send(s->viewers[i].fd, &file, sizeof(file), &fd, fd >= 0, &err);
	}
	closep(&fd);
}

static void on_request(struct session *s, size_t i, const struct msg *m)
{
	const union {
		uint32_t type;
		struct c_target_status status;
		struct c_rate rate;
		struct c_mark mark;
		struct c_resolve resolve;
		struct c_source source;
		struct c_code code;
		struct c_counts counts;
		struct c_probe probe;
	} *ask = (const void *)m->data;

	if (!msg_holds(m, sizeof(ask->type)))
		return;
	if (ask->type == C_STOP)
		session_stop(s, END_STOPPED);
	else if (ask->type == C_TARGET_STATUS && msg_holds(m, sizeof(ask->status)) && !i)
		on_target_status(s, &ask->status);
	else if (ask->type == C_RATE && msg_holds(m, sizeof(ask->rate)))
		on_rate(s, s->viewers[i].fd, &ask->rate);
	else if (ask->type == C_MARK && msg_holds_text(m, sizeof(ask->mark)))
		on_mark(s, ask->mark.text);
	else if (ask->type == C_RESOLVE && msg_holds(m, sizeof(ask->resolve)))
		symbols_first(s, ask->resolve.module);
	else if (ask->type == C_SOURCE && msg_holds_text(m, sizeof(ask->source)) && s->spec)
		on_source(s, i, &ask->source);
	else if (ask->type == C_CODE && msg_holds(m, sizeof(ask->code)))
		code_want(s, ask->code.module, ask->code.vaddr);
	else if (ask->type == C_COUNTS && msg_holds(m, sizeof(ask->counts)) && !i && m->n_fds)
		counts_on_recording(s, m->fds[0]);
	else if (ask->type == C_COUNTS && msg_holds(m, sizeof(ask->counts)) && !i)
		counts_on_end(s, &ask->counts);
	else if (ask->type == C_PROBE && msg_holds_text(m, sizeof(ask->probe)))
		on_probe(s, s->viewers[i].fd, &ask->probe);
	else
		refuse(s->viewers[i].fd, ask->type, "this session does not know that request");
}

/* ---- waiting ---- */

size_t viewers_poll(const struct session *s, struct pollfd fds[VIEWERS_POLL])
{
	for (size_t i = 0; i < array_len(s->viewers); i++)
		fds[i] = (struct pollfd){ .fd = s->viewers[i].fd, .events = POLLIN };
	fds[array_len(s->viewers)] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	return VIEWERS_POLL;
}

void viewers_take(struct session *s, const struct pollfd fds[VIEWERS_POLL])
{
	_cleanup_(freep) struct msg *m = NULL;
	struct error err;

	for (size_t i = 0; i < array_len(s->viewers); i++) {
		if (!fds[i].revents)
			continue;
		if (!m)
			m = xmalloc(sizeof(*m));
		if (msg_recv(s->viewers[i].fd, m, &err) != 1) {
			on_departure(s, i);
			continue;
		}
		on_request(s, i, m);
		msg_close_fds(m);
	}
	if (fds[array_len(s->viewers)].revents)
		on_arrival(s);
}

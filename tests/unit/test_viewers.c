// SPDX-License-Identifier: Apache-2.0
/* Who looks at a session, and what they may ask of it (session/control.h). */
#include "tests/unit/session_maker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct made_session t;

static int setup(void **state)
{
	(void)state;
	made_session_init(&t);
	return 0;
}

/* A socket of no name in any folder. */
static int listener(struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*sa);

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	assert_int_equal(bind(fd, (struct sockaddr *)sa, sizeof(sa->sun_family)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)sa, &len), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void take_viewers(void)
{
	struct pollfd fds[VIEWERS_POLL];

	assert_int_equal(viewers_poll(&t.s, fds), VIEWERS_POLL);
	assert_true(poll(fds, VIEWERS_POLL, 0) >= 0);
	viewers_take(&t.s, fds);
}

static int arrive(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)sa, sizeof(sa_family_t) + 6), 0);
	take_viewers();
	return fd;
}

/* The type of the next message to a viewer, 0 if there is none. */
static uint32_t told(int fd)
{
	struct error err;

	if (msg_recv(fd, t.m, &err) != 1)
		return 0;
	assert_true(control_is_sound(t.m));
	msg_close_fds(t.m);
	return *(uint32_t *)t.m->data;
}

static void ask(int fd, const void *msg, size_t len)
{
	struct error err;

	assert_int_equal(msg_send(fd, msg, len, NULL, 0, &err), 0);
	take_viewers();
}

static void begin_listening(struct sockaddr_un *sa)
{
	viewers_init(&t.s, -1, listener(sa));
	t.s.is_started = true;
	t.s.state = SESSION_RUNNING;
	t.s.started.engine = ENGINE_PERF;
	t.s.spec->rate_hz = 499;
}

/* Whoever comes later hears what it missed; one that goes changes nothing. */
TEST(viewers_come_and_go)
{
	struct sockaddr_un sa;
	int a, b;

	begin_listening(&sa);
	a = arrive(&sa);
	assert_int_equal(told(a), C_STARTED);
	assert_int_equal(((struct c_started *)t.m->data)->rate_hz, 499);
	assert_int_equal(((struct c_started *)t.m->data)->version, CONTROL_VERSION);
	assert_int_equal(told(a), C_GREW);
	b = arrive(&sa);
	assert_int_equal(told(b), C_STARTED);
	assert_int_equal(told(b), C_GREW);
	close(a);
	take_viewers();
	assert_int_equal(t.s.state, SESSION_RUNNING);
	session_note(&t.s, NOTE_INFO, "hello");
	assert_int_equal(told(b), C_NOTE);
	assert_int_equal(told(b), 0);
	/* Seats are free again: as many as there are at once, not ever. */
	for (int i = 0; i < 2 * CONTROL_MAX_VIEWERS; i++) {
		a = arrive(&sa);
		assert_int_equal(told(a), C_STARTED);
		close(a);
		take_viewers();
	}
	close(b);
	close(t.s.listener);
	made_records_deinit(made_session_end(&t));
}

TEST(too_many_viewers_are_told_so)
{
	int fds[CONTROL_MAX_VIEWERS + 1];
	struct sockaddr_un sa;

	begin_listening(&sa);
	for (int i = 0; i <= CONTROL_MAX_VIEWERS; i++)
		fds[i] = arrive(&sa);
	assert_int_equal(told(fds[CONTROL_MAX_VIEWERS - 1]), C_STARTED);
	assert_int_equal(told(fds[CONTROL_MAX_VIEWERS]), C_REFUSED);
	assert_int_equal(told(fds[CONTROL_MAX_VIEWERS]), 0);
	for (int i = 0; i <= CONTROL_MAX_VIEWERS; i++)
		close(fds[i]);
	take_viewers();
	close(t.s.listener);
	made_records_deinit(made_session_end(&t));
}

/* Each is done, or refused with a reason; nothing that came in says more than it is. */
TEST(requests_of_viewers)
{
	struct { uint32_t type; char text[8]; } mark = { C_MARK, "here" };
	struct { uint32_t type, request; char path[16]; } source = { C_SOURCE, 7, "/src/a.c" };
	struct c_rate rate = { .type = C_RATE, .rate_hz = 999 };
	struct c_file *file;
	struct made_records *records;
	struct sockaddr_un sa;
	uint32_t unknown = 999;
	int fd;

	begin_listening(&sa);
	file = (struct c_file *)t.m->data;
	fd = arrive(&sa);
	assert_int_equal(told(fd), C_STARTED);
	assert_int_equal(told(fd), C_GREW);

	ask(fd, &unknown, sizeof(unknown));
	assert_int_equal(told(fd), C_REFUSED);
	assert_int_equal(((struct c_refused *)t.m->data)->request, 999);
	ask(fd, &rate, sizeof(uint32_t));	/* cut short */
	assert_int_equal(told(fd), C_REFUSED);
	ask(fd, &(struct c_rate){ C_RATE, 0 }, sizeof(rate));
	assert_int_equal(told(fd), C_REFUSED);
	ask(fd, &(struct c_rate){ C_RATE, CONTROL_MAX_RATE_HZ + 1 }, sizeof(rate));
	assert_int_equal(told(fd), C_REFUSED);
	assert_int_equal(made_session_count_asked(&t, S_REOPEN), 0);
	ask(fd, &rate, sizeof(rate));
	assert_int_equal(told(fd), C_NOTE);
	assert_int_equal(made_session_count_asked(&t, S_REOPEN), 1);
	assert_int_equal(t.s.spec->rate_hz, 999);

	ask(fd, &mark, sizeof(mark.type) + 5);
	assert_int_equal(told(fd), C_NOTE);

	ask(fd, &(struct c_code){ C_CODE, 99999, 0x1000 }, sizeof(struct c_code));
	assert_false(code_busy(&t.s));		/* of a module that there is not */
	ask(fd, &(struct c_code){ C_CODE, modules_vdso(&t.s)->number, 0x1000 },
	    sizeof(struct c_code));
	assert_true(code_busy(&t.s));

	/* The opener opens; what it found goes to who asked, as it is. */
	ask(fd, &source, sizeof(source));
	assert_int_equal(made_session_count_asked(&t, S_DEBUG_FILE), 1);
	viewers_on_source(&t.s, t.s.last_request, open("/dev/null", O_RDONLY | O_CLOEXEC));
	assert_int_equal(msg_recv(fd, t.m, &(struct error){ 0 }), 1);
	assert_int_equal(file->type, C_FILE);
	assert_int_equal(file->request, 7);
	assert_int_equal(t.m->n_fds, 1);
	msg_close_fds(t.m);
	source.path[0] = 's';			/* not absolute: nobody is asked */
	ask(fd, &source, sizeof(source));
	assert_int_equal(made_session_count_asked(&t, S_DEBUG_FILE), 0);
	assert_int_equal(told(fd), C_FILE);

	ask(fd, &(struct c_stop){ C_STOP }, sizeof(struct c_stop));
	assert_int_equal(t.s.end_ns, t.s.now_ns);
	close(fd);
	close(t.s.listener);
	records = made_session_end(&t);
	assert_int_equal(records->n_marks, 1);
	made_records_deinit(records);
}

/* What cannot be counted is refused at once, or as soon as that is known. */
TEST(calls_are_counted_where_that_makes_sense)
{
	struct { struct c_probe head; char text[8]; } probe = {
		{ .type = C_PROBE, .duration_ns = NS_PER_S }, "fib" };
	struct sockaddr_un sa;
	int fd;

	begin_listening(&sa);
	t.s.spec->pid = 42;
	fd = arrive(&sa);
	assert_int_equal(told(fd), C_STARTED);
	assert_int_equal(told(fd), C_GREW);
	probe.head.duration_ns = CONTROL_MAX_PROBE_NS + 1;
	ask(fd, &probe, sizeof(probe));
	assert_int_equal(told(fd), C_REFUSED);
	probe.head.duration_ns = CONTROL_MIN_PROBE_NS - 1;
	ask(fd, &probe, sizeof(probe));
	assert_int_equal(told(fd), C_REFUSED);
	probe.head.duration_ns = NS_PER_S;
	*probe.text = '\0';
	ask(fd, &probe, sizeof(probe));
	assert_int_equal(told(fd), C_REFUSED);
	*probe.text = 'f';
	t.s.spec->pid = 0;		/* the whole host */
	ask(fd, &probe, sizeof(probe));
	assert_int_equal(told(fd), C_REFUSED);
	t.s.spec->pid = 42;
	assert_null(t.s.probe);

	ask(fd, &probe, sizeof(probe));
	assert_int_equal(told(fd), 0);
	ask(fd, &probe, sizeof(probe));	/* one at a time */
	assert_int_equal(told(fd), C_REFUSED);
	probe_tick(&t.s);
	assert_int_equal(told(fd), 0);
	assert_int_equal(made_session_count_asked(&t, S_COUNT), 0);
	t.s.now_ns += 4 * NS_PER_S;	/* no Python has come */
	probe_tick(&t.s);
	assert_int_equal(told(fd), C_REFUSED);
	assert_non_null(strstr(((struct c_refused *)t.m->data)->text, "calls of fib: n/a: no Python"));
	assert_null(t.s.probe);
	assert_false(switch_is_off(&t.s));
	close(fd);
	close(t.s.listener);
	made_records_deinit(made_session_end(&t));
}

static void end_command(bool listens)
{
	struct sockaddr_un sa;
	struct error err;
	int ends[2];

	assert_int_equal(msg_pair(ends, &err), 0);
	viewers_init(&t.s, ends[0], listens ? listener(&sa) : -1);
	t.s.is_started = true;
	t.s.state = SESSION_RUNNING;
	close(ends[1]);
	take_viewers();
	closep(&t.s.listener);
}

TEST(a_session_ends_with_its_command)
{
	end_command(false);
	assert_int_equal(t.s.end_ns, t.s.now_ns);
	made_records_deinit(made_session_end(&t));
}

TEST(a_session_that_others_can_come_to_goes_on)
{
	end_command(true);
	assert_int_equal(t.s.end_ns, UINT64_MAX);
	made_records_deinit(made_session_end(&t));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		CASE(viewers_come_and_go),
		CASE(too_many_viewers_are_told_so),
		CASE(requests_of_viewers),
		CASE(calls_are_counted_where_that_makes_sense),
		CASE(a_session_ends_with_its_command),
		CASE(a_session_that_others_can_come_to_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

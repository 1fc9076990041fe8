// SPDX-License-Identifier: Apache-2.0
/*
 * What count/cprofd_count.py leaves, which tells the format.  Its process may be dead or go on:
 * what the head says to be used is read, and numbers may be of any moment.
 */
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "record/writer.h"

#define MAX_CALLS (1ull << 50)	/* of one process: years */
#define REPLACED 128

struct head {
	char magic[8];
	uint64_t version, used, c_calls, call_ps, c_call_ps, no_room, reserved;
};

struct counted {
	uint64_t calls;
	uint32_t line;
	uint16_t file_len, name_len;
	char text[];
};

bool import_is_counts(const void *data, size_t len)
{
	return len >= sizeof(struct head) && memcmp(data, IMPORT_COUNTS_MAGIC, 8) == 0;
}

uint64_t import_counts_used(const void *data)
{
	struct head h;

	memcpy(&h, data, sizeof(h));
	return h.used;
}

static int wrong(struct error *err, const char *what)
{
	return error_set(err, EBADMSG, "these are no counts of calls: %s", what);
}

static void put_number(struct record_writer *w, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	record_put_meta(w, key, text);
}

static void put_function(struct record_writer *w, const struct counted *c, uint32_t module,
			 uint8_t how)
{
	uint32_t function = record_put_function(w, &(struct record_function){
		.module = module, .line = c->line, .source = SYMBOL_PYTHON,
		.file = record_put_string(w, c->text, c->file_len),
		.name = record_put_string(w, c->text + c->file_len, c->name_len) });

	record_put_measured(w, &(struct record_measured){ .function = function,
		.caller = RECORD_NONE, .calls = c->calls, .outermost = c->calls, .how = how });
}

/* Put in all functions; *calls is how often they were called. */
static int put_functions(struct record_writer *w, const uint8_t *data, size_t used, uint8_t how,
			 uint64_t *calls, struct error *err)
{
	uint32_t module = record_put_module(w, &(struct record_module){ .kind = MODULE_PYTHON,
		.path = record_put_string(w, "python", 6) });

	for (size_t at = sizeof(struct head); at < used;) {
		const struct counted *c = (const struct counted *)(data + at);
		size_t len;

		if (used - at < sizeof(*c))
			return wrong(err, "a function is cut short");
		len = sizeof(*c) + (((size_t)c->file_len + c->name_len + 7) & ~(size_t)7);
		if (used - at < len)
			return wrong(err, "a name is cut short");
		if (c->calls > MAX_CALLS - *calls)
			return wrong(err, "more calls than can be");
		*calls += c->calls;
		put_function(w, c, module, how);
		at += len;
	}
	return 0;
}

static int write_recording(struct record_writer *w, const uint8_t *data, size_t len,
			   struct error *err)
{
	struct head h;
	uint64_t calls = 0;
	double cost_ns;
	uint8_t how;

	memcpy(&h, data, sizeof(h));
	how = h.version & 0x7f;
	if (h.used < sizeof(h) || h.used > len || h.used % 8)
		return wrong(err, "its size");
	if ((how != COUNTED_BY_MONITORING && how != COUNTED_BY_SETPROFILE) || h.version >> 24)
		return wrong(err, "of which Python");
	if (h.no_room > MAX_CALLS || h.c_calls > MAX_CALLS)
		return wrong(err, "more calls than can be");
	if (put_functions(w, data, (size_t)h.used, how, &calls, err) < 0)
		return -1;
	cost_ns = ((double)(calls + h.no_room) * (double)h.call_ps +
		   (double)h.c_calls * (double)h.c_call_ps) / 1e3;
	record_put_meta(w, "imported", "counts");
	put_number(w, "python", h.version >> 8);
	put_number(w, "counting_ns", cost_ns < 1e18 ? (uint64_t)cost_ns : 0);
	put_number(w, "replaced", (h.version & REPLACED) != 0);
	put_number(w, "no_room", h.no_room);
	record_put_end(w, &(struct record_end){ .why = END_STOPPED });
	return 0;
}

int import_counts(const void *data, size_t len, int out_fd, struct error *err)
{
	int fd = fcntl(out_fd, F_DUPFD_CLOEXEC, 0), ret;
	struct record_writer *w;
	struct error writing;

	if (fd < 0)
		return error_sys(err, "cannot write a recording");
	if (record_writer_open(fd, 0, 0, &w, err) < 0)
		return -1;
	ret = write_recording(w, data, len, err);
	if (record_writer_close(w, &writing) < 0 && ret == 0) {
		*err = writing;
		ret = -1;
	}
	return ret;
}

// SPDX-License-Identifier: Apache-2.0
#include "profile/profile_load.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/util.h"
#include "profile/profile.h"
#include "record/reader.h"

struct profile_load {
	struct record_reader *reader;
	struct profile profile;
	struct error failure;	/* code 0: none so far */
	uint64_t valid_bytes;
};

void profile_load_close(struct profile_load *load)
{
	if (!load)
		return;
	record_reader_close(load->reader);
	profile_deinit(&load->profile);
	free(load);
}

int profile_load_open(int fd, struct profile_load **out, struct error *err)
{
	struct record_reader *reader;

	if (record_reader_open(fd, &reader, err) < 0)
		return -1;
	*out = xcalloc(1, sizeof(**out));
	(*out)->reader = reader;
	profile_init(&(*out)->profile, record_reader_header(reader));
	return 0;
}

/* Feed all records that are there: 1 if there were any, 0, or -1. */
static int feed(struct profile_load *load, struct error *err)
{
	struct record rec;
	int more, any = 0;

	while ((more = record_reader_next(load->reader, &rec, err)) > 0) {
		any = 1;
		if (profile_add_record(&load->profile, &rec, err) < 0) {
			load->valid_bytes = record_reader_block_off(load->reader);
			return error_prefix(err, "byte %" PRIu64, load->valid_bytes);
		}
	}
	load->valid_bytes = record_reader_valid_bytes(load->reader);
	return more < 0 ? -1 : any;
}

int profile_load_more(struct profile_load *load, struct error *err)
{
	struct error limit;
	int got;

	if (load->failure.code) {
		*err = load->failure;
		return -1;
	}
	got = feed(load, err);
	if (got < 0)
		load->failure = *err;
	if (profile_update(&load->profile, &limit) < 0 && got >= 0) {
		load->failure = *err = limit;
		got = -1;
	}
	return got;
}

struct profile *profile_load_profile(struct profile_load *load)
{
	return &load->profile;
}

uint64_t profile_load_valid_bytes(const struct profile_load *load)
{
	return load->valid_bytes;
}

// SPDX-License-Identifier: Apache-2.0
#include "record/block.h"

#include <errno.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "record/record.h"

static uint64_t header_sum(const struct record_header *h)
{
	return XXH3_64bits(h, offsetof(struct record_header, checksum));
}

static uint64_t block_sum(const struct block_header *h, const void *payload)
{
	uint64_t seed = XXH3_64bits(h, offsetof(struct block_header, checksum));

	return XXH3_64bits_withSeed(payload, h->stored_bytes, seed);
}

void record_header_seal(struct record_header *h)
{
	memcpy(h->magic, RECORD_MAGIC, sizeof(h->magic));
	h->major = RECORD_MAJOR;
	h->minor = RECORD_MINOR;
	h->header_bytes = sizeof(*h);
	h->reserved = 0;
	h->checksum = header_sum(h);
}

int record_header_check(const struct record_header *h, struct error *err)
{
	if (memcmp(h->magic, RECORD_MAGIC, sizeof(h->magic)) != 0)
		return error_set(err, EBADMSG, "not a cprofd recording");
	/* The header looks like this in every version, whatever follows it. */
	if (h->checksum != header_sum(h))
		return error_set(err, EBADMSG, "byte 0: the header is damaged");
	if (h->major != RECORD_MAJOR)
		return error_set(err, ENOTSUP, "written in format %u, this cprofd reads format %u",
				 h->major, RECORD_MAJOR);
	if (h->header_bytes < sizeof(*h) || h->header_bytes > 4096)
		return error_set(err, EBADMSG, "byte 12: header of %u bytes",
				 h->header_bytes);
	return 0;
}

void block_seal(struct block_header *h, const void *payload)
{
	h->magic = BLOCK_MAGIC;
	h->flags = 0;
	h->reserved = 0;
	h->checksum = block_sum(h, payload);
}

int block_header_ok(const struct block_header *h)
{
	return h->magic == BLOCK_MAGIC && h->codec <= BLOCK_ZSTD &&
	       h->raw_bytes > 0 && h->raw_bytes <= BLOCK_MAX_RAW &&
	       h->stored_bytes > 0 && h->stored_bytes <= BLOCK_MAX_RAW &&
	       (h->codec != BLOCK_RAW || h->raw_bytes == h->stored_bytes);
}

int block_payload_ok(const struct block_header *h, const void *payload)
{
	return h->checksum == block_sum(h, payload);
}

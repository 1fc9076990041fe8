// SPDX-License-Identifier: Apache-2.0
/*
 * record/block.h - the file: a header, then blocks that stand for themselves.
 *
 *	+--------+-------+-------+-- - - --+-------+
 *	| header | block | block |         | block |
 *	+--------+-------+-------+-- - - --+-------+
 *	  64 B     24 B + payload (records, usually as one zstd frame)
 *
 * A block carries the checksum of its own bytes, so every prefix that ends
 * between two blocks is a whole recording, and a file that was cut anywhere
 * loses the cut block and nothing before it.  The zstd frame of a block has the
 * raw bytes of the block before it as its prefix (dictionary).  All integers little-endian;
 * cprofd-recording(5) is the reference.
 */
#ifndef CPROFD_RECORD_BLOCK_H
#define CPROFD_RECORD_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct error;

#define RECORD_MAGIC "CPROFD\r\n"	/* shows a transfer in text mode */
#define BLOCK_MAGIC 0x4b425043u		/* "CPBK" */

struct record_header {
	char magic[8];
	uint16_t major, minor;
	uint32_t header_bytes;	/* where the first block is */
	uint8_t uuid[16];
	uint64_t start_mono_ns;	/* times in records are relative to this */
	uint64_t start_real_ns;	/* the same moment since 1970 */
	uint64_t reserved;	/* 0 */
	uint64_t checksum;	/* XXH3-64 of the 56 bytes before */
};
_Static_assert(sizeof(struct record_header) == 64, "documented size");

enum block_codec {
	BLOCK_RAW, BLOCK_ZSTD,
};

struct block_header {
	uint32_t magic;
	uint8_t codec;
	uint8_t flags;		/* 0 */
	uint16_t reserved;	/* 0 */
	uint32_t stored_bytes;	/* of the payload in the file */
	uint32_t raw_bytes;	/* of the payload once decompressed */
	uint64_t checksum;	/* XXH3-64 of the 16 bytes before and the payload */
};
_Static_assert(sizeof(struct block_header) == 24, "documented size");

#define BLOCK_MAX_RAW (1u << 20)	/* a reader refuses larger ones */
#define BLOCK_TARGET_RAW (256u << 10)	/* a writer ends a block at about this */

/* Fill in magic, version and checksum; times and uuid are the caller's. */
void record_header_seal(struct record_header *h);

/* Fails with EBADMSG, or with ENOTSUP if another major version wrote it. */
int record_header_check(const struct record_header *h, struct error *err);

/* Fill in magic and checksum of a block whose other fields are set. */
void block_seal(struct block_header *h, const void *payload);

/* Is `h` (whole) the header of a block that we could read? */
int block_header_ok(const struct block_header *h);

/* Is the payload the one that the header was written for? */
int block_payload_ok(const struct block_header *h, const void *payload);

#endif

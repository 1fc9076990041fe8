// SPDX-License-Identifier: Apache-2.0
/*
 * record/reader.h - read a recording, finished, growing or damaged.
 *
 *	struct record rec;
 *	int more;
 *
 *	while ((more = record_reader_next(reader, &rec, err)) > 0)
 *		switch (rec.type) {
 *		case RECORD_SAMPLES:
 *			while (record_next_sample(&rec, &sample))
 *				...
 *
 * The reader checks form: lengths, checksums, and that no value is cut short.
 * It does not check that the numbers in a record were given before; whoever
 * uses one as an index checks it against its own table.  A record of a type
 * that the reader does not know is skipped.
 */
#ifndef CPROFD_RECORD_READER_H
#define CPROFD_RECORD_READER_H

#include "record/block.h"
#include "record/record.h"

struct error;
struct record_reader;

/*
 * Read from the start of `fd`, which stays the caller's and may still grow.
 * Fails with EBADMSG if this is no recording or its header is damaged, ENODATA
 * if the file is shorter than a header, ENOTSUP if another major version wrote it.
 */
int record_reader_open(int fd, struct record_reader **out, struct error *err);

/* NULL is allowed. */
void record_reader_close(struct record_reader *r);

const struct record_header *record_reader_header(const struct record_reader *r);

/*
 * Take the next record apart into *rec, valid until the next call.  Returns 1;
 * or 0 at the end of what is in the file as whole blocks, when another call can
 * succeed after the file grew; or -1 with EBADMSG, naming the byte, if what
 * follows is damaged.  After -1 every call fails the same way.
 */
int record_reader_next(struct record_reader *r, struct record *rec,
		       struct error *err);

/* Bytes of the file that whole, valid blocks take up, as read so far. */
uint64_t record_reader_valid_bytes(const struct record_reader *r);

/* Where in the file the block begins that the last record came from. */
uint64_t record_reader_block_off(const struct record_reader *r);

/*
 * The items of a batch: 1 with the item in *out, 0 after the last one, -1 if
 * the batch is malformed (a checksum does not protect against a hostile file).
 */
int record_next_frame(struct record *rec, struct record_frame *out);
int record_next_stack(struct record *rec, struct record_stack *out);
int record_next_function(struct record *rec, struct record_function *out);
int record_next_symbol(struct record *rec, struct record_symbol *out);
int record_next_call(struct record *rec, struct record_call *out);
int record_next_measured(struct record *rec, struct record_measured *out);
int record_next_sample(struct record *rec, struct record_sample *out);
int record_next_instruction(struct record *rec, struct record_instruction *out);

#endif

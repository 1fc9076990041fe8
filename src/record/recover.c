// SPDX-License-Identifier: Apache-2.0
#include "record/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "record/block.h"
#include "record/reader.h"

#define COPY_STEP 65536

static void saw_time(struct recover_state *s, uint64_t time_ns)
{
	uint64_t since = time_ns - s->start_mono_ns;

	if ((int64_t)since > 0 && since > s->last_ns)
		s->last_ns = since;
}

/* Go through the items of a record; -1 if they are malformed. */
static int look_at(struct recover_state *s, struct record *rec)
{
	union {
		struct record_frame frame;
		struct record_stack stack;
		struct record_function function;
		struct record_symbol symbol;
		struct record_call call;
		struct record_measured measured;
		struct record_sample sample;
		struct record_instruction instruction;
	} item;
	int more = 0;

	switch (rec->type) {
	case RECORD_FRAMES:
		while ((more = record_next_frame(rec, &item.frame)) > 0)
			;
		break;
	case RECORD_STACKS:
		while ((more = record_next_stack(rec, &item.stack)) > 0)
			;
		break;
	case RECORD_FUNCTIONS:
		while ((more = record_next_function(rec, &item.function)) > 0)
			;
		break;
	case RECORD_SYMBOLS:
		while ((more = record_next_symbol(rec, &item.symbol)) > 0)
			;
		break;
	case RECORD_CALLS:
		while ((more = record_next_call(rec, &item.call)) > 0)
			;
		break;
	case RECORD_MEASURED:
		while ((more = record_next_measured(rec, &item.measured)) > 0)
			;
		break;
	case RECORD_SAMPLES:
		while ((more = record_next_sample(rec, &item.sample)) > 0) {
			s->n_samples++;
			saw_time(s, item.sample.time_ns);
		}
		break;
	case RECORD_CODE:
		while ((more = record_next_instruction(rec, &item.instruction)) > 0)
			;
		break;
	case RECORD_COUNTER:
		saw_time(s, rec->counter.time_ns);
		break;
	case RECORD_WINDOW:
		saw_time(s, rec->window.to_ns);
		break;
	case RECORD_LOST:
		s->n_lost += rec->lost.count;
		saw_time(s, rec->lost.to_ns);
		break;
	case RECORD_END:
		saw_time(s, rec->end.time_ns);
		s->ended = true;
		return 0;
	default:
		break;
	}
	s->ended = false;	/* something follows the end */
	return more;
}

/* Read on to the end, or to where it goes wrong; then -1 and *damage says what. */
static int look_through(struct record_reader *r, struct recover_state *s, struct error *damage)
{
	struct recover_state before = *s;	/* the block that is being read */
	uint64_t block_off = 0;
	struct record rec;
	int more;

	while ((more = record_reader_next(r, &rec, damage)) > 0) {
		if (record_reader_block_off(r) != block_off) {
			block_off = record_reader_block_off(r);
			before = *s;
		}
		if (look_at(s, &rec) < 0) {
			*s = before;
			s->valid_bytes = block_off;
			return error_set(damage, EBADMSG, "byte %" PRIu64 ": malformed record",
					 block_off);
		}
	}
	s->valid_bytes = record_reader_valid_bytes(r);
	if (more < 0 && s->valid_bytes == block_off) {
		*s = before;	/* the damage is within the block begun */
		s->valid_bytes = block_off;
	}
	return more;
}

int recover_look(int fd, struct recover_state *out, struct error *err)
{
	struct record_reader *r;
	struct error damage;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "cannot stat");
	if (record_reader_open(fd, &r, err) < 0)
		return -1;
	*out = (struct recover_state){
		.file_bytes = (uint64_t)st.st_size,
		.start_mono_ns = record_reader_header(r)->start_mono_ns,
	};
	if (look_through(r, out, &damage) < 0) {
		snprintf(out->damage, sizeof(out->damage), "%.150s", damage.msg);
	} else if (out->valid_bytes < out->file_bytes) {
		out->torn = true;
		snprintf(out->damage, sizeof(out->damage), "byte %" PRIu64 ": the last block is "
			 "not whole", out->valid_bytes);
	}
	record_reader_close(r);
	return 0;
}

static void put_record(struct buf *out, enum record_type type, const struct buf *payload)
{
	buf_put_uleb(out, type);
	buf_put_str(out, (const char *)payload->data, payload->len);
}

/* The block that ends a recovered recording: a note and the END record. */
static void make_end(const struct recover_state *s, struct buf *out)
{
	struct buf payload = { 0 }, records = { 0 };
	struct block_header h = { .codec = BLOCK_RAW };
	char text[256];
	int n = snprintf(text, sizeof(text), "recovered: %s; %" PRIu64 " bytes were cut off",
			 *s->damage ? s->damage : "the recording was not finished",
			 s->file_bytes - s->valid_bytes);

	buf_put_zigzag(&payload, (int64_t)s->last_ns);
	buf_put_uleb(&payload, NOTE_WARNING);
	buf_put(&payload, text, (size_t)n);
	put_record(&records, RECORD_NOTE, &payload);

	payload.len = 0;
	buf_put_zigzag(&payload, (int64_t)s->last_ns);
	buf_put_uleb(&payload, END_TROUBLE);
	buf_put_uleb(&payload, s->n_samples);
	buf_put_uleb(&payload, s->n_lost);
	put_record(&records, RECORD_END, &payload);

	h.stored_bytes = h.raw_bytes = (uint32_t)records.len;
	block_seal(&h, records.data);
	buf_put(out, &h, sizeof(h));
	buf_put(out, records.data, records.len);
	buf_deinit(&payload);
	buf_deinit(&records);
}

int recover_write(int fd, const struct recover_state *s, FILE *out, struct error *err)
{
	struct buf end = { 0 };
	uint8_t bytes[COPY_STEP];

	for (uint64_t off = 0; off < s->valid_bytes;) {
		size_t want = min_of((uint64_t)sizeof(bytes), s->valid_bytes - off);
		ssize_t n = io_pread_full(fd, bytes, want, off);

		if (n < 0)
			return error_sys(err, "cannot read");
		if ((size_t)n < want)
			return error_set(err, EBADMSG, "became shorter while it was read");
		fwrite(bytes, 1, want, out);
		off += want;
	}
	if (!s->ended) {
		make_end(s, &end);
		fwrite(end.data, 1, end.len, out);
		buf_deinit(&end);
	}
	return 0;
}

int recover_in_place(int fd, const struct recover_state *s, struct error *err)
{
	struct buf end = { 0 };
	int ret = 0;

	if (*s->damage && !s->torn)
		return error_set(err, EBUSY, "%s, which is more than a torn end; recover to "
				 "another file", s->damage);
	if (ftruncate(fd, (off_t)s->valid_bytes) < 0 ||
	    lseek(fd, (off_t)s->valid_bytes, SEEK_SET) < 0)
		return error_sys(err, "cannot cut the end off");
	if (!s->ended)
		make_end(s, &end);
	if (io_write_full(fd, end.data, end.len) < 0 || fdatasync(fd) < 0)
		ret = error_sys(err, "cannot write");
	buf_deinit(&end);
	return ret;
}

// SPDX-License-Identifier: Apache-2.0
#include "record/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

struct record_reader {
	int fd;
	struct record_header header;
	uint64_t off;		/* of the next block in the file */
	uint64_t block_off;	/* of the block being read */
	struct buf stored, raw, before;	/* before: the block before raw */
	struct cursor c;	/* rest of the block, over raw */
	struct record_path path;
	uint32_t *weights;	/* of the batch handed out last */
	size_t cap_weights;
	ZSTD_DCtx *zstd;
	struct error damage;	/* code 0: none so far */
};

void record_reader_close(struct record_reader *r)
{
	if (!r)
		return;
	buf_deinit(&r->stored);
	buf_deinit(&r->raw);
	buf_deinit(&r->before);
	free(r->weights);
	free(r->path.frames);
	ZSTD_freeDCtx(r->zstd);
	free(r);
}

static void record_reader_closep(struct record_reader **r)
{
	record_reader_close(*r);
}

int record_reader_open(int fd, struct record_reader **out, struct error *err)
{
	_cleanup_(record_reader_closep) struct record_reader *r = xcalloc(1, sizeof(*r));
	ssize_t n;

	r->fd = fd;
	n = io_pread_full(fd, &r->header, sizeof(r->header), 0);
	if (n < 0)
		return error_sys(err, "cannot read");
	if ((size_t)n < sizeof(r->header)) {
		if (memcmp(r->header.magic, RECORD_MAGIC,
			   min_of((size_t)n, sizeof(r->header.magic))) != 0)
			return error_set(err, EBADMSG, "not a cprofd recording");
		return error_set(err, ENODATA, "only %zd bytes: nothing was recorded", n);
	}
	if (record_header_check(&r->header, err) < 0)
		return -1;
	r->off = r->header.header_bytes;
	r->zstd = ZSTD_createDCtx();
	if (!r->zstd)
		abort();
	*out = steal(r);
	return 0;
}

const struct record_header *record_reader_header(const struct record_reader *r)
{
	return &r->header;
}

uint64_t record_reader_valid_bytes(const struct record_reader *r)
{
	return r->off;
}

uint64_t record_reader_block_off(const struct record_reader *r)
{
	return r->block_off;
}

static int damaged(struct record_reader *r, uint64_t off, const char *what,
		   struct error *err)
{
	error_set(&r->damage, EBADMSG, "byte %" PRIu64 ": %s", off, what);
	*err = r->damage;
	r->off = off;
	return -1;
}

/* Load the next block: 1, 0 when it is not (wholly) there, -1 when damaged. */
static int next_block(struct record_reader *r, struct error *err)
{
	struct block_header h;
	ssize_t n = io_pread_full(r->fd, &h, sizeof(h), r->off);

	if (n < 0)
		return error_sys(err, "cannot read");
	if ((size_t)n < sizeof(h))
		return 0;
	if (!block_header_ok(&h))
		return damaged(r, r->off, "not the beginning of a block", err);

	r->stored.len = 0;
	n = io_pread_full(r->fd, buf_add(&r->stored, h.stored_bytes),
			  h.stored_bytes, r->off + sizeof(h));
	if (n < 0)
		return error_sys(err, "cannot read");
	if ((size_t)n < h.stored_bytes)
		return 0;
	if (!block_payload_ok(&h, r->stored.data))
		return damaged(r, r->off, "block with a wrong checksum", err);

	struct buf before = r->before;
	r->before = r->raw;
	r->raw = before;
	r->raw.len = 0;
	uint8_t *raw = buf_add(&r->raw, h.raw_bytes);
	ZSTD_DCtx_refPrefix(r->zstd, r->before.data, r->before.len);
	if (h.codec == BLOCK_RAW)
		memcpy(raw, r->stored.data, h.raw_bytes);
	else if (ZSTD_decompressDCtx(r->zstd, raw, h.raw_bytes, r->stored.data,
				     h.stored_bytes) != h.raw_bytes)
		return damaged(r, r->off, "block that does not decompress", err);
	r->c = cursor_make(raw, h.raw_bytes);
	r->block_off = r->off;
	r->off += sizeof(h) + h.stored_bytes;
	return 1;
}

static uint64_t get_time(const struct record_reader *r, struct cursor *c)
{
	return r->header.start_mono_ns + (uint64_t)cursor_zigzag(c);
}

/* A number that the format keeps in 32 bits. */
static uint32_t get_u32(struct cursor *c)
{
	uint64_t v = cursor_uleb(c);

	if (v > UINT32_MAX)
		c->bad = true;
	return (uint32_t)v;
}

/* A batch is the number of its items and then its columns. */
static void get_columns(struct record_reader *r, struct record_batch *batch,
			enum record_type type, struct cursor *c)
{
	const char *p;
	size_t len;

	batch->n_items = batch->n_left = get_u32(c);
	batch->last = batch->last_other = 0;
	batch->path = &r->path;
	for (size_t i = 0; i < RECORD_MAX_COLUMNS && cursor_left(c); i++) {
		p = cursor_str(c, &len);
		if (!p)
			break;
		batch->col[i] = cursor_make(p, len);
	}
	/* In the first column every item has a byte at least. */
	if (batch->n_items > cursor_left(&batch->col[0]))
		c->bad = true;
	batch->has_how = type == RECORD_MEASURED && cursor_left(&batch->col[8]) > 0;
	if (type != RECORD_SAMPLES)
		return;
	batch->n_weights = cursor_left(&batch->col[6]) / sizeof(uint32_t);
	array_reserve(r->weights, batch->n_weights, r->cap_weights);
	if (batch->n_weights)
		memcpy(r->weights, batch->col[6].p, batch->n_weights * sizeof(uint32_t));
	batch->weights = r->weights;
	batch->has_activity = cursor_left(&batch->col[7]) > 0;
}

/* Take a record of a known type apart; false if its bytes end too early. */
static bool decode(struct record_reader *r, struct record *rec, struct cursor *c)
{
	const char *rest = (const char *)c->p;

	switch (rec->type) {
	case RECORD_META:
		rec->meta.key = cursor_str(c, &rec->meta.key_len);
		rec->meta.value = cursor_str(c, &rec->meta.value_len);
		break;
	case RECORD_STRING:
		rec->string = (struct record_string){ rest, cursor_left(c) };
		break;
	case RECORD_PROCESS:
		rec->process.pid = get_u32(c);
		rec->process.ppid = get_u32(c);
		rec->process.time_ns = get_time(r, c);
		rec->process.how = get_u32(c);
		rec->process.name = get_u32(c);
		rec->process.exe = get_u32(c);
		break;
	case RECORD_PROCESS_INFO:
		rec->process_info.process = get_u32(c);
		rec->process_info.ppid = get_u32(c);
		rec->process_info.name = get_u32(c);
		rec->process_info.exe = get_u32(c);
		rec->process_info.cgroup = get_u32(c);
		break;
	case RECORD_PROCESS_END:
		rec->process_end.process = get_u32(c);
		rec->process_end.time_ns = get_time(r, c);
		rec->process_end.how = get_u32(c);
		rec->process_end.status = get_u32(c);
		break;
	case RECORD_THREAD:
		rec->thread.process = get_u32(c);
		rec->thread.tid = get_u32(c);
		rec->thread.time_ns = get_time(r, c);
		rec->thread.name = get_u32(c);
		break;
	case RECORD_THREAD_NAME:
		rec->thread_name.thread = get_u32(c);
		rec->thread_name.name = get_u32(c);
		break;
	case RECORD_MODULE:
		rec->module.kind = get_u32(c);
		rec->module.path = get_u32(c);
		break;
	case RECORD_MODULE_INFO:
		rec->module_info.module = get_u32(c);
		rec->module_info.flags = get_u32(c);
		rec->module_info.build_id =
			(const uint8_t *)cursor_str(c, &rec->module_info.build_id_len);
		rec->module_info.text_vaddr = cursor_uleb(c);
		rec->module_info.text_off = cursor_uleb(c);
		rec->module_info.text_bytes = cursor_uleb(c);
		rec->module_info.note = get_u32(c);
		break;
	case RECORD_MAPPING:
		rec->mapping.process = get_u32(c);
		rec->mapping.module = get_u32(c);
		rec->mapping.start = cursor_uleb(c);
		rec->mapping.size = cursor_uleb(c);
		rec->mapping.off = cursor_uleb(c);
		rec->mapping.time_ns = get_time(r, c);
		break;
	case RECORD_COUNTER:
		rec->counter.time_ns = get_time(r, c);
		rec->counter.what = get_u32(c);
		rec->counter.thread = get_u32(c) - 1;	/* 0 becomes RECORD_NONE */
		rec->counter.value = cursor_uleb(c);
		break;
	case RECORD_LOST:
		rec->lost.from_ns = get_time(r, c);
		rec->lost.to_ns = rec->lost.from_ns + cursor_uleb(c);
		rec->lost.count = cursor_uleb(c);
		rec->lost.weight_ns = cursor_uleb(c);
		break;
	case RECORD_WINDOW:
		rec->window.from_ns = get_time(r, c);
		rec->window.to_ns = rec->window.from_ns + cursor_uleb(c);
		rec->window.pair = get_u32(c);
		rec->window.on = cursor_uleb(c) != 0;
		rec->window.rate_hz = get_u32(c);
		rec->window.cpu_ns = cursor_uleb(c);
		for (int i = 0; i < PROGRESS_COUNT; i++)
			rec->window.progress[i] = cursor_uleb(c) - 1;
		break;
	case RECORD_NOTE:
		rec->note.time_ns = get_time(r, c);
		rec->note.level = get_u32(c);
		rec->note.text = (const char *)c->p;
		rec->note.len = cursor_left(c);
		break;
	case RECORD_MARK:
		rec->mark.time_ns = get_time(r, c);
		rec->mark.text = (const char *)c->p;
		rec->mark.len = cursor_left(c);
		break;
	case RECORD_EPOCH:
		r->path.n = 0;
		break;
	case RECORD_END:
		rec->end.time_ns = get_time(r, c);
		rec->end.why = get_u32(c);
		rec->end.n_samples = cursor_uleb(c);
		rec->end.n_lost = cursor_uleb(c);
		break;
	case RECORD_CODE:
		rec->code.module = get_u32(c);
		rec->code.vaddr = cursor_uleb(c);
		rec->code.size = cursor_uleb(c);
		rec->code.note = get_u32(c);
		rec->batch = (struct record_batch){ 0 };
		get_columns(r, &rec->batch, rec->type, c);
		rec->batch.last = rec->code.vaddr;
		break;
	case RECORD_FRAMES:
	case RECORD_STACKS:
	case RECORD_FUNCTIONS:
	case RECORD_SYMBOLS:
	case RECORD_SAMPLES:
	case RECORD_CALLS:
	case RECORD_MEASURED:
		rec->batch = (struct record_batch){ 0 };
		get_columns(r, &rec->batch, rec->type, c);
		break;
	}
	return !c->bad;
}

int record_reader_next(struct record_reader *r, struct record *rec,
		       struct error *err)
{
	if (r->damage.code) {
		*err = r->damage;
		return -1;
	}
	for (;;) {
		if (!cursor_left(&r->c)) {
			int got = next_block(r, err);

			if (got <= 0)
				return got;
			continue;
		}

		uint64_t type = cursor_uleb(&r->c);
		size_t len;
		const char *p = cursor_str(&r->c, &len);

		if (r->c.bad)
			return damaged(r, r->block_off, "record that ends outside its block", err);
		if (type < RECORD_META || type > RECORD_LAST_TYPE)
			continue;	/* from a later minor version */

		struct cursor c = cursor_make(p, len);

		rec->type = (enum record_type)type;
		rec->start_ns = r->header.start_mono_ns;
		if (!decode(r, rec, &c))
			return damaged(r, r->block_off, "record that is cut short", err);
		return 1;
	}
}

/* Begin with an item: false after the last. */
static bool next_item(struct record *rec)
{
	if (!rec->batch.n_left)
		return false;
	rec->batch.n_left--;
	return true;
}

/* Was every column as long as the items so far say? */
static int is_whole(const struct record_batch *batch)
{
	bool bad = false;

	for (size_t i = 0; i < RECORD_MAX_COLUMNS; i++)
		bad |= batch->col[i].bad;
	return bad ? -1 : 1;
}

int record_next_frame(struct record *rec, struct record_frame *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	out->module = get_u32(&b->col[0]);
	out->flags = get_u32(&b->col[1]);
	b->last += (uint64_t)cursor_zigzag(&b->col[2]);
	out->vaddr = b->last;
	return is_whole(b);
}

int record_next_stack(struct record *rec, struct record_stack *out)
{
	struct record_batch *b = &rec->batch;
	struct record_path *path = b->path;
	uint64_t outcome, shared, more;

	if (!next_item(rec))
		return 0;
	outcome = cursor_uleb(&b->col[0]);
	shared = cursor_uleb(&b->col[1]);
	more = cursor_uleb(&b->col[2]);
	if (is_whole(b) < 0 || outcome >= RECORD_STACK_FIRST || more > cursor_left(&b->col[3]) ||
	    shared > path->n || (shared && outcome != path->outcome) ||
	    shared + more > RECORD_MAX_FRAMES)
		return -1;
	array_reserve(path->frames, (size_t)(shared + more), path->cap);
	for (uint64_t i = 0; i < more; i++)
		path->frames[shared + i] = get_u32(&b->col[3]);
	path->outcome = (enum record_outcome)outcome;
	path->n = (size_t)(shared + more);
	*out = (struct record_stack){ path->outcome, (uint32_t)path->n, path->frames,
				      (uint32_t)shared };
	return is_whole(b);
}

int record_next_function(struct record *rec, struct record_function *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	out->module = get_u32(&b->col[0]);
	b->last_other += (uint64_t)cursor_zigzag(&b->col[1]);
	out->name = (uint32_t)b->last_other;
	out->file = get_u32(&b->col[2]);
	out->line = get_u32(&b->col[3]);
	b->last += (uint64_t)cursor_zigzag(&b->col[4]);
	out->vaddr = b->last;
	out->size = cursor_uleb(&b->col[5]);
	out->source = get_u32(&b->col[6]);
	return is_whole(b);
}

int record_next_symbol(struct record *rec, struct record_symbol *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	b->last += (uint64_t)cursor_zigzag(&b->col[0]);
	out->frame = (uint32_t)b->last;
	out->n_levels = get_u32(&b->col[1]);
	if (out->n_levels > RECORD_MAX_LEVELS)
		return -1;
	for (uint32_t i = 0; i < out->n_levels; i++) {
		b->last_other += (uint64_t)cursor_zigzag(&b->col[2]);
		out->levels[i].function = (uint32_t)b->last_other;
		out->levels[i].line = get_u32(&b->col[3]);
	}
	return is_whole(b);
}

int record_next_call(struct record *rec, struct record_call *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	b->last += (uint64_t)cursor_zigzag(&b->col[0]);
	*out = (struct record_call){ .frame = (uint32_t)b->last, .kind = get_u32(&b->col[1]),
				     .function = RECORD_NONE };
	if (out->kind == CALL_DIRECT) {
		b->last_other += (uint64_t)cursor_zigzag(&b->col[2]);
		out->target = b->last_other;
		out->function = get_u32(&b->col[3]) - 1;	/* 0 becomes RECORD_NONE */
	}
	return out->kind >= CALL_KINDS ? -1 : is_whole(b);
}

int record_next_measured(struct record *rec, struct record_measured *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	b->last += (uint64_t)cursor_zigzag(&b->col[0]);
	out->function = (uint32_t)b->last;
	out->caller = get_u32(&b->col[1]) - 1;	/* 0 becomes RECORD_NONE */
	out->calls = cursor_uleb(&b->col[2]);
	out->outermost = cursor_uleb(&b->col[3]);
	out->self_ns = cursor_uleb(&b->col[4]);
	out->total_ns = cursor_uleb(&b->col[5]);
	out->from_ns = out->duration_ns = 0;
	out->how = COUNTED_BY_IMPORT;
	if (b->has_how) {
		out->from_ns = rec->start_ns + (uint64_t)cursor_zigzag(&b->col[6]);
		out->duration_ns = cursor_uleb(&b->col[7]);
		out->how = (uint8_t)min_of(cursor_uleb(&b->col[8]), (uint64_t)UINT8_MAX);
	}
	return is_whole(b);
}

int record_next_sample(struct record *rec, struct record_sample *out)
{
	struct record_batch *b = &rec->batch;

	if (!next_item(rec))
		return 0;
	b->last += cursor_uleb(&b->col[0]);
	out->time_ns = rec->start_ns + b->last * NS_PER_US;
	out->thread = get_u32(&b->col[1]);
	out->stack = get_u32(&b->col[2]);

	uint64_t weight = cursor_uleb(&b->col[3]), where = cursor_uleb(&b->col[4]);

	out->state = where & 3;
	out->cpu = (uint32_t)(where >> 3) - 1;	/* 0 becomes RECORD_NONE */
	out->gap = where & 4 ? cursor_uleb(&b->col[5]) : 0;
	out->activity = b->has_activity ? get_u32(&b->col[7]) : ACTIVITY_UNKNOWN;
	if (out->activity >= ACTIVITY_COUNT)	/* of a later version */
		out->activity = ACTIVITY_UNKNOWN;
	if (weight >= b->n_weights || out->state >= STATE_COUNT)
		return -1;
	out->weight_ns = b->weights[weight];
	return is_whole(b);
}

int record_next_instruction(struct record *rec, struct record_instruction *out)
{
	struct record_batch *b = &rec->batch;
	uint32_t len;

	if (!next_item(rec))
		return 0;
	len = get_u32(&b->col[0]);
	out->vaddr = b->last;
	out->len = len >> 1;
	b->last += out->len;
	out->text = cursor_str(&b->col[1], &out->text_len);
	out->has_target = len & 1;
	out->target = 0;
	out->target_function = RECORD_NONE;
	if (out->has_target) {
		out->target = out->vaddr + (uint64_t)cursor_zigzag(&b->col[2]);
		out->target_function = get_u32(&b->col[3]) - 1;	/* 0 becomes RECORD_NONE */
	}
	out->n_levels = get_u32(&b->col[4]);
	if (out->n_levels > RECORD_MAX_LEVELS || out->text_len > RECORD_MAX_INSTRUCTION_TEXT)
		return -1;
	for (uint32_t i = 0; i < out->n_levels; i++) {
		b->last_other += (uint64_t)cursor_zigzag(&b->col[5]);
		out->levels[i].function = (uint32_t)b->last_other;
		out->levels[i].line = get_u32(&b->col[6]);
	}
	return is_whole(b);
}

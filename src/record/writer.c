// SPDX-License-Identifier: Apache-2.0
/*
 * Records go to the thread in blocks:
 *
 *	put_*() ──► out (records that refer to nothing pending)
 *	        ──► pending batches: frames, stacks, samples, functions, symbols, calls,
 *	                             measured
 *	commit  ──► out + batches in that order ──► queue ──► zstd ──► write
 *
 * A batch is one record for many items, because a record header per frame
 * would double its size.
 */
#include "record/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/strtab.h"
#include "base/util.h"
#include "record/block.h"

#define QUEUE_BLOCKS 64
#define SYNC_NS (5 * NS_PER_S)
#define ZSTD_LEVEL 6

struct batch {
	struct buf col[RECORD_MAX_COLUMNS];
	unsigned int n_cols;
	uint32_t n;
	uint64_t last, last_other;	/* what the next item is a difference to */
};

struct record_writer {
	int fd;
	uint64_t start_ns;

	struct strtab strings;
	uint32_t n_processes, n_threads, n_modules, n_frames, n_functions;
	uint32_t next_stack;

	struct buf out;
	struct batch frames, stacks, functions, symbols, calls, measured, sample_batch, instructions;
	struct record_path path;	/* the stack written last */
	struct record_sample *samples;
	size_t n_samples, cap_samples;
	struct u64map weights;	/* of one batch: weight -> place in its table */

	/* Shared with the thread, under the lock. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf queue[QUEUE_BLOCKS];
	size_t first, n_queued;
	bool closing;
	struct error error;	/* code 0: none */

	_Atomic uint64_t written;
	int grown;	/* eventfd */
};

static void put_record(struct buf *out, enum record_type type,
		       const struct buf *payload)
{
	buf_put_uleb(out, type);
	buf_put_str(out, (const char *)payload->data, payload->len);
}

static void put_time(struct record_writer *w, struct buf *b, uint64_t time_ns)
{
	buf_put_zigzag(b, (int64_t)(time_ns - w->start_ns));
}

/* ---- the thread ---- */

/*
 * Compress one block and append it to the file.  Blocks are small when little
 * happens, so each may refer to what the one before it said.
 */
static int write_block(struct record_writer *w, ZSTD_CCtx *zstd, struct buf *tmp,
		       const struct buf *before, const struct buf *raw, struct error *err)
{
	struct block_header h = { .raw_bytes = (uint32_t)raw->len };

	tmp->len = 0;
	size_t room = ZSTD_compressBound(raw->len);
	uint8_t *p = buf_add(tmp, sizeof(h) + room) + sizeof(h);
	ZSTD_CCtx_refPrefix(zstd, before->data, before->len);
	size_t n = ZSTD_compress2(zstd, p, room, raw->data, raw->len);

	h.codec = BLOCK_ZSTD;
	if (ZSTD_isError(n) || n >= raw->len) {
		h.codec = BLOCK_RAW;
		memcpy(p, raw->data, raw->len);
		n = raw->len;
	}
	h.stored_bytes = (uint32_t)n;
	block_seal(&h, p);
	memcpy(tmp->data, &h, sizeof(h));
	if (io_write_full(w->fd, tmp->data, sizeof(h) + n) < 0)
		return error_sys(err, "cannot write the recording");
	atomic_fetch_add(&w->written, sizeof(h) + n);
	eventfd_write(w->grown, 1);
	return 0;
}

static void keep_error(struct record_writer *w, const struct error *err)
{
	pthread_mutex_lock(&w->lock);
	if (!w->error.code)
		w->error = *err;
	pthread_mutex_unlock(&w->lock);
}

/* Take the oldest block of the queue; false when there will be none. */
static bool take_block(struct record_writer *w, struct buf *raw)
{
	bool got = false;

	pthread_mutex_lock(&w->lock);
	while (!w->n_queued && !w->closing)
		pthread_cond_wait(&w->changed, &w->lock);
	if (w->n_queued) {
		*raw = w->queue[w->first];
		w->first = (w->first + 1) % QUEUE_BLOCKS;
		w->n_queued--;
		pthread_cond_broadcast(&w->changed);
		got = true;
	}
	pthread_mutex_unlock(&w->lock);
	return got;
}

static void *writing_thread(void *arg)
{
	struct record_writer *w = arg;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	struct buf tmp = { 0 }, before = { 0 }, raw;
	uint64_t synced_ns = clock_mono_ns();
	bool failed = false;
	struct error err;

	if (!zstd)
		abort();
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	while (take_block(w, &raw)) {
		if (!failed && write_block(w, zstd, &tmp, &before, &raw, &err) < 0) {
			failed = true;
			keep_error(w, &err);
		}
		buf_deinit(&before);
		before = raw;
		if (!failed && clock_mono_ns() - synced_ns >= SYNC_NS) {
			fdatasync(w->fd);
			synced_ns = clock_mono_ns();
		}
	}
	/* EINVAL: a pipe or such, which cannot be synced. */
	if (!failed && fdatasync(w->fd) < 0 && errno != EINVAL && errno != EROFS) {
		error_sys(&err, "cannot sync the recording");
		keep_error(w, &err);
	}
	buf_deinit(&tmp);
	buf_deinit(&before);
	ZSTD_freeCCtx(zstd);
	return NULL;
}

/* Queue `out` as a block; waits while the queue is full. */
static void queue_out(struct record_writer *w)
{
	if (!w->out.len)
		return;
	pthread_mutex_lock(&w->lock);
	while (w->n_queued == QUEUE_BLOCKS)
		pthread_cond_wait(&w->changed, &w->lock);
	w->queue[(w->first + w->n_queued) % QUEUE_BLOCKS] = w->out;
	w->n_queued++;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	w->out = (struct buf){ 0 };
}

/* ---- opening and closing ---- */

static void free_batch(struct batch *b)
{
	for (unsigned int i = 0; i < RECORD_MAX_COLUMNS; i++)
		buf_deinit(&b->col[i]);
}

static void writer_free(struct record_writer *w)
{
	for (size_t i = 0; i < w->n_queued; i++)
		buf_deinit(&w->queue[(w->first + i) % QUEUE_BLOCKS]);
	strtab_deinit(&w->strings);
	u64map_deinit(&w->weights);
	buf_deinit(&w->out);
	free_batch(&w->frames);
	free_batch(&w->stacks);
	free_batch(&w->functions);
	free_batch(&w->symbols);
	free_batch(&w->calls);
	free_batch(&w->measured);
	free_batch(&w->sample_batch);
	free_batch(&w->instructions);
	free(w->path.frames);
	free(w->samples);
	closep(&w->fd);
	closep(&w->grown);
	free(w);
}

int record_writer_open(int fd, uint64_t start_mono_ns, uint64_t start_real_ns,
		       struct record_writer **out, struct error *err)
{
	struct record_writer *w = xcalloc(1, sizeof(*w));
	struct record_header h = {
		.start_mono_ns = start_mono_ns,
		.start_real_ns = start_real_ns,
	};

	w->fd = fd;
	w->grown = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->start_ns = start_mono_ns;
	w->next_stack = RECORD_STACK_FIRST;
	w->frames.n_cols = 3;
	w->stacks.n_cols = 4;
	w->functions.n_cols = 7;
	w->symbols.n_cols = 4;
	w->calls.n_cols = 4;
	w->measured.n_cols = 9;
	w->sample_batch.n_cols = 8;
	w->instructions.n_cols = 7;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	strtab_add(&w->strings, "", 0);

	if (getrandom(h.uuid, sizeof(h.uuid), 0) != sizeof(h.uuid))
		memcpy(h.uuid, &start_real_ns, sizeof(start_real_ns));
	record_header_seal(&h);
	if (w->grown < 0) {
		error_sys(err, "cannot make an eventfd");
		writer_free(w);
		return -1;
	}
	if (io_write_full(fd, &h, sizeof(h)) < 0) {
		error_sys(err, "cannot write the recording");
		writer_free(w);
		return -1;
	}
	w->written = sizeof(h);
	if (pthread_create(&w->thread, NULL, writing_thread, w) != 0) {
		error_set(err, EAGAIN, "cannot start a thread");
		writer_free(w);
		return -1;
	}
	*out = w;
	return 0;
}

int record_writer_close(struct record_writer *w, struct error *err)
{
	int ret;

	record_writer_commit(w, UINT64_MAX);
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	ret = record_writer_error(w, err);
	writer_free(w);
	return ret;
}

uint64_t record_writer_written(const struct record_writer *w)
{
	return atomic_load(&w->written);
}

int record_writer_grown_fd(const struct record_writer *w)
{
	return w->grown;
}

int record_writer_error(struct record_writer *w, struct error *err)
{
	int ret = 0;

	pthread_mutex_lock(&w->lock);
	if (w->error.code) {
		*err = w->error;
		ret = -1;
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

/* ---- records that refer to nothing pending ---- */

/* Built in a buffer on the side, because its length comes first. */
#define RECORD(w, type, ...)                                                   \
	do {                                                                   \
		struct buf b = { 0 };                                          \
		__VA_ARGS__;                                                   \
		put_record(&(w)->out, (type), &b);                             \
		buf_deinit(&b);                                                \
		end_block_when_full(w);                                        \
	} while (0)

/* Pending batches come after `out`, so it may be queued at any time. */
static void end_block_when_full(struct record_writer *w)
{
	if (w->out.len >= BLOCK_TARGET_RAW)
		queue_out(w);
}

uint32_t record_put_string(struct record_writer *w, const char *s, size_t len)
{
	len = min_of(len, (size_t)RECORD_MAX_STRING);

	size_t n_before = w->strings.n;
	uint32_t id = strtab_add(&w->strings, s, len);

	if (w->strings.n > n_before)
		RECORD(w, RECORD_STRING, buf_put(&b, s, len));
	return id;
}

void record_put_meta(struct record_writer *w, const char *key, const char *value)
{
	RECORD(w, RECORD_META,
	       buf_put_str(&b, key, strlen(key));
	       buf_put_str(&b, value, strlen(value)));
}

uint32_t record_put_process(struct record_writer *w, const struct record_process *p)
{
	RECORD(w, RECORD_PROCESS,
	       buf_put_uleb(&b, p->pid);
	       buf_put_uleb(&b, p->ppid);
	       put_time(w, &b, p->time_ns);
	       buf_put_uleb(&b, p->how);
	       buf_put_uleb(&b, p->name);
	       buf_put_uleb(&b, p->exe));
	return w->n_processes++;
}

uint32_t record_put_thread(struct record_writer *w, const struct record_thread *t)
{
	RECORD(w, RECORD_THREAD,
	       buf_put_uleb(&b, t->process);
	       buf_put_uleb(&b, t->tid);
	       put_time(w, &b, t->time_ns);
	       buf_put_uleb(&b, t->name));
	return w->n_threads++;
}

uint32_t record_put_module(struct record_writer *w, const struct record_module *m)
{
	RECORD(w, RECORD_MODULE,
	       buf_put_uleb(&b, m->kind);
	       buf_put_uleb(&b, m->path));
	return w->n_modules++;
}

void record_put_process_info(struct record_writer *w, const struct record_process_info *i)
{
	RECORD(w, RECORD_PROCESS_INFO,
	       buf_put_uleb(&b, i->process);
	       buf_put_uleb(&b, i->ppid);
	       buf_put_uleb(&b, i->name);
	       buf_put_uleb(&b, i->exe);
	       buf_put_uleb(&b, i->cgroup));
}

void record_put_process_end(struct record_writer *w, const struct record_process_end *e)
{
	RECORD(w, RECORD_PROCESS_END,
	       buf_put_uleb(&b, e->process);
	       put_time(w, &b, e->time_ns);
	       buf_put_uleb(&b, e->how);
	       buf_put_uleb(&b, e->status));
}

void record_put_thread_name(struct record_writer *w, const struct record_thread_name *n)
{
	RECORD(w, RECORD_THREAD_NAME,
	       buf_put_uleb(&b, n->thread);
	       buf_put_uleb(&b, n->name));
}

void record_put_module_info(struct record_writer *w, const struct record_module_info *i)
{
	RECORD(w, RECORD_MODULE_INFO,
	       buf_put_uleb(&b, i->module);
	       buf_put_uleb(&b, i->flags);
	       buf_put_str(&b, (const char *)i->build_id, i->build_id_len);
	       buf_put_uleb(&b, i->text_vaddr);
	       buf_put_uleb(&b, i->text_off);
	       buf_put_uleb(&b, i->text_bytes);
	       buf_put_uleb(&b, i->note));
}

void record_put_mapping(struct record_writer *w, const struct record_mapping *m)
{
	RECORD(w, RECORD_MAPPING,
	       buf_put_uleb(&b, m->process);
	       buf_put_uleb(&b, m->module);
	       buf_put_uleb(&b, m->start);
	       buf_put_uleb(&b, m->size);
	       buf_put_uleb(&b, m->off);
	       put_time(w, &b, m->time_ns));
}

void record_put_counter(struct record_writer *w, const struct record_counter *c)
{
	RECORD(w, RECORD_COUNTER,
	       put_time(w, &b, c->time_ns);
	       buf_put_uleb(&b, c->what);
	       buf_put_uleb(&b, c->thread == RECORD_NONE ? 0 : (uint64_t)c->thread + 1);
	       buf_put_uleb(&b, c->value));
}

void record_put_lost(struct record_writer *w, const struct record_lost *l)
{
	RECORD(w, RECORD_LOST,
	       put_time(w, &b, l->from_ns);
	       buf_put_uleb(&b, l->to_ns - l->from_ns);
	       buf_put_uleb(&b, l->count);
	       buf_put_uleb(&b, l->weight_ns));
}

void record_put_window(struct record_writer *w, const struct record_window *win)
{
	RECORD(w, RECORD_WINDOW,
	       put_time(w, &b, win->from_ns);
	       buf_put_uleb(&b, win->to_ns - win->from_ns);
	       buf_put_uleb(&b, win->pair);
	       buf_put_uleb(&b, win->on);
	       buf_put_uleb(&b, win->rate_hz);
	       buf_put_uleb(&b, win->cpu_ns);
	       for (int i = 0; i < PROGRESS_COUNT; i++)
		       buf_put_uleb(&b, win->progress[i] + 1));	/* 0: not known */
}

void record_put_note(struct record_writer *w, uint64_t time_ns,
		     enum record_note_level level, const char *text)
{
	RECORD(w, RECORD_NOTE,
	       put_time(w, &b, time_ns);
	       buf_put_uleb(&b, level);
	       buf_put(&b, text, strlen(text)));
}

void record_put_mark(struct record_writer *w, uint64_t time_ns, const char *text)
{
	RECORD(w, RECORD_MARK,
	       put_time(w, &b, time_ns);
	       buf_put(&b, text, strlen(text)));
}

void record_put_end(struct record_writer *w, const struct record_end *e)
{
	record_writer_commit(w, UINT64_MAX);
	RECORD(w, RECORD_END,
	       put_time(w, &b, e->time_ns);
	       buf_put_uleb(&b, e->why);
	       buf_put_uleb(&b, e->n_samples);
	       buf_put_uleb(&b, e->n_lost));
}

/* ---- batches ---- */

static size_t batch_bytes(const struct batch *b)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < b->n_cols; i++)
		bytes += b->col[i].len;
	return bytes;
}

static void commit_when_large(struct record_writer *w, const struct batch *b)
{
	if (batch_bytes(b) >= BLOCK_TARGET_RAW / 2)
		record_writer_commit(w, 0);
}

uint32_t record_put_frame(struct record_writer *w, const struct record_frame *f)
{
	struct batch *b = &w->frames;

	buf_put_uleb(&b->col[0], f->module);
	buf_put_uleb(&b->col[1], f->flags);
	buf_put_zigzag(&b->col[2], (int64_t)(f->vaddr - b->last));
	b->last = f->vaddr;
	b->n++;
	commit_when_large(w, b);
	return w->n_frames++;
}

uint32_t record_put_stack(struct record_writer *w, const struct record_stack *s)
{
	struct batch *b = &w->stacks;
	struct record_path *last = &w->path;
	uint32_t shared = 0;

	if (last->outcome != s->outcome)
		last->n = 0;
	while (shared < s->n_frames && shared < last->n &&
	       s->frames[shared] == last->frames[shared])
		shared++;
	buf_put_uleb(&b->col[0], s->outcome);
	buf_put_uleb(&b->col[1], shared);
	buf_put_uleb(&b->col[2], s->n_frames - shared);
	for (uint32_t i = shared; i < s->n_frames; i++)
		buf_put_uleb(&b->col[3], s->frames[i]);
	array_reserve(last->frames, s->n_frames, last->cap);
	if (s->n_frames > shared)
		memcpy(last->frames + shared, s->frames + shared,
		       (s->n_frames - shared) * sizeof(*s->frames));
	last->n = s->n_frames;
	last->outcome = s->outcome;
	b->n++;
	commit_when_large(w, b);
	return w->next_stack++;
}

uint32_t record_put_function(struct record_writer *w, const struct record_function *f)
{
	struct batch *b = &w->functions;

	/* Told in the order of addresses, with new names one after the other. */
	buf_put_uleb(&b->col[0], f->module);
	buf_put_zigzag(&b->col[1], (int64_t)(f->name - b->last_other));
	buf_put_uleb(&b->col[2], f->file);
	buf_put_uleb(&b->col[3], f->line);
	buf_put_zigzag(&b->col[4], (int64_t)(f->vaddr - b->last));
	buf_put_uleb(&b->col[5], f->size);
	buf_put_uleb(&b->col[6], f->source);
	b->last = f->vaddr;
	b->last_other = f->name;
	b->n++;
	commit_when_large(w, b);
	return w->n_functions++;
}

void record_put_symbol(struct record_writer *w, uint32_t frame,
		       const struct record_level *levels, uint32_t n_levels)
{
	struct batch *b = &w->symbols;

	buf_put_zigzag(&b->col[0], (int64_t)(frame - b->last));
	b->last = frame;
	buf_put_uleb(&b->col[1], n_levels);
	for (uint32_t i = 0; i < n_levels; i++) {
		buf_put_zigzag(&b->col[2], (int64_t)(levels[i].function - b->last_other));
		b->last_other = levels[i].function;
		buf_put_uleb(&b->col[3], levels[i].line);
	}
	b->n++;
	commit_when_large(w, b);
}

void record_put_call(struct record_writer *w, const struct record_call *c)
{
	struct batch *b = &w->calls;

	buf_put_zigzag(&b->col[0], (int64_t)(c->frame - b->last));
	b->last = c->frame;
	buf_put_uleb(&b->col[1], c->kind);
	if (c->kind == CALL_DIRECT) {
		buf_put_zigzag(&b->col[2], (int64_t)(c->target - b->last_other));
		b->last_other = c->target;
		buf_put_uleb(&b->col[3], c->function == RECORD_NONE ? 0 : (uint64_t)c->function + 1);
	}
	b->n++;
	commit_when_large(w, b);
}

void record_put_measured(struct record_writer *w, const struct record_measured *m)
{
	struct batch *b = &w->measured;

	buf_put_zigzag(&b->col[0], (int64_t)(m->function - b->last));
	b->last = m->function;
	buf_put_uleb(&b->col[1], m->caller == RECORD_NONE ? 0 : (uint64_t)m->caller + 1);
	buf_put_uleb(&b->col[2], m->calls);
	buf_put_uleb(&b->col[3], m->outermost);
	buf_put_uleb(&b->col[4], m->self_ns);
	buf_put_uleb(&b->col[5], m->total_ns);
	put_time(w, &b->col[6], m->from_ns);
	buf_put_uleb(&b->col[7], m->duration_ns);
	buf_put_uleb(&b->col[8], m->how);
	b->n++;
	commit_when_large(w, b);
}

#define MAX_CODE_BYTES (BLOCK_MAX_RAW / 2)	/* so that it fits into a block with others */

bool record_put_instruction(struct record_writer *w, const struct record_instruction *i)
{
	struct batch *b = &w->instructions;
	size_t text_len = min_of(i->text_len, (size_t)RECORD_MAX_INSTRUCTION_TEXT);

	if (batch_bytes(b) >= MAX_CODE_BYTES)
		return false;
	buf_put_uleb(&b->col[0], (uint64_t)i->len << 1 | i->has_target);
	buf_put_str(&b->col[1], i->text, text_len);
	if (i->has_target) {
		buf_put_zigzag(&b->col[2], (int64_t)(i->target - i->vaddr));
		buf_put_uleb(&b->col[3], i->target_function == RECORD_NONE
			     ? 0 : (uint64_t)i->target_function + 1);
	}
	buf_put_uleb(&b->col[4], i->n_levels);
	for (uint32_t l = 0; l < i->n_levels; l++) {
		buf_put_zigzag(&b->col[5], (int64_t)(i->levels[l].function - b->last_other));
		b->last_other = i->levels[l].function;
		buf_put_uleb(&b->col[6], i->levels[l].line);
	}
	b->n++;
	return true;
}

void record_put_sample(struct record_writer *w, const struct record_sample *s)
{
	array_reserve(w->samples, w->n_samples + 1, w->cap_samples);
	w->samples[w->n_samples++] = *s;
}

void record_put_epoch(struct record_writer *w)
{
	record_writer_commit(w, UINT64_MAX);
	RECORD(w, RECORD_EPOCH, (void)b);
	w->next_stack = RECORD_STACK_FIRST;
	w->path.n = 0;
}

/* Append the batch to a record, and make it empty. */
static void put_batch(struct buf *b, struct batch *batch)
{
	buf_put_uleb(b, batch->n);
	for (unsigned int i = 0; i < batch->n_cols; i++) {
		buf_put_str(b, (const char *)batch->col[i].data, batch->col[i].len);
		batch->col[i].len = 0;
	}
	batch->n = 0;
	batch->last = batch->last_other = 0;
}

static void commit_batch(struct record_writer *w, enum record_type type,
			 struct batch *batch)
{
	if (batch->n)
		RECORD(w, type, put_batch(&b, batch));
}

void record_put_code(struct record_writer *w, const struct record_code *c)
{
	record_writer_commit(w, 0);	/* the functions that it refers to */
	RECORD(w, RECORD_CODE,
	       buf_put_uleb(&b, c->module);
	       buf_put_uleb(&b, c->vaddr);
	       buf_put_uleb(&b, c->size);
	       buf_put_uleb(&b, c->note);
	       put_batch(&b, &w->instructions));
}

static int by_time(const void *a, const void *b)
{
	const struct record_sample *x = a, *y = b;

	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

#define SAMPLES_PER_RECORD 4096

/* Nothing is sampled before the start. */
static uint64_t time_us(const struct record_writer *w, uint64_t time_ns)
{
	return time_ns > w->start_ns ? (time_ns - w->start_ns) / NS_PER_US : 0;
}

/* One SAMPLES record.  Weights are few: they are places in a table. */
static void put_samples(struct record_writer *w, const struct record_sample *s, size_t n)
{
	struct batch *b = &w->sample_batch;
	bool has_activity = false;

	u64map_clear(&w->weights);
	for (size_t i = 0; i < n; i++)
		has_activity |= s[i].activity != ACTIVITY_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		uint64_t us = time_us(w, s[i].time_ns);
		uint32_t *place = u64map_slot(&w->weights, s[i].weight_ns);

		if (*place == U64MAP_NONE) {
			*place = (uint32_t)(b->col[6].len / sizeof(uint32_t));
			buf_put_u32(&b->col[6], s[i].weight_ns);
		}
		buf_put_uleb(&b->col[0], us - b->last);
		b->last = us;
		buf_put_uleb(&b->col[1], s[i].thread);
		buf_put_uleb(&b->col[2], s[i].stack);
		buf_put_uleb(&b->col[3], *place);
		buf_put_uleb(&b->col[4], (s[i].cpu == RECORD_NONE ? 0 : (uint64_t)s[i].cpu + 1) << 3 |
					 (s[i].gap ? 4 : 0) | s[i].state);
		if (s[i].gap)
			buf_put_uleb(&b->col[5], s[i].gap);
		if (has_activity)
			buf_put_uleb(&b->col[7], s[i].activity);
		b->n++;
	}
	commit_batch(w, RECORD_SAMPLES, b);
}

static void commit_samples(struct record_writer *w, uint64_t until_ns)
{
	size_t n = 0;

	qsort(w->samples, w->n_samples, sizeof(*w->samples), by_time);
	while (n < w->n_samples && w->samples[n].time_ns < until_ns)
		n++;
	for (size_t i = 0; i < n; i += SAMPLES_PER_RECORD)
		put_samples(w, w->samples + i, min_of(n - i, (size_t)SAMPLES_PER_RECORD));
	w->n_samples -= n;
	memmove(w->samples, w->samples + n, w->n_samples * sizeof(*w->samples));
}

void record_writer_commit(struct record_writer *w, uint64_t until_ns)
{
	commit_batch(w, RECORD_FRAMES, &w->frames);
	commit_batch(w, RECORD_STACKS, &w->stacks);
	if (w->n_samples)
		commit_samples(w, until_ns);
	commit_batch(w, RECORD_FUNCTIONS, &w->functions);
	commit_batch(w, RECORD_SYMBOLS, &w->symbols);
	commit_batch(w, RECORD_CALLS, &w->calls);
	commit_batch(w, RECORD_MEASURED, &w->measured);
	queue_out(w);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * record/writer.h - append records to a recording.
 *
 * The writer numbers what it is given (record/record.h) and keeps the order
 * that a reader relies on: frames before the stacks that use them, stacks
 * before samples.  Samples may come slightly out of order; each commit writes
 * those before a given time sorted, so callers pass a time behind which nothing
 * is expected any more.
 *
 * Compressing, writing and syncing happen on a thread of its own, so that a
 * slow disk does not stall sampling before its queue is full.  Errors of that
 * thread are kept and reported by record_writer_error(); what is put
 * afterwards is dropped, and the file stays a whole recording up to there.
 *
 * All functions are for one thread.
 */
#ifndef CPROFD_RECORD_WRITER_H
#define CPROFD_RECORD_WRITER_H

#include "record/record.h"

struct error;
struct record_writer;

/*
 * Begin a recording in `fd` (empty, open for writing), which the writer owns
 * from here on, also on failure.  `start_mono_ns` is the moment that times are
 * relative to, `start_real_ns` the same moment on the wall clock.
 */
int record_writer_open(int fd, uint64_t start_mono_ns, uint64_t start_real_ns,
		       struct record_writer **out, struct error *err);

/*
 * Write everything still pending, wait until it is in the file and synced, and
 * end the writer.  Fails if anything could not be written at any time.
 */
int record_writer_close(struct record_writer *w, struct error *err);

/* The number of the string; equal strings get equal numbers. */
uint32_t record_put_string(struct record_writer *w, const char *s, size_t len);

void record_put_meta(struct record_writer *w, const char *key, const char *value);

/* Those that number what they describe return the number. */
uint32_t record_put_process(struct record_writer *w, const struct record_process *p);
uint32_t record_put_thread(struct record_writer *w, const struct record_thread *t);
uint32_t record_put_module(struct record_writer *w, const struct record_module *m);
uint32_t record_put_frame(struct record_writer *w, const struct record_frame *f);
uint32_t record_put_stack(struct record_writer *w, const struct record_stack *s);	/* n_shared is not looked at */
uint32_t record_put_function(struct record_writer *w, const struct record_function *f);

void record_put_process_end(struct record_writer *w, const struct record_process_end *e);
void record_put_process_info(struct record_writer *w, const struct record_process_info *i);
void record_put_thread_name(struct record_writer *w, const struct record_thread_name *n);
void record_put_module_info(struct record_writer *w, const struct record_module_info *i);
void record_put_mapping(struct record_writer *w, const struct record_mapping *m);
void record_put_sample(struct record_writer *w, const struct record_sample *s);
void record_put_symbol(struct record_writer *w, uint32_t frame,
		       const struct record_level *levels, uint32_t n_levels);
void record_put_call(struct record_writer *w, const struct record_call *c);
void record_put_measured(struct record_writer *w, const struct record_measured *m);

/*
 * The code of a function: first its instructions, one by one in their order, from
 * `c->vaddr` on, then record_put_code() makes a record of them.  False if there are
 * too many for one: that one and those behind it are left out.
 */
bool record_put_instruction(struct record_writer *w, const struct record_instruction *i);
void record_put_code(struct record_writer *w, const struct record_code *c);

void record_put_counter(struct record_writer *w, const struct record_counter *c);
void record_put_window(struct record_writer *w, const struct record_window *win);
void record_put_lost(struct record_writer *w, const struct record_lost *l);
void record_put_note(struct record_writer *w, uint64_t time_ns,
		     enum record_note_level level, const char *text);
void record_put_mark(struct record_writer *w, uint64_t time_ns, const char *text);
void record_put_end(struct record_writer *w, const struct record_end *e);

/*
 * Start stack numbers again from RECORD_STACK_FIRST, so that whoever gives them
 * can forget the old ones.  Pending samples are committed first.
 */
void record_put_epoch(struct record_writer *w);

/* Hand over what is pending, of the samples those before `until_ns`. */
void record_writer_commit(struct record_writer *w, uint64_t until_ns);

/* Bytes that are in the file by now (for "it grew"). */
uint64_t record_writer_written(const struct record_writer *w);

/*
 * Of the writer: readable once the file has grown since its 8 bytes were read last.
 * What is committed is in the file some time later.
 */
int record_writer_grown_fd(const struct record_writer *w);

/* 0, or -1 with *err set to the first error of the writing thread. */
int record_writer_error(struct record_writer *w, struct error *err);

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * session/frames.h - numbers, names and instructions for frames.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_FRAMES_H
#define CPROFD_SESSION_FRAMES_H

#include "opener/opener_proto.h"
#include "session/modules.h"

struct msg;
struct session;
struct symbol_answer_reader;

/* ---- stacks.c: frames and stacks by number ---- */

uint32_t stacks_frame(struct session *s, struct module *module, uint64_t vaddr,
		      uint32_t flags);

/*
 * Call `fn` for every frame of the present epoch; `vaddr` is where its name was
 * looked for, of a kernel's address the lower 48 bits.
 */
typedef void (*stacks_frame_fn)(void *ctx, uint32_t frame, struct module *module, uint64_t vaddr);
void stacks_each_frame(struct session *s, stacks_frame_fn fn, void *ctx);

/* The frame that stands for others: beyond the limit (OUTCOME_LEFT_OUT), or of Python. */
uint32_t stacks_left_out(struct session *s, enum record_outcome why);

/* The stack that ends in `outcome` and has these frames, the innermost first. */
uint32_t stacks_stack(struct session *s, enum record_outcome outcome,
		      const uint32_t *frames, size_t n_frames);

/* Begin a new epoch if the tables have grown large. */
void stacks_check_budget(struct session *s);
void stacks_free(struct session *s);

/* ---- symbols.c ---- */

/*
 * `frame` of `module` wants a name, to be looked for at `vaddr`; and if that is before
 * a return address, the call that ends there.
 */
void symbols_want(struct module *module, uint64_t vaddr, uint32_t frame, bool is_return);

/* The worker had no names for these: ask for them again, once it has new files. */
void symbols_ask_again(struct module *module, const struct unnamed *unnamed, size_t n);

/* Have the worker (re)open the files that the module has now. */
void symbols_open_files(struct session *s, struct module *module);

/* Send what is due to the worker; `hurry` when only names are missing. */
void symbols_tick(struct session *s, uint64_t now_ns, bool hurry);

void symbols_on_cache(struct session *s, struct module *module, int fd);
void symbols_on_file(struct session *s, struct module *module, const struct o_file *o, int fd);
void symbols_on_message(struct session *s, struct msg *m);
void symbols_worker_died(struct session *s);
void symbols_worker_new(struct session *s);	/* nothing is open in it */
void symbols_worker_ready(struct session *s);

/* The module of this number is to be named before the others. */
void symbols_first(struct session *s, uint32_t module);

/* Are there frames that still wait for a name? */
bool symbols_busy(const struct session *s);

/*
 * Have the worker open the module, as far as that is not done yet: true once it can
 * be asked.
 */
bool symbols_open(struct session *s, struct module *module);

/*
 * Take in the names that an answer about code begins with: functions go into the
 * recording, addresses to `fn`.  False if they are malformed: then the module gets
 * no more names.
 */
typedef void (*symbols_address_fn)(void *ctx, uint64_t vaddr,
				   const struct record_level *levels, uint32_t n_levels);
bool symbols_take_code(struct session *s, struct module *module, struct symbol_answer_reader *r,
		       symbols_address_fn fn, void *ctx);

/* Where the function begins that has the code at `vaddr`; false if that is not known. */
bool symbols_function_at(const struct module *module, uint64_t vaddr, uint64_t *start);

/* Give what was learned to the cache. */
void symbols_save(struct session *s);
void symbols_free_module(struct module *module);

/* ---- code.c: instructions of functions ---- */

/* A sample that ran was taken in this frame. */
void code_saw(struct session *s, uint32_t frame);

/* Frames count from here on anew. */
void code_forget_frames(struct session *s);

/* Record the code of the function at `vaddr`, once. */
void code_want(struct session *s, uint32_t module, uint64_t vaddr);

/* The same for the functions with the most samples, when the names are there. */
void code_want_hottest(struct session *s);

/* Ask the worker for what is wanted. */
void code_tick(struct session *s);

void code_on_message(struct session *s, struct msg *m);
void code_worker_died(struct session *s);

/* Is something wanted that is not in the recording yet? */
bool code_busy(const struct session *s);
void code_free(struct session *s);

#endif

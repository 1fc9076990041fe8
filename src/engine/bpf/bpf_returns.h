/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine/bpf/bpf_returns.h - count how often Python functions return, at a probe of their
 * interpreter.
 *
 *	bpf_returns_load(&way, &b, err);
 *	bpf_returns_attach(b, 0, state, event, err);	for each probe of each process
 *	bpf_returns_switch(b, true);
 *	...
 *	bpf_returns_switch(b, false);
 *	for (bool first = true; bpf_returns_next(b, first, &key, &n); first = false)
 *
 * Needs CAP_BPF and CAP_PERFMON, and Linux 5.15.
 */
#ifndef CPROFD_ENGINE_BPF_RETURNS_H
#define CPROFD_ENGINE_BPF_RETURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/bpf/bpf_shared.h"

struct error;
struct bpf_returns;

/* Fails like bpf_unwind_load(); the caller ends with bpf_returns_free(). */
int bpf_returns_load(const struct bpf_return_way *way, struct bpf_returns **out,
		     struct error *err);
void bpf_returns_free(struct bpf_returns *b);

/*
 * Count at `event`, an uprobe of the process that is called `process` (below
 * BPF_RETURN_PROCS); its runtime has the state of the thread that runs at `state`.
 * Returns a descriptor: counting ends when it is closed; or -1.
 */
int bpf_returns_attach(struct bpf_returns *b, uint32_t process, uint64_t state, int event,
		       struct error *err);

void bpf_returns_switch(struct bpf_returns *b, bool on);

/* The first function, or the one after *key, and how often it returned; false: no more. */
bool bpf_returns_next(const struct bpf_returns *b, bool first, struct bpf_return_key *key,
		      struct bpf_returned *n);

/* Returns of functions for which there was no room. */
uint64_t bpf_returns_left_out(const struct bpf_returns *b);

#endif

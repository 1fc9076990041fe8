// SPDX-License-Identifier: Apache-2.0
/*
 * session/cost.h - what watching costs, a limit to it, what it does to the
 * target, and how it is switched off and on.
 *
 * A part of session/session.h, for the files named below.
 */
#ifndef CPROFD_SESSION_COST_H
#define CPROFD_SESSION_COST_H

#include "opener/opener_proto.h"
#include "session/control.h"
#include "worker/worker_proto.h"

struct session;

/* ---- own_cost.c: CPU time of cprofd's processes ---- */

enum own_process {
	OWN_OPENER, OWN_HELPER, OWN_WORKERS, OWN_VIEWERS = OWN_WORKERS + WORKER_COUNT,
	OWN_COUNT = OWN_VIEWERS + CONTROL_MAX_VIEWERS
};

/* From now on this process is `which`; pid 0: none. */
void own_cost_set(struct session *s, enum own_process which, pid_t pid);

/* Put what they have used since they began into the recording; of all together. */
uint64_t own_cost_put(struct session *s);

/* ---- governor.c: a limit to that ---- */

struct governor {
	uint64_t cost_ns, since_ns;	/* at the last look; since_ns 0: there was none */
	double share;			/* of a core, between the last two */
	unsigned int n_dear;		/* looks in a row at which it was too much */
};

/*
 * Cost so far, at `now_ns`, with that rate: the rate from here on.  To be asked once a
 * second.
 */
uint32_t governor_rate(struct governor *g, uint64_t cost_ns, uint64_t now_ns, uint32_t rate_hz);

/* The same for a session, which then samples at that rate and says why. */
void governor_second(struct session *s, uint64_t cost_ns);

/* ---- effect.c: what sampling does to the target ---- */

struct effect *effect_new(struct session *s, uint32_t effect);
void effect_free(struct effect *e);

/* Go on as far as it is time to; when it will be time again. */
void effect_tick(struct session *s);
uint64_t effect_due_ns(const struct session *s);
void effect_on_progress(struct session *s, const struct o_progress *msg);

/* Sampling ends. */
void effect_stop(struct session *s);

/* Somebody else has had it off: a pair that was begun is lost. */
void effect_go_on(struct session *s);

/* ---- switch.c: sampling off and on ---- */

struct sampling_switch {
	bool off, used;		/* it has been off at all */
	uint64_t since_ns;		/* valid when off */
	uint64_t off_ns, off_cpu_ns;	/* before that: time, and CPU time of the target in it */
	double cpus;			/* that it used when last known, without sampling */
};

void switch_sampling(struct session *s, bool on);
bool switch_is_off(const struct session *s);

/* While it was off the target used so much in `ns`: so it was since it is off. */
void switch_used(struct session *s, uint64_t cpu_ns, uint64_t ns);

/* CPU time that was used while it was off. */
uint64_t switch_off_cpu_ns(const struct session *s);

/* Once a second: counters.  Sampling ends. */
void switch_second(struct session *s);
void switch_stop(struct session *s);

#endif

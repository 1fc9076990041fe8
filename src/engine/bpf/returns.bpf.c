// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts what returns in a Python interpreter, at its probe function__return.
 *
 * Which function it is the probe's arguments say by its name alone, which others may have,
 * too.  But who returns holds the interpreter lock, so the runtime has its thread's state,
 * and that its frame and the code object:
 *
 *	states[process] ──► state of the thread ──► cframe ──► frame ──► code ──► name
 *
 * The probe fires when a function ends, by a return or an exception, each time that a
 * generator or coroutine leaves off, and when one is thrown away that was never used: its
 * frame says which.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf_shared.h"

const volatile struct bpf_return_way way = { 0 };
volatile __u8 is_counting = 0;
__u64 n_left_out = 0;		/* returns for whose function there is no room */

/* Address of the runtime's pointer to the state of the thread that holds the lock. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_RETURN_PROCS);
	__type(key, __u32);
	__type(value, __u64);
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_RETURN_CODES);
	__type(key, struct bpf_return_key);
	__type(value, struct bpf_returned);
} returns SEC(".maps");

static __always_inline int follow(__u64 *at, __u32 off)
{
	return bpf_probe_read_user(at, sizeof(*at), (void *)(*at + off)) == 0;
}

/* Of a generator: did it leave off, to go on later; or was it thrown away unused? */
static __always_inline int is_no_end(__u64 frame)
{
	__u64 at = frame;
	__u8 owner, what;
	__s8 state;

	if (bpf_probe_read_user(&owner, sizeof(owner), (void *)(frame + way.owner)) < 0 ||
	    owner != way.generator ||
	    bpf_probe_read_user(&state, sizeof(state), (void *)(frame - way.state_before)) < 0)
		return 0;
	return state == way.suspended ||
	       (follow(&at, way.at) && bpf_probe_read_user(&what, sizeof(what), (void *)at) == 0 &&
		what == way.made);
}

/* The frame that the thread runs, 0 if it cannot be found; and its code object. */
static __always_inline __u64 find_frame(__u64 at, struct bpf_return_key *key)
{
	__u64 code, name;

	if (!follow(&at, 0) || !follow(&at, way.cframe) || !follow(&at, way.frame))
		return 0;
	code = at;
	if (!follow(&code, way.code))
		return 0;
	name = code;
	if (!follow(&name, way.name))
		return 0;
	key->code = code;
	key->name = name;
	return at;
}

SEC("kprobe")
int on_return(void *ctx)
{
	struct bpf_return_key key = { .process = (__u32)bpf_get_attach_cookie(ctx) };
	__u64 *state = bpf_map_lookup_elem(&states, &key.process), frame;
	const struct bpf_returned none = { 0 };
	struct bpf_returned *n;

	if (!is_counting || !state)
		return 0;
	frame = find_frame(*state, &key);
	n = bpf_map_lookup_elem(&returns, &key);
	if (!n) {
		bpf_map_update_elem(&returns, &key, &none, BPF_NOEXIST);
		n = bpf_map_lookup_elem(&returns, &key);
	}
	if (!n)
		__sync_fetch_and_add(&n_left_out, 1);
	else if (frame && is_no_end(frame))
		__sync_fetch_and_add(&n->n_others, 1);
	else
		__sync_fetch_and_add(&n->n_ended, 1);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";

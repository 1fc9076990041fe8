// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_returns.h"

#include <errno.h>

#include "base/error.h"
#include "base/util.h"
#include "config.h"
#include "engine/bpf/bpf_refused.h"

#ifdef HAVE_BPF

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine/bpf/returns.skel.h"

struct bpf_returns {
	struct returns_bpf *skel;
};

int bpf_returns_load(const struct bpf_return_way *way, struct bpf_returns **out,
		     struct error *err)
{
	struct returns_bpf *skel;

	libbpf_set_print(NULL);
	skel = returns_bpf__open();
	if (!skel)
		return bpf_refused(err, errno);
	memcpy((void *)&skel->rodata->way, way, sizeof(*way));
	if (returns_bpf__load(skel) < 0) {
		bpf_refused(err, errno);
		returns_bpf__destroy(skel);
		return -1;
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->skel = skel;
	return 0;
}

void bpf_returns_free(struct bpf_returns *b)
{
	if (!b)
		return;
	returns_bpf__destroy(b->skel);
	free(b);
}

int bpf_returns_attach(struct bpf_returns *b, uint32_t process, uint64_t state, int event,
		       struct error *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = process);
	int link;

	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.states), &process, &state, BPF_ANY) < 0)
		return error_sys(err, "bpf: process %u", process);
	link = bpf_link_create(bpf_program__fd(b->skel->progs.on_return), event, BPF_PERF_EVENT,
			       &opts);
	return link < 0 ? error_sys(err, "bpf: a program on the probe") : link;
}

void bpf_returns_switch(struct bpf_returns *b, bool on)
{
	b->skel->bss->is_counting = on;
}

bool bpf_returns_next(const struct bpf_returns *b, bool first, struct bpf_return_key *key,
		      struct bpf_returned *n)
{
	int fd = bpf_map__fd(b->skel->maps.returns);

	return bpf_map_get_next_key(fd, first ? NULL : key, key) == 0 &&
	       bpf_map_lookup_elem(fd, key, n) == 0;
}

uint64_t bpf_returns_left_out(const struct bpf_returns *b)
{
	return b->skel->bss->n_left_out;
}

#else

int bpf_returns_load(const struct bpf_return_way *way, struct bpf_returns **out,
		     struct error *err)
{
	(void)way;
	(void)out;
	return error_set(err, ENOTSUP, "bpf: cprofd was built without it (libbpf, clang and bpftool were missing)");
}

void bpf_returns_free(struct bpf_returns *b)
{
	(void)b;
}

int bpf_returns_attach(struct bpf_returns *b, uint32_t process, uint64_t state, int event,
		       struct error *err)
{
	(void)b;
	(void)process;
	(void)state;
	(void)event;
	return error_set(err, ENOTSUP, "bpf: built without it");
}

void bpf_returns_switch(struct bpf_returns *b, bool on)
{
	(void)b;
	(void)on;
}

bool bpf_returns_next(const struct bpf_returns *b, bool first, struct bpf_return_key *key,
		      struct bpf_returned *n)
{
	(void)b;
	(void)first;
	(void)key;
	(void)n;
	return false;
}

uint64_t bpf_returns_left_out(const struct bpf_returns *b)
{
	(void)b;
	return 0;
}

#endif

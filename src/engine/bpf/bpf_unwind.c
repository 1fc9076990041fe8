// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_unwind.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "config.h"
#include "engine/bpf/bpf_shared.h"

#ifdef HAVE_BPF

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine/bpf/unwind.skel.h"

struct bpf_unwind {
	struct unwind_bpf *skel;
};

static int be_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int explain(struct error *err, int code)
{
	if (code == EPERM || code == EACCES)
		return error_set(err, EPERM, "bpf: it takes CAP_BPF and CAP_PERFMON");
	return error_set(err, code == EINVAL || code == E2BIG ? ENOSYS : code,
			 "bpf: the kernel does not take the program: %s", strerror(code));
}

int bpf_unwind_load(const struct bpf_unwind_how *how, struct bpf_unwind **out,
		    struct error *err)
{
	struct bpf_unwind *b = xcalloc(1, sizeof(*b));
	uint64_t seed = 0;

	libbpf_set_print(be_quiet);
	b->skel = unwind_bpf__open();
	if (!b->skel) {
		explain(err, errno);
		free(b);
		return -1;
	}
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)getpid();
	b->skel->rodata->seed = seed;
	b->skel->rodata->max_frames = min_of(how->max_frames, BPF_MAX_FRAMES);
	b->skel->rodata->table_mask = how->table_bytes / 4 - 1;
	bpf_map__set_value_size(b->skel->maps.tables, how->table_bytes);
	if (unwind_bpf__load(b->skel) < 0) {
		explain(err, errno);
		bpf_unwind_free(b);
		return -1;
	}
	b->skel->links.on_exec = bpf_program__attach(b->skel->progs.on_exec);
	b->skel->links.on_exit = bpf_program__attach(b->skel->progs.on_exit);
	if (!b->skel->links.on_exec || !b->skel->links.on_exit) {
		explain(err, errno);
		bpf_unwind_free(b);
		return -1;
	}
	*out = b;
	return 0;
}

void bpf_unwind_free(struct bpf_unwind *b)
{
	if (!b)
		return;
	unwind_bpf__destroy(b->skel);
	free(b);
}

void bpf_unwind_maps(const struct bpf_unwind *b, int fds[BPF_MAP_COUNT])
{
	fds[BPF_MAP_PROCS] = bpf_map__fd(b->skel->maps.procs);
	fds[BPF_MAP_MAPPINGS] = bpf_map__fd(b->skel->maps.mappings);
	fds[BPF_MAP_TABLES] = bpf_map__fd(b->skel->maps.tables);
	fds[BPF_MAP_COST] = bpf_map__fd(b->skel->maps.cost);
}

int bpf_unwind_set_output(struct bpf_unwind *b, uint32_t cpu, int fd, struct error *err)
{
	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.output), &cpu, &fd, BPF_ANY) < 0)
		return error_sys(err, "bpf: output of CPU %u", cpu);
	return 0;
}

int bpf_unwind_attach(struct bpf_unwind *b, int fd, struct error *err)
{
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(b->skel->progs.unwind)) < 0)
		return error_sys(err, "bpf: a program on the event");
	return 0;
}

#else

int bpf_unwind_load(const struct bpf_unwind_how *how, struct bpf_unwind **out,
		    struct error *err)
{
	(void)how;
	(void)out;
	return error_set(err, ENOSYS, "bpf: built without it (libbpf, clang and bpftool were missing)");
}

void bpf_unwind_free(struct bpf_unwind *b)
{
	(void)b;
}

void bpf_unwind_maps(const struct bpf_unwind *b, int fds[BPF_MAP_COUNT])
{
	(void)b;
	(void)fds;
}

int bpf_unwind_set_output(struct bpf_unwind *b, uint32_t cpu, int fd, struct error *err)
{
	(void)b;
	(void)cpu;
	(void)fd;
	return error_set(err, ENOSYS, "bpf: built without it");
}

int bpf_unwind_attach(struct bpf_unwind *b, int fd, struct error *err)
{
	(void)b;
	(void)fd;
	return error_set(err, ENOSYS, "bpf: built without it");
}

#endif

// SPDX-License-Identifier: Apache-2.0
#include "engine/bpf/bpf_unwind.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "config.h"
#include "engine/bpf/bpf_fields.h"
#include "engine/bpf/bpf_refused.h"
#include "engine/bpf/bpf_shared.h"

#ifdef HAVE_BPF

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine/bpf/unwind.skel.h"

struct bpf_unwind {
	struct unwind_bpf *skel;
};

#define FIRST_PIDNS_INO 0xeffffffcu	/* always the same: include/linux/proc_ns.h */

/* The kernel's numbers of processes are not those of a container's: false, *st is its. */
static bool has_kernels_numbers(struct stat *st)
{
	return stat("/proc/self/ns/pid", st) < 0 || st->st_ino == FIRST_PIDNS_INO;
}

static void set_pidns(struct unwind_bpf *skel)
{
	struct stat st;

	if (has_kernels_numbers(&st))
		return;
	skel->rodata->pidns_dev = st.st_dev;
	skel->rodata->pidns_ino = st.st_ino;
}

int bpf_unwind_load(const struct bpf_unwind_how *how, struct bpf_unwind **out,
		    struct error *err)
{
	struct bpf_unwind *b = xcalloc(1, sizeof(*b));
	uint64_t seed = 0;

	libbpf_set_print(NULL);
	b->skel = unwind_bpf__open();
	if (!b->skel) {
		bpf_refused(err, errno);
		free(b);
		return -1;
	}
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)getpid();
	b->skel->rodata->seed = seed;
	b->skel->rodata->max_frames = min_of(how->max_frames, BPF_MAX_FRAMES);
	b->skel->rodata->table_mask = how->table_bytes / 4 - 1;
	set_pidns(b->skel);
	bpf_map__set_value_size(b->skel->maps.tables, how->table_bytes);
	bpf_map__set_max_entries(b->skel->maps.runs, (uint32_t)libbpf_num_possible_cpus());
	bpf_map__set_max_entries(b->skel->maps.python_runs, (uint32_t)libbpf_num_possible_cpus());
	if (unwind_bpf__load(b->skel) < 0) {
		bpf_refused(err, errno);
		bpf_unwind_free(b);
		return -1;
	}
	b->skel->links.on_exec = bpf_program__attach(b->skel->progs.on_exec);
	b->skel->links.on_exit = bpf_program__attach(b->skel->progs.on_exit);
	if (!b->skel->links.on_exec || !b->skel->links.on_exit) {
		bpf_refused(err, errno);
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
	fds[BPF_MAP_PYTHONS] = bpf_map__fd(b->skel->maps.pythons);
	fds[BPF_MAP_COST] = bpf_map__fd(b->skel->maps.cost);
	fds[BPF_MAP_EXECS] = bpf_map__fd(b->skel->maps.execs);
}

static int see_forks(struct bpf_unwind *b, const struct bpf_fields *fields, struct error *err)
{
	b->skel->bss->tgid_at = fields->tgid;
	if (!b->skel->links.on_fork)
		b->skel->links.on_fork = bpf_program__attach(b->skel->progs.on_fork);
	return b->skel->links.on_fork ? 0 : bpf_refused(err, errno);
}

int bpf_unwind_filter(struct bpf_unwind *b, bool follow, struct error *err)
{
	struct bpf_fields fields;
	struct stat st;

	if (!has_kernels_numbers(&st) || !bpf_fields_find(&fields))
		return error_set(err, ENOTSUP, "bpf: processes cannot be told apart here");
	b->skel->bss->secureexec_at = fields.secureexec;
	if (follow && see_forks(b, &fields, err) < 0)
		return -1;
	b->skel->bss->is_filtered = true;
	return 0;
}

int bpf_unwind_python(struct bpf_unwind *b, bool follow, struct error *err)
{
	struct bpf_fields fields;

	if (b->skel->bss->fsbase_at)
		return 0;
	if (!bpf_fields_find(&fields) || !fields.fsbase)
		return error_set(err, ENOTSUP, "bpf: the kernel's type information is not to be had");
	b->skel->bss->fsbase_at = fields.fsbase;
	return follow ? see_forks(b, &fields, err) : 0;
}

int bpf_unwind_watch(struct bpf_unwind *b, uint32_t pid, struct error *err)
{
	const uint32_t one = 1;

	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.targets), &pid, &one, BPF_ANY) < 0)
		return error_sys(err, "bpf: process %u", pid);
	return 0;
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
	return error_set(err, ENOTSUP, "bpf: cprofd was built without it (libbpf, clang and bpftool were missing)");
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

int bpf_unwind_python(struct bpf_unwind *b, bool follow, struct error *err)
{
	(void)b;
	(void)follow;
	return error_set(err, ENOTSUP, "bpf: built without it");
}

int bpf_unwind_filter(struct bpf_unwind *b, bool follow, struct error *err)
{
	(void)b;
	(void)follow;
	return error_set(err, ENOTSUP, "bpf: built without it");
}

int bpf_unwind_watch(struct bpf_unwind *b, uint32_t pid, struct error *err)
{
	(void)b;
	(void)pid;
	return error_set(err, ENOTSUP, "bpf: built without it");
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

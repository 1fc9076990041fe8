// SPDX-License-Identifier: Apache-2.0
/*
 * bench_unwind STACK_BYTES SAMPLES CMD [ARG...] - the same samples unwound by our
 * tables and by libunwind.
 *
 * Samples the command (one thread, user registers and a copy of the stack) and
 * keeps the samples in memory.  Then both unwinders go over all of them in turn,
 * ROUNDS times, each time with empty caches of their own, as a session begins,
 * and once more with full ones.  libunwind works as in a profiler: remote, reads
 * served from the copy and the mapped files, global caching on.
 *
 * Prints "key value" lines: CPU nanoseconds a frame (medians over the rounds),
 * and on how many samples both find the same return addresses.  With
 * BENCH_UNWIND_SHOW set the others are shown on stderr.
 */
#define UNW_REMOTE_ONLY
#include <libunwind.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "engine/perf_record.h"
#include "engine/perf_ring.h"
#include "proc/maps.h"
#include "unwind/cfi.h"
#include "unwind/unwind.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"

#define ROUNDS 9
#define MAX_FRAMES 1024
#define RATE_HZ 1999
#define RING_BYTES (16u << 20)
#define SETTLED_NS (200 * NS_PER_MS)	/* of CPU, before sampling begins */
#define VDSO_MAX 8192
#define TABLE_OFF 12	/* of the sorted table in .eh_frame_hdr */

/* Not in the public header, although made for this (perf uses it as well). */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
				       unw_dyn_info_t *di, unw_proc_info_t *pi,
				       int need_unwind_info, void *arg);

struct sample {
	struct unwind_regs regs;
	uint8_t *bytes;
	size_t len;
	bool cut;
};

/* Code of the target: a mapping with the file behind it. */
struct code {
	uint64_t start, end, bias;
	char *path;
	struct elf_file *elf;
	struct unwind_table table;
	struct buf image;
	struct elf_section hdr, eh_frame;	/* for libunwind */
	unw_dyn_info_t info;
};

struct replay {
	struct sample *samples;
	size_t n, cap;
	struct code *codes;
	size_t n_codes, cap_codes;

	uint64_t *pcs;		/* frame number of our unwinder -> address */
	size_t n_pcs, cap_pcs;
	const struct sample *at;	/* libunwind's sample at hand */
	const struct code *last;	/* the code that it asked for last */
};

struct pass {			/* what one pass over all samples gave */
	double ns;
	uint64_t n_frames, n_complete;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "bench_unwind: %s: %s\n", what, err ? err->msg : strerror(errno));
	exit(1);
}

/* ---- the target's code ---- */

static struct elf_file *open_elf(const struct proc_map *map, char *path)
{
	struct elf_file *elf = NULL;
	struct error err;
	int fd;

	if (strcmp(path, "[vdso]") == 0) {
		/* The same in every process of this machine. */
		const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);

		return elf_file_open_memory(vdso, min_of(map->end - map->start, (uint64_t)VDSO_MAX),
					    &elf, &err) < 0 ? NULL : elf;
	}
	fd = path[0] == '/' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return NULL;
	return elf_file_open(fd, &elf, &err) < 0 ? NULL : elf;
}

static void prepare_libunwind(struct code *c)
{
	struct cfi_index index;
	struct error err;

	if (elf_file_program_header(c->elf, PT_GNU_EH_FRAME, &c->hdr, &err) <= 0 ||
	    !cfi_index_init(&index, c->hdr.data, c->hdr.len, c->hdr.vaddr))
		return;
	if (elf_file_section(c->elf, ".eh_frame", &c->eh_frame, &err) <= 0)
		return;
	c->info.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	c->info.start_ip = c->start;
	c->info.end_ip = c->end;
	c->info.u.rti.segbase = c->hdr.vaddr + c->bias;
	c->info.u.rti.table_data = c->hdr.vaddr + c->bias + TABLE_OFF;
	c->info.u.rti.table_len = index.n * 8 / sizeof(unw_word_t);
}

static void add_code(struct replay *r, const struct proc_map *map)
{
	_cleanup_(freep) char *path = xasprintf("%.*s", (int)map->path_len, map->path);
	struct code c = { .start = map->start, .end = map->end };
	struct error err;
	bool found = false;

	c.elf = open_elf(map, path);
	if (!c.elf)
		return;
	for (size_t i = 0; i < elf_file_n_segments(c.elf); i++) {
		const struct elf_segment *seg = elf_file_segment(c.elf, i);

		if (seg->exec && map->off >= (seg->off & ~4095ull) &&
		    map->off < seg->off + seg->file_bytes) {
			c.bias = map->start - map->off + seg->off - seg->vaddr;
			found = true;
		}
	}
	if (!found || unwind_build(c.elf, &c.image, &err) < 0 ||
	    unwind_table_init(&c.table, c.image.data, c.image.len, &err) < 0) {
		fprintf(stderr, "bench_unwind: no table for %s\n", path);
		return;
	}
	prepare_libunwind(&c);
	c.path = steal(path);
	array_reserve(r->codes, r->n_codes + 1, r->cap_codes);
	r->codes[r->n_codes++] = c;
}

static void read_codes(struct replay *r, pid_t pid)
{
	_cleanup_(freep) char *path = xasprintf("/proc/%d/maps", (int)pid);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };
	struct proc_map map;
	struct error err;

	if (fd < 0 || io_read_all(fd, 64u << 20, &text, &err) < 0)
		die(path, NULL);
	const char *at = (const char *)text.data, *end = at + text.len;

	while (proc_maps_next(&at, end, &map))
		if (map.exec)
			add_code(r, &map);
	buf_deinit(&text);
}

static const struct code *find_code(const struct replay *r, uint64_t addr)
{
	size_t low = 0, high = r->n_codes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->codes[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low < r->n_codes && r->codes[low].start <= addr ? &r->codes[low] : NULL;
}

/* ---- taking samples ---- */

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0)
		die("fork", NULL);
	return pid;
}

/* Wait until the program has loaded what it runs. */
static void settle(pid_t pid)
{
	struct timespec used = { 0 }, pause = { .tv_nsec = 5000000 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock))
		die("the command", NULL);
	while ((uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec < SETTLED_NS) {
		if (clock_gettime(clock, &used) < 0 || waitpid(pid, NULL, WNOHANG) == pid) {
			fprintf(stderr, "bench_unwind: the command ended at once\n");
			exit(1);
		}
		nanosleep(&pause, NULL);
	}
}

static int open_event(pid_t pid, uint32_t stack_bytes)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = NS_PER_S / RATE_HZ,
		.sample_type = PERF_SAMPLE_TYPE,
		.sample_regs_user = unwind_arch_host()->perf_mask,
		.sample_stack_user = stack_bytes,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = RING_BYTES / 4,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		die("perf_event_open", NULL);
	return fd;
}

static void keep(struct replay *r, const struct perf_sample *p)
{
	const struct unwind_arch *arch = unwind_arch_host();
	unsigned int n = (unsigned int)__builtin_popcountll(arch->perf_mask);
	struct sample s = { .len = p->stack_len, .cut = p->stack_full };

	if (!p->has_regs)
		return;
	for (unsigned int i = 0; i < n; i++) {
		s.regs.value[arch->perf_regs[i]] = p->regs[i];
		s.regs.known |= 1ull << arch->perf_regs[i];
	}
	s.bytes = xmemdup(p->stack, p->stack_len);
	array_reserve(r->samples, r->n + 1, r->cap);
	r->samples[r->n++] = s;
}

static void take_samples(struct replay *r, pid_t pid, uint32_t stack_bytes, size_t want)
{
	struct perf_layout layout = {
		.regs_mask = unwind_arch_host()->perf_mask,
		.n_regs = (unsigned int)__builtin_popcountll(unwind_arch_host()->perf_mask) };
	int fd = open_event(pid, stack_bytes);
	const struct perf_event_header *header;
	struct perf_ring ring;
	struct error err;
	bool ended = false;

	if (perf_ring_map(&ring, fd, RING_BYTES, &err) < 0)
		die("ring", &err);
	while (r->n < want && !ended) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		poll(&poll_fd, 1, 50);
		ended = waitpid(pid, NULL, WNOHANG) == pid;
		perf_ring_update(&ring);
		while ((header = perf_ring_peek(&ring))) {
			struct perf_record rec;

			if (perf_record_parse(header, &layout, &rec) && rec.kind == PERF_SAMPLE &&
			    r->n < want)
				keep(r, &rec.sample);
			perf_ring_pop(&ring);
		}
	}
	perf_ring_unmap(&ring);
	close(fd);
	if (!ended) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* ---- ours ---- */

static void resolve(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct replay *r = ctx;
	uint64_t at = flags & UNWIND_RETURN ? pc - 1 : pc;
	const struct code *c = find_code(r, at);

	*out = (struct unwind_place){ .where = c ? WHERE_FILE : WHERE_NOWHERE };
	if (c) {
		out->rule = unwind_table_find(&c->table, at - c->bias);
		out->table = &c->table;
	}
	out->frame = (uint32_t)r->n_pcs;
	array_reserve(r->pcs, r->n_pcs + 1, r->cap_pcs);
	r->pcs[r->n_pcs++] = pc;
}

static void run_ours(struct unwinder *u, const struct unwind_space *space, const struct sample *s)
{
	struct unwind_stack stack = {
		.space = space, .regs = s->regs, .start = s->regs.value[u->arch->sp],
		.bytes = s->bytes, .len = s->len, .cut = s->cut };

	unwinder_run(u, &stack);
}

static struct pass pass_ours(struct replay *r, struct unwinder *u)
{
	struct unwind_space space = { .generation = 1, .ctx = r, .resolve = resolve };
	struct pass pass = { 0 };
	uint64_t begin = cpu_ns();

	for (size_t i = 0; i < r->n; i++) {
		run_ours(u, &space, &r->samples[i]);
		pass.n_frames += u->n_frames;
		pass.n_complete += u->end == UNWIND_COMPLETE;
	}
	pass.ns = (double)(cpu_ns() - begin);
	return pass;
}

/* ---- libunwind ---- */

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
			  int need_unwind_info, void *arg)
{
	struct replay *r = arg;
	const struct code *c = find_code(r, ip);
	unw_dyn_info_t info;

	if (!c || !c->info.format)
		return -UNW_ENOINFO;
	r->last = c;
	info = c->info;
	return UNW_OBJ(dwarf_search_unwind_table)(as, ip, &info, pi, need_unwind_info, arg);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
	(void)as;
	(void)pi;
	(void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *addr, void *arg)
{
	(void)as;
	(void)addr;
	(void)arg;
	return -UNW_ENOINFO;
}

static bool read_section(const struct code *c, const struct elf_section *section, uint64_t addr,
			 uint64_t *out)
{
	uint64_t off = addr - c->bias - section->vaddr;

	if (off >= section->len)
		return false;
	*out = 0;	/* it reads whole words also at the end */
	memcpy(out, section->data + off, min_of(section->len - (size_t)off, sizeof(*out)));
	return true;
}

static bool read_code(const struct code *c, uint64_t addr, uint64_t *out)
{
	return read_section(c, &c->eh_frame, addr, out) || read_section(c, &c->hdr, addr, out);
}

/* It asks where a personality routine is and makes no use of the answer. */
static bool is_other_data(const struct code *c, uint64_t addr)
{
	for (size_t i = 0; i < elf_file_n_segments(c->elf); i++) {
		const struct elf_segment *seg = elf_file_segment(c->elf, i);

		if (addr - c->bias - seg->vaddr < seg->mem_bytes)
			return true;
	}
	return false;
}

static int access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *value, int write,
		      void *arg)
{
	struct replay *r = arg;
	const struct sample *s = r->at;
	uint64_t off = addr - s->regs.value[UNW_X86_64_RSP];

	(void)as;
	if (write)
		return -UNW_EINVAL;
	if (off < s->len && s->len - off >= sizeof(*value)) {
		memcpy(value, s->bytes + off, sizeof(*value));
		return 0;
	}
	if (r->last && read_code(r->last, addr, value))
		return 0;
	for (size_t i = 0; i < r->n_codes; i++)
		if (read_code(&r->codes[i], addr, value))
			return 0;
	if (r->last && is_other_data(r->last, addr)) {
		*value = 0;
		return 0;
	}
	return -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
		      void *arg)
{
	const struct replay *r = arg;

	(void)as;
	if (write || reg < 0 || reg > UNW_X86_64_RIP || !(r->at->regs.known >> reg & 1))
		return -UNW_EBADREG;
	*value = r->at->regs.value[reg];
	return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value,
			int write, void *arg)
{
	(void)as;
	(void)reg;
	(void)value;
	(void)write;
	(void)arg;
	return -UNW_EINVAL;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t ip, char *buf, size_t len,
			 unw_word_t *off, void *arg)
{
	(void)as;
	(void)ip;
	(void)buf;
	(void)len;
	(void)off;
	(void)arg;
	return -UNW_EUNSPEC;
}

static unw_addr_space_t new_address_space(void)
{
	unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	unw_addr_space_t as = unw_create_addr_space(&accessors, 0);

	if (!as)
		die("libunwind", NULL);
	unw_set_caching_policy(as, UNW_CACHE_GLOBAL);
	return as;
}

/* The addresses of one sample's frames; how many. */
static size_t run_libunwind(struct replay *r, unw_addr_space_t as, const struct sample *s,
			    uint64_t *pcs)
{
	unw_cursor_t cursor;
	unw_word_t pc;
	size_t n = 0;

	r->at = s;
	if (unw_init_remote(&cursor, as, r) < 0)
		return 0;
	do {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) < 0 || pc == 0)
			break;
		pcs[n++] = pc;
	} while (n < MAX_FRAMES && unw_step(&cursor) > 0);
	return n;
}

static struct pass pass_libunwind(struct replay *r, unw_addr_space_t as)
{
	struct pass pass = { 0 };
	uint64_t pcs[MAX_FRAMES], begin = cpu_ns();

	for (size_t i = 0; i < r->n; i++)
		pass.n_frames += run_libunwind(r, as, &r->samples[i], pcs);
	pass.ns = (double)(cpu_ns() - begin);
	return pass;
}

/* ---- comparing ---- */

static void show_place(const struct replay *r, uint64_t pc)
{
	const struct code *c = find_code(r, pc);

	fprintf(stderr, "\t%s+%" PRIx64 "\n", c ? c->path : "?", c ? pc - c->bias : pc);
}

/* Where they part: from the last address that both have. */
static void show(const struct replay *r, const struct unwinder *u, const uint64_t *pcs, size_t n,
		 size_t n_same)
{
	fprintf(stderr, "ours %u frames, end %d; libunwind %zu; same %zu\n  ours:\n", u->n_frames,
		(int)u->end, n, n_same);
	for (size_t i = n_same ? n_same - 1 : 0; i < min_of(n_same + 3, (size_t)u->n_frames); i++)
		show_place(r, r->pcs[u->frames[i]]);
	fprintf(stderr, "  libunwind:\n");
	for (size_t i = n_same ? n_same - 1 : 0; i < min_of(n_same + 3, n); i++)
		show_place(r, pcs[i]);
}

/* Do both find the same addresses, and who goes further if one is part of the other? */
static void compare(struct replay *r)
{
	struct unwinder *u = unwinder_new(unwind_arch_host(), MAX_FRAMES);
	struct unwind_space space = { .generation = 1, .ctx = r, .resolve = resolve };
	unw_addr_space_t as = new_address_space();
	size_t n_same = 0, n_further = 0, n_shorter = 0, n_other = 0;
	uint64_t pcs[MAX_FRAMES];

	for (size_t i = 0; i < r->n; i++) {
		size_t n = run_libunwind(r, as, &r->samples[i], pcs), k = 0;

		run_ours(u, &space, &r->samples[i]);
		while (k < n && k < u->n_frames && pcs[k] == r->pcs[u->frames[k]])
			k++;
		if (k == n && k == u->n_frames)
			n_same++;
		else if (k == n)
			n_further++;
		else if (k == u->n_frames)
			n_shorter++;
		else
			n_other++;
		if (getenv("BENCH_UNWIND_SHOW") && !(k == n && k == u->n_frames))
			show(r, u, pcs, n, k);
	}
	printf("same %zu\nours_further %zu\nlibunwind_further %zu\nother %zu\n", n_same, n_further,
	       n_shorter, n_other);
	unw_destroy_addr_space(as);
	unwinder_free(u);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	struct replay r = { 0 };
	double ours[ROUNDS], ours_warm[ROUNDS], peer[ROUNDS], peer_warm[ROUNDS];
	double ratio[ROUNDS], ratio_warm[ROUNDS];
	struct pass a = { 0 }, b;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: bench_unwind STACK_BYTES SAMPLES CMD [ARG...]\n");
		return 2;
	}
	pid = start(argv + 3);
	settle(pid);
	read_codes(&r, pid);
	take_samples(&r, pid, (uint32_t)strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0));
	if (!r.n) {
		fprintf(stderr, "bench_unwind: no samples\n");
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct unwinder *u = unwinder_new(unwind_arch_host(), MAX_FRAMES);
		unw_addr_space_t as = new_address_space();

		r.n_pcs = 0;
		a = pass_ours(&r, u);
		ours[i] = a.ns / (double)a.n_frames;
		b = pass_libunwind(&r, as);
		peer[i] = b.ns / (double)b.n_frames;
		ratio[i] = peer[i] / ours[i];
		a = pass_ours(&r, u);
		ours_warm[i] = a.ns / (double)a.n_frames;
		b = pass_libunwind(&r, as);
		peer_warm[i] = b.ns / (double)b.n_frames;
		ratio_warm[i] = peer_warm[i] / ours_warm[i];
		unw_destroy_addr_space(as);
		unwinder_free(u);
	}
	printf("samples %zu\nframes_a_sample %.1f\ncomplete %" PRIu64 "\n", r.n,
	       (double)a.n_frames / (double)r.n, a.n_complete);
	printf("ours_ns %.1f\nours_warm_ns %.1f\n", median(ours), median(ours_warm));
	printf("libunwind_ns %.0f\nlibunwind_warm_ns %.0f\n", median(peer), median(peer_warm));
	printf("ratio %.1f\nratio_warm %.1f\n", median(ratio), median(ratio_warm));
	compare(&r);
	return 0;
}

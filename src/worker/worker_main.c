// SPDX-License-Identifier: Apache-2.0
/*
 * cprofd-worker: parses files of targets for a session, and of strangers for a command.
 *
 * Started by the opener with one channel and nothing else; ends with it.  Every
 * request has a budget of CPU time and memory that grows with the files it
 * brings: beyond it the kernel ends the worker, which costs the session the one
 * file that it was about.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/util.h"
#include "config.h"
#include "elf/elf_debugfile.h"
#include "elf/elf_file.h"
#include "import/import.h"
#include "opener/opener_proto.h"
#include "symbol/symbolizer.h"
#include "unwind/step_libunwind.h"
#include "unwind/unwind_build.h"
#include "unwind/unwind_table.h"
#include "worker/call_before.h"
#include "worker/code_answer.h"
#include "worker/disassemble.h"
#include "worker/symbol_answer.h"
#include "worker/worker_proto.h"

#define MEMORY_BASE (512ull << 20)
#define MEMORY_PER_BYTE 4	/* of the files */
#define CPU_BASE_S 2
#define CPU_BYTES_PER_S (32ull << 20)

/* A module whose addresses are being named. */
struct named {
	uint32_t module;
	int fds[3];		/* file, debug file, shared debug file; -1 */
	bool has_elf;		/* the first is an ELF file */
	struct symbolizer *symbolizer;
	struct symbol_answer_writer answer;
	struct elf_file *text;	/* to see its calls; NULL: not needed yet, or not to be had */

	/* Where functions are, by number, and where an address was last. */
	struct place {
		uint64_t vaddr, size;
	} *functions;
	size_t n_functions, cap_functions;
	uint32_t last_function;	/* UINT32_MAX: nowhere */
};

struct worker {
	struct msg *m;		/* the request */
	struct named *named;
	size_t n_named, cap_named;
	uint64_t file_bytes;	/* of all files that are open */

	/* The module stepped over last. */
	uint32_t step_module;
	int step_fd;
	struct elf_file *step_elf;
	struct step_libunwind *step;
};

/* ---- limits ---- */

static void set_limit(int which, rlim_t soft)
{
	struct rlimit r;

	if (getrlimit(which, &r) == 0) {
		r.rlim_cur = r.rlim_max == RLIM_INFINITY ? soft : min_of(soft, r.rlim_max);
		setrlimit(which, &r);
	}
}

static uint64_t file_size(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* Before a request: so much more CPU time, and so much memory in all. */
static void set_budget(const struct worker *w)
{
	uint64_t bytes = w->file_bytes;
	struct rusage used;

	for (size_t i = 0; i < w->m->n_fds; i++)
		bytes += file_size(w->m->fds[i]);
	getrusage(RUSAGE_SELF, &used);
	set_limit(RLIMIT_CPU, (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 +
				       CPU_BASE_S) + bytes / CPU_BYTES_PER_S);
#ifndef SANITIZED
	set_limit(RLIMIT_AS, MEMORY_BASE + MEMORY_PER_BYTE * bytes);
#endif
}

/* ---- answers ---- */

static void answer(const void *msg, size_t len, int fd)
{
	struct error err;

	if (msg_send(WORKER_FD_SESSION, msg, len, &fd, fd >= 0, &err) < 0)
		_exit(0);	/* the session is gone */
}

/* ---- tables ---- */

static void list_segments(struct elf_file *elf, struct r_table *r)
{
	for (size_t i = 0; i < elf_file_n_segments(elf); i++) {
		const struct elf_segment *s = elf_file_segment(elf, i);

		if (s->exec && r->n_segments < WORKER_MAX_SEGMENTS)
			r->segment[r->n_segments++] = (struct r_segment){
				s->vaddr, s->off, s->file_bytes };
	}
}

/* Candidates one after the other, as many as there is room for. */
static void list_debug_files(struct elf_file *elf, const char *path, struct r_table *r)
{
	struct elf_debugfile f = {
		.path = path,
		.build_id = r->build_id,
		.build_id_len = r->build_id_len,
	};
	char name[1024];

	f.link = elf_file_debuglink(elf, &f.crc);
	for (size_t i = 0; elf_debugfile_path(&f, i, name, sizeof(name)) > 0; i++) {
		size_t len = strlen(name) + 1;

		if (r->names_len + len > sizeof(r->names))
			break;
		memcpy(r->names + r->names_len, name, len);
		r->names_len += (uint32_t)len;
	}
}

static int make_table(int fd, const char *path, struct r_table *r, struct error *err)
{
	struct elf_file *elf;
	struct buf image = { 0 };
	int memfd = -1;

	if (elf_file_open(fd, &elf, err) < 0)
		return -1;
	r->machine = elf_file_machine(elf);
	r->build_id_len = (uint32_t)elf_file_build_id(elf, r->build_id, sizeof(r->build_id));
	list_segments(elf, r);
	list_debug_files(elf, path, r);
	r->has_python = python_elf_find(elf, path, &r->python);
	if (unwind_build(elf, &image, err) == 0) {
		const struct unwind_table_header *h = (const void *)image.data;

		r->has_table = h->n_rows > h->n_blocks;
		memfd = io_memfd("cprofd-table", image.data, image.len, err);
	}
	buf_deinit(&image);
	elf_file_close(elf);
	return memfd;
}

static void do_table(struct worker *w)
{
	const struct w_table *ask = (const struct w_table *)w->m->data;
	struct r_table *r = xcalloc(1, sizeof(*r));
	_cleanup_(closep) int file = msg_take_fd(w->m, 0);
	_cleanup_(closep) int table = -1;
	struct error err;

	r->type = R_TABLE;
	r->module = ask->module;
	table = make_table(file, ask->path, r, &err);
	if (table < 0)
		snprintf(r->error, sizeof(r->error), "%s", err.msg);
	answer(r, sizeof(*r), table);
	free(r);
}

/* ---- symbols ---- */

static struct named *find_named(struct worker *w, uint32_t module)
{
	for (size_t i = 0; i < w->n_named; i++)
		if (w->named[i].module == module)
			return &w->named[i];
	return NULL;
}

static void close_named(struct worker *w, struct named *n)
{
	symbolizer_close(n->symbolizer);
	elf_file_close(n->text);
	symbol_answer_deinit(&n->answer);
	free(n->functions);
	for (size_t i = 0; i < array_len(n->fds); i++) {
		w->file_bytes -= file_size(n->fds[i]);
		closep(&n->fds[i]);
	}
	*n = w->named[--w->n_named];
}

/* A debug file that is not the module's own is worth nothing. */
static void drop_wrong_debug_file(struct named *n, const char *path,
				  char note[WORKER_MAX_NOTE])
{
	struct elf_debugfile f = { .path = path };
	uint8_t build_id[WORKER_MAX_BUILD_ID];
	struct elf_file *elf;
	struct error err;

	if (n->fds[1] < 0 || elf_file_open(n->fds[0], &elf, &err) < 0)
		return;
	f.build_id = build_id;
	f.build_id_len = elf_file_build_id(elf, build_id, sizeof(build_id));
	f.link = elf_file_debuglink(elf, &f.crc);
	if (elf_debugfile_matches(n->fds[1], &f, &err) <= 0) {
		snprintf(note, WORKER_MAX_NOTE, "%s is not its debug file", path);
		closep(&n->fds[1]);
		n->fds[1] = -1;
	}
	elf_file_close(elf);
}

/* The file that dwz moved common parts of the debug file to. */
static void list_alt_files(const struct named *n, const char *debug_path,
			   struct r_open_symbols *r)
{
	struct elf_debugfile f = { .path = debug_path };
	struct elf_file *elf;
	struct error err;
	char name[1024];

	if (elf_file_open(n->fds[1] >= 0 ? n->fds[1] : n->fds[0], &elf, &err) < 0)
		return;
	f.link = elf_file_altlink(elf, &f.build_id, &f.build_id_len);
	for (size_t i = 0; f.link && elf_altfile_path(&f, i, name, sizeof(name)) > 0; i++) {
		size_t len = strlen(name) + 1;

		if (r->names_len + len > sizeof(r->names))
			break;
		memcpy(r->names + r->names_len, name, len);
		r->names_len += (uint32_t)len;
	}
	elf_file_close(elf);
}

static void do_open_symbols(struct worker *w)
{
	const struct w_open_symbols *ask = (const struct w_open_symbols *)w->m->data;
	struct r_open_symbols *r = xcalloc(1, sizeof(*r));
	struct named n = { .module = ask->module, .fds = { -1, -1, -1 },
			   .has_elf = symbolizer_has_elf(ask->kind) };
	struct named *old = find_named(w, ask->module);
	struct symbolizer_files files;
	size_t at = 0;
	struct error err;

	if (old)
		close_named(w, old);
	if (ask->has_file)
		n.fds[0] = msg_take_fd(w->m, at++);
	if (ask->has_debug)
		n.fds[1] = msg_take_fd(w->m, at++);
	if (ask->has_alt)
		n.fds[2] = msg_take_fd(w->m, at);
	for (size_t i = 0; i < array_len(n.fds); i++)
		w->file_bytes += file_size(n.fds[i]);

	r->type = R_OPEN_SYMBOLS;
	r->module = ask->module;
	if (n.has_elf) {
		drop_wrong_debug_file(&n, ask->debug_path, r->note);
		if (n.fds[2] < 0)
			list_alt_files(&n, ask->debug_path, r);
	}
	files = (struct symbolizer_files){ n.fds[0], n.fds[1], n.fds[2], ask->kind };
	r->ok = symbolizer_open(&files, &n.symbolizer, &err) == 0;
	if (r->ok) {
		r->flags = symbolizer_flags(n.symbolizer);
		if (!r->note[0])
			snprintf(r->note, sizeof(r->note), "%s", symbolizer_note(n.symbolizer));
	} else {
		snprintf(r->note, sizeof(r->note), "%s", err.msg);
	}
	array_reserve(w->named, w->n_named + 1, w->cap_named);
	w->named[w->n_named++] = n;
	answer(r, sizeof(*r), -1);
	free(r);
}

static void on_function(void *ctx, const struct symbol_function *f)
{
	struct named *n = ctx;
	struct symbol_sink sink = symbol_answer_sink(&n->answer);

	array_reserve(n->functions, n->n_functions + 1, n->cap_functions);
	n->functions[n->n_functions++] = (struct place){ f->vaddr, f->size };
	sink.function(sink.ctx, f);
}

static void on_address(void *ctx, uint64_t vaddr, const struct symbol_level *levels,
		       uint32_t n_levels)
{
	struct named *n = ctx;
	struct symbol_sink sink = symbol_answer_sink(&n->answer);

	n->last_function = n_levels ? levels[n_levels - 1].function : UINT32_MAX;
	sink.address(sink.ctx, vaddr, levels, n_levels);
}

/* Put the names of addresses, and of functions told for the first time, to its answer. */
static void resolve(struct named *n, const uint64_t *vaddrs, size_t n_vaddrs)
{
	const struct symbol_sink sink = { n, on_function, on_address };

	symbolizer_resolve(n->symbolizer, vaddrs, n_vaddrs, &sink);
}

static void on_target(void *ctx, uint64_t vaddr, const struct symbol_level *levels,
		      uint32_t n_levels)
{
	struct named *n = ctx;

	(void)vaddr;
	n->last_function = n_levels ? levels[n_levels - 1].function : UINT32_MAX;
}

/* The number of the function that begins at `vaddr`, or RECORD_NONE. */
static uint32_t function_from(struct named *n, uint64_t vaddr)
{
	const struct symbol_sink sink = { n, on_function, on_target };

	symbolizer_resolve(n->symbolizer, &vaddr, 1, &sink);
	return n->last_function != UINT32_MAX && n->functions[n->last_function].vaddr == vaddr
		? n->last_function : RECORD_NONE;
}

/* Which call ends at `vaddr`. */
static struct symbol_call find_call(struct named *n, uint64_t vaddr)
{
	struct symbol_call call = { .kind = CALL_UNKNOWN, .function = RECORD_NONE };
	struct call_before before;
	struct error err;

	if (!n->has_elf || (!n->text && elf_file_open(n->fds[0], &n->text, &err) < 0) ||
	    !call_before(n->text, n->fds[0], vaddr, &before))
		return call;
	if (before.direct)
		call.function = function_from(n, before.target);
	/* A stub that has no name leads to what only the dynamic linker knows. */
	if (before.direct && call.function == RECORD_NONE &&
	    call_is_stub(n->text, n->fds[0], before.target))
		before = (struct call_before){ .indirect = true };
	/* If it could be both it is the direct one that makes sense. */
	if (before.direct && (call.function != RECORD_NONE || !before.indirect)) {
		call.kind = CALL_DIRECT;
		call.target = before.target;
	} else {
		call.kind = before.indirect ? CALL_INDIRECT : CALL_NONE;
	}
	return call;
}

/* The call and the names of one address. */
static void answer_address(struct named *n, uint64_t vaddr, bool is_return)
{
	if (is_return)
		symbol_answer_put_call(&n->answer, find_call(n, vaddr + 1));
	resolve(n, &vaddr, 1);
}

static void do_symbols(struct worker *w)
{
	const struct w_symbols *ask = (const struct w_symbols *)w->m->data;
	struct r_symbols r = { .type = R_SYMBOLS, .module = ask->module };
	struct named *n = find_named(w, ask->module);
	size_t there = min_of((w->m->len - offsetof(struct w_symbols, vaddrs)) / sizeof(uint64_t),
			      (size_t)WORKER_MAX_ADDRESSES);
	struct buf out = { 0 };
	struct error err;

	if (n && n->symbolizer) {
		for (size_t i = 0; i < min_of((size_t)ask->n, there); i++)
			answer_address(n, ask->vaddrs[i], ask->returns[i / 64] >> i % 64 & 1);
		symbol_answer_finish(&n->answer, &out);
		r.flags = symbolizer_flags(n->symbolizer);
		snprintf(r.note, sizeof(r.note), "%s", symbolizer_note(n->symbolizer));
	}
	_cleanup_(closep) int fd = io_memfd("cprofd-symbols", out.data, out.len, &err);
	buf_deinit(&out);
	answer(&r, sizeof(r), fd);
}

/* ---- code ---- */

/* Where the function is that has the code at `vaddr`, if that is in its first piece. */
static int find_function(struct named *n, uint64_t vaddr, struct place *out, struct error *err)
{
	resolve(n, &vaddr, 1);
	if (n->last_function == UINT32_MAX)
		return error_set(err, ENOENT, "no function is known there");
	*out = n->functions[n->last_function];
	if (!out->size)
		return error_set(err, ENOENT, "it is not known where the function ends");
	if (vaddr - out->vaddr >= out->size)
		return error_set(err, ENOENT, "this part of the function lies apart from the rest");
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Lines of the instructions, and names of what they go to outside of the function. */
static void resolve_code(struct named *n, const struct place *f, const struct instruction *v,
			 size_t n_instructions)
{
	uint64_t *vaddrs = xcalloc(n_instructions + 1, 2 * sizeof(*vaddrs));
	size_t n_vaddrs = 0, n_kept = 0;

	for (size_t i = 0; i < n_instructions; i++) {
		vaddrs[n_vaddrs++] = v[i].vaddr;
		if (v[i].has_target && v[i].target - f->vaddr >= f->size)
			vaddrs[n_vaddrs++] = v[i].target;
	}
	qsort(vaddrs, n_vaddrs, sizeof(*vaddrs), by_value);
	for (size_t i = 0; i < n_vaddrs; i++)
		if (!i || vaddrs[i] != vaddrs[i - 1])
			vaddrs[n_kept++] = vaddrs[i];
	resolve(n, vaddrs, n_kept);
	free(vaddrs);
}

/* The instructions of a function to `out`. */
static int read_code(struct named *n, const struct place *f, struct elf_file *elf,
		     struct buf *out, struct error *err)
{
	size_t want = (size_t)min_of(f->size, (uint64_t)CODE_MAX_BYTES), cap = 0, n_read = 0;
	struct instruction *v = NULL;
	struct disassembler *d;
	struct elf_section bytes;
	uint64_t vaddr = f->vaddr;
	int there = elf_file_bytes_at(elf, f->vaddr, want, &bytes, err);

	if (there == 0)
		return error_set(err, ENOENT, "the file does not have these bytes");
	if (there < 0 || disassembler_open(elf_file_machine(elf), &d, err) < 0)
		return -1;

	struct cursor code = cursor_make(bytes.data, bytes.len);

	while (n_read < CODE_MAX_INSTRUCTIONS) {
		/* Where it is cut, the last instruction would not be whole. */
		if (bytes.len < f->size && cursor_left(&code) < CODE_MAX_LENGTH)
			break;
		array_reserve(v, n_read + 1, cap);
		if (!disassemble_next(d, &code, &vaddr, &v[n_read]))
			break;
		n_read++;
	}
	disassembler_close(d);
	if (!n_read) {
		free(v);
		return error_set(err, ENOENT, "the file does not have these bytes");
	}
	resolve_code(n, f, v, n_read);
	code_answer_put_head(out, f->vaddr, f->size, (uint32_t)n_read);
	for (size_t i = 0; i < n_read; i++)
		code_answer_put(out, &v[i]);
	free(v);
	return 0;
}

static int make_code(struct named *n, uint64_t vaddr, struct buf *out, struct error *err)
{
	struct elf_file *elf;
	struct place f = { 0 };
	int ret;

	if (!n || !n->symbolizer)
		return error_set(err, ENOENT, "its file cannot be read");
	if (find_function(n, vaddr, &f, err) < 0 || elf_file_open(n->fds[0], &elf, err) < 0)
		return -1;
	ret = read_code(n, &f, elf, out, err);
	elf_file_close(elf);
	return ret;
}

static void do_code(struct worker *w)
{
	const struct w_code *ask = (const struct w_code *)w->m->data;
	struct r_code r = { .type = R_CODE, .module = ask->module, .number = ask->number };
	struct named *n = find_named(w, ask->module);
	struct buf code = { 0 }, out = { 0 };
	struct error err;

	if (make_code(n, ask->vaddr, &code, &err) < 0)
		snprintf(r.note, sizeof(r.note), "%s", err.msg);
	/* What was told of functions goes along in any case: it counts their numbers. */
	if (n)
		symbol_answer_finish(&n->answer, &out);
	buf_put(&out, code.data, code.len);
	_cleanup_(closep) int fd = io_memfd("cprofd-code", out.data, out.len, &err);
	buf_deinit(&code);
	buf_deinit(&out);
	answer(&r, sizeof(r), fd);
}

/* ---- rare rows ---- */

struct stack_copy {
	uint64_t start;
	const uint8_t *bytes;
	size_t len;
};

static bool read_stack(void *ctx, uint64_t addr, uint64_t *out)
{
	const struct stack_copy *s = ctx;
	uint64_t off = addr - s->start;

	if (off >= s->len || s->len - off < sizeof(*out))
		return false;
	memcpy(out, s->bytes + off, sizeof(*out));
	return true;
}

/* Keep the file that was asked for last ready. */
static bool prepare_step(struct worker *w, uint32_t module)
{
	struct error err;

	if (w->step && w->step_module == module)
		return true;
	step_libunwind_close(w->step);
	elf_file_close(w->step_elf);
	closep(&w->step_fd);
	w->step = NULL;
	w->step_elf = NULL;
	w->step_module = module;
	w->step_fd = msg_take_fd(w->m, 0);
	return w->step_fd >= 0 && elf_file_open(w->step_fd, &w->step_elf, &err) == 0 &&
	       step_libunwind_open(w->step_elf, &w->step, &err) == 0;
}

static void do_step(struct worker *w)
{
	struct w_step *ask = (struct w_step *)w->m->data;
	struct r_step r = { .type = R_STEP, .module = ask->module, .number = ask->number,
			    .regs = ask->regs };
	struct stack_copy stack = {
		.start = ask->stack_start,
		.bytes = w->m->data + sizeof(*ask),
		.len = min_of((size_t)ask->stack_len, w->m->len - sizeof(*ask)),
	};
	const unsigned int pc = unwind_arch_host()->pc;

	r.regs.value[pc] = ask->vaddr;
	r.ok = prepare_step(w, ask->module) && w->step &&
	       step_libunwind_run(w->step, &r.regs, read_stack, &stack);
	answer(&r, sizeof(r), -1);
}

/* ---- import ---- */

/* All of it, but of counts what is used: their files are large and mostly empty. */
static int load(int file, struct buf *data, struct error *err)
{
	uint8_t head[64];
	ssize_t n = io_pread_full(file, head, sizeof(head), 0);
	uint64_t used;

	if (n < 0)
		return error_sys(err, "cannot read it");
	if (!import_is_counts(head, (size_t)n))
		return io_load(file, IMPORT_MAX_BYTES, data, err);
	used = import_counts_used(head);
	if (used > IMPORT_MAX_BYTES)
		return error_set(err, EFBIG, "more than %u MiB", IMPORT_MAX_BYTES >> 20);
	used = max_of(used, (uint64_t)sizeof(head));
	n = io_pread_full(file, buf_add(data, used), used, 0);
	if (n < 0)
		return error_sys(err, "cannot read it");
	data->len = (size_t)n;
	return 0;
}

static int make_recording(int file, uint64_t time_ns, struct error *err)
{
	_cleanup_(closep) int fd = io_memfd("cprofd-import", "", 0, err);
	struct buf data = { 0 };
	int ret = -1;

	if (fd >= 0 && load(file, &data, err) == 0)
		ret = import_is_counts(data.data, data.len)
			? import_counts(data.data, data.len, fd, err)
			: import_pstats(data.data, data.len, time_ns, fd, err);
	buf_deinit(&data);
	return ret < 0 ? -1 : steal_fd(fd);
}

static void do_import(struct worker *w)
{
	const struct w_import *ask = (const struct w_import *)w->m->data;
	struct r_import r = { .type = R_IMPORT };
	_cleanup_(closep) int file = msg_take_fd(w->m, 0);
	_cleanup_(closep) int recording = -1;
	struct error err;

	recording = make_recording(file, ask->time_ns, &err);
	if (recording < 0) {
		r.code = err.code;
		snprintf(r.error, sizeof(r.error), "%s", err.msg);
	}
	answer(&r, sizeof(r), recording);
}

/* ---- the loop ---- */

static const struct {
	uint32_t type;
	size_t size;		/* of the struct; text may follow */
	bool has_text;
	void (*run)(struct worker *w);
} requests[] = {
	{ W_TABLE, sizeof(struct w_table), true, do_table },
	{ W_OPEN_SYMBOLS, sizeof(struct w_open_symbols), true, do_open_symbols },
	{ W_SYMBOLS, offsetof(struct w_symbols, vaddrs), false, do_symbols },
	{ W_STEP, sizeof(struct w_step), false, do_step },
	{ W_CODE, sizeof(struct w_code), false, do_code },
	{ W_IMPORT, sizeof(struct w_import), false, do_import },
};

static void run_request(struct worker *w)
{
	const uint32_t *type = (const uint32_t *)w->m->data;

	for (size_t i = 0; i < array_len(requests); i++) {
		if (w->m->len < sizeof(*type) || *type != requests[i].type)
			continue;
		if (w->m->len < requests[i].size + requests[i].has_text ||
		    (requests[i].has_text && w->m->data[w->m->len - 1]))
			return;
		set_budget(w);
		requests[i].run(w);
		return;
	}
}

int main(void)
{
	struct worker w = { .m = xmalloc(sizeof(struct msg)), .step_fd = -1 };
	struct error err;

	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	set_limit(RLIMIT_CORE, 0);
	while (msg_recv(WORKER_FD_SESSION, w.m, &err) == 1) {
		run_request(&w);
		msg_close_fds(w.m);
	}
	return 0;
}

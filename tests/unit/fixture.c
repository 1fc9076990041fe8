// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "tests/unit/nodes.h"
#include "tests/unit/test.h"
#include "profile/profile_load.h"
#include "record/writer.h"

enum module {
	EXE, LIBC, KERNEL, FAST, OLD, ANON, N_MODULES
};

/* Functions that have a name, and where they are. */
enum function {
	MAIN, HANDLE, MEMBER, COMPARE, FIB, REPORT, FORMAT, START, WRITE, KWRITE, KSOFT,
	WRITE_STUB, N_FUNCTIONS
};

static const struct {
	const char *name, *file;
	uint32_t line;
	enum module module;
} functions[N_FUNCTIONS] = {
	[MAIN] = { "main", "/src/shop/shop.c", 88, EXE },
	[HANDLE] = { "handle_order", "/src/shop/shop.c", 66, EXE },
	[MEMBER] = { "membership(std::vector<int> const&, int)", "/src/shop/shop.c", 38, EXE },
	[COMPARE] = { "compare", "/src/shop/list.h", 12, EXE },
	[FIB] = { "fib", "/src/shop/shop.c", 17, EXE },
	[REPORT] = { "build_report", "/src/shop/report.c", 52, EXE },
	[FORMAT] = { "__vfprintf_internal", "", 0, LIBC },
	[START] = { "start_thread", "", 0, LIBC },
	[WRITE] = { "write", "", 0, LIBC },
	[WRITE_STUB] = { "write@plt", "", 0, EXE },
	[KWRITE] = { "ksys_write", "", 0, KERNEL },
	[KSOFT] = { "handle_softirqs", "", 0, KERNEL },
};

struct fix {
	struct record_writer *w;
	const struct fixture_options *o;
	uint32_t modules[N_MODULES], functions[N_FUNCTIONS], range;
	uint32_t pending[64];		/* frames whose symbols come late */
	struct record_level levels[64][2];
	uint32_t n_levels[64], n_pending;
	uint64_t state;
	struct nodes nodes;
};

static uint32_t rnd(struct fix *f, uint32_t n)
{
	f->state = f->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((f->state >> 32) * n >> 32);
}

static uint32_t str(struct fix *f, const char *s)
{
	return record_put_string(f->w, s, strlen(s));
}

static void put_symbol(struct fix *f, uint32_t frame, const struct record_level *l, uint32_t n)
{
	if (!f->o->late_symbols) {
		record_put_symbol(f->w, frame, l, n);
		return;
	}
	f->pending[f->n_pending] = frame;
	memcpy(f->levels[f->n_pending], l, n * sizeof(*l));
	f->n_levels[f->n_pending++] = n;
}

/* A stack with a call of `function` at `line` on top of `parent`. */
static uint32_t call(struct fix *f, uint32_t parent, enum function function, uint32_t line)
{
	uint32_t frame = record_put_frame(f->w, &(struct record_frame){
		.module = f->modules[functions[function].module], .flags = FRAME_RETURN,
		.vaddr = 0x401000 + 0x1000 * (uint64_t)function + line });

	put_symbol(f, frame, &(struct record_level){ f->functions[function], line }, 1);
	return nodes_push(&f->nodes, f->w, parent, frame);
}

/* compare() inlined into membership(), on one of its instructions. */
static uint32_t inlined(struct fix *f, uint32_t parent, uint64_t vaddr)
{
	uint32_t frame = record_put_frame(f->w, &(struct record_frame){
		.module = f->modules[EXE], .vaddr = vaddr });

	put_symbol(f, frame, (struct record_level[]){ { f->functions[COMPARE], 14 },
						     { f->functions[MEMBER], 41 } }, 2);
	return nodes_push(&f->nodes, f->w, parent, frame);
}

/* Code without a name. */
static uint32_t nameless(struct fix *f, uint32_t parent, enum module module, uint64_t vaddr)
{
	return nodes_push(&f->nodes, f->w, parent,
			  record_put_frame(f->w, &(struct record_frame){
				  .module = f->modules[module], .vaddr = vaddr }));
}

static void put_meta(struct fix *f)
{
	record_put_meta(f->w, "version", "0.1.0");
	record_put_meta(f->w, "engine", f->o->waits ? "ptrace" : "perf");
	record_put_meta(f->w, "event", "cpu-clock");
	record_put_meta(f->w, "rate_hz", "199");
	record_put_meta(f->w, "stack_bytes", "16384");
	record_put_meta(f->w, "max_frames", "1024");
	record_put_meta(f->w, "kernel", f->o->hidden ? "excluded" : "visible");
	record_put_meta(f->w, "command", "shop");
	record_put_meta(f->w, "pid", "4242");
}

static void put_modules(struct fix *f)
{
	static const struct {
		const char *path;
		enum record_module_kind kind;
		uint32_t flags;
		const char *note;
	} modules[N_MODULES] = {
		[EXE] = { "/usr/bin/shop", MODULE_FILE,
			  MODULE_HAS_SYMTAB | MODULE_HAS_LINES | MODULE_HAS_UNWIND, "" },
		[LIBC] = { "/usr/lib/x86_64-linux-gnu/libc.so.6", MODULE_FILE,
			   MODULE_HAS_SYMTAB | MODULE_HAS_UNWIND, "" },
		[KERNEL] = { "[kernel]", MODULE_KERNEL, MODULE_HAS_SYMTAB, "" },
		[FAST] = { "/opt/shop/libfast.so", MODULE_FILE, MODULE_HAS_UNWIND, "" },
		[OLD] = { "/opt/shop/libold.so", MODULE_FILE, MODULE_HAS_SYMTAB,
			  "libold.so has no frame pointers and no .eh_frame" },
		[ANON] = { "", MODULE_ANON, 0, "" },
	};

	for (uint32_t i = 0; i < N_MODULES; i++) {
		f->modules[i] = record_put_module(f->w, &(struct record_module){
			.kind = modules[i].kind, .path = str(f, modules[i].path) });
		record_put_module_info(f->w, &(struct record_module_info){
			.module = f->modules[i], .flags = modules[i].flags,
			.build_id = (const uint8_t *)"\x01\x23\xab\xcd", .build_id_len = i < KERNEL ? 4 : 0,
			.text_vaddr = i == EXE ? 0x401000 : 0, .text_off = i == EXE ? 0x1000 : 0,
			.text_bytes = i == EXE ? 0x20000 : 0,
			.note = str(f, modules[i].note) });
	}
	record_put_mapping(f->w, &(struct record_mapping){ .process = 0, .module = f->modules[EXE],
		.start = 0x555500001000, .size = 0x20000, .off = 0x1000 });
	record_put_mapping(f->w, &(struct record_mapping){ .process = 0, .module = f->modules[ANON],
		.start = 0x7f21c0de0000, .size = 0x10000 });
}

static void put_functions(struct fix *f)
{
	for (uint32_t i = 0; i < N_FUNCTIONS; i++)
		f->functions[i] = record_put_function(f->w, &(struct record_function){
			.module = f->modules[functions[i].module],
			.name = f->o->hostile && i == HANDLE
				? str(f, "evil\x1b[2J\nname;\xff\xe2\x80\xaeoff\"\\ \xc2\x9b"
					"</title></script><script>'&") : str(f, functions[i].name),
			.file = str(f, functions[i].file),
			.line = functions[i].line, .vaddr = 0x401000 + 0x1000 * (uint64_t)i,
			.size = 0x1000,
			.source = functions[i].line ? SYMBOL_DWARF : SYMBOL_SYMTAB });
	f->range = record_put_function(f->w, &(struct record_function){
		.module = f->modules[FAST], .vaddr = 0x5f30, .size = 0x100, .source = SYMBOL_RANGE });
}

#define CODE_AT 0x403810ull

/* The code of membership(), and why there is none of build_report(). */
static void put_code(struct fix *f)
{
	static const struct {
		const char *text;
		uint32_t len, line;	/* of membership() */
		uint32_t compare;	/* line of compare(), if it is inlined there */
		uint64_t target;
		int function;		/* there and 1; 0: none */
	} code[] = {
		{ "endbr64", 4, 38 },
		{ "push\t%r12", 2, 38 },
		{ "push\t%rbx", 1, 38 },
		{ "mov\t(%rdi),%rbx", 3, 40 },
		{ "mov\t0x8(%rdi),%r12", 4, 40 },
		{ "cmp\t%r12,%rbx", 3, 40 },
		{ "je", 2, 40, 0, CODE_AT + 0x3b },
		{ "mov\t(%rbx),%eax", 2, 41 },
		{ "nopl\t0x0(%rax)", 4, 41 },
		{ "cmp\t%esi,%eax", 3, 41, 14 },
		{ "mov\t0x18(%rbx,%rax,8),%rdx", 5, 41, 14 },
		{ "mov\t%rdx,%rdi", 2, 41, 13 },
		{ "test\t%eax,%eax", 3, 41, 14 },
		{ "jne", 2, 41, 14, CODE_AT + 0x1c },
		{ "call", 5, 42, 0, 0x406000, REPORT + 1 },
		{ "call", 5, 43, 0, 0x409000, WRITE_STUB + 1 },
		{ "add\t$0x4,%rbx", 4, 40 },
		{ "cmp\t%rbx,%r12", 3, 40 },
		{ "jne", 2, 40, 0, CODE_AT + 0x13 },
		{ "pop\t%rbx", 1, 44 },
		{ "pop\t%r12", 2, 44 },
		{ "ret", 1, 44 },
	};
	struct record_instruction i = { .vaddr = CODE_AT };
	static const char why[] = "this part of the function lies apart from the rest";

	for (size_t k = 0; k < array_len(code); k++) {
		i.text = code[k].text;
		i.text_len = strlen(i.text);
		i.len = code[k].len;
		i.has_target = code[k].target;
		i.target = code[k].target;
		i.target_function = code[k].function ? f->functions[code[k].function - 1] : RECORD_NONE;
		i.n_levels = 0;
		if (code[k].compare)
			i.levels[i.n_levels++] = (struct record_level){ f->functions[COMPARE],
									code[k].compare };
		i.levels[i.n_levels++] = (struct record_level){ f->functions[MEMBER], code[k].line };
		record_put_instruction(f->w, &i);
		i.vaddr += i.len;
	}
	record_put_code(f->w, &(struct record_code){ .module = f->modules[EXE], .vaddr = CODE_AT,
						     .size = i.vaddr - CODE_AT });
	record_put_code(f->w, &(struct record_code){ .module = f->modules[EXE],
		.vaddr = 0x401000 + 0x1000 * (uint64_t)REPORT + 55 - 1, .note = str(f, why) });
}

/* fib() deeper than the frame limit. */
static uint32_t deep(struct fix *f, uint32_t main)
{
	uint32_t gap = record_put_frame(f->w, &(struct record_frame){ .flags = FRAME_LEFT_OUT });

	return call(f, nodes_push(&f->nodes, f->w, call(f, main, FIB, 17), gap), FIB, 19);
}

/* Where samples can be, and how often (of 1000) in each half of the run. */
struct place {
	uint32_t stack, thread, often[2];
	uint64_t gap;
};

static uint32_t put_places(struct fix *f, struct place *at)
{
	uint32_t n = 0, main, handle, fib, report, frame, kernel;

	main = call(f, OUTCOME_COMPLETE, MAIN, 95);
	handle = call(f, main, HANDLE, 70);
	at[n++] = (struct place){ inlined(f, handle, CODE_AT + 0x19), 0, { 150, 150 } };
	at[n++] = (struct place){ inlined(f, handle, CODE_AT + 0x1c), 0, { 110, 110 } };
	at[n++] = (struct place){ inlined(f, handle, CODE_AT + 0x23), 0, { 70, 70 } };
	at[n++] = (struct place){ inlined(f, handle, CODE_AT + 0x26), 0, { 30, 30 } };
	at[n++] = (struct place){ call(f, handle, MEMBER, 40), 0, { 24, 24 } };
	fib = call(f, handle, FIB, 19);
	for (int i = 0; i < 13; i++) {
		fib = call(f, fib, FIB, 19);
		if (i == 4)
			at[n++] = (struct place){ fib, 0, { 70, 70 } };
	}
	at[n++] = (struct place){ call(f, fib, FIB, 18), 0, { 140, 140 } };
	report = call(f, handle, REPORT, 55);
	at[n++] = (struct place){ report, 0, { 30, 170 } };	/* a phase */
	at[n++] = (struct place){ call(f, report, FORMAT, 7), 0, { 40, 40 } };
	kernel = call(f, call(f, report, WRITE, 1), KWRITE, 2);
	at[n++] = (struct place){ kernel, 0, { 190, 60 } };
	at[n++] = (struct place){ handle, 0, { 20, 20 } };
	at[n++] = (struct place){ call(f, call(f, OUTCOME_COMPLETE, START, 3), FIB, 20), 1, { 30, 30 } };

	frame = record_put_frame(f->w, &(struct record_frame){
		.module = f->modules[FAST], .vaddr = 0x5f44 });
	put_symbol(f, frame, &(struct record_level){ f->range, 0 }, 1);
	at[n++] = (struct place){ nodes_push(&f->nodes, f->w, handle, frame),
				  0, { 12, 12 } };
	at[n++] = (struct place){ nameless(f, handle, ANON, 0x7f21c0de1a40), 0, { 9, 9 } };
	at[n++] = (struct place){ nameless(f, OUTCOME_NO_RULE, OLD, 0x1234), 0, { 20, 20 } };
	at[n++] = (struct place){ call(f, OUTCOME_COPY, FORMAT, 9), 0, { 15, 15 }, 912 << 10 };
	at[n++] = (struct place){ call(f, OUTCOME_COPY, FORMAT, 11), 0, { 5, 5 }, 4 << 10 };
	if (f->o->deep) {
		uint32_t stack = deep(f, call(f, OUTCOME_LEFT_OUT, MAIN, 96));

		at[n++] = (struct place){ stack, 0, { 6, 6 }, 3976 };
		at[n++] = (struct place){ stack, 0, { 4, 4 }, 976 };
	} else {
		at[n++] = (struct place){ call(f, OUTCOME_LIMIT, FIB, 19), 0, { 10, 10 } };
	}
	at[n++] = (struct place){ call(f, OUTCOME_NO_USER, KSOFT, 4), 1, { 20, 20 } };
	at[n++] = (struct place){ OUTCOME_NO_USER, 1, { 5, 5 } };
	return n;
}

static const struct place *pick(struct fix *f, const struct place *at, uint32_t n, int half)
{
	uint32_t i = rnd(f, 1000), k = 0;

	while (k + 1 < n && i >= at[k].often[half])
		i -= at[k++].often[half];
	return &at[k];
}

static void put_samples(struct fix *f, const struct place *at, uint32_t n_places, uint32_t n)
{
	uint64_t step = 30 * NS_PER_S / n, weights = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct place *place = pick(f, at, n_places, i % (n / 6 + 1) > n / 12);
		uint32_t weight = FIXTURE_PERIOD_NS - 500000 + rnd(f, 5) * 250000;

		weights += weight;
		record_put_sample(f->w, &(struct record_sample){
			.time_ns = FIXTURE_START_NS + i * step, .thread = place->thread,
			.stack = place->stack, .weight_ns = weight, .cpu = i % 2,
			.gap = place->gap });
		if (i % 100 == 99)
			record_put_counter(f->w, &(struct record_counter){
				.time_ns = FIXTURE_START_NS + i * step, .what = COUNTER_CPU_NS,
				.thread = RECORD_NONE,
				.value = f->o->hidden ? weights + weights / 4 : weights + 30000000 });
	}
}

/* 212 MiB at the end, after a peak; much in the kernel, little from disk. */
static void put_usage(struct fix *f)
{
	static const struct {
		enum record_counter_what what;
		uint64_t per_s;
	} at[] = {
		{ COUNTER_USER_NS, 1280000000 }, { COUNTER_SYSTEM_NS, 370000000 },
		{ COUNTER_FAULTS, 41 }, { COUNTER_FAULTS_DISK, 0 }, { COUNTER_READ_BYTES, 1992294 },
		{ COUNTER_WRITTEN_BYTES, 209715 }, { COUNTER_WAITS, 812 }, { COUNTER_PREEMPTIONS, 95 },
		{ COUNTER_QUEUE_NS, 55000000 },
	};

	for (uint64_t s = 1; s <= 30; s++) {
		uint64_t time_ns = FIXTURE_START_NS + s * NS_PER_S;

		for (size_t i = 0; i < array_len(at); i++)
			record_put_counter(f->w, &(struct record_counter){ .time_ns = time_ns,
				.what = at[i].what, .thread = RECORD_NONE, .value = at[i].per_s * s });
		record_put_counter(f->w, &(struct record_counter){ .time_ns = time_ns,
			.what = COUNTER_RESIDENT_BYTES, .thread = RECORD_NONE,
			.value = ((s == 17 ? 240ull : 180) + (s > 17 ? 32 : s)) << 20 });
		record_put_counter(f->w, &(struct record_counter){ .time_ns = time_ns,
			.what = COUNTER_THREADS, .thread = RECORD_NONE, .value = 2 });
	}
}

/* Threads that wait, looked at 8 times a second: the main one, a worker, and two that idle. */
static uint32_t put_waits(struct fix *f)
{
	uint32_t main = call(f, OUTCOME_COMPLETE, MAIN, 95), start = call(f, OUTCOME_COMPLETE, START, 3);
	uint32_t handle = call(f, start, HANDLE, 71);
	const struct {
		uint32_t stack, thread, often, ms;	/* once in so many looks */
		enum record_activity activity;
	} at[] = {
		{ call(f, call(f, call(f, main, HANDLE, 72), REPORT, 56), WRITE, 1), 0, 4, 60, ACTIVITY_WAIT_IO },
		{ call(f, main, REPORT, 58), 0, 9, 30, ACTIVITY_WAIT_ELSE },
		{ call(f, handle, MEMBER, 43), 1, 3, 280, ACTIVITY_WAIT_LOCK },
		{ call(f, handle, REPORT, 57), 1, 4, 190, ACTIVITY_WAIT_LOCK },
		{ call(f, call(f, start, REPORT, 59), WRITE, 1), 1, 6, 110, ACTIVITY_WAIT_IO },
		{ start, 2, 1, 124, ACTIVITY_SLEEP },
		{ call(f, start, HANDLE, 74), 3, 2, 249, ACTIVITY_WAIT_LOCK },
	};

	uint32_t n = 0;

	for (uint32_t i = 2; i < 4; i++)
		record_put_thread(f->w, &(struct record_thread){ .tid = 4242 + i,
			.time_ns = FIXTURE_START_NS, .name = str(f, i == 2 ? "poller" : "worker-2") });
	for (uint32_t i = 0; i < 8 * 30; i++)
		for (size_t k = 0; k < array_len(at); k++)
			if (!(i % at[k].often) && ++n)
				record_put_sample(f->w, &(struct record_sample){
					.time_ns = FIXTURE_START_NS + i * (NS_PER_S / 8),
					.thread = at[k].thread, .stack = at[k].stack,
					.weight_ns = at[k].ms * NS_PER_MS + rnd(f, 1000000),
					.cpu = RECORD_NONE, .state = STATE_WAITING,
					.activity = at[k].activity });
	return n;
}

static void put_late_symbols(struct fix *f)
{
	for (uint32_t i = 0; i < f->n_pending; i++)
		record_put_symbol(f->w, f->pending[i], f->levels[i], f->n_levels[i]);
	record_writer_commit(f->w, UINT64_MAX);
}

int fixture_fd(const struct fixture_options *o)
{
	int fd = memfd_create("fixture", MFD_CLOEXEC);
	uint32_t n = o->n_samples ? o->n_samples : FIXTURE_N_SAMPLES, n_places, n_waits = 0;
	uint64_t end_ns = FIXTURE_START_NS + 30 * NS_PER_S;
	struct fix f = { .o = o, .state = 7 };
	struct place at[32];
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), FIXTURE_START_NS, FIXTURE_REAL_NS, &f.w, &err), 0);
	put_meta(&f);
	record_put_process(f.w, &(struct record_process){ .pid = 4242, .ppid = 1,
		.time_ns = FIXTURE_START_NS, .name = str(&f, "shop"), .exe = str(&f, "/usr/bin/shop") });
	record_put_thread(f.w, &(struct record_thread){ .tid = 4242, .time_ns = FIXTURE_START_NS,
		.name = str(&f, "shop") });
	record_put_thread(f.w, &(struct record_thread){ .tid = 4243, .time_ns = FIXTURE_START_NS,
		.name = str(&f, "worker-1") });
	put_modules(&f);
	put_functions(&f);
	n_places = put_places(&f, at);
	put_samples(&f, at, n_places, n);
	if (o->usage)
		put_usage(&f);
	if (o->waits)
		n_waits = put_waits(&f);
	record_put_lost(f.w, &(struct record_lost){ .from_ns = FIXTURE_START_NS + 5 * NS_PER_S,
		.to_ns = FIXTURE_START_NS + 6 * NS_PER_S, .count = n / 80, .weight_ns = n / 80 * 5000000ull });
	record_put_counter(f.w, &(struct record_counter){ .time_ns = end_ns,
		.what = COUNTER_OWN_CPU_NS, .thread = RECORD_NONE, .value = 420000000 });
	record_put_note(f.w, FIXTURE_START_NS, NOTE_INFO, "the libfast.so in use was built without names");
	if (o->hostile)
		record_put_note(f.w, FIXTURE_START_NS, NOTE_WARNING, "note \x1b]0;title\a with \x9b bytes");
	put_code(&f);
	put_late_symbols(&f);
	record_put_process_end(f.w, &(struct record_process_end){ .process = 0, .time_ns = end_ns,
		.how = END_EXITED, .status = 0 });
	if (!o->unfinished)
		record_put_end(f.w, &(struct record_end){ .time_ns = end_ns, .why = END_TARGET,
			.n_samples = n + n_waits, .n_lost = n / 80 });
	assert_int_equal(record_writer_close(f.w, &err), 0);
	return fd;
}

struct profile_load *fixture_load(const struct fixture_options *o)
{
	_cleanup_(closep) int fd = o->python ? fixture_python_fd(o->counted) : fixture_fd(o);
	struct profile_load *load;
	struct error err;

	assert_int_equal(profile_load_open(fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), 1);
	return load;
}

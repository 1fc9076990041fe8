// SPDX-License-Identifier: Apache-2.0
/* The made-up recording of a Python program: see fixture.h. */
#include "tests/unit/fixture.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "record/writer.h"
#include "tests/unit/nodes.h"
#include "tests/unit/test.h"

enum module {
	EXE, PYTHON, LIBC, KERNEL, EXTENSION, N_MODULES
};

static const struct {
	const char *path;
	enum record_module_kind kind;
	uint32_t flags;
} modules[N_MODULES] = {
	[EXE] = { "/usr/bin/python3.11", MODULE_FILE, MODULE_HAS_SYMTAB | MODULE_INTERPRETER },
	[PYTHON] = { "python3.11", MODULE_PYTHON, 0 },
	[LIBC] = { "/usr/lib/x86_64-linux-gnu/libc.so.6", MODULE_FILE, MODULE_HAS_SYMTAB },
	[KERNEL] = { "[kernel]", MODULE_KERNEL, MODULE_HAS_SYMTAB },
	[EXTENSION] = { "/usr/lib/python3/_json.cpython-311.so", MODULE_FILE, MODULE_HAS_SYMTAB },
};

enum function {
	NONE, START, LIBC_START, BYTES_MAIN, EVAL, FINALIZE, SORTED, CALL_C, CONTAINS, COMPARE,
	MEMCMP, SCAN, FAULT, TOP, MAIN, IN_LIST, FIB, LAMBDA, N_FUNCTIONS
};

static const struct {
	const char *name, *file;
	uint32_t line;
	enum module module;
} functions[N_FUNCTIONS] = {
	[NONE] = { "", "", 0, EXE },
	[START] = { "_start", "", 0, EXE },
	[LIBC_START] = { "__libc_start_call_main", "", 0, LIBC },
	[BYTES_MAIN] = { "Py_BytesMain", "main.c", 0, EXE },
	[EVAL] = { "_PyEval_EvalFrameDefault", "ceval.c", 1634, EXE },
	[FINALIZE] = { "Py_FinalizeEx", "pylifecycle.c", 0, EXE },
	[SORTED] = { "builtin_sorted", "bltinmodule.c", 0, EXE },
	[CALL_C] = { "cfunction_vectorcall_O", "methodobject.c", 0, EXE },
	[CONTAINS] = { "list_contains", "listobject.c", 440, EXE },
	[COMPARE] = { "PyObject_RichCompare", "object.c", 0, EXE },
	[MEMCMP] = { "__memcmp_evex_movbe", "", 0, LIBC },
	[SCAN] = { "scan_once", "_json.c", 1050, EXTENSION },
	[FAULT] = { "exc_page_fault", "", 0, KERNEL },
	[TOP] = { "<module>", "/home/ann/shop.py", 1, PYTHON },
	[MAIN] = { "main", "/home/ann/shop.py", 24, PYTHON },
	[IN_LIST] = { "in_list", "/home/ann/shop.py", 8, PYTHON },
	[FIB] = { "fib", "/home/ann/shop.py", 16, PYTHON },
	[LAMBDA] = { "main.<locals>.<lambda>", "/home/ann/shop.py", 29, PYTHON },
};

/* Calls, the outermost first, the last one where the sample is. */
static const struct place {
	uint32_t n;			/* of 1000 samples */
	enum record_outcome outcome;
	struct {
		enum function function;
		uint32_t line;
	} calls[16];
} places[] = {
#define BEGINNING { START, 0 }, { LIBC_START, 0 }, { BYTES_MAIN, 0 }
#define RUN BEGINNING, { EVAL, 0 }, { TOP, 36 }
	{ 380, OUTCOME_COMPLETE, { RUN, { MAIN, 26 }, { IN_LIST, 11 }, { CONTAINS, 451 } } },
	{ 60, OUTCOME_COMPLETE, { RUN, { MAIN, 26 }, { IN_LIST, 11 }, { CONTAINS, 450 },
				  { COMPARE, 0 } } },
	{ 50, OUTCOME_COMPLETE, { RUN, { MAIN, 26 }, { IN_LIST, 11 }, { CONTAINS, 450 },
				  { COMPARE, 0 }, { MEMCMP, 0 } } },
	{ 30, OUTCOME_COMPLETE, { RUN, { MAIN, 26 }, { IN_LIST, 11 } } },
	{ 20, OUTCOME_COMPLETE, { RUN, { MAIN, 26 }, { IN_LIST, 10 } } },
	{ 90, OUTCOME_COMPLETE, { RUN, { MAIN, 27 }, { FIB, 17 } } },
	{ 70, OUTCOME_COMPLETE, { RUN, { MAIN, 27 }, { FIB, 19 }, { FIB, 19 }, { FIB, 17 } } },
	{ 90, OUTCOME_COMPLETE, { RUN, { MAIN, 27 }, { FIB, 19 }, { FIB, 19 }, { FIB, 19 } } },
	{ 50, OUTCOME_COMPLETE, { RUN, { MAIN, 29 }, { SORTED, 0 }, { CALL_C, 0 }, { EVAL, 0 },
				  { LAMBDA, 29 } } },
	{ 40, OUTCOME_COMPLETE, { RUN, { MAIN, 29 }, { CALL_C, 0 }, { SORTED, 0 } } },
	{ 50, OUTCOME_COMPLETE, { RUN, { MAIN, 30 }, { CALL_C, 0 }, { SCAN, 1071 } } },
	{ 20, OUTCOME_COMPLETE, { RUN, { MAIN, 30 }, { FAULT, 0 } } },
	{ 20, OUTCOME_COMPLETE, { BEGINNING, { FINALIZE, 0 } } },
	{ 10, OUTCOME_COPY, { { MAIN, 26 }, { IN_LIST, 11 }, { CONTAINS, 451 } } },
	{ 20, OUTCOME_COMPLETE, { RUN, { MAIN, 31 } } },
};

struct fix {
	struct record_writer *w;
	uint32_t functions[N_FUNCTIONS];
	uint32_t stacks[array_len(places)];
	struct nodes nodes;
};

static uint32_t str(struct fix *f, const char *s)
{
	return record_put_string(f->w, s, strlen(s));
}

static void put_tables(struct fix *f)
{
	for (uint32_t i = 0; i < N_MODULES; i++) {
		record_put_module(f->w, &(struct record_module){ .kind = modules[i].kind,
			.path = str(f, modules[i].path) });
		record_put_module_info(f->w, &(struct record_module_info){ .module = i,
			.flags = modules[i].flags });
	}
	for (uint32_t i = 1; i < N_FUNCTIONS; i++)
		f->functions[i] = record_put_function(f->w, &(struct record_function){
			.module = functions[i].module, .name = str(f, functions[i].name),
			.file = str(f, functions[i].file), .line = functions[i].line,
			.vaddr = (uint64_t)i << 24, .size = 1 << 24,
			.source = functions[i].module == PYTHON ? SYMBOL_PYTHON : SYMBOL_SYMTAB });
}

static uint32_t put_stack(struct fix *f, const struct place *place)
{
	uint32_t stack = place->outcome;

	for (size_t i = 0; place->calls[i].function; i++) {
		enum function function = place->calls[i].function;
		uint32_t frame = record_put_frame(f->w, &(struct record_frame){
			.module = functions[function].module,
			.vaddr = ((uint64_t)function << 24) + place->calls[i].line });

		record_put_symbol(f->w, frame, &(struct record_level){ f->functions[function],
				  place->calls[i].line }, 1);
		stack = nodes_push(&f->nodes, f->w, stack, frame);
	}
	return stack;
}

/* Which place sample `i` is in: all of them in each thousand, mixed. */
static size_t place_of(uint32_t i)
{
	uint32_t at = i * 619 % 1000;
	size_t place = 0;

	for (; at >= places[place].n; place++)
		at -= places[place].n;
	return place;
}

/* How often each was called; fib was counted once more, later. */
static void put_calls(struct fix *f)
{
	static const struct {
		enum function function;
		uint64_t calls;
	} calls[] = {
		{ TOP, 1 }, { MAIN, 1 }, { IN_LIST, 1234567 }, { FIB, 3 }, { LAMBDA, 45000 },
	};
	struct record_measured m = { .caller = RECORD_NONE, .from_ns = FIXTURE_START_NS + 20 * NS_PER_MS,
		.duration_ns = 20 * NS_PER_S, .how = COUNTED_BY_MONITORING };

	for (size_t i = 0; i < array_len(calls); i++) {
		m.function = f->functions[calls[i].function];
		m.calls = m.outermost = calls[i].calls;
		record_put_measured(f->w, &m);
	}
	m.function = record_put_function(f->w, &(struct record_function){ .module = PYTHON,
		.name = str(f, "Order.__init__"), .file = str(f, "/home/ann/orders.py"), .line = 7,
		.source = SYMBOL_PYTHON });
	m.calls = m.outermost = 45001;
	record_put_measured(f->w, &m);
	record_put_measured(f->w, &(struct record_measured){ .function = f->functions[FIB],
		.caller = RECORD_NONE, .calls = 25083, .outermost = 25083, .how = COUNTED_BY_PROBE,
		.from_ns = FIXTURE_START_NS + 3 * NS_PER_S, .duration_ns = 5 * NS_PER_S });
}

int fixture_python_fd(bool counted)
{
	int fd = memfd_create("fixture", MFD_CLOEXEC);
	struct fix f = { 0 };
	struct error err;
	uint64_t end_ns = FIXTURE_START_NS + 20 * NS_PER_S;

	assert_int_equal(record_writer_open(dup(fd), FIXTURE_START_NS, FIXTURE_REAL_NS, &f.w, &err),
			 0);
	record_put_meta(f.w, "version", "0.1.0");
	record_put_meta(f.w, "engine", "bpf");
	record_put_meta(f.w, "event", "cpu-clock");
	record_put_meta(f.w, "rate_hz", "199");
	record_put_meta(f.w, "max_frames", "1024");
	record_put_meta(f.w, "kernel", "visible");
	record_put_meta(f.w, "pid", "4242");
	record_put_process(f.w, &(struct record_process){ .pid = 4242, .ppid = 1,
		.time_ns = FIXTURE_START_NS, .name = str(&f, "python3.11"),
		.exe = str(&f, "/usr/bin/python3.11") });
	record_put_thread(f.w, &(struct record_thread){ .tid = 4242, .time_ns = FIXTURE_START_NS,
		.name = str(&f, "python3.11") });
	put_tables(&f);
	for (size_t i = 0; i < array_len(places); i++)
		f.stacks[i] = put_stack(&f, &places[i]);
	for (uint32_t i = 0; i < FIXTURE_PYTHON_SAMPLES; i++)
		record_put_sample(f.w, &(struct record_sample){
			.time_ns = FIXTURE_START_NS + i * (uint64_t)FIXTURE_PERIOD_NS,
			.stack = f.stacks[place_of(i)], .weight_ns = FIXTURE_PERIOD_NS });
	if (counted)
		put_calls(&f);
	record_put_end(f.w, &(struct record_end){ .time_ns = end_ns, .why = END_TARGET,
		.n_samples = FIXTURE_PYTHON_SAMPLES });
	assert_int_equal(record_writer_close(f.w, &err), 0);
	return fd;
}

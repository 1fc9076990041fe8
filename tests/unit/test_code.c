// SPDX-License-Identifier: Apache-2.0
/*
 * Machine code as text: what the worker says of a compiled function is what objdump
 * says; what is no function, or a damaged file, gets an answer with a reason.
 */
#include "config.h"

#include "tests/unit/lab.h"

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "opener/opener_proto.h"
#include "worker/code_answer.h"
#include "worker/symbol_answer.h"
#include "worker/worker_proto.h"

#ifdef HAVE_CAPSTONE
#define need_capstone() do { } while (0)
#else
#define need_capstone() need(false, "built without capstone")
#endif

/* ---- a worker ---- */

struct worker {
	pid_t pid;
	int channel;
	struct msg *m;		/* its last answer */
};

static void worker_start(struct worker *w)
{
	_cleanup_(freep) char *path = xasprintf("%s/cprofd-worker", getenv("top_builddir"));
	struct error err;
	int ends[2];

	w->m = xmalloc(sizeof(*w->m));
	assert_int_equal(msg_pair(ends, &err), 0);
	w->channel = ends[0];
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0) {
		dup2(ends[1], WORKER_FD_SESSION);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);	/* it ends as it is */
		execl(path, path, NULL);
		_exit(127);
	}
	close(ends[1]);
}

/* It ends with its channel, and not by a signal. */
static void worker_end(struct worker *w)
{
	int status;

	close(w->channel);
	free(w->m);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Ask, and wait for the answer. */
static void ask(struct worker *w, const void *msg, size_t len, const int *fds, size_t n_fds)
{
	struct error err;

	if (msg_send(w->channel, msg, len, fds, n_fds, &err) < 0 ||
	    msg_recv(w->channel, w->m, &err) != 1)
		fail_msg("the worker does not answer");
}

static void open_module(struct worker *w, uint32_t module, int fd)
{
	struct w_open_symbols *msg = xcalloc(1, sizeof(*msg) + 1);

	*msg = (struct w_open_symbols){ .type = W_OPEN_SYMBOLS, .module = module, .has_file = 1,
					.kind = MODULE_FILE };
	ask(w, msg, sizeof(*msg) + 1, &fd, 1);
	assert_int_equal(*(uint32_t *)w->m->data, R_OPEN_SYMBOLS);
	free(msg);
}

/* What it says about code at an address. */
struct said {
	char note[WORKER_MAX_NOTE];
	struct buf bytes;
	struct code_answer_reader reader;
};

static void said_deinit(struct said *s)
{
	buf_deinit(&s->bytes);
}

static void ask_code(struct worker *w, uint32_t module, uint64_t vaddr, struct said *out)
{
	const struct w_code msg = { .type = W_CODE, .module = module, .number = 7, .vaddr = vaddr };
	const struct r_code *r = (const struct r_code *)w->m->data;
	struct symbol_answer_reader names;
	struct symbol_answer_function f;
	struct symbol_answer_address a;
	struct error err;

	*out = (struct said){ .note = "" };
	ask(w, &msg, sizeof(msg), NULL, 0);
	assert_int_equal(w->m->len, sizeof(*r));
	assert_int_equal(r->type, R_CODE);
	assert_int_equal(r->module, module);
	assert_int_equal(r->number, 7);
	memcpy(out->note, r->note, sizeof(out->note));
	_cleanup_(closep) int fd = msg_take_fd(w->m, 0);
	assert_int_equal(io_load(fd, 64 << 20, &out->bytes, &err), 0);
	symbol_answer_open(&names, out->bytes.data, out->bytes.len);
	if (!out->bytes.len)
		return;	/* of a module that was never opened */
	while (symbol_answer_next_function(&names, &f) > 0)
		;
	while (symbol_answer_next_address(&names, &a) > 0)
		;
	assert_false(names.c.bad);
	if (!out->note[0])
		assert_true(code_answer_open(&out->reader, names.c));
}

static uint64_t address_of(const char *file, const char *symbol)
{
	_cleanup_(freep) char *text = lab_output("nm %s | awk '$3 == \"%s\" { print $1 }'", file,
						 symbol);

	if (!*text)
		fail_msg("%s has no %s", file, symbol);
	return strtoull(text, NULL, 16);
}

/* ---- objdump as judge ---- */

static const char program[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"#include <string.h>\n"
	"static double work(const double *v, int n, char *out)\n"
	"{\n"
	"	double sum = 0;\n"
	"	for (int i = 0; i < n; i++)\n"
	"		sum += v[i] * i / (n + 1);\n"
	"	snprintf(out, 20, \"%f\", sum);\n"
	"	return sum;\n"
	"}\n"
	"__attribute__((noinline)) unsigned long hash(const char *s, unsigned char c)\n"
	"{\n"
	"	unsigned long h = 5381;\n"
	"	switch (c) {\n"
	"	case 1: h++; break; case 2: h *= 3; break; case 3: h >>= c; break;\n"
	"	case 4: h ^= 99; break; case 5: h = -h; break; case 6: h = ~h; break;\n"
	"	}\n"
	"	for (; *s; s++)\n"
	"		h = h * 33 + (signed char)*s - strlen(s);\n"
	"	return h;\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	double v[4] = { argc, 2, 3, 4 };\n"
	"	char text[32], *copy = malloc(32);\n"
	"	printf(\"%g %lu\\n\", work(v, 4, text), hash(argv[0], (unsigned char)argc));\n"
	"	memcpy(copy, text, 32);\n"
	"	puts(copy);\n"
	"	return atoi(text) != *copy;\n"
	"}\n";

/* Mnemonics and targets only: how operands are written is a matter of taste. */
static void compare_with_objdump(struct worker *w, uint32_t module, const char *file,
				 const char *function)
{
	_cleanup_(freep) char *text = lab_output(
		"objdump -d --no-show-raw-insn --disassemble=%s %s | grep -P '^ +[0-9a-f]+:\\t'",
		function, file);
	struct instruction i = { 0 };
	struct said said;
	char *line = text;
	size_t n = 0;

	ask_code(w, module, address_of(file, function), &said);
	assert_string_equal(said.note, "");
	assert_int_equal(said.reader.vaddr, address_of(file, function));
	for (; code_answer_next(&said.reader, &i) > 0; n++) {
		unsigned long long vaddr, target;
		char mnemonic[64];
		const char *ours = i.text + (strncmp(i.text, "notrack ", 8) == 0 ? 8 : 0);
		const char *judges;

		if (sscanf(line, " %llx: %63s %llx", &vaddr, mnemonic, &target) < 2)
			fail_msg("%s: objdump has only %zu instructions", function, n);
		judges = strcmp(mnemonic, "notrack") == 0 ? "jmp" : mnemonic;
		if (i.vaddr != vaddr || strlen(judges) != strcspn(ours, "\t") ||
		    strncmp(ours, judges, strlen(judges)) != 0)
			fail_msg("%s: %#llx %s, objdump has %.60s", file,
				 (unsigned long long)i.vaddr, i.text, line);
		if (i.has_target) {
			assert_int_equal(sscanf(line, " %llx: %63s %llx", &vaddr, mnemonic, &target), 3);
			assert_int_equal(i.target, target);
		}
		line = strchr(line, '\n') + 1;
	}
	if (*line && !strstr(line, "nop") && !strstr(line, "xchg"))
		fail_msg("%s: objdump goes on with %s", function, line);
	assert_true(n > 10);
	assert_int_equal(i.vaddr + i.len, said.reader.vaddr + said.reader.size);
	said_deinit(&said);
}

TEST(functions_have_the_instructions_that_objdump_finds)
{
	static const char *const flags[] = {
		"-O0 -g", "-O2 -g", "-O3 -g -mavx2", "-O2 -fcf-protection -fno-plt", "-Os -static" };
	struct worker w;

	need_capstone();
	need_tool("objdump", "binutils");
	need(lab_try("[ $(uname -m) = x86_64 ]"), "not on x86-64");
	lab_write("p.c", program);
	worker_start(&w);
	for (uint32_t i = 0; i < array_len(flags); i++) {
		lab_run("${CC:-cc} %s -o p p.c", flags[i]);
		_cleanup_(closep) int fd = lab_open("p");
		open_module(&w, i, fd);
		compare_with_objdump(&w, i, "p", "main");
		compare_with_objdump(&w, i, "p", "hash");
	}
	worker_end(&w);
}

/* A call through the PLT, and one to a function of the program. */
TEST(what_is_called_has_a_name)
{
	struct worker w;
	struct said said;
	struct symbol_answer_reader names;
	struct symbol_answer_function f;
	bool plt = false, own = false;

	need_capstone();
	need(lab_try("[ $(uname -m) = x86_64 ]"), "not on x86-64");
	lab_write("p.c", program);
	lab_run("${CC:-cc} -O1 -g -fplt -o p p.c");
	_cleanup_(closep) int fd = lab_open("p");
	worker_start(&w);
	open_module(&w, 0, fd);
	ask_code(&w, 0, address_of("p", "main") + 1, &said);	/* anywhere in it */
	assert_int_equal(said.reader.vaddr, address_of("p", "main"));
	symbol_answer_open(&names, said.bytes.data, said.bytes.len);
	while (symbol_answer_next_function(&names, &f) > 0) {
		plt |= f.name_len == 8 && memcmp(f.name, "puts@plt", 8) == 0;
		own |= f.name_len == 4 && memcmp(f.name, "hash", 4) == 0;
	}
	assert_true(plt && own);
	said_deinit(&said);
	worker_end(&w);
}

/* ---- refusals ---- */

TEST(what_cannot_be_had_has_a_reason)
{
	struct worker w;
	struct said said;

	need_capstone();
	lab_write("p.c", program);
	lab_run("${CC:-cc} -g0 -o p p.c && objcopy --only-keep-debug p empty");
	_cleanup_(closep) int fd = lab_open("p");
	_cleanup_(closep) int empty = lab_open("empty");
	_cleanup_(closep) int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	worker_start(&w);
	open_module(&w, 0, fd);
	open_module(&w, 1, empty);
	open_module(&w, 2, null);
	static const struct { uint32_t module; uint64_t vaddr; const char *note; } cases[] = {
		{ 0, 3, "no function is known there" },
		{ 0, UINT64_MAX, "no function is known there" },
		{ 1, 0, "the file does not have these bytes" },
		{ 2, 0, "its file cannot be read" },
		{ 3, 0, "its file cannot be read" },
	};
	for (size_t i = 0; i < array_len(cases); i++) {
		ask_code(&w, cases[i].module,
			 cases[i].vaddr ? cases[i].vaddr : address_of("p", "main"), &said);
		assert_string_equal(said.note, cases[i].note);
		said_deinit(&said);
	}
	worker_end(&w);
}

/* A function of a megabyte: as much as is allowed, of whole instructions. */
TEST(a_large_function_is_cut)
{
	struct worker w;
	struct instruction i;
	struct said said;
	uint64_t end = 0;

	need_capstone();
	need(lab_try("[ $(uname -m) = x86_64 ]"), "not on x86-64");
	lab_write("big.s", ".globl big\n.type big,@function\nbig: .rept 100000\n"
			   "movabs $0x1122334455667788,%rax\n.endr\n.size big,.-big\n"
			   ".section .note.GNU-stack,\"\"\n");
	lab_run("echo 'int main(void) { return 0; }' >m.c && ${CC:-cc} -o big m.c big.s");
	_cleanup_(closep) int fd = lab_open("big");
	worker_start(&w);
	open_module(&w, 0, fd);
	ask_code(&w, 0, address_of("big", "big"), &said);
	assert_string_equal(said.note, "");
	assert_int_equal(said.reader.size, 1000000);
	while (code_answer_next(&said.reader, &i) > 0) {
		assert_int_equal(i.len, 10);
		end = i.vaddr + i.len - said.reader.vaddr;
	}
	assert_in_range(end, CODE_MAX_BYTES - 2 * CODE_MAX_LENGTH, CODE_MAX_BYTES);
	said_deinit(&said);
	worker_end(&w);
}

/* Whatever the headers and symbols say: an answer comes, and the worker lives. */
TEST(damaged_files_get_an_answer)
{
	struct worker w;
	struct buf good = { 0 };
	struct said said;
	struct error err;
	uint64_t vaddr;
	size_t n_code = 0, n_notes = 0;

	need_capstone();
	lab_write("p.c", program);
	lab_run("${CC:-cc} -g0 -O1 -o p p.c");
	_cleanup_(closep) int file = lab_open("p");
	assert_int_equal(io_read_all(file, 1 << 24, &good, &err), 0);
	vaddr = address_of("p", "main");
	worker_start(&w);
	srand(11);
	for (uint32_t k = 0; k < 400; k++) {
		uint8_t *bad = xmemdup(good.data, good.len);
		size_t len = k % 4 ? good.len : (size_t)rand() % good.len;

		/* The header, program headers, and the tables at the end. */
		for (int i = 0; i < 6; i++) {
			size_t at = i < 3 ? (size_t)rand() % 0x400
					  : good.len - 1 - (size_t)rand() % (good.len / 2);

			bad[at] = (uint8_t)(rand() % 3 ? rand() : 0xff);
		}
		_cleanup_(closep) int fd = io_memfd("bad", bad, len, &err);
		open_module(&w, k, fd);
		ask_code(&w, k, vaddr, &said);
		*(said.note[0] ? &n_notes : &n_code) += 1;
		said_deinit(&said);
		free(bad);
	}
	assert_true(n_code > 10 && n_notes > 10);	/* else nothing was tried */
	buf_deinit(&good);
	worker_end(&w);
}

/* ---- single instructions ---- */

TEST(instructions_are_written_like_objdump_does)
{
	static const struct {
		uint16_t machine;
		uint8_t bytes[16];
		size_t len;
		const char *text;
		uint64_t target;	/* 0: none */
	} cases[] = {
		{ EM_X86_64, { 0x48, 0x89, 0xe5 }, 3, "mov\t%rsp,%rbp", 0 },
		{ EM_X86_64, { 0xc7, 0x45, 0xf8, 5, 0, 0, 0 }, 7, "movl\t$0x5,-0x8(%rbp)", 0 },
		{ EM_X86_64, { 0x48, 0x83, 0x44, 0x24, 8, 1 }, 6, "addq\t$0x1,0x8(%rsp)", 0 },
		{ EM_X86_64, { 0x8b, 0x44, 0x88, 4 }, 4, "mov\t0x4(%rax,%rcx,4),%eax", 0 },
		{ EM_X86_64, { 0x0f, 0xb6, 0x00 }, 3, "movzbl\t(%rax),%eax", 0 },
		{ EM_X86_64, { 0xf2, 0x0f, 0x2a, 0xc0 }, 4, "cvtsi2sd\t%eax,%xmm0", 0 },
		{ EM_X86_64, { 0xd3, 0x20 }, 2, "shll\t%cl,(%rax)", 0 },
		{ EM_X86_64, { 0xe8, 0xfb, 0xff, 0xff, 0xff }, 5, "call", 0x1000 },
		{ EM_X86_64, { 0x75, 0x10 }, 2, "jne", 0x1012 },
		{ EM_X86_64, { 0x3e, 0xff, 0xe0 }, 3, "notrack jmp\t*%rax", 0 },
		{ EM_X86_64, { 0xc3 }, 1, "ret", 0 },
		/* kmovd %k0,%eax; vpcmpeqb 0xfc0(%rax),%zmm16,%k0 */
		{ EM_X86_64, { 0xc5, 0xfb, 0x93, 0xc0 }, 4, "(unknown)", 0 },
		{ EM_X86_64, { 0x62, 0xf1, 0x7d, 0x40, 0x74, 0x40, 0x3f }, 7, "(unknown)", 0 },
		{ EM_X86_64, { 0x06 }, 1, "(bad)", 0 },
		{ EM_X86_64, { 0xe8, 1 }, 1, "(bad)", 0 },	/* cut short */
		{ EM_AARCH64, { 0xfd, 0x7b, 0xbf, 0xa9 }, 4, "stp\tx29, x30, [sp, #-0x10]!", 0 },
		{ EM_AARCH64, { 0x00, 0x04, 0x00, 0x94 }, 4, "bl", 0x2000 },
		{ EM_AARCH64, { 0x41, 0x00, 0x00, 0x54 }, 4, "b.ne", 0x1008 },
		{ EM_AARCH64, { 0x40, 0x00, 0x00, 0xb4 }, 4, "cbz\tx0", 0x1008 },
		{ EM_AARCH64, { 0xc0, 0x03, 0x5f, 0xd6 }, 4, "ret", 0 },
		{ EM_AARCH64, { 0xff, 0xff, 0xff, 0xff }, 4, "(bad)", 0 },
	};

	need_capstone();
	for (size_t i = 0; i < array_len(cases); i++) {
		struct cursor code = cursor_make(cases[i].bytes, max_of(cases[i].len, (size_t)1));
		uint64_t vaddr = 0x1000;
		struct disassembler *d;
		struct instruction got;
		struct error err;

		assert_int_equal(disassembler_open(cases[i].machine, &d, &err), 0);
		assert_true(disassemble_next(d, &code, &vaddr, &got));
		assert_string_equal(got.text, cases[i].text);
		assert_int_equal(got.len, cases[i].len);
		assert_int_equal(got.has_target, cases[i].target != 0);
		assert_int_equal(got.target, cases[i].target);
		assert_int_equal(vaddr, 0x1000 + cases[i].len);
		assert_false(disassemble_next(d, &code, &vaddr, &got));
		disassembler_close(d);
	}
}

TEST(another_machine_is_refused)
{
	struct disassembler *d;
	struct error err;

	assert_int_equal(disassembler_open(EM_RISCV, &d, &err), -1);
	assert_int_equal(err.code, ENOTSUP);
}

/* ---- as bytes ---- */

static const struct instruction some[] = {
	{ .vaddr = 0x1000, .len = 1, .text = "ret" },
	{ .vaddr = 0x1001, .len = 15, .text = "mov\t%rax,%rbx" },
	{ .vaddr = 0x1010, .len = 5, .text = "call", .has_target = true, .target = 0x10 },
	{ .vaddr = 0x1015, .len = 2, .text = "jmp", .has_target = true, .target = UINT64_MAX },
};

static struct buf make_answer(void)
{
	struct buf b = { 0 };

	code_answer_put_head(&b, 0x1000, 0x17, array_len(some));
	for (size_t i = 0; i < array_len(some); i++)
		code_answer_put(&b, &some[i]);
	return b;
}

/* How many could be read before the end, or -1. */
static int read_answer(const void *data, size_t len)
{
	struct code_answer_reader r;
	struct instruction i;
	int n = 0, more;

	if (!code_answer_open(&r, cursor_make(data, len)))
		return -1;
	while ((more = code_answer_next(&r, &i)) > 0) {
		if (n < (int)array_len(some)) {
			assert_int_equal(i.vaddr, some[n].vaddr);
			assert_int_equal(i.len, some[n].len);
			assert_string_equal(i.text, some[n].text);
			assert_int_equal(i.has_target, some[n].has_target);
			assert_int_equal(i.target, some[n].target);
		}
		n++;
	}
	return more < 0 ? -1 : n;
}

TEST(what_was_answered_is_read_and_nothing_less)
{
	struct buf b = make_answer();

	assert_int_equal(read_answer(b.data, b.len), array_len(some));
	for (size_t len = 0; len < b.len; len++) {
		_cleanup_(freep) void *copy = xmemdup(b.data, len);

		assert_int_equal(read_answer(copy, len), -1);
	}
	buf_deinit(&b);
}

TEST(answers_that_lie_are_refused)
{
	static const struct { const char *what; uint8_t bytes[8]; size_t len; } cases[] = {
		{ "more instructions than allowed", { 0, 1, 0xa1, 0x9c, 0x01 }, 5 },
		{ "an instruction of no byte", { 0, 1, 1, 0, 0, 1, 'x' }, 7 },
		{ "one of 17 bytes", { 0, 1, 1, 17, 0, 1, 'x' }, 7 },
		{ "a text longer than all", { 0, 1, 1, 1, 0, 0x7f, 'x' }, 7 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		if (read_answer(cases[i].bytes, cases[i].len) >= 0)
			fail_msg("taken: %s", cases[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_the_instructions_that_objdump_finds),
		cmocka_unit_test(what_is_called_has_a_name),
		cmocka_unit_test(what_cannot_be_had_has_a_reason),
		cmocka_unit_test(a_large_function_is_cut),
		cmocka_unit_test(damaged_files_get_an_answer),
		cmocka_unit_test(instructions_are_written_like_objdump_does),
		cmocka_unit_test(another_machine_is_refused),
		cmocka_unit_test(what_was_answered_is_read_and_nothing_less),
		cmocka_unit_test(answers_that_lie_are_refused),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}

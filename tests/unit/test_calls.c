// SPDX-License-Identifier: Apache-2.0
/*
 * Which call ends at a return address: what a worker says of each instruction of a
 * program, and of libc, against objdump.
 */
#include "tests/unit/lab.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "opener/opener_proto.h"
#include "worker/symbol_answer.h"
#include "worker/worker_proto.h"

/* ---- a worker ---- */

struct worker {
	pid_t pid;
	int channel;
	struct msg *m;
	struct function {
		char name[64];
		uint64_t vaddr;
	} *functions;		/* all that it told of the module */
	size_t n_functions, cap_functions;
};

static void worker_start(struct worker *w)
{
	_cleanup_(freep) char *path = xasprintf("%s/cprofd-worker", getenv("top_builddir"));
	struct error err;
	int ends[2];

	*w = (struct worker){ .m = xmalloc(sizeof(*w->m)) };
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

static void worker_end(struct worker *w)
{
	int status;

	close(w->channel);
	free(w->m);
	free(w->functions);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void ask(struct worker *w, const void *msg, size_t len, const int *fds, size_t n_fds)
{
	struct error err;

	if (msg_send(w->channel, msg, len, fds, n_fds, &err) < 0 ||
	    msg_recv(w->channel, w->m, &err) != 1)
		fail_msg("the worker does not answer");
}

static void open_module(struct worker *w, int fd)
{
	_cleanup_(freep) struct w_open_symbols *msg = xcalloc(1, sizeof(*msg) + 1);

	*msg = (struct w_open_symbols){ .type = W_OPEN_SYMBOLS, .has_file = 1, .kind = MODULE_FILE };
	ask(w, msg, sizeof(*msg) + 1, &fd, 1);
}

/* ---- objdump ---- */

struct insn {
	uint64_t end;
	enum record_call_kind kind;
	uint64_t target;
	char name[64];		/* of what is at the target, as objdump has it */
};

struct insns {
	struct insn *v;
	size_t n, cap;
};

/* "  401136:\te8 c5 ff ff ff \tcall   401100 <f>" */
static bool parse(const char *line, struct insn *out)
{
	char *p;
	uint64_t start = strtoull(line, &p, 16);
	const char *text, *call, *name;

	*out = (struct insn){ .end = start, .kind = CALL_NONE };
	if (p == line || p[0] != ':' || p[1] != '\t')
		return false;
	text = strchr(p + 2, '\t');
	if (!text)
		return false;
	for (p += 2; p < text; p++)
		out->end += *p == ' ' && p[-1] != ' ';
	call = strstr(text, "call ");
	name = strchr(text, '<');
	if (!call || (name && name < call))
		return true;
	call += strspn(call + 4, " ") + 4;
	if (*call == '*') {
		out->kind = CALL_INDIRECT;
		return true;
	}
	out->kind = CALL_DIRECT;
	out->target = strtoull(call, NULL, 16);
	if (name)
		snprintf(out->name, sizeof(out->name), "%.*s", (int)strcspn(name + 1, ">"), name + 1);
	return true;
}

static void disassemble(const char *file, struct insns *out)
{
	_cleanup_(freep) char *text = lab_output("objdump -d --insn-width=16 -j .text %s", file);
	struct insn insn;

	*out = (struct insns){ 0 };
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!parse(line + strspn(line, " "), &insn))
			continue;
		array_reserve(out->v, out->n + 1, out->cap);
		out->v[out->n++] = insn;
	}
}

/* ---- comparing ---- */

static void learn_functions(struct worker *w, struct symbol_answer_reader *r)
{
	struct symbol_answer_function f;
	int more;

	while ((more = symbol_answer_next_function(r, &f)) > 0) {
		struct function *known;

		array_reserve(w->functions, w->n_functions + 1, w->cap_functions);
		known = &w->functions[w->n_functions++];
		known->vaddr = f.vaddr;
		snprintf(known->name, sizeof(known->name), "%.*s", (int)f.name_len, f.name);
	}
	assert_int_equal(more, 0);
}

/* How many of what are as objdump has them, and not. */
struct judged {
	size_t right[CALL_KINDS], wrong[CALL_KINDS], n_named;
};

static void judge(const struct worker *w, const struct insn *i, const struct symbol_call *call,
		  struct judged *out)
{
	bool stub_without_name = i->kind == CALL_DIRECT && strncmp(i->name, "*ABS*", 5) == 0;
	bool same = call->kind == (stub_without_name ? CALL_INDIRECT : i->kind) &&
		    (call->kind != CALL_DIRECT || call->target == i->target);

	if (!same && i->kind != CALL_NONE)
		print_error("%lx: kind %d to %lx, objdump has %d to %lx %s\n", (long)i->end,
			    call->kind, (long)call->target, i->kind, (long)i->target, i->name);
	(same ? out->right : out->wrong)[i->kind]++;
	if (call->function == RECORD_NONE)
		return;
	out->n_named++;
	assert_true(call->function < w->n_functions);
	assert_true(w->functions[call->function].vaddr == call->target);
}

/* The next instructions, as many as fit into a request. */
static size_t judge_some(struct worker *w, const struct insn *insns, size_t n, bool names,
			 struct judged *out)
{
	_cleanup_(freep) struct w_symbols *msg = xcalloc(1, sizeof(*msg));
	struct symbol_answer_reader r;
	struct symbol_answer_address a;
	struct buf b = { 0 };
	struct error err;

	*msg = (struct w_symbols){ .type = W_SYMBOLS };
	for (; msg->n < n && msg->n < WORKER_MAX_ADDRESSES; msg->n++) {
		msg->vaddrs[msg->n] = insns[msg->n].end - 1;
		msg->returns[msg->n / 64] |= 1ull << msg->n % 64;
	}
	ask(w, msg, sizeof(*msg), NULL, 0);
	_cleanup_(closep) int fd = msg_take_fd(w->m, 0);
	assert_int_equal(io_load(fd, 64 << 20, &b, &err), 0);
	symbol_answer_open(&r, b.data, b.len);
	learn_functions(w, &r);
	for (size_t i = 0; i < msg->n; i++) {
		assert_int_equal(symbol_answer_next_address(&r, &a), 1);
		assert_true(a.vaddr == insns[i].end - 1);
		judge(w, &insns[i], &a.call, out);
		if (names && insns[i].kind == CALL_DIRECT) {
			assert_true(a.call.function != RECORD_NONE);
			assert_string_equal(w->functions[a.call.function].name, insns[i].name);
		}
	}
	assert_int_equal(symbol_answer_next_address(&r, &a), 0);
	buf_deinit(&b);
	return msg->n;
}

static void judge_file(const char *file, bool calls_only, bool names, struct judged *out)
{
	_cleanup_(closep) int fd = lab_open(file);
	struct insns insns;
	struct worker w;
	size_t n = 0;

	disassemble(file, &insns);
	for (size_t i = 0; calls_only && i < insns.n; i++)
		if (insns.v[i].kind != CALL_NONE)
			insns.v[n++] = insns.v[i];
	insns.n = calls_only ? n : insns.n;
	*out = (struct judged){ 0 };
	worker_start(&w);
	open_module(&w, fd);
	for (size_t i = 0; i < insns.n;)
		i += judge_some(&w, insns.v + i, insns.n - i, names, out);
	worker_end(&w);
	free(insns.v);
	for (enum record_call_kind i = CALL_NONE; i < CALL_KINDS; i++)
		print_message("%s: kind %d: %zu right, %zu wrong\n", file, i, out->right[i],
			      out->wrong[i]);
}

/* Every form of an indirect call, with prefixes, and calls that the linker pads. */
static const char program[] =
	"#include <stdlib.h>\n"
	"#include <stdio.h>\n"
	"__asm__(\".text\\n.globl forms\\n.type forms,@function\\nforms:\\n\"\n"
	"\" call *%rax\\n call *%r8\\n call *%rsp\\n call *%rbp\\n call *%r12\\n call *%r13\\n\"\n"
	"\" call *(%rax)\\n call *(%r9)\\n call *(%rsp)\\n call *(%rbp)\\n call *(%r12)\\n call *(%r13)\\n\"\n"
	"\" call *8(%rax)\\n call *8(%rsp)\\n call *-8(%rbp)\\n call *0x7f(%r12)\\n call *1(%r13)\\n\"\n"
	"\" call *0x1234(%rax)\\n call *0x1234(%rsp)\\n call *-0x1234(%r12)\\n call *0x123456(%r15)\\n\"\n"
	"\" call *(%rax,%rbx,8)\\n call *(%rbp,%r9,4)\\n call *8(%rax,%rbx,2)\\n call *0x8000(%r8,%r14,8)\\n\"\n"
	"\" call *0x40(,%rax,8)\\n call *0x404040\\n call *table(%rip)\\n\"\n"
	"\" call *0x0(%rax,%rbp,8)\\n call *0x12345678(%rax,%rbp,8)\\n\"\n"
	"\" notrack call *%rdx\\n notrack call *(%r10)\\n bnd call *%rcx\\n data16 call *%rax\\n\"\n"
	"\" call forms\\n bnd call forms\\n .byte 0x67\\n call forms\\n call main\\n\"\n"
	"\" nop\\n jmp *%rax\\n push 8(%rax)\\n jmp forms\\n mov $0xe8,%al\\n ret\\n.size forms,.-forms\\n\");\n"
	"void *table[4];\n"
	"static int compare(const void *a, const void *b) { return *(char *)a - *(char *)b; }\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	qsort(argv[0], argc, 1, compare);\n"
	"	printf(\"%s\\n\", argv[0]);\n"
	"	return argc;\n"
	"}\n";

TEST(every_instruction_of_a_program_is_judged_as_objdump_does)
{
	struct judged j;

	need_tool("objdump", "binutils");
	need_tool("gcc", "gcc");
#ifndef __x86_64__
	need(false, "calls are read of x86-64 only");
#endif
	lab_write("p.c", program);
	lab_run("gcc -O2 -g -no-pie -o p p.c");
	judge_file("p", false, true, &j);
	assert_int_equal(j.wrong[CALL_NONE] + j.wrong[CALL_DIRECT] + j.wrong[CALL_INDIRECT], 0);
	assert_true(j.right[CALL_INDIRECT] >= 34);
	assert_true(j.right[CALL_DIRECT] >= 7);
	assert_true(j.right[CALL_NONE] > 20);
}

/* Without symbols only unwind information tells where functions begin. */
TEST(a_stripped_program_is_judged_the_same)
{
	struct judged j;

	need_tool("objdump", "binutils");
	need_tool("gcc", "gcc");
#ifndef __x86_64__
	need(false, "calls are read of x86-64 only");
#endif
	lab_write("p.c", program);
	lab_run("gcc -O2 -s -o s p.c");
	judge_file("s", false, false, &j);
	assert_int_equal(j.wrong[CALL_NONE] + j.wrong[CALL_DIRECT] + j.wrong[CALL_INDIRECT], 0);
	assert_true(j.n_named >= 3);	/* main and two stubs */
}

TEST(every_call_of_libc_is_judged_as_objdump_does)
{
	static const char libc[] = "/lib/x86_64-linux-gnu/libc.so.6";
	struct judged j;

	need_tool("objdump", "binutils");
	need(access(libc, R_OK) == 0, "no /lib/x86_64-linux-gnu/libc.so.6");
	judge_file(libc, true, false, &j);
	assert_int_equal(j.wrong[CALL_DIRECT] + j.wrong[CALL_INDIRECT], 0);
	assert_true(j.right[CALL_DIRECT] > 1000 && j.right[CALL_INDIRECT] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_instruction_of_a_program_is_judged_as_objdump_does),
		cmocka_unit_test(a_stripped_program_is_judged_the_same),
		cmocka_unit_test(every_call_of_libc_is_judged_as_objdump_does),
	};

	return cmocka_run_group_tests_name("calls", tests, lab_setup, lab_teardown);
}

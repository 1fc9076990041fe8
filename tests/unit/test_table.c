// SPDX-License-Identifier: Apache-2.0
/*
 * The compact table against two judges: every row that `readelf -wF` prints,
 * and libunwind stepping over a made-up frame at every such row.
 *
 * CPROFD_TABLE_FILES names the files, separated by blanks (make check-long gives
 * it hundreds); without it a few that every machine has.
 */
#include "tests/unit/test.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "elf/elf_file.h"
#include "unwind/step_libunwind.h"
#include "unwind/unwind.h"
#include "unwind/unwind_build.h"

static const char default_files[] =
	"/lib/x86_64-linux-gnu/libc.so.6 /lib64/ld-linux-x86-64.so.2 /bin/bash "
	"/lib/x86_64-linux-gnu/libm.so.6 /usr/lib/x86_64-linux-gnu/libcrypto.so.3 "
	"/usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/bin/gdb /usr/bin/perl";

#define MAX_SHOWN 20

static struct totals {
	unsigned long files, rows, rows_wrong, steps, steps_wrong, stale_slots, undecided, refused;
} totals;

/* ---- our side ---- */

struct table_file {
	const char *path;
	int fd;
	struct elf_file *elf;
	struct buf image;
	struct unwind_table table;
};

static bool open_file(struct table_file *f, const char *path)
{
	struct error err;

	*f = (struct table_file){ .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (f->fd < 0)
		return false;
	if (elf_file_open(f->fd, &f->elf, &err) < 0 ||
	    elf_file_machine(f->elf) != EM_X86_64) {
		elf_file_close(f->elf);
		close(f->fd);
		return false;
	}
	assert_int_equal(unwind_build(f->elf, &f->image, &err), 0);
	assert_int_equal(unwind_table_init(&f->table, f->image.data, f->image.len, &err), 0);
	return true;
}

static void close_file(struct table_file *f)
{
	elf_file_close(f->elf);
	buf_deinit(&f->image);
	close(f->fd);
}

static const char *reg_name(unsigned int reg)
{
	static const char *const names[] = {
		"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9",
		"r10", "r11", "r12", "r13", "r14", "r15", "rip" };

	return reg < array_len(names) ? names[reg] : "?";
}

/* What readelf would print for our rule: CFA, rbp and return address. */
struct printed {
	char cfa[32], fp[16], ra[16];
};

static void print_value(char *to, size_t cap, uint8_t kind, int32_t off)
{
	switch ((enum unwind_value_kind)kind) {
	case VALUE_AT_CFA:
		snprintf(to, cap, "c%+d", off);
		break;
	case VALUE_SAME:
	case VALUE_UNKNOWN:
		snprintf(to, cap, "u");
		break;
	case VALUE_IN_REG:
		snprintf(to, cap, "%s", reg_name((unsigned int)off));
		break;
	default:
		snprintf(to, cap, "exp");
	}
}

static struct printed print_rule(const struct unwind_table *table, uint32_t rule)
{
	struct printed p = { .cfa = "exp", .fp = "u", .ra = "c-8" };
	const struct unwind_rule *d;

	switch (rule_type(rule)) {
	case RULE_SP:
	case RULE_FP:
		snprintf(p.cfa, sizeof(p.cfa), "%s+%u", rule_type(rule) == RULE_SP ? "rsp" : "rbp",
			 8 * rule_low(rule));
		if (rule_high(rule))
			snprintf(p.fp, sizeof(p.fp), "c-%u", 8 * rule_high(rule));
		break;
	case RULE_DICT:
		d = unwind_table_dict(table, rule_index(rule));
		if (d->cfa_kind == CFA_REG)
			snprintf(p.cfa, sizeof(p.cfa), "%s%+d", reg_name(d->cfa_reg), d->cfa_off);
		print_value(p.fp, sizeof(p.fp), d->fp_kind, d->fp_off);
		print_value(p.ra, sizeof(p.ra), d->ra_kind, d->ra_off);
		break;
	default:
		if (rule_low(rule) == SPECIAL_END)
			snprintf(p.ra, sizeof(p.ra), "u");
		break;
	}
	return p;
}

/* ---- readelf's side ---- */

/* The rows of one FDE as readelf prints them. */
struct fde_text {
	uint64_t start, end;
	int fp_column, ra_column;	/* 0: not printed */
};

static void show_difference(const struct table_file *f, uint64_t vaddr, const char *what,
			    const char *judge, const char *ours)
{
	if (totals.rows_wrong + totals.steps_wrong <= MAX_SHOWN)
		print_message("%s: %#" PRIx64 ": %s: judge %s, table %s\n", f->path, vaddr,
			      what, judge, ours);
}

/* A slot below the stack pointer is not kept alive: we say "unchanged". */
static bool is_stale_slot(const char *cfa, const char *fp)
{
	long cfa_off, fp_off;

	return sscanf(cfa, "rsp+%ld", &cfa_off) == 1 && sscanf(fp, "c-%ld", &fp_off) == 1 &&
	       fp_off > cfa_off;
}

static bool compare_row(const struct table_file *f, uint64_t vaddr, const char *cfa,
			const char *fp, const char *ra)
{
	uint32_t rule = unwind_table_find(&f->table, vaddr);
	struct printed ours = print_rule(&f->table, rule);
	bool end = rule_type(rule) == RULE_SPECIAL && rule_low(rule) == SPECIAL_END;
	char judge[128], mine[128];

	totals.rows++;
	if (end && strcmp(ra, "u") == 0)
		return true;	/* outermost: nothing else of the row matters */
	if (strcmp(fp, "s") == 0)
		fp = "u";
	if (is_stale_slot(cfa, fp) && strcmp(ours.fp, "u") == 0) {
		totals.stale_slots++;
		fp = "u";
	}
	if (strcmp(cfa, "exp") == 0 && strcmp(ours.cfa, "exp") == 0) {
		totals.undecided++;	/* libunwind judges these */
		return false;
	}
	if (strcmp(cfa, ours.cfa) == 0 && strcmp(fp, ours.fp) == 0 && strcmp(ra, ours.ra) == 0)
		return true;
	totals.rows_wrong++;
	snprintf(judge, sizeof(judge), "%s %s %s", cfa, fp, ra);
	snprintf(mine, sizeof(mine), "%s %s %s", ours.cfa, ours.fp, ours.ra);
	show_difference(f, vaddr, "row", judge, mine);
	return false;
}

/* ---- libunwind's side ---- */

#define STACK 0x7ff000000000ull

/* Memory that is all there, each word different and itself an address. */
static uint64_t word_at(uint64_t addr)
{
	return STACK + ((addr * 0x9e3779b97f4a7c15u >> 44) & ~7ull);
}

static bool read_made_up(void *ctx, uint64_t addr, uint64_t *out)
{
	(void)ctx;
	if (addr < STACK - 0x100000 || addr > STACK + 0x10000000)
		return false;
	*out = word_at(addr);
	return true;
}

static bool read_space(void *ctx, uint64_t addr, void *buf, size_t len)
{
	assert_int_equal(len, 8);
	return read_made_up(ctx, addr, buf);
}

struct one_frame {
	const struct table_file *file;
	uint64_t vaddr;
};

/* Our address space: one file, without bias; everything else is code as well. */
static void resolve_one(void *ctx, uint64_t pc, uint32_t flags, struct unwind_place *out)
{
	struct one_frame *one = ctx;

	(void)flags;
	out->where = WHERE_FILE;
	out->table = &one->file->table;
	out->rule = pc == one->vaddr ? unwind_table_find(&one->file->table, pc)
				     : RULE_UNCOVERED;
}

static struct unwind_regs made_up_regs(uint64_t pc)
{
	struct unwind_regs regs = { .known = (1ull << 17) - 1 };

	for (unsigned int i = 0; i < 16; i++)
		regs.value[i] = STACK + 0x2000 + 0x108 * i;
	regs.value[7] = STACK;	/* rsp */
	regs.value[16] = pc;
	return regs;
}

static bool is_stale_read(uint64_t value)
{
	for (uint64_t addr = STACK - 8; addr >= STACK - 256; addr -= 8)
		if (word_at(addr) == value)
			return true;
	return false;
}

/* `readelf_agrees`: the row was judged already, and is right. */
static void compare_step(struct table_file *f, struct step_libunwind *judge,
			 struct unwinder *u, uint64_t vaddr, bool readelf_agrees)
{
	static uint32_t generation;
	struct one_frame one = { f, vaddr };
	struct unwind_space space = {
		.generation = ++generation, .ctx = &one, .resolve = resolve_one,
		.read = read_space };
	struct unwind_stack stack = { .space = &space, .regs = made_up_regs(vaddr) };
	struct unwind_regs theirs = made_up_regs(vaddr);
	uint32_t rule = unwind_table_find(&f->table, vaddr);
	char judged[128], mine[128];

	if (rule_type(rule) == RULE_SPECIAL && rule_low(rule) == SPECIAL_UNSUPPORTED)
		return;		/* libunwind's own in any case */
	bool stepped = step_libunwind_run(judge, &theirs, read_made_up, NULL);
	unwinder_run(u, &stack);
	bool we_stepped = u->end == UNWIND_LIMIT;
	struct unwind_regs *ours = &stack.regs;

	totals.steps++;
	if (!stepped && !we_stepped)
		return;
	if (!stepped && readelf_agrees) {
		totals.refused++;	/* it knows no rules for SSE registers */
		return;
	}
	if (stepped && we_stepped && ours->value[16] == theirs.value[16] &&
	    ours->value[7] == theirs.value[7]) {
		if (!(ours->known >> 6 & 1) || ours->value[6] == theirs.value[6])
			return;
		if (ours->value[6] == made_up_regs(0).value[6] && is_stale_read(theirs.value[6]))
			return;
	}
	totals.steps_wrong++;
	snprintf(judged, sizeof(judged), "%d pc %" PRIx64 " sp %" PRIx64 " fp %" PRIx64, stepped,
		 theirs.value[16], theirs.value[7], theirs.value[6]);
	snprintf(mine, sizeof(mine), "end %d pc %" PRIx64 " sp %" PRIx64 " fp %" PRIx64, u->end,
		 ours->value[16], ours->value[7], ours->value[6]);
	show_difference(f, vaddr, "step", judged, mine);
}

/* ---- both, row by row ---- */

struct walk {
	struct table_file *f;
	struct step_libunwind *judge;
	struct unwinder *u;
};

static void judge_row(struct walk *w, uint64_t vaddr, const char *cfa, const char *fp,
		      const char *ra)
{
	bool agrees = compare_row(w->f, vaddr, cfa, fp, ra);

	if (w->judge)
		compare_step(w->f, w->judge, w->u, vaddr, agrees);
}

/* An FDE of which readelf prints no row, because nothing changes inside. */
static void judge_bare(struct walk *w, uint64_t vaddr)
{
	if (w->judge)
		compare_step(w->f, w->judge, w->u, vaddr, false);
	else
		totals.undecided++;
}

/* The next column: a word, or "r9 (rdi)", of which the name in brackets counts. */
static const char *next_column(const char *line, char out[32])
{
	int used;

	if (sscanf(line, "%31s%n", out, &used) != 1)
		return NULL;
	line += used;
	if (sscanf(line, " (%31[a-z0-9])%n", out, &used) == 1)
		line += used;
	return line;
}

/* Which blank-separated word of the header line names `column`, from 0. */
static int column_of(const char *line, const char *column)
{
	char word[32];
	int at = 0, used;

	for (; sscanf(line, "%31s%n", word, &used) == 1; line += used, at++)
		if (strcmp(word, column) == 0)
			return at;
	return 0;
}

static void word_of(const char *line, int at, char out[32])
{
	do {
		strcpy(out, "u");
		line = next_column(line, out);
	} while (line && at-- > 0);
}

static bool in_code(struct elf_file *elf, uint64_t vaddr)
{
	for (size_t i = 0; i < elf_file_n_segments(elf); i++) {
		const struct elf_segment *s = elf_file_segment(elf, i);

		if (s->exec && vaddr - s->vaddr < s->mem_bytes)
			return true;
	}
	return false;
}

static void walk_readelf(struct walk *w)
{
	char command[512], line[1024], cfa[32], fp[32], ra[32];
	struct fde_text fde = { 0 };
	bool in_fde = false, any_row = false, eh_frame = false;

	snprintf(command, sizeof(command), "readelf -wF '%s' 2>/dev/null", w->f->path);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	while (fgets(line, sizeof(line), p)) {
		uint64_t start, end;
		char *pc = strstr(line, "pc=");

		if (strstr(line, "Contents of the .eh_frame"))
			eh_frame = true;
		if (strstr(line, "Contents of the .debug_frame") && eh_frame)
			break;
		if (strstr(line, " FDE ") && pc &&
		    sscanf(pc, "pc=%" SCNx64 "..%" SCNx64, &start, &end) == 2) {
			if (in_fde && !any_row)
				judge_bare(w, fde.start);
			in_fde = in_code(w->f->elf, start) && end > start;
			any_row = false;
			fde = (struct fde_text){ .start = start, .end = end };
		} else if (strstr(line, " CIE ") || strstr(line, "ZERO terminator")) {
			if (in_fde && !any_row)
				judge_bare(w, fde.start);
			in_fde = false;
		} else if (in_fde && strstr(line, "LOC")) {
			fde.fp_column = column_of(line, "rbp");
			fde.ra_column = column_of(line, "ra");
		} else if (in_fde && sscanf(line, "%" SCNx64 " %31s", &start, cfa) == 2) {
			any_row = true;
			if (start >= fde.end)
				continue;
			word_of(line, fde.fp_column ? fde.fp_column : 100, fp);
			if (!fde.fp_column)
				strcpy(fp, "u");
			word_of(line, fde.ra_column, ra);
			judge_row(w, start, cfa, fp, ra);
		}
	}
	if (in_fde && !any_row)
		judge_bare(w, fde.start);
	pclose(p);
}

static void judge_file(const char *path)
{
	struct table_file f;
	struct walk w = { .f = &f };
	struct error err;

	if (!open_file(&f, path))
		return;
	totals.files++;
	w.u = unwinder_new(&unwind_arch_x86_64, 1);
	if (step_libunwind_open(f.elf, &w.judge, &err) < 0)
		w.judge = NULL;
	walk_readelf(&w);
	step_libunwind_close(w.judge);
	unwinder_free(w.u);
	close_file(&f);
}

TEST(table_says_what_readelf_and_libunwind_say)
{
	const char *list = getenv("CPROFD_TABLE_FILES");
	_cleanup_(freep) char *files = xstrdup(list ? list : default_files);

	for (char *save, *path = strtok_r(files, " \n", &save); path;
	     path = strtok_r(NULL, " \n", &save))
		judge_file(path);
	print_message("%lu files; readelf: %lu rows, %lu wrong, %lu by expression; libunwind: %lu steps, %lu wrong, %lu refused; %lu slots below the stack pointer taken as unchanged\n",
		      totals.files, totals.rows, totals.rows_wrong, totals.undecided,
		      totals.steps, totals.steps_wrong, totals.refused, totals.stale_slots);
	assert_true(totals.files > 0);
	assert_true(totals.rows > 10000);
	assert_int_equal(totals.rows_wrong, 0);
	assert_int_equal(totals.steps_wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_says_what_readelf_and_libunwind_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

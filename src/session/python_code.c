// SPDX-License-Identifier: Apache-2.0
/*
 * Code objects of Python, and the functions that they are.
 *
 * Functions of the same name, file and lines are one, whichever process they are in.  A
 * frame of one is (module of that version, number of the function and of the instruction).
 */
#include "session/python_internal.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/bpf/bpf_sample.h"

#define FUNCTION_BITS 24		/* of a vaddr, for the instruction; see MODULE_PYTHON */
#define MAX_FUNCTIONS (1u << 24)	/* of one version */
#define MAX_INSTRUCTION ((1 << FUNCTION_BITS) - 1)
#define MAX_CODES (1u << 20)		/* of one process */
#define UNREADABLE 0			/* the first function of each version */

/* Functions of one version, of all processes. */
struct python_functions {
	uint32_t *recorded;		/* numbers in the recording */
	size_t n, cap;
	struct u64map by_hash;
};

static uint32_t put_text(struct session *s, const char *text)
{
	return record_put_string(s->writer, text, strlen(text));
}

static uint32_t add_function(struct session *s, struct module *m, const char *name,
			     const char *file, int32_t line)
{
	struct python_functions *f = m->python;

	array_reserve(f->recorded, f->n + 1, f->cap);
	f->recorded[f->n] = record_put_function(s->writer, &(struct record_function){
		.module = m->number, .name = put_text(s, name), .file = put_text(s, file),
		.line = (uint32_t)max_of(line, 0), .vaddr = (uint64_t)f->n << FUNCTION_BITS,
		.size = 1u << FUNCTION_BITS, .source = SYMBOL_PYTHON });
	return (uint32_t)f->n++;
}

struct module *python_functions_module(struct session *s, uint16_t version)
{
	char name[32];

	snprintf(name, sizeof(name), "python%u.%u", version >> 8, version & 0xff);
	for (size_t i = 0; i < s->n_modules; i++)
		if (s->modules[i]->kind == MODULE_PYTHON && strcmp(s->modules[i]->path, name) == 0)
			return s->modules[i];

	struct module *m = modules_python(s, name);

	m->python = xcalloc(1, sizeof(*m->python));
	add_function(s, m, "[Python function that cannot be read]", "", 0);
	return m;
}

/* A relative path, as that of a program was before 3.9, behind the folder that it is in. */
static char *path_of(const struct python *py, const char *file)
{
	bool is_relative = *file && *file != '/' && *file != '<';

	return is_relative && py->cwd
	       ? xasprintf("%s%s./%s", py->cwd, strcmp(py->cwd, "/") == 0 ? "" : "/", file)
	       : xstrdup(file);
}

/* The number of the function, known by what it is called and where it is. */
static uint32_t function_number(struct session *s, struct python *py,
				const struct code_object *code)
{
	struct python_functions *f = py->functions->python;
	_cleanup_(freep) char *file = path_of(py, code->file);
	XXH64_hash_t hash = XXH3_64bits_withSeed(code->name, strlen(code->name),
						 (uint64_t)code->first_line);
	uint32_t *slot;

	hash = XXH3_64bits_withSeed(file, strlen(file), hash);
	if (code->line_table_len)
		hash = XXH3_64bits_withSeed(code->line_table, code->line_table_len, hash);
	slot = u64map_slot(&f->by_hash, hash);
	if (*slot != U64MAP_NONE)
		return *slot;
	*slot = f->n < MAX_FUNCTIONS
		? add_function(s, py->functions, code->name, file, code->first_line) : UNREADABLE;
	return *slot;
}

void python_name_frame(struct session *s, struct module *m, uint64_t vaddr, uint32_t frame)
{
	const struct python_functions *f = m->python;
	struct record_level level = { .line = s->python_line };

	if (vaddr >> FUNCTION_BITS >= f->n)
		return;
	level.function = f->recorded[vaddr >> FUNCTION_BITS];
	record_put_symbol(s->writer, frame, &level, 1);
}

/* How much of a code object the kernel looks at, from its second word to its line table. */
uint32_t python_stamp_words(const struct layout *l)
{
	return l->code_linetable / (uint32_t)sizeof(uint64_t);
}

/* Which of those words changes while the code runs: 3.11 counts calls behind the flags. */
uint32_t python_changing_word(const struct layout *l)
{
	return l->version == 0x030b ? l->code_flags / (uint32_t)sizeof(uint64_t) - 1
				    : BPF_PYTHON_NONE;
}

static uint32_t kernel_stamp(const struct layout *l, const struct python_memory *memory,
			     uint64_t code)
{
	__u64 words[BPF_PYTHON_WORDS];
	uint32_t n = python_stamp_words(l);
	uint64_t name;

	if (n > BPF_PYTHON_WORDS || !memory_read(memory, code + 8, words, n * sizeof(*words)) ||
	    !memory_read_u64(memory, code + l->code_name, &name))
		return 0;
	return bpf_python_stamp(words, n, python_changing_word(l), code_object_name_hash(l, memory, name));
}

static bool read_code(const struct python *py, const struct python_memory *memory, uint64_t addr,
		      uint64_t stamp, struct known_code *out)
{
	const struct layout *l = &py->runtime.layout;
	uint64_t after;

	if (!code_object_read(l, memory, py->runtime.code_type, addr, &out->code))
		return false;
	out->stamp = stamp;
	out->kernel_stamp = kernel_stamp(l, memory, addr);
	/* Where the thread runs, it may have been thrown away meanwhile. */
	python_memory_forget(memory);
	if (code_object_stamp(l, memory, addr, &after) && after == stamp)
		return true;
	code_object_deinit(&out->code);
	return false;
}

/* The place of the code object at the address among those known, or NULL: there is no room. */
static struct known_code *place_for(struct python *py, uint64_t addr)
{
	uint32_t *slot = u64map_slot(&py->by_address, addr);

	if (*slot == U64MAP_NONE) {
		if (py->n_codes == MAX_CODES)
			return NULL;
		array_reserve(py->codes, py->n_codes + 1, py->cap_codes);
		py->codes[py->n_codes] = (struct known_code){ .function = UNREADABLE };
		*slot = (uint32_t)py->n_codes++;
	}
	return &py->codes[*slot];
}

/* Take it in, in place of what was there. */
static bool learn(struct session *s, struct python *py, const struct python_memory *memory,
		  uint64_t addr, struct known_code *k)
{
	struct code_object code;

	if (!code_object_read(&py->runtime.layout, memory, py->runtime.code_type, addr, &code))
		return false;
	code_object_deinit(&k->code);
	k->code = code;
	k->function = function_number(s, py, &k->code);
	return true;
}

/*
 * What has that stamp of the kernel's (0: what lies there now) at the address, or NULL: no
 * code object.  Of one that is there no more: what was there.
 */
static struct known_code *code_at(struct session *s, struct python *py,
				  const struct python_memory *memory, uint64_t addr,
				  uint32_t wanted)
{
	uint32_t *slot = u64map_slot(&py->by_address, addr);
	struct known_code *k;
	uint64_t stamp;

	if (*slot != U64MAP_NONE && (py->codes[*slot].checked == py->n_walks ||
				     (wanted && py->codes[*slot].kernel_stamp == wanted)))
		return &py->codes[*slot];
	if (!code_object_stamp(&py->runtime.layout, memory, addr, &stamp))
		return *slot != U64MAP_NONE ? &py->codes[*slot] : NULL;
	k = place_for(py, addr);
	if (!k)
		return NULL;
	if (!k->stamp || k->stamp != stamp) {
		struct known_code now = { 0 };

		if (!read_code(py, memory, addr, stamp, &now))
			return NULL;
		code_object_deinit(&k->code);
		*k = now;
		k->function = function_number(s, py, &k->code);
	}
	k->checked = py->n_walks;
	return k;
}

/* Pieces of memory that the kernel has sent, and behind them that of the process. */
struct pieces {
	const struct bpf_code *code;
	struct python_memory live;
};

static bool read_piece(uint64_t at, const uint8_t *bytes, size_t n, uint64_t addr, void *buf,
		       size_t len)
{
	if (addr < at || addr - at > n || len > n - (addr - at))
		return false;
	memcpy(buf, bytes + (addr - at), len);
	return true;
}

static bool read_pieces(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct pieces *p = ctx;
	const struct bpf_code *c = p->code;

	for (size_t i = 0; i < BPF_CODE_TEXTS; i++)
		if (read_piece(c->text_at[i], c->text[i], min_of(c->text_bytes[i], BPF_CODE_TEXT), addr,
			       buf, len))
			return true;
	return read_piece(c->address, c->object, sizeof(c->object), addr, buf, len) ||
	       read_piece(c->lines_at, c->lines, min_of(c->lines_bytes, BPF_CODE_LINES), addr,
			  buf, len) ||
	       memory_read(&p->live, addr, buf, len);
}

void python_learn_code(struct session *s, const struct perf_sample *p)
{
	struct proc *proc = procs_find(s, p->pid);
	struct python *py = proc ? proc->python : NULL;
	struct bpf_code *code;
	struct pieces pieces;
	struct python_memory memory = { .ctx = &pieces, .read = read_pieces };
	struct known_code *k;

	if (!py || py->state != RUNTIME_FOUND)
		return;
	code = xcalloc(1, sizeof(*code));
	memcpy(code, p->raw, min_of(p->raw_len, sizeof(*code)));
	pieces = (struct pieces){ code, python_memory_of(s, proc) };
	k = place_for(py, code->address);
	if (k && k->kernel_stamp != code->stamp && learn(s, py, &memory, code->address, k)) {
		k->kernel_stamp = code->stamp;
		k->stamp = 0;		/* what is there by now was not looked at */
	}
	free(code);
}

/*
 * What 3.12 and later put below an __init__() that they call without C: nobody's function,
 * and no caller of one in a traceback.
 */
static bool is_init_cleanup(const struct code_object *code)
{
	return code->name && strcmp(code->name, "__init__") == 0 &&
	       strcmp(code->file, "__init__") == 0;
}

uint32_t python_frame_number(struct session *s, struct python *py,
			     const struct python_memory *memory, const struct python_frame *f)
{
	const struct known_code *k = code_at(s, py, memory, f->code, f->stamp);
	int64_t offset = f->offset;
	int32_t line;

	s->python_line = 0;
	if (!k || (f->stamp && f->stamp != k->kernel_stamp)) {
		py->n_unreadable++;
		return stacks_frame(s, py->functions, UNREADABLE, 0);
	}
	if (is_init_cleanup(&k->code))
		return RECORD_NONE;
	if (k->code.instructions)
		offset = (int64_t)(f->instruction - k->code.instructions);
	line = code_object_line(&py->runtime.layout, &k->code, offset);
	/* What a module begins with has line 0. */
	s->python_line = (uint32_t)max_of(line ? line : k->code.first_line, 0);
	offset = offset < 0 ? 0 : min_of(offset / 2, (int64_t)MAX_INSTRUCTION);
	return stacks_frame(s, py->functions,
			    (uint64_t)k->function << FUNCTION_BITS | (uint64_t)offset, 0);
}

uint32_t python_function_at(struct session *s, struct python *py,
			    const struct python_memory *memory, uint64_t code, uint64_t name,
			    const char **called)
{
	const struct known_code *k;
	uint64_t now;

	py->n_walks++;	/* what was looked at before may be another by now */
	k = code_at(s, py, memory, code, 0);
	/* Of a process that has ended there is what was known. */
	if (!k || k->function == UNREADABLE ||
	    (memory_read_u64(memory, code + py->runtime.layout.code_name, &now) && now != name))
		return RECORD_NONE;
	*called = k->code.name;
	return py->functions->python->recorded[k->function];
}

void python_each_function(const struct python *py, python_function_fn fn, void *ctx)
{
	for (size_t i = 0; i < py->n_codes; i++)
		if (py->codes[i].function != UNREADABLE)
			fn(ctx, py->functions->python->recorded[py->codes[i].function],
			   py->codes[i].code.name);
}

void python_functions_free(struct python_functions *f)
{
	if (!f)
		return;
	u64map_deinit(&f->by_hash);
	free(f->recorded);
	free(f);
}


// SPDX-License-Identifier: Apache-2.0
/*
 * What the symbolizer says about addresses, collected: of each address its frames,
 * the innermost first, inlined calls among them.
 *
 *	struct frames ours = { 0 };
 *
 *	resolve_file("program", NULL, NULL, vaddrs, n, true, &ours);
 *	assert_string_equal(frame_of(&ours, 0, 0)->name, "work");
 *	frames_deinit(&ours);
 */
#ifndef CPROFD_TESTS_UNIT_SYMBOL_FRAMES_H
#define CPROFD_TESTS_UNIT_SYMBOL_FRAMES_H

#include "tests/unit/lab.h"

#include "elf/elf_file.h"
#include "symbol/symbolizer.h"

struct frame {
	char *name;
	char *file;		/* "??" if not known */
	unsigned int line;
	enum record_symbol_source source;
	uint64_t vaddr;		/* of the function */
	uint64_t decl_line;
};

struct frames {
	struct frame *frame;	/* all of them, address by address */
	size_t n, cap;
	size_t *first;		/* of each address, and one more */
	size_t n_addrs, cap_addrs;
};

static inline void frames_deinit(struct frames *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->frame[i].name);
		free(f->frame[i].file);
	}
	free(f->frame);
	free(f->first);
	*f = (struct frames){ 0 };
}

static inline struct frame *add_frame(struct frames *f)
{
	array_reserve(f->frame, f->n + 1, f->cap);
	f->frame[f->n] = (struct frame){ 0 };
	return &f->frame[f->n++];
}

static inline void begin_address(struct frames *f)
{
	array_reserve(f->first, f->n_addrs + 2, f->cap_addrs);
	f->first[f->n_addrs++] = f->n;
	f->first[f->n_addrs] = f->n;
}

static inline size_t n_frames_of(const struct frames *f, size_t addr)
{
	return f->first[addr + 1] - f->first[addr];
}

static inline const struct frame *frame_of(const struct frames *f, size_t addr, size_t level)
{
	assert_true(level < n_frames_of(f, addr));
	return &f->frame[f->first[addr] + level];
}

/* ---- the symbolizer ---- */

struct collector {
	struct frames functions;	/* one frame each, as told */
	struct frames *out;
	bool short_names;		/* what is shown, not the linker's name */
};

static inline void on_function(void *ctx, const struct symbol_function *fn)
{
	struct collector *c = ctx;
	struct frame *f = add_frame(&c->functions);

	f->name = xstrdup(fn->linkage && !c->short_names ? fn->linkage : fn->name);
	f->file = xstrdup(fn->file ? fn->file : "??");
	f->source = fn->source;
	f->vaddr = fn->vaddr;
	f->decl_line = fn->line;
}

static inline void on_address(void *ctx, uint64_t vaddr, const struct symbol_level *levels,
			      uint32_t n)
{
	struct collector *c = ctx;

	(void)vaddr;
	begin_address(c->out);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(levels[i].function < c->functions.n);	/* told before */
		struct frame *f = add_frame(c->out);

		*f = c->functions.frame[levels[i].function];
		f->name = xstrdup(f->name);
		f->file = xstrdup(f->file);
		f->line = levels[i].line;
	}
	c->out->first[c->out->n_addrs] = c->out->n;
}

struct module {
	struct symbolizer_files files;
	struct symbolizer *s;
};

static inline void module_open(struct module *m, const char *path, const char *debug,
			       const char *alt)
{
	struct error err;

	m->files = (struct symbolizer_files){ .main_fd = lab_open(path),
					      .debug_fd = debug ? lab_open(debug) : -1,
					      .alt_fd = alt ? lab_open(alt) : -1 };
	if (symbolizer_open(&m->files, &m->s, &err) < 0)
		fail_msg("%s: %s", path, err.msg);
}

static inline void module_close(struct module *m)
{
	symbolizer_close(m->s);
	closep(&m->files.main_fd);
	closep(&m->files.debug_fd);
	closep(&m->files.alt_fd);
}

static inline void resolve(struct module *m, const uint64_t *vaddrs, size_t n, bool short_names,
			   struct frames *out)
{
	struct collector c = { .out = out, .short_names = short_names };
	struct symbol_sink sink = { &c, on_function, on_address };

	symbolizer_resolve(m->s, vaddrs, n, &sink);
	assert_int_equal(out->n_addrs, n);
	assert_null(strstr(symbolizer_note(m->s), "damaged"));
	frames_deinit(&c.functions);
}

static inline void resolve_file(const char *path, const char *debug, const char *alt,
				const uint64_t *vaddrs, size_t n, bool short_names,
				struct frames *out)
{
	struct module m;

	module_open(&m, path, debug, alt);
	resolve(&m, vaddrs, n, short_names, out);
	module_close(&m);
}

/* About `n` addresses spread evenly over .text; the caller frees. */
static inline uint64_t *spread(const char *path, size_t n)
{
	_cleanup_(closep) int fd = lab_open(path);
	uint64_t *vaddrs = xcalloc(n, sizeof(*vaddrs));
	struct elf_file *file;
	struct elf_section text;
	struct error err;

	assert_int_equal(elf_file_open(fd, &file, &err), 0);
	assert_int_equal(elf_file_section(file, ".text", &text, &err), 1);
	for (size_t i = 0; i < n; i++)
		vaddrs[i] = text.vaddr + text.len * i / n;
	elf_file_close(file);
	return vaddrs;
}

static inline uint64_t address_of(const char *path, const char *symbol)
{
	_cleanup_(freep) char *text =
		lab_output("nm %s | awk '$3 == \"%s\" { print $1 }'", path, symbol);

	if (!text[0])
		fail_msg("%s: no symbol %s", path, symbol);
	return strtoull(text, NULL, 16);
}

#endif

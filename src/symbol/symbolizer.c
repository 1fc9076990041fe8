// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "symbol/symbolizer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "symbol/demangle.h"
#include "symbol/sym_source.h"

static const struct sym_source *const sources[] = {
#ifdef HAVE_LIBDWARF
	&sym_dwarf,
#endif
	&sym_plt,
	&sym_elf,
	&sym_range,
	&sym_kallsyms,
	&sym_jitdump,
	&sym_perfmap,
};

struct symbolizer {
	struct sym_context ctx;
	struct opened {
		bool tried;
		void *state;	/* NULL: it has nothing to say */
	} opened[array_len(sources)];
	struct u64map numbers;	/* key() -> number told to the sink */
	uint32_t n_functions;
	uint32_t flags;
	struct sym_answer answer;
	struct symbol_level levels[RECORD_MAX_LEVELS];
};

/* ---- opening ---- */

static void add_note(struct sym_context *ctx, const char *fmt, va_list ap)
{
	size_t len = strlen(ctx->note);

	if (len > 0 && len + 2 < sizeof(ctx->note))
		len = (size_t)(stpcpy(ctx->note + len, "; ") - ctx->note);
	vsnprintf(ctx->note + len, sizeof(ctx->note) - len, fmt, ap);
}

void sym_note(struct sym_context *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(ctx, fmt, ap);
	va_end(ap);
}

void sym_damage(struct sym_context *ctx, const char *fmt, ...)
{
	va_list ap;

	ctx->damaged = true;
	va_start(ap, fmt);
	add_note(ctx, fmt, ap);
	va_end(ap);
}

void symbolizer_close(struct symbolizer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < array_len(sources); i++) {
		if (s->opened[i].state)
			sources[i]->close(s->opened[i].state);
	}
	elf_file_close(s->ctx.main);
	elf_file_close(s->ctx.debug);
	elf_file_close(s->ctx.alt);
	strtab_deinit(&s->ctx.paths);
	u64map_deinit(&s->numbers);
	free(s);
}

static void symbolizer_closep(struct symbolizer **s)
{
	symbolizer_close(*s);
}

/* Open a file beside the module; without it there is less to tell. */
static void open_extra(struct sym_context *ctx, int fd, const char *what, struct elf_file **out)
{
	struct error err;

	if (fd >= 0 && elf_file_open(fd, out, &err) < 0)
		sym_damage(ctx, "%s: %s", what, err.msg);
}

static bool has_section(const struct sym_context *ctx, const char *name)
{
	return elf_file_has_section(ctx->main, name) ||
	       (ctx->debug && elf_file_has_section(ctx->debug, name));
}

/* Debug information that refers to a file which did not come along. */
static void note_missing_alt(struct sym_context *ctx)
{
	const uint8_t *id;
	size_t id_len;
	const char *link = NULL;

	if (ctx->alt)
		return;
	if (ctx->debug)
		link = elf_file_altlink(ctx->debug, &id, &id_len);
	if (!link)
		link = elf_file_altlink(ctx->main, &id, &id_len);
	if (link)
		sym_note(ctx, "some names are in %s, which was not found", link);
}

/* What the names are made from, and what that leaves to be wished for. */
static void describe_files(struct symbolizer *s)
{
	struct sym_context *ctx = &s->ctx;
	const char *missing = NULL;
	uint8_t id[ELF_MAX_BUILD_ID];
	size_t id_len = elf_file_build_id(ctx->main, id, sizeof(id));
	char suffix[32] = "";

	if (has_section(ctx, ".symtab"))
		s->flags |= MODULE_HAS_SYMTAB;
	if (has_section(ctx, ".debug_line"))
		s->flags |= MODULE_HAS_LINES;
	if (id_len >= 4)
		snprintf(suffix, sizeof(suffix), " (build-id %02x%02x%02x%02x...)",
			 id[0], id[1], id[2], id[3]);

	/* Of the vdso nobody has more. */
	if (ctx->files.kind == MODULE_VDSO || (s->flags & MODULE_HAS_LINES))
		missing = NULL;
	else if (s->flags & MODULE_HAS_SYMTAB)
		missing = "no debug information: no source lines, no inlined calls";
	else if (elf_file_has_section(ctx->main, ".gnu_debugdata"))
		missing = "stripped: no debug information, names from .gnu_debugdata";
	else if (elf_file_has_section(ctx->main, ".dynsym"))
		missing = "stripped: no debug information, names of exported functions only";
	else
		missing = "stripped: no symbol table and no debug information";
	if (missing)
		sym_note(ctx, "%s%s", missing, suffix);
	note_missing_alt(ctx);
#ifndef HAVE_LIBDWARF
	if (s->flags & MODULE_HAS_LINES)
		sym_note(ctx, "built without libdwarf: no source lines, no inlined calls");
#endif
}

bool symbolizer_has_elf(enum record_module_kind kind)
{
	return kind == MODULE_FILE || kind == MODULE_VDSO;
}

int symbolizer_open(const struct symbolizer_files *files, struct symbolizer **out,
		    struct error *err)
{
	_cleanup_(symbolizer_closep) struct symbolizer *s = xcalloc(1, sizeof(*s));

	s->ctx.files = *files;
	strtab_add(&s->ctx.paths, "", 0);
	if (symbolizer_has_elf(files->kind)) {
		if (elf_file_open(files->main_fd, &s->ctx.main, err) < 0)
			return -1;
		/* Its addresses count from the start of each section. */
		if (elf_file_type(s->ctx.main) == ET_REL)
			return error_set(err, EBADMSG, "an object file that was not linked");
		open_extra(&s->ctx, files->debug_fd, "debug file", &s->ctx.debug);
		open_extra(&s->ctx, files->alt_fd, "common debug file", &s->ctx.alt);
		describe_files(s);
	}
	*out = steal(s);
	return 0;
}

uint32_t symbolizer_flags(const struct symbolizer *s)
{
	return s->flags | (s->ctx.damaged ? MODULE_UNREADABLE : 0u);
}

const char *symbolizer_note(const struct symbolizer *s)
{
	return s->ctx.note;
}

/* ---- resolving ---- */

static void *source_state(struct symbolizer *s, size_t i)
{
	if (!s->opened[i].tried) {
		s->opened[i].tried = true;
		s->opened[i].state = sources[i]->open(&s->ctx);
	}
	return s->opened[i].state;
}

/* Take the linker's name of a function from the symbol that begins where it begins. */
static void add_linkage(struct symbolizer *s, struct symbol_function *f)
{
	struct sym_answer *a = xcalloc(1, sizeof(*a));
	struct symbol_function symbol;
	size_t i = 0;

	while (sources[i] != &sym_elf)
		i++;
	if (source_state(s, i) && sources[i]->find(s->opened[i].state, f->vaddr, a)) {
		sources[i]->describe(s->opened[i].state, a->levels[0].function, 0, &symbol);
		if (symbol.vaddr == f->vaddr) {
			f->name = symbol.name;
			f->linkage = symbol.linkage;
		}
	}
	free(a);
}

static void tell(struct symbolizer *s, size_t source, const struct sym_level *level,
		 const struct symbol_sink *sink)
{
	struct symbol_function f;

	sources[source]->describe(s->opened[source].state, level->function, level->path, &f);
	if (level->path)
		f.file = strtab_get(&s->ctx.paths, level->path);
	if (!f.linkage && f.vaddr)
		add_linkage(s, &f);

	_cleanup_(freep) char *shown = demangle(f.name);

	if (shown)
		f.name = shown;
	if (f.linkage && strcmp(f.linkage, f.name) == 0)
		f.linkage = NULL;
	sink->function(sink->ctx, &f);
}

/* The sink's number of a function, which it is told if it is new. */
static uint32_t number_of(struct symbolizer *s, size_t source, const struct sym_level *level,
			  const struct symbol_sink *sink)
{
	/* A function with lines in several files is one function in each. */
	uint64_t key = (uint64_t)source << 60 | (uint64_t)level->path << 32 | level->function;
	uint32_t *number = u64map_slot(&s->numbers, key);

	if (*number == U64MAP_NONE) {
		*number = s->n_functions++;
		tell(s, source, level, sink);
	}
	return *number;
}

static void resolve_one(struct symbolizer *s, uint64_t vaddr, const struct symbol_sink *sink)
{
	struct sym_answer *a = &s->answer;

	a->line = a->path = a->n_levels = 0;
	for (size_t i = 0; i < array_len(sources); i++) {
		void *state = source_state(s, i);

		if (!state || !sources[i]->find(state, vaddr, a))
			continue;
		for (uint32_t k = 0; k < a->n_levels; k++)
			s->levels[k] = (struct symbol_level){
				.function = number_of(s, i, &a->levels[k], sink),
				.line = a->levels[k].line };
		break;
	}
	sink->address(sink->ctx, vaddr, s->levels, a->n_levels);
}

void symbolizer_resolve(struct symbolizer *s, const uint64_t *vaddrs, size_t n,
			const struct symbol_sink *sink)
{
	for (size_t i = 0; i < n; i++)
		resolve_one(s, vaddrs[i], sink);
}

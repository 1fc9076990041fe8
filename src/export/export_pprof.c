// SPDX-License-Identifier: Apache-2.0
/*
 * pprof: one gzip member with a Profile message, for `go tool pprof` and all that
 * reads its format.
 *
 * The message is written in pieces: protobuf lets a message be the sequence of
 * messages that each hold a part of it, so no copy of the profile is built up.
 *
 *	functions, locations ──► samples ──► mappings ──► the rest, strings
 *
 * Mappings come after the locations because what they can claim ("all functions
 * are named") and their bounds depend on those; ids count up from 1 in the order
 * of their tables.  Addresses are those of the ELF files, so profiles of
 * different runs can be merged, and of a call's return address 1 is taken off.
 *
 * A sample has two values, samples and CPU nanoseconds.  Kernel time that is not
 * visible is one sample of 0 samples and its time, below a function of its own;
 * lost samples are a comment.
 */
#include "export/export.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/strtab.h"
#include "base/utf8.h"
#include "base/util.h"
#include "export/pprof.pb-c.h"

#define PAGE 4096u

typedef Perftools__Profiles__Profile profile_msg;

/* What a module's mapping will say. */
struct mapping {
	uint32_t id;		/* 0: nothing is in it */
	uint64_t start, limit, off;
	bool bounded;		/* start and limit are set */
	bool mapped;		/* off is known */
	bool all_named, all_files, all_lines;
};

struct writer {
	const struct export_job *job;
	const struct profile *p;
	FILE *out;
	z_stream z;
	struct buf packed;
	struct strtab strings;
	struct mapping *mappings;	/* by module */
	uint32_t *order;		/* modules by id of their mapping */
	uint32_t n_mappings;
	struct u64map function_ids;	/* function and file -> id */
	uint32_t *location_ids;		/* by frame */
	uint32_t *pseudo_ids;		/* location of a pseudo function, by function */
	uint32_t n_functions, n_locations;
	int64_t thread_key, tid_key;	/* strings */
	int64_t *thread_names;		/* strings by thread, 0: not entered yet */
	uint64_t *path;			/* scratch */
	size_t cap_path;
};

static void compress_more(struct writer *w, const uint8_t *data, size_t len, int flush)
{
	unsigned char out[16384];

	w->z.next_in = (unsigned char *)data;
	w->z.avail_in = (unsigned int)len;
	do {
		w->z.next_out = out;
		w->z.avail_out = sizeof(out);
		deflate(&w->z, flush);
		fwrite(out, 1, sizeof(out) - w->z.avail_out, w->out);
	} while (w->z.avail_out == 0);
}

/* Write a part of the message. */
static void put(struct writer *w, const profile_msg *part)
{
	size_t len = perftools__profiles__profile__get_packed_size(part);

	w->packed.len = 0;
	perftools__profiles__profile__pack(part, buf_add(&w->packed, len));
	compress_more(w, w->packed.data, len, Z_NO_FLUSH);
}

static int64_t string(struct writer *w, const char *s)
{
	struct buf valid = { 0 };
	uint32_t id;

	if (!*s)
		return 0;
	utf8_repair(&valid, s, strlen(s));
	id = strtab_add(&w->strings, (const char *)valid.data, valid.len);
	buf_deinit(&valid);
	return id;
}

/* ---- functions and locations ---- */

static uint32_t file_of(const struct profile *p, const struct profile_level *l)
{
	return l->file ? l->file : p->functions[l->function].file;
}

/* A function in one of its files: the format knows no file of a line. */
static uint64_t function_id(struct writer *w, uint32_t function, uint32_t file)
{
	const struct profile_function *f = &w->p->functions[function];
	uint32_t *id = u64map_slot(&w->function_ids, (uint64_t)function << 32 | file);
	Perftools__Profiles__Function m = PERFTOOLS__PROFILES__FUNCTION__INIT, *list = &m;
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;
	const char *name = profile_string(w->p, f->name);

	if (*id != U64MAP_NONE)
		return *id;
	*id = ++w->n_functions;
	m.id = *id;
	m.name = string(w, name);
	m.system_name = string(w, name);
	m.filename = string(w, profile_string(w->p, file));
	m.start_line = file == f->file ? f->line : 0;
	part.n_function = 1;
	part.function = &list;
	put(w, &part);
	return m.id;
}

/* The mapping of a module, which gets its id when it is first needed. */
static struct mapping *mapping_of(struct writer *w, uint32_t module)
{
	struct mapping *m = &w->mappings[module];

	if (!m->id) {
		w->order[w->n_mappings++] = module;
		*m = (struct mapping){ .id = w->n_mappings,
			.all_named = true, .all_files = true, .all_lines = true };
	}
	return m;
}

/* What a location says about its mapping. */
static void note_location(struct writer *w, struct mapping *m,
			  const struct profile_frame *f, uint64_t addr)
{
	uint64_t start = addr & ~(uint64_t)(PAGE - 1);

	for (uint32_t i = 0; i < f->n_levels; i++) {
		const struct profile_level *l = &w->p->levels[f->first_level + i];

		m->all_named &= !profile_function_unnamed(w->p, l->function);
		m->all_files &= file_of(w->p, l) != 0;
		m->all_lines &= l->line != 0;
	}
	if (!m->bounded || start < m->start)
		m->start = start;
	if (!m->bounded || addr >= m->limit)
		m->limit = start > UINT64_MAX - PAGE ? UINT64_MAX : start + PAGE;
	m->bounded = true;
}

static uint64_t code_id(struct writer *w, uint32_t frame)
{
	const struct profile_frame *f = &w->p->frames[frame];
	enum record_module_kind kind = w->p->modules[f->module].kind;
	bool is_code = kind != MODULE_ANON && kind != MODULE_PYTHON;
	Perftools__Profiles__Line lines[RECORD_MAX_LEVELS], *list[RECORD_MAX_LEVELS];
	Perftools__Profiles__Location m = PERFTOOLS__PROFILES__LOCATION__INIT, *locations = &m;
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;

	if (w->location_ids[frame])
		return w->location_ids[frame];
	m.address = kind == MODULE_PYTHON ? 0 : f->vaddr - (f->flags & FRAME_RETURN ? 1 : 0);
	if (is_code) {
		struct mapping *mapping = mapping_of(w, f->module);

		m.mapping_id = mapping->id;
		note_location(w, mapping, f, m.address);
	}
	for (uint32_t i = 0; i < f->n_levels; i++) {
		const struct profile_level *l = &w->p->levels[f->first_level + i];

		if (w->job->raw_addresses && profile_function_unnamed(w->p, l->function))
			continue;
		perftools__profiles__line__init(&lines[m.n_line]);
		lines[m.n_line].function_id = function_id(w, l->function, file_of(w->p, l));
		lines[m.n_line].line = l->line;
		list[m.n_line] = &lines[m.n_line];
		m.n_line++;
	}
	w->location_ids[frame] = ++w->n_locations;
	m.id = w->n_locations;
	m.line = list;
	part.n_location = 1;
	part.location = &locations;
	put(w, &part);
	return m.id;
}

/* A location that is no address, for a function that stands for something. */
static uint64_t put_pseudo(struct writer *w, uint64_t function)
{
	Perftools__Profiles__Line line = PERFTOOLS__PROFILES__LINE__INIT, *lines = &line;
	Perftools__Profiles__Location m = PERFTOOLS__PROFILES__LOCATION__INIT, *locations = &m;
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;

	line.function_id = function;
	m.id = ++w->n_locations;
	m.n_line = 1;
	m.line = &lines;
	part.n_location = 1;
	part.location = &locations;
	put(w, &part);
	return m.id;
}

static uint64_t pseudo_id(struct writer *w, uint32_t function)
{
	if (!w->pseudo_ids[function])
		w->pseudo_ids[function] = (uint32_t)put_pseudo(w, function_id(w, function, 0));
	return w->pseudo_ids[function];
}

static uint64_t location_id(struct writer *w, uint32_t frame)
{
	const struct profile_frame *f = &w->p->frames[frame];

	return f->flags & FRAME_LEFT_OUT ? pseudo_id(w, w->p->levels[f->first_level].function)
					 : code_id(w, frame);
}

/* ---- samples ---- */

static int64_t thread_name(struct writer *w, uint32_t thread)
{
	if (!w->thread_names[thread])
		w->thread_names[thread] = string(w, profile_string(w->p, w->p->threads[thread].name));
	return w->thread_names[thread];
}

/* A sample of a thread, or of none (RECORD_NONE), whose locations are in w->path. */
static void put_sample(struct writer *w, size_t n_path, uint32_t thread, struct sum sum)
{
	Perftools__Profiles__Sample m = PERFTOOLS__PROFILES__SAMPLE__INIT, *samples = &m;
	Perftools__Profiles__Label name = PERFTOOLS__PROFILES__LABEL__INIT, tid = name;
	Perftools__Profiles__Label *labels[] = { &name, &tid };
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;
	int64_t values[] = { (int64_t)sum.count, (int64_t)sum.weight_ns };

	m.n_location_id = n_path;
	m.location_id = w->path;
	m.n_value = array_len(values);
	m.value = values;
	if (thread != RECORD_NONE) {
		name.key = w->thread_key;
		name.str = thread_name(w, thread);
		tid.key = w->tid_key;
		tid.num = w->p->threads[thread].tid;
		m.n_label = array_len(labels);
		m.label = labels;
	}
	part.n_sample = 1;
	part.sample = &samples;
	put(w, &part);
}

static void put_sum(struct writer *w, const struct export_sum *s)
{
	uint32_t root = profile_leaf_root(w->p, s->leaf);
	size_t n = 0;

	const struct shown *shown = &w->p->shown;

	for (uint32_t i = shown->leaves[s->leaf]; i >= RECORD_STACK_FIRST;
	     i = shown->stacks[i].parent) {
		array_reserve(w->path, n + 2, w->cap_path);
		w->path[n++] = location_id(w, shown->stacks[i].frame);
	}
	if (root != RECORD_NONE) {
		array_reserve(w->path, n + 1, w->cap_path);
		w->path[n++] = pseudo_id(w, root);
	}
	put_sample(w, n, s->thread, s->sum);
}

static void put_hidden(struct writer *w, uint64_t hidden_ns)
{
	Perftools__Profiles__Function m = PERFTOOLS__PROFILES__FUNCTION__INIT, *list = &m;
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;

	if (!hidden_ns)
		return;
	m.id = ++w->n_functions;
	m.name = m.system_name = string(w, EXPORT_HIDDEN);
	part.n_function = 1;
	part.function = &list;
	put(w, &part);
	array_reserve(w->path, 1, w->cap_path);
	w->path[0] = put_pseudo(w, m.id);
	put_sample(w, 1, RECORD_NONE, (struct sum){ .weight_ns = hidden_ns });
}

/* ---- the rest ---- */

/* A mapping is where the file says that its code is, by whole pages. */
static void use_text(struct writer *w)
{
	for (size_t i = 0; i < w->p->n_modules; i++) {
		const struct profile_module *text = &w->p->modules[i];
		struct mapping *m = &w->mappings[i];

		if (!m->id || !text->text_bytes ||
		    text->text_vaddr + text->text_bytes < text->text_vaddr)
			continue;
		m->start = text->text_vaddr & ~(uint64_t)(PAGE - 1);
		m->limit = (text->text_vaddr + text->text_bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
		m->off = text->text_off & ~(uint64_t)(PAGE - 1);
		m->mapped = true;
	}
}

static int64_t build_id(struct writer *w, const struct profile_module *module)
{
	char hex[2 * PROFILE_MAX_BUILD_ID + 1] = "";

	for (size_t i = 0; i < module->build_id_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", module->build_id[i]);
	return string(w, hex);
}

static const char *file_name(const struct writer *w, const struct profile_module *module)
{
	if (module->kind == MODULE_KERNEL)
		return "[kernel.kallsyms]";
	if (module->kind == MODULE_VDSO)
		return "[vdso]";
	return profile_string(w->p, module->path);
}

static void put_mapping(struct writer *w, uint32_t module)
{
	const struct mapping *map = &w->mappings[module];
	bool is_file = w->p->modules[module].kind == MODULE_FILE;
	Perftools__Profiles__Mapping m = PERFTOOLS__PROFILES__MAPPING__INIT, *list = &m;
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;

	m.id = map->id;
	m.memory_start = map->start;
	m.memory_limit = map->limit;
	/* Unless it is known: in most files addresses are offsets. */
	m.file_offset = map->mapped || !is_file ? map->off : map->start;
	m.filename = string(w, file_name(w, &w->p->modules[module]));
	m.build_id = build_id(w, &w->p->modules[module]);
	m.has_functions = map->all_named;
	m.has_filenames = map->all_named && map->all_files;
	m.has_line_numbers = map->all_named && map->all_lines;
	m.has_inline_frames = m.has_line_numbers;
	part.n_mapping = 1;
	part.mapping = &list;
	put(w, &part);
}

static void put_comments(struct writer *w, const struct summary *sum)
{
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;
	const char *engine = profile_meta(w->p, "engine"), *event = profile_meta(w->p, "event");
	_cleanup_(freep) char *how = xasprintf("recorded by cprofd, engine %s, event %s",
					       engine ? engine : "?", event ? event : "?");
	_cleanup_(freep) char *lost = xasprintf(
		"%" PRIu64 " samples (%" PRIu64 " ns) were lost and are not in this profile",
		sum->lost.count, sum->lost.weight_ns);
	int64_t comments[2];

	comments[part.n_comment++] = string(w, how);
	if (sum->lost.count)
		comments[part.n_comment++] = string(w, lost);
	part.comment = comments;
	put(w, &part);
}

static void put_head(struct writer *w, const struct summary *sum)
{
	Perftools__Profiles__ValueType count = PERFTOOLS__PROFILES__VALUE_TYPE__INIT, cpu = count;
	Perftools__Profiles__ValueType *types[] = { &count, &cpu };
	profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;
	uint64_t rate = profile_meta_number(w->p, "rate_hz", 0);

	count.type = string(w, "samples");
	count.unit = string(w, "count");
	cpu.type = string(w, "cpu");
	cpu.unit = string(w, "nanoseconds");
	part.n_sample_type = array_len(types);
	part.sample_type = types;
	part.time_nanos = (int64_t)(w->p->start_real_ns + (sum->from_ns - w->p->start_ns));
	part.duration_nanos = (int64_t)(sum->to_ns - sum->from_ns);
	part.period_type = &cpu;
	part.period = rate ? (int64_t)((NS_PER_S + rate / 2) / rate) : 0;
	part.default_sample_type = cpu.type;
	put(w, &part);
}

static void put_strings(struct writer *w)
{
	for (uint32_t i = 0; i < w->strings.n; i++) {
		char *text = (char *)strtab_get(&w->strings, i);
		profile_msg part = PERFTOOLS__PROFILES__PROFILE__INIT;

		part.n_string_table = 1;
		part.string_table = &text;
		put(w, &part);
	}
}

/* The program's own file is the first mapping: tools take its name for the profile's. */
static void put_main_first(struct writer *w)
{
	const struct profile_process *process = profile_main_process(w->p);

	for (uint32_t i = 0; process && i < w->p->n_modules; i++)
		if (w->p->modules[i].main && w->p->modules[i].path == process->exe) {
			mapping_of(w, i);
			return;
		}
}

static void writer_init(struct writer *w, const struct export_job *job, FILE *out)
{
	const struct profile *p = job->p;

	*w = (struct writer){
		.job = job, .p = p, .out = out,
		.mappings = xcalloc(p->n_modules, sizeof(*w->mappings)),
		.order = xcalloc(p->n_modules, sizeof(*w->order)),
		.location_ids = xcalloc(p->n_frames, sizeof(*w->location_ids)),
		.pseudo_ids = xcalloc(p->n_functions, sizeof(*w->pseudo_ids)),
		.thread_names = xcalloc(p->n_threads, sizeof(*w->thread_names)),
	};
	strtab_add(&w->strings, "", 0);
	w->thread_key = string(w, "thread");
	w->tid_key = string(w, "thread_id");
}

static void writer_deinit(struct writer *w)
{
	buf_deinit(&w->packed);
	strtab_deinit(&w->strings);
	free(w->mappings);
	free(w->order);
	u64map_deinit(&w->function_ids);
	free(w->location_ids);
	free(w->pseudo_ids);
	free(w->thread_names);
	free(w->path);
}

static void write_profile(struct writer *w)
{
	struct summary sum;
	size_t n;
	struct export_sum *sums = export_sums(w->job, &n);

	summary_make(w->p, w->job->selection, &sum);
	put_head(w, &sum);
	put_main_first(w);
	for (size_t i = 0; i < n; i++)
		put_sum(w, &sums[i]);
	put_hidden(w, sum.hidden_ns);
	use_text(w);
	for (uint32_t i = 0; i < w->n_mappings; i++)
		put_mapping(w, w->order[i]);
	put_comments(w, &sum);
	put_strings(w);
	summary_deinit(&sum);
	free(sums);
}

static int write_pprof(const struct export_job *job, FILE *out, struct error *err)
{
	struct export_job by_thread = *job;
	struct writer w;

	by_thread.threads = true;
	writer_init(&w, &by_thread, out);
	/* 15 bits of window, 16: with the header of a gzip file, whose time is 0. */
	if (deflateInit2(&w.z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		writer_deinit(&w);
		return error_set(err, ENOMEM, "cannot start to compress");
	}
	write_profile(&w);
	compress_more(&w, NULL, 0, Z_FINISH);
	deflateEnd(&w.z);
	writer_deinit(&w);
	return 0;
}

const struct export_format export_pprof = {
	.name = "pprof",
	.suffix = ".pb.gz",
	.key = 'p',
	.binary = true,
	.write = write_pprof,
};

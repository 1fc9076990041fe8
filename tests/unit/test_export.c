// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/io.h"
#include "config.h"
#include "export/export.h"
#include "export/json_writer.h"
#include "base/out_file.h"
#include "profile/profile_load.h"
#include "tests/unit/fixture.h"
#ifdef HAVE_PROTOBUF
#include "export/pprof.pb-c.h"
#endif

static const struct selection everything = { 0 };
static const struct fixture_options fixtures[] = {
	{ 0 }, { .hidden = true }, { .hostile = true }, { .n_samples = 1 }, { .deep = true },
};

/* What a format makes of a profile; terminated. */
static struct buf export(const struct export_format *format, const struct profile *p,
			 bool threads, bool raw_addresses)
{
	struct export_job job = { .p = p, .selection = &everything, .threads = threads,
				  .raw_addresses = raw_addresses };
	struct buf out = { 0 };
	struct error err;
	char *data = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&data, &len);

	assert_int_equal(format->write(&job, stream, &err), 0);
	fclose(stream);
	buf_put(&out, data, len);
	buf_put_u8(&out, '\0');
	out.len--;
	free(data);
	return out;
}

/* Put a file where tools can read it; the caller unlinks and frees the name. */
static char *put_file(const struct buf *data)
{
	char *path = xstrdup("/tmp/test_export_XXXXXX");
	_cleanup_(closep) int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, data->data, data->len), 0);
	return path;
}

static bool installed(const char *tool)
{
	_cleanup_(freep) char *command = xasprintf("command -v %s >/dev/null", tool);

	if (system(command) == 0)
		return true;
	print_message("%s is not installed\n", tool);
	return false;
}

/* ---- folded ---- */

struct folded_sum {
	uint64_t total, hidden, fib_self, inlined;	/* microseconds */
	uint64_t n;					/* lines */
};

static struct folded_sum read_folded(char *text)
{
	struct folded_sum sum = { 0 };

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *blank = strrchr(line, ' '), *end;
		uint64_t n = strtoull(blank + 1, &end, 10);

		assert_true(end > blank + 1 && !*end && n > 0);
		for (const char *s = line; *s; s++)
			assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
		sum.n++;
		*blank = '\0';
		const char *leaf = strrchr(line, ';') ? strrchr(line, ';') + 1 : line;
		if (strcmp(line, EXPORT_HIDDEN "_[k]") == 0)
			sum.hidden += n;
		else
			sum.total += n;
		if (strcmp(leaf, "fib") == 0)
			sum.fib_self += n;
		if (strcmp(leaf, "compare_[i]") == 0)
			sum.inlined += n;
	}
	return sum;
}

/* Each line is rounded. */
static void assert_time(uint64_t us, uint64_t ns, uint64_t n_lines)
{
	assert_in_range(us * 1000 + 500 * n_lines, ns, ns + 1000 * n_lines);
}

/* Of the function's own code. */
static uint64_t ns_of(const struct profile *p, const struct summary *sum, const char *name)
{
	uint32_t n, function = summary_find(p, sum, name, &n);

	return n ? sum->functions[function].self.weight_ns : 0;
}

TEST(folded_stacks_have_the_times_of_the_report)
{
	for (size_t i = 0; i < array_len(fixtures); i++)
		for (int threads = 0; threads < 2; threads++) {
			struct profile_load *load = fixture_load(&fixtures[i]);
			const struct profile *p = profile_load_profile(load);
			struct buf out = export(&export_folded, p, threads, false);
			struct folded_sum got = read_folded((char *)out.data);
			struct summary sum;

			summary_make(p, &everything, &sum);
			assert_time(got.total, sum.received.weight_ns, got.n);
			assert_time(got.fib_self, ns_of(p, &sum, "fib"), got.n);
			assert_time(got.inlined, ns_of(p, &sum, "compare"), got.n);
			assert_time(got.hidden, sum.hidden_ns, 1);
			assert_int_equal(got.hidden > 0, fixtures[i].hidden);
			summary_deinit(&sum);
			buf_deinit(&out);
			profile_load_close(load);
		}
}

TEST(folded_stacks_begin_at_the_root_and_name_what_is_missing)
{
	struct profile_load *load = fixture_load(&fixtures[0]);
	struct buf out = export(&export_folded, profile_load_profile(load), true, false);
	const char *text = (char *)out.data;

	assert_non_null(strstr(text, "\nshop-4242/4242;main;handle_order;build_report;write;ksys_write_[k] "));
	assert_non_null(strstr(text, "\nshop-4242/4242;[gap: stack not copied];__vfprintf_internal "));
	assert_non_null(strstr(text, "\nworker-1-4242/4243;start_thread;fib "));
	buf_deinit(&out);
	profile_load_close(load);
}

TEST(folded_stacks_name_frames_left_out)
{
	struct profile_load *load = fixture_load(&fixtures[4]);
	struct buf out = export(&export_folded, profile_load_profile(load), false, false);

	assert_non_null(strstr((char *)out.data, "\nmain;fib;[frames left out];fib "));
	buf_deinit(&out);
	profile_load_close(load);
}

/* ---- pprof ---- */

#ifdef HAVE_PROTOBUF

/* Unpack one gzip member, which has to be all there is. */
static struct buf gunzip(const struct buf *in)
{
	struct buf out = { 0 };
	z_stream z = { .next_in = in->data, .avail_in = (unsigned int)in->len };
	int ret;

	assert_int_equal(in->data[0], 0x1f);
	assert_int_equal(in->data[1], 0x8b);
	for (int i = 4; i < 8; i++)
		assert_int_equal(in->data[i], 0);	/* no time of its making */
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	do {
		uint8_t *room = buf_add(&out, 65536);

		z.next_out = room;
		z.avail_out = 65536;
		ret = inflate(&z, Z_NO_FLUSH);
		out.len -= z.avail_out;
	} while (ret == Z_OK);
	assert_int_equal(ret, Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
	return out;
}

static Perftools__Profiles__Profile *unpack(const struct buf *gz)
{
	struct buf raw = gunzip(gz);
	Perftools__Profiles__Profile *m =
		perftools__profiles__profile__unpack(NULL, raw.len, raw.data);

	buf_deinit(&raw);
	assert_non_null(m);
	return m;
}

static const char *text(const Perftools__Profiles__Profile *m, int64_t i)
{
	assert_true(i >= 0 && (size_t)i < m->n_string_table);
	return m->string_table[i];
}

TEST(pprof_has_the_totals_of_the_report)
{
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		const struct profile *p = profile_load_profile(load);
		struct buf gz = export(&export_pprof, p, false, false);
		Perftools__Profiles__Profile *m = unpack(&gz);
		struct summary sum;
		uint64_t count = 0, ns = 0;

		summary_make(p, &everything, &sum);
		for (size_t k = 0; k < m->n_sample; k++) {
			assert_int_equal(m->sample[k]->n_value, 2);
			count += (uint64_t)m->sample[k]->value[0];
			ns += (uint64_t)m->sample[k]->value[1];
		}
		assert_int_equal(count, sum.received.count);
		assert_int_equal(ns, sum.base_ns);
		summary_deinit(&sum);
		perftools__profiles__profile__free_unpacked(m, NULL);
		buf_deinit(&gz);
		profile_load_close(load);
	}
}

TEST(pprof_keeps_to_the_rules_of_the_format)
{
	struct profile_load *load = fixture_load(&fixtures[1]);
	struct buf gz = export(&export_pprof, profile_load_profile(load), false, false);
	struct buf again = export(&export_pprof, profile_load_profile(load), false, false);
	Perftools__Profiles__Profile *m = unpack(&gz);

	assert_int_equal(gz.len, again.len);
	assert_memory_equal(gz.data, again.data, gz.len);
	assert_string_equal(m->string_table[0], "");
	assert_int_equal(m->n_sample_type, 2);
	assert_string_equal(text(m, m->sample_type[0]->type), "samples");
	assert_string_equal(text(m, m->sample_type[0]->unit), "count");
	assert_string_equal(text(m, m->sample_type[1]->type), "cpu");
	assert_string_equal(text(m, m->sample_type[1]->unit), "nanoseconds");
	assert_string_equal(text(m, m->default_sample_type), "cpu");
	assert_int_equal(m->period, 5025126);		/* of 199 Hz */
	assert_int_equal(m->duration_nanos, 30000000000);
	assert_int_equal(m->time_nanos, 1769090523000000000);
	for (size_t i = 0; i < m->n_mapping; i++)
		assert_int_equal(m->mapping[i]->id, i + 1);
	for (size_t i = 0; i < m->n_function; i++)
		assert_int_equal(m->function[i]->id, i + 1);
	for (size_t i = 0; i < m->n_location; i++) {
		const Perftools__Profiles__Location *l = m->location[i];

		assert_int_equal(l->id, i + 1);
		assert_true(l->mapping_id <= m->n_mapping);
		for (size_t k = 0; k < l->n_line; k++)
			assert_true(l->line[k]->function_id >= 1 && l->line[k]->function_id <= m->n_function);
		if (!l->mapping_id)
			continue;
		const Perftools__Profiles__Mapping *map = m->mapping[l->mapping_id - 1];
		assert_true(l->address >= map->memory_start && l->address < map->memory_limit);
	}
	for (size_t i = 0; i < m->n_sample; i++)
		for (size_t k = 0; k < m->sample[i]->n_location_id; k++)
			assert_true(m->sample[i]->location_id[k] >= 1 &&
				    m->sample[i]->location_id[k] <= m->n_location);

	const Perftools__Profiles__Mapping *exe = m->mapping[0];
	assert_string_equal(text(m, exe->filename), "/usr/bin/shop");
	assert_string_equal(text(m, exe->build_id), "0123abcd");
	assert_int_equal(exe->memory_start, 0x401000);
	assert_int_equal(exe->file_offset, 0x1000);
	assert_true(exe->has_functions && exe->has_line_numbers);
	perftools__profiles__profile__free_unpacked(m, NULL);
	buf_deinit(&gz);
	buf_deinit(&again);
	profile_load_close(load);
}

/* The location of the leaf and of the root of a sample that has a function. */
static const char *function_name(const Perftools__Profiles__Profile *m, uint64_t location)
{
	const Perftools__Profiles__Location *l = m->location[location - 1];

	return l->n_line ? text(m, m->function[l->line[l->n_line - 1]->function_id - 1]->name) : "";
}

TEST(pprof_stacks_begin_with_the_leaf_and_end_with_what_is_missing)
{
	struct profile_load *load = fixture_load(&fixtures[1]);
	struct buf gz = export(&export_pprof, profile_load_profile(load), false, false);
	Perftools__Profiles__Profile *m = unpack(&gz);
	bool gap = false, hidden = false, kernel = false;

	for (size_t i = 0; i < m->n_sample; i++) {
		const Perftools__Profiles__Sample *s = m->sample[i];
		const char *leaf = function_name(m, s->location_id[0]);
		const char *root = function_name(m, s->location_id[s->n_location_id - 1]);

		gap |= strcmp(root, "[gap: stack not copied]") == 0 && strcmp(leaf, "__vfprintf_internal") == 0;
		kernel |= strcmp(leaf, "ksys_write") == 0 && strcmp(root, "main") == 0;
		if (strcmp(leaf, EXPORT_HIDDEN) == 0) {
			hidden = true;
			assert_int_equal(s->value[0], 0);
			assert_int_equal(s->n_label, 0);
			continue;
		}
		assert_int_equal(s->n_label, 2);
		assert_string_equal(text(m, s->label[0]->key), "thread");
		assert_string_equal(text(m, s->label[1]->key), "thread_id");
	}
	assert_true(gap && hidden && kernel);
	perftools__profiles__profile__free_unpacked(m, NULL);
	buf_deinit(&gz);
	profile_load_close(load);
}

TEST(pprof_frames_left_out_are_no_address)
{
	struct profile_load *load = fixture_load(&fixtures[4]);
	struct buf gz = export(&export_pprof, profile_load_profile(load), false, false);
	Perftools__Profiles__Profile *m = unpack(&gz);
	unsigned int n = 0;

	for (size_t i = 0; i < m->n_location; i++) {
		const Perftools__Profiles__Location *l = m->location[i];

		if (strcmp(function_name(m, l->id), "[frames left out]") != 0)
			continue;
		n++;
		assert_int_equal(l->address, 0);
		assert_int_equal(l->mapping_id, 0);
	}
	assert_int_equal(n, 1);
	perftools__profiles__profile__free_unpacked(m, NULL);
	buf_deinit(&gz);
	profile_load_close(load);
}

TEST(pprof_code_without_a_name_is_called_by_its_address_unless_that_is_not_wanted)
{
	struct profile_load *load = fixture_load(&fixtures[0]);

	for (int raw = 0; raw < 2; raw++) {
		struct buf gz = export(&export_pprof, profile_load_profile(load), false, raw);
		Perftools__Profiles__Profile *m = unpack(&gz);
		bool named = false;

		for (size_t i = 0; i < m->n_function; i++)
			named |= strcmp(text(m, m->function[i]->name), "libold.so+0x1234") == 0;
		assert_int_equal(named, !raw);
		for (size_t i = 0; i < m->n_mapping; i++)
			if (strstr(text(m, m->mapping[i]->filename), "libold.so"))
				assert_false(m->mapping[i]->has_functions);
		perftools__profiles__profile__free_unpacked(m, NULL);
		buf_deinit(&gz);
	}
	profile_load_close(load);
}

TEST(protoc_decodes_pprof_with_the_format_s_definition)
{
	const char *top = getenv("top_srcdir");

	if (!installed("protoc"))
		skip();
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		struct buf gz = export(&export_pprof, profile_load_profile(load), false, false);
		struct buf raw = gunzip(&gz);
		_cleanup_(freep) char *path = put_file(&raw);
		_cleanup_(freep) char *command = xasprintf(
			"protoc -I %s/src/export --decode=perftools.profiles.Profile pprof.proto <%s "
			"| grep -q '^sample '", top ? top : ".", path);

		assert_int_equal(system(command), 0);
		unlink(path);
		buf_deinit(&raw);
		buf_deinit(&gz);
		profile_load_close(load);
	}
}

TEST(go_tool_pprof_shows_the_report_s_totals)
{
	if (!installed("go") || system("go tool pprof -h >/dev/null 2>&1; test $? -le 2") != 0)
		skip();
	for (size_t i = 0; i < 2; i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		struct buf gz = export(&export_pprof, profile_load_profile(load), false, false);
		_cleanup_(freep) char *path = put_file(&gz);
		/* 40.03 s sampled, 9.51 s in the kernel */
		_cleanup_(freep) char *command = xasprintf(
			"go tool pprof -symbolize=none -raw %s >/dev/null 2>&1 && "
			"go tool pprof -symbolize=none -top %s 2>/dev/null | "
			"grep -q 'Total samples = %s '", path, path, i ? "49.54s" : "40.03s");

		assert_int_equal(system(command), 0);
		unlink(path);
		buf_deinit(&gz);
		profile_load_close(load);
	}
}

#endif

/* ---- JSON ---- */

TEST(json_strings_are_valid_whatever_is_in_them)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *json;
	} cases[] = {
		{ "plain", 5, "\"plain\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "\n\t\x1b\x7f", 4, "\"\\u000a\\u0009\\u001b\\u007f\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\xff\xc3\xa9\xc0\x80", 5, "\"\\ufffd\xc3\xa9\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		char *got = NULL;
		size_t len;
		FILE *out = open_memstream(&got, &len);
		struct json j = json_start(out);

		json_string(&j, NULL, cases[i].bytes, cases[i].len);
		json_finish(&j);
		fclose(out);
		assert_int_equal(got[len - 1], '\n');
		got[len - 1] = '\0';
		assert_string_equal(got, cases[i].json);
		free(got);
	}
}

TEST(json_numbers_that_are_not_finite_are_null)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);
	struct json j = json_start(out);

	json_array(&j, NULL);
	json_double(&j, NULL, 0. / 0.);
	json_double(&j, NULL, .5);
	json_object(&j, NULL);
	json_u64(&j, "n", UINT64_MAX);
	json_bool(&j, "b", true);
	json_text(&j, "t", NULL);
	json_end(&j);
	json_end(&j);
	json_finish(&j);
	fclose(out);
	assert_string_equal(got, "[\n null,\n 0.5,\n {\n  \"n\":18446744073709551615,\n"
			    "  \"b\":true,\n  \"t\":null}]\n");
	free(got);
}

/* ---- pstats ---- */

/* Everything that pstats can do with one, and the time of all and of fib in itself. */
static const char pstats_script[] =
	"import io, pstats, sys\n"
	"s = pstats.Stats(sys.argv[1], stream=io.StringIO())\n"
	"want, fib = int(sys.argv[2]) / 1e9, int(sys.argv[3]) / 1e9\n"
	"assert abs(s.total_tt - want) < 1e-6, (s.total_tt, want)\n"
	"got = sum(v[2] for k, v in s.stats.items() if k[2].split(' ')[0].lstrip('<') == 'fib')\n"
	"assert abs(got - fib) < 1e-6, (got, fib)\n"
	"for k, (cc, nc, tt, ct, callers) in s.stats.items():\n"
	"    assert cc == nc and tt <= ct + 1e-9, k\n"
	"    assert sum(c[2] for c in callers.values()) <= tt + 1e-6, k\n"
	"    for caller, c in callers.items():\n"
	"        assert c[3] <= min(ct, s.stats[caller][3]) + 1e-6, (k, caller)\n"
	"s.strip_dirs().sort_stats('cumulative').print_stats()\n"
	"s.print_callers()\n"
	"s.print_callees()\n";

TEST(python_s_pstats_shows_the_report_s_totals)
{
	if (!installed("python3"))
		skip();
	for (size_t i = 0; i < array_len(fixtures); i++) {
		struct profile_load *load = fixture_load(&fixtures[i]);
		const struct profile *p = profile_load_profile(load);
		struct buf out = export(&export_pstats, p, true, false);
		struct buf script = { (uint8_t *)pstats_script, strlen(pstats_script), 0 };
		_cleanup_(freep) char *path = put_file(&out);
		_cleanup_(freep) char *script_path = put_file(&script);
		struct summary sum;

		summary_make(p, &everything, &sum);
		_cleanup_(freep) char *command = xasprintf("python3 %s %s %" PRIu64 " %" PRIu64,
			script_path, path, sum.base_ns, ns_of(p, &sum, "fib"));
		assert_int_equal(system(command), 0);
		summary_deinit(&sum);
		unlink(path);
		unlink(script_path);
		buf_deinit(&out);
		profile_load_close(load);
	}
}

TEST(pstats_of_no_sample_is_refused_as_python_does)
{
	const struct fixture_options options = { .n_samples = 1 };
	struct profile_load *load = fixture_load(&options);
	struct selection none = { .from_ns = 1, .to_ns = 2 };
	struct export_job job = { .p = profile_load_profile(load), .selection = &none };
	_cleanup_(fclosep) FILE *out = fopen("/dev/null", "w");
	struct error err;

	assert_int_equal(export_pstats.write(&job, out, &err), -1);
	assert_int_equal(err.code, ENODATA);
	profile_load_close(load);
}

/* ---- files ---- */

struct folder {
	char path[64];
};

static struct folder make_folder(void)
{
	struct folder f = { "/tmp/test_export_XXXXXX" };

	assert_non_null(mkdtemp(f.path));
	return f;
}

static void remove_folder(struct folder *f)
{
	_cleanup_(freep) char *command = xasprintf("rm -r %s", f->path);

	assert_int_equal(system(command), 0);
}

static int write_file(const char *path, bool force, const char *text, struct error *err)
{
	struct out_file *f;

	if (out_file_open(path, force ? OUT_FILE_FORCE : 0, &f, err) < 0)
		return -1;
	fputs(text, out_file_stream(f));
	return out_file_commit(f, err);
}

static void assert_holds(const char *path, const char *expected)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf got = { 0 };
	struct error err;

	assert_int_equal(io_read_all(fd, 1000, &got, &err), 0);
	buf_put_u8(&got, '\0');
	assert_string_equal((char *)got.data, expected);
	buf_deinit(&got);
}

TEST(an_existing_file_is_kept_unless_it_may_be_replaced)
{
	struct folder f = make_folder();
	_cleanup_(freep) char *path = xasprintf("%s/a", f.path);
	_cleanup_(freep) char *count = xasprintf("test $(ls -A %s | wc -l) = 1", f.path);
	struct error err;

	assert_int_equal(write_file(path, false, "one", &err), 0);
	assert_int_equal(write_file(path, false, "two", &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_non_null(strstr(err.msg, "--force"));
	assert_holds(path, "one");
	assert_int_equal(write_file(path, true, "three", &err), 0);
	assert_holds(path, "three");
	assert_int_equal(system(count), 0);	/* nothing is left behind */
	remove_folder(&f);
}

TEST(what_is_no_regular_file_is_never_replaced)
{
	struct folder f = make_folder();
	_cleanup_(freep) char *folder = xasprintf("%s/folder", f.path);
	_cleanup_(freep) char *link = xasprintf("%s/link", f.path);
	_cleanup_(freep) char *fifo = xasprintf("%s/fifo", f.path);
	_cleanup_(freep) char *target = xasprintf("%s/target", f.path);
	const char *const paths[] = { folder, link, fifo, "/dev/full" };
	struct error err;

	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(write_file(target, false, "precious", &err), 0);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < array_len(paths); i++)
		for (int force = 0; force < 2; force++) {
			assert_int_equal(write_file(paths[i], force, "x", &err), -1);
			assert_int_equal(err.code, EINVAL);
		}
	assert_holds(target, "precious");
	remove_folder(&f);
}

TEST(a_file_that_appears_meanwhile_is_kept)
{
	struct folder f = make_folder();
	_cleanup_(freep) char *path = xasprintf("%s/a", f.path);
	_cleanup_(freep) char *count = xasprintf("test $(ls -A %s | wc -l) = 1", f.path);
	struct out_file *slow;
	struct error err;

	assert_int_equal(out_file_open(path, 0, &slow, &err), 0);
	assert_int_equal(write_file(path, false, "quick", &err), 0);
	fputs("slow", out_file_stream(slow));
	assert_int_equal(out_file_commit(slow, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_holds(path, "quick");
	assert_int_equal(system(count), 0);
	remove_folder(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folded_stacks_have_the_times_of_the_report),
		cmocka_unit_test(folded_stacks_begin_at_the_root_and_name_what_is_missing),
		cmocka_unit_test(folded_stacks_name_frames_left_out),
#ifdef HAVE_PROTOBUF
		cmocka_unit_test(pprof_has_the_totals_of_the_report),
		cmocka_unit_test(pprof_keeps_to_the_rules_of_the_format),
		cmocka_unit_test(pprof_stacks_begin_with_the_leaf_and_end_with_what_is_missing),
		cmocka_unit_test(pprof_frames_left_out_are_no_address),
		cmocka_unit_test(pprof_code_without_a_name_is_called_by_its_address_unless_that_is_not_wanted),
		cmocka_unit_test(protoc_decodes_pprof_with_the_format_s_definition),
		cmocka_unit_test(go_tool_pprof_shows_the_report_s_totals),
#endif
		cmocka_unit_test(python_s_pstats_shows_the_report_s_totals),
		cmocka_unit_test(pstats_of_no_sample_is_refused_as_python_does),
		cmocka_unit_test(json_strings_are_valid_whatever_is_in_them),
		cmocka_unit_test(json_numbers_that_are_not_finite_are_null),
		cmocka_unit_test(an_existing_file_is_kept_unless_it_may_be_replaced),
		cmocka_unit_test(what_is_no_regular_file_is_never_replaced),
		cmocka_unit_test(a_file_that_appears_meanwhile_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

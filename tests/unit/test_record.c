// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/io.h"
#include "record/block.h"
#include "record/reader.h"
#include "record/writer.h"

#define START_NS 1000000000ull
#define N_SAMPLES 10000

static const struct record_call calls[] = {
	{ 1, CALL_DIRECT, UINT64_MAX, 0 },
	{ 0, CALL_DIRECT, 0x401000, RECORD_NONE },
	{ 0, CALL_INDIRECT, 0, RECORD_NONE },
	{ 1, CALL_NONE, 0, RECORD_NONE },
};

static const struct record_measured measured[] = {
	{ 0, RECORD_NONE, UINT64_MAX, 7, 0, UINT64_MAX, START_NS, 0, COUNTED_BY_IMPORT },
	{ 0, 0, 3, 1, 5, 6, START_NS, 0, COUNTED_BY_IMPORT },
	{ 0, RECORD_NONE, 9, 9, 0, 0, START_NS + 7, UINT64_MAX, COUNTED_BY_MONITORING },
	{ 0, RECORD_NONE, 1, 1, 0, 0, START_NS - 7, 8, UINT8_MAX },	/* of a later version */
};

/* A recording of two threads, five stacks and N_SAMPLES samples. */
static int write_fixture(int fd)
{
	struct record_writer *w;
	struct error err;

	assert_int_equal(record_writer_open(dup(fd), START_NS, 77, &w, &err), 0);
	record_put_meta(w, "engine", "perf");
	uint32_t name = record_put_string(w, "prog", 4);
	assert_int_equal(record_put_string(w, "prog", 4), name);
	uint32_t process = record_put_process(w, &(struct record_process){
		.pid = 100, .ppid = 1, .time_ns = START_NS - 5, .name = name });
	uint32_t threads[2];
	for (uint32_t i = 0; i < 2; i++)
		threads[i] = record_put_thread(w, &(struct record_thread){
			.process = process, .tid = 100 + i, .time_ns = START_NS });
	uint32_t module = record_put_module(w, &(struct record_module){
		.kind = MODULE_FILE, .path = name });
	uint32_t frame[3], stack[3];
	for (uint32_t i = 0; i < 3; i++) {
		frame[i] = record_put_frame(w, &(struct record_frame){
			.module = module, .flags = i < 2 ? FRAME_RETURN : 0,
			.vaddr = 0x401000 + 0x100 * i });
		stack[i] = record_put_stack(w, &(struct record_stack){
			.frames = frame, .n_frames = i + 1 });
	}
	assert_int_equal(stack[0], RECORD_STACK_FIRST);
	for (uint32_t i = 0; i < N_SAMPLES; i++)
		record_put_sample(w, &(struct record_sample){
			/* each pair out of order */
			.time_ns = START_NS + (i ^ 1) * 1000, .thread = threads[i % 2],
			.stack = i % 7 ? stack[i % 3] : OUTCOME_COPY,
			.weight_ns = 2000000 + i % 5, .cpu = i % 3 ? i % 3 : RECORD_NONE,
			.activity = i % (ACTIVITY_COUNT + 1),	/* the last of a later version */
			.gap = i % 7 ? 0 : 4096 + i });
	uint32_t function = record_put_function(w, &(struct record_function){
		.module = module, .name = name, .line = 7, .vaddr = 0x401000,
		.size = 0x80, .source = SYMBOL_DWARF });
	record_put_symbol(w, frame[0], &(struct record_level){ function, 9 }, 1);
	for (uint32_t i = 0; i < array_len(calls); i++)
		record_put_call(w, &calls[i]);
	for (uint32_t i = 0; i < array_len(measured); i++)
		record_put_measured(w, &measured[i]);
	record_put_instruction(w, &(struct record_instruction){ .vaddr = 0x401000, .len = 5,
		.text = "call", .text_len = 4, .has_target = true, .target = 0x400ff0,
		.target_function = function, .n_levels = 2,
		.levels = { { function, 9 }, { function, 0 } } });
	record_put_instruction(w, &(struct record_instruction){ .vaddr = 0x401005, .len = 2,
		.text = "jmp", .text_len = 3, .has_target = true, .target = UINT64_MAX,
		.target_function = RECORD_NONE });
	record_put_instruction(w, &(struct record_instruction){ .vaddr = 0x401007, .len = 1,
		.text = "ret", .text_len = 3, .n_levels = 1, .levels = { { function, 12 } } });
	record_put_code(w, &(struct record_code){ .module = module, .vaddr = 0x401000, .size = 0x80 });
	record_put_code(w, &(struct record_code){ .module = module, .vaddr = 0x7, .note = name });
	record_put_counter(w, &(struct record_counter){ .time_ns = START_NS + 3,
		.what = COUNTER_CPU_NS, .thread = RECORD_NONE, .value = 123 });
	record_put_epoch(w);
	record_put_stack(w, &(struct record_stack){
		.outcome = OUTCOME_LIMIT, .frames = frame + 1, .n_frames = 1 });
	record_put_end(w, &(struct record_end){ .time_ns = START_NS + 9,
		.why = END_TARGET, .n_samples = N_SAMPLES });
	assert_int_equal(record_writer_close(w, &err), 0);
	return fd;
}

static int fixture_fd(void)
{
	return write_fixture(memfd_create("fixture", MFD_CLOEXEC));
}

static void check_code(struct record *rec, uint32_t which)
{
	struct record_instruction i;

	assert_int_equal(rec->code.module, 0);
	assert_int_equal(rec->code.size, which ? 0 : 0x80);
	assert_int_equal(rec->code.vaddr, which ? 0x7 : 0x401000);
	assert_int_equal(rec->code.note, which);
	if (which) {
		assert_int_equal(record_next_instruction(rec, &i), 0);
		return;
	}
	assert_int_equal(record_next_instruction(rec, &i), 1);
	assert_int_equal(i.vaddr, 0x401000);
	assert_int_equal(i.len, 5);
	assert_int_equal(i.text_len, 4);
	assert_memory_equal(i.text, "call", 4);
	assert_true(i.has_target);
	assert_int_equal(i.target, 0x400ff0);
	assert_int_equal(i.target_function, 0);
	assert_int_equal(i.n_levels, 2);
	assert_int_equal(i.levels[0].line, 9);
	assert_int_equal(i.levels[1].line, 0);
	assert_int_equal(record_next_instruction(rec, &i), 1);
	assert_int_equal(i.vaddr, 0x401005);
	assert_int_equal(i.target, UINT64_MAX);
	assert_int_equal(i.target_function, RECORD_NONE);
	assert_int_equal(i.n_levels, 0);
	assert_int_equal(record_next_instruction(rec, &i), 1);
	assert_int_equal(i.vaddr, 0x401007);
	assert_false(i.has_target);
	assert_memory_equal(i.text, "ret", 3);
	assert_int_equal(i.levels[0].line, 12);
	assert_int_equal(record_next_instruction(rec, &i), 0);
}

TEST(what_was_written_is_read)
{
	_cleanup_(closep) int fd = fixture_fd();
	uint32_t n_samples = 0, n_stacks = 0, n_epochs = 0, n_frames = 0, n_codes = 0, ended = 0;
	uint32_t n_calls = 0, n_measured = 0;
	struct record_reader *r;
	struct record rec;
	struct error err;
	int more;

	assert_int_equal(record_reader_open(fd, &r, &err), 0);
	assert_int_equal(record_reader_header(r)->start_real_ns, 77);
	while ((more = record_reader_next(r, &rec, &err)) > 0) {
		struct record_sample s;
		struct record_stack st;
		struct record_frame f;
		struct record_function fn;
		struct record_symbol sym;
		struct record_call call;
		struct record_measured m;

		switch (rec.type) {
		case RECORD_META:
			assert_memory_equal(rec.meta.key, "engine", 6);
			assert_memory_equal(rec.meta.value, "perf", 4);
			break;
		case RECORD_PROCESS:
			assert_int_equal(rec.process.pid, 100);
			assert_int_equal(rec.process.time_ns, START_NS - 5);
			break;
		case RECORD_FRAMES:
			while (record_next_frame(&rec, &f) > 0)
				assert_int_equal(f.vaddr, 0x401000 + 0x100 * n_frames++);
			break;
		case RECORD_STACKS:
			for (; record_next_stack(&rec, &st) > 0; n_stacks++) {
				bool last = n_stacks == 3;

				assert_int_equal(st.outcome, last ? OUTCOME_LIMIT : OUTCOME_COMPLETE);
				assert_int_equal(st.n_frames, last ? 1 : n_stacks + 1);
				assert_int_equal(st.n_shared, last ? 0 : n_stacks);
				assert_int_equal(st.frames[st.n_frames - 1], last ? 1 : n_stacks);
			}
			break;
		case RECORD_SAMPLES:
			while (record_next_sample(&rec, &s) > 0) {
				uint32_t i = n_samples ^ 1;	/* sorted again */
				assert_int_equal(s.time_ns, START_NS + n_samples * 1000);
				assert_int_equal(s.thread, i % 2);
				assert_int_equal(s.weight_ns, 2000000 + i % 5);
				assert_int_equal(s.cpu, i % 3 ? i % 3 : RECORD_NONE);
				assert_int_equal(s.activity, i % (ACTIVITY_COUNT + 1) % ACTIVITY_COUNT);
				assert_int_equal(s.gap, i % 7 ? 0 : 4096 + i);
				assert_int_equal(s.stack, i % 7 ? 16 + i % 3 : OUTCOME_COPY);
				n_samples++;
			}
			break;
		case RECORD_FUNCTIONS:
			assert_int_equal(record_next_function(&rec, &fn), 1);
			assert_int_equal(fn.size, 0x80);
			assert_int_equal(record_next_function(&rec, &fn), 0);
			break;
		case RECORD_SYMBOLS:
			assert_int_equal(record_next_symbol(&rec, &sym), 1);
			assert_int_equal(sym.n_levels, 1);
			assert_int_equal(sym.levels[0].line, 9);
			break;
		case RECORD_CALLS:
			for (; record_next_call(&rec, &call) > 0; n_calls++) {
				assert_int_equal(call.frame, calls[n_calls].frame);
				assert_int_equal(call.kind, calls[n_calls].kind);
				assert_true(call.target == calls[n_calls].target);
				assert_int_equal(call.function, calls[n_calls].function);
			}
			break;
		case RECORD_MEASURED:
			for (; record_next_measured(&rec, &m) > 0; n_measured++)
				assert_memory_equal(&m, &measured[n_measured],
						    offsetof(struct record_measured, how) + 1);
			break;
		case RECORD_CODE:
			check_code(&rec, n_codes++);
			break;
		case RECORD_COUNTER:
			assert_int_equal(rec.counter.thread, RECORD_NONE);
			assert_int_equal(rec.counter.value, 123);
			break;
		case RECORD_EPOCH:
			n_epochs++;
			break;
		case RECORD_END:
			ended = rec.end.why;
			break;
		default:
			break;
		}
	}
	assert_int_equal(more, 0);
	assert_int_equal(n_samples, N_SAMPLES);
	assert_int_equal(n_stacks, 4);
	assert_int_equal(n_epochs, 1);
	assert_int_equal(n_codes, 2);
	assert_int_equal(n_calls, array_len(calls));
	assert_int_equal(n_measured, array_len(measured));
	assert_int_equal(ended, END_TARGET);
	record_reader_close(r);
}

/* Count samples; -1 if damage was reported. */
static long count_samples(int fd)
{
	struct record_reader *r;
	struct record rec;
	struct record_sample s;
	struct error err;
	long n = 0;
	int more;

	if (record_reader_open(fd, &r, &err) < 0)
		return err.code == ENODATA ? 0 : -1;
	while ((more = record_reader_next(r, &rec, &err)) > 0)
		if (rec.type == RECORD_SAMPLES)
			while (record_next_sample(&rec, &s) > 0)
				n++;
	record_reader_close(r);
	return more < 0 ? -1 : n;
}

TEST(every_prefix_is_readable_and_never_more_than_the_whole)
{
	_cleanup_(closep) int fd = fixture_fd();
	_cleanup_(closep) int cut = memfd_create("cut", MFD_CLOEXEC);
	struct buf all = { 0 };
	struct error err;
	long last = 0;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	for (size_t len = 0; len <= all.len; len += len < 200 || len + 200 > all.len ? 1 : 37) {
		assert_int_equal(ftruncate(cut, 0), 0);
		assert_int_equal(pwrite(cut, all.data, len, 0), len);
		long n = count_samples(cut);
		assert_true(n >= last && n <= N_SAMPLES);
		last = n;
	}
	assert_int_equal(last, N_SAMPLES);
	buf_deinit(&all);
}

TEST(every_flipped_bit_is_noticed)
{
	_cleanup_(closep) int fd = fixture_fd();
	struct buf all = { 0 };
	struct error err;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	for (size_t i = 0; i < all.len; i += i < 100 ? 1 : 61) {
		uint8_t flipped = all.data[i] ^ (uint8_t)(1u << i % 8);
		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
		long n = count_samples(fd);
		/* a length that grew looks like a file cut short */
		assert_true(n < N_SAMPLES);
		assert_int_equal(pwrite(fd, &all.data[i], 1, (off_t)i), 1);
	}
	assert_int_equal(count_samples(fd), N_SAMPLES);
	buf_deinit(&all);
}

TEST(a_growing_file_is_read_on)
{
	_cleanup_(closep) int fd = fixture_fd();
	_cleanup_(closep) int grow = memfd_create("grow", MFD_CLOEXEC);
	struct buf all = { 0 };
	struct record_reader *r = NULL;
	struct record rec;
	struct record_sample s;
	struct error err;
	long n = 0;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	for (size_t done = 0; done < all.len;) {
		size_t step = min_of(all.len - done, (size_t)101);
		assert_int_equal(pwrite(grow, all.data + done, step, (off_t)done), step);
		done += step;
		if (!r && done >= sizeof(struct record_header))
			assert_int_equal(record_reader_open(grow, &r, &err), 0);
		int more = 0;
		while (r && (more = record_reader_next(r, &rec, &err)) > 0)
			if (rec.type == RECORD_SAMPLES)
				while (record_next_sample(&rec, &s) > 0)
					n++;
		assert_int_equal(more, 0);
	}
	assert_int_equal(n, N_SAMPLES);
	record_reader_close(r);
	buf_deinit(&all);
}

TEST(what_is_no_recording_is_refused_by_name)
{
	static const struct {
		const char *bytes;
		size_t len;
		int code;
	} cases[] = {
		{ "", 0, ENODATA },
		{ "CPROFD\r\n", 8, ENODATA },
		{ "hello world", 11, EBADMSG },
		{ "CPROFD\n\n01234567890123456789012345678901234567890123456789012345", 64, EBADMSG },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct record_reader *r;
		struct error err;
		_cleanup_(closep) int fd = io_memfd("x", cases[i].bytes, cases[i].len, &err);

		assert_int_equal(record_reader_open(fd, &r, &err), -1);
		assert_int_equal(err.code, cases[i].code);
	}
}

TEST(another_major_version_is_refused)
{
	struct record_header h = { 0 };
	struct record_reader *r;
	struct error err;

	record_header_seal(&h);
	h.major = RECORD_MAJOR + 1;
	h.checksum = XXH3_64bits(&h, offsetof(struct record_header, checksum));
	_cleanup_(closep) int fd = io_memfd("x", &h, sizeof(h), &err);
	assert_int_equal(record_reader_open(fd, &r, &err), -1);
	assert_int_equal(err.code, ENOTSUP);
	assert_non_null(strstr(err.msg, "format 2"));
}

/* Before 1.5 it was not told who counted. */
TEST(what_an_older_version_measured_is_read)
{
	struct buf payload = { 0 }, record = { 0 }, file = { 0 };
	struct record_header h = { 0 };
	struct block_header b = { .codec = BLOCK_RAW };
	struct record_reader *r;
	struct record_measured m;
	struct record rec;
	struct error err;

	h.start_mono_ns = START_NS;
	record_header_seal(&h);
	buf_put_uleb(&payload, 1);
	for (char value = 0; value < 6; value++)
		buf_put_str(&payload, &value, 1);
	buf_put_uleb(&record, RECORD_MEASURED);
	buf_put_str(&record, (const char *)payload.data, payload.len);
	b.raw_bytes = b.stored_bytes = (uint32_t)record.len;
	block_seal(&b, record.data);
	buf_put(&file, &h, sizeof(h));
	buf_put(&file, &b, sizeof(b));
	buf_put(&file, record.data, record.len);
	_cleanup_(closep) int fd = io_memfd("old", file.data, file.len, &err);
	assert_int_equal(record_reader_open(fd, &r, &err), 0);
	assert_int_equal(record_reader_next(r, &rec, &err), 1);
	assert_int_equal(record_next_measured(&rec, &m), 1);
	assert_int_equal(m.caller, 0);
	assert_int_equal(m.calls, 2);
	assert_int_equal(m.total_ns, 5);
	assert_int_equal(m.from_ns, 0);
	assert_int_equal(m.duration_ns, 0);
	assert_int_equal(m.how, COUNTED_BY_IMPORT);
	assert_int_equal(record_next_measured(&rec, &m), 0);
	record_reader_close(r);
	buf_deinit(&payload);
	buf_deinit(&record);
	buf_deinit(&file);
}

/* More code than fits into a record is left out, and what follows is whole. */
TEST(code_that_is_too_much_is_cut)
{
	_cleanup_(closep) int fd = memfd_create("code", MFD_CLOEXEC);
	struct record_instruction i = { .len = 1, .text = "a long text of an instruction",
					.text_len = 29, .target_function = RECORD_NONE };
	uint32_t n_put = 0, n_read = 0, n_codes = 0;
	struct record_reader *r;
	struct record_writer *w;
	struct record rec;
	struct error err;
	int more;

	assert_int_equal(record_writer_open(dup(fd), 0, 0, &w, &err), 0);
	record_put_module(w, &(struct record_module){ .kind = MODULE_FILE });
	while (record_put_instruction(w, &i))
		n_put++;
	assert_true(n_put > 10000 && n_put < 100000);
	record_put_code(w, &(struct record_code){ .size = 1000000 });
	assert_true(record_put_instruction(w, &i));
	record_put_code(w, &(struct record_code){ .size = 1 });
	assert_int_equal(record_writer_close(w, &err), 0);
	assert_int_equal(record_reader_open(fd, &r, &err), 0);
	while ((more = record_reader_next(r, &rec, &err)) > 0) {
		n_codes += rec.type == RECORD_CODE;
		while (rec.type == RECORD_CODE && record_next_instruction(&rec, &i) > 0)
			n_read++;
	}
	assert_int_equal(more, 0);
	assert_int_equal(n_codes, 2);
	assert_int_equal(n_read, n_put + 1);
	record_reader_close(r);
}

TEST(a_full_disk_is_reported_once_and_keeps_what_was_written)
{
	int fd = open("/dev/full", O_WRONLY);
	struct record_writer *w;
	struct error err;

	if (fd < 0)
		skip();
	assert_int_equal(record_writer_open(fd, 0, 0, &w, &err), -1);
	assert_int_equal(err.code, ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(every_prefix_is_readable_and_never_more_than_the_whole),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(a_growing_file_is_read_on),
		cmocka_unit_test(what_is_no_recording_is_refused_by_name),
		cmocka_unit_test(another_major_version_is_refused),
		cmocka_unit_test(what_an_older_version_measured_is_read),
		cmocka_unit_test(code_that_is_too_much_is_cut),
		cmocka_unit_test(a_full_disk_is_reported_once_and_keeps_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * A recording: the file, and the records in it.  Checksums would hide nearly
 * everything behind them, so the first byte chooses whether the input is a file
 * or the records of a block, which are then sealed here.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "base/io.h"
#include "profile/code.h"
#include "profile/edges.h"
#include "record/reader.h"
#include "record/writer.h"

enum { AS_FILE, AS_RECORDS };

/* Put `records` into the one block of a file. */
static void write_sealed(int fd, const uint8_t *records, size_t len)
{
	struct record_header header = { .start_mono_ns = 1000 };
	struct block_header block = { .codec = BLOCK_RAW, .stored_bytes = (uint32_t)len,
				      .raw_bytes = (uint32_t)len };

	record_header_seal(&header);
	block_seal(&block, records);
	(void)!io_write_full(fd, &header, sizeof(header));
	(void)!io_write_full(fd, &block, sizeof(block));
	(void)!io_write_full(fd, records, len);
}

/* The calls, and the code of each of the first functions. */
static void look_at_code(const struct profile *p)
{
	const struct selection all = { 0 };
	struct summary sum;
	struct edges edges;
	struct code code;

	if (p->n_instructions > 1000 || p->samples.n > 1000)
		return;		/* slow, and nothing else */
	summary_make(p, &all, &sum);
	edges_make(p, &sum, &edges);
	edges_deinit(&edges);
	for (uint32_t i = 0; i < p->n_functions && i < 8; i++) {
		code_make(p, &all, &sum, i, &code);
		code_deinit(&code);
	}
	summary_deinit(&sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(closep) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct record_reader *r;
	struct profile p;
	struct record rec;
	struct error err;

	if (len < 1 || len > BLOCK_MAX_RAW)
		return 0;
	if (data[0] % 2 == AS_FILE)
		(void)!io_write_full(fd, data + 1, len - 1);
	else
		write_sealed(fd, data + 1, len - 1);
	if (record_reader_open(fd, &r, &err) < 0)
		return 0;
	profile_init(&p, record_reader_header(r));
	while (record_reader_next(r, &rec, &err) > 0)
		if (profile_add_record(&p, &rec, &err) < 0)
			break;
	if (profile_update(&p, &err) == 0 && p.n_functions)
		look_at_code(&p);
	profile_deinit(&p);
	record_reader_close(r);
	return 0;
}

/* A small recording with a record of every kind. */
static int make_recording(void)
{
	int fd = memfd_create("seed", MFD_CLOEXEC);
	struct record_writer *w;
	struct error err;
	uint32_t name, process, thread, module, frame, function;

	if (record_writer_open(dup(fd), 1000, 2000, &w, &err) < 0)
		abort();
	record_put_meta(w, "kernel", "excluded");
	name = record_put_string(w, "name", 4);
	process = record_put_process(w, &(struct record_process){ .pid = 1, .name = name });
	thread = record_put_thread(w, &(struct record_thread){ .process = process, .tid = 1 });
	module = record_put_module(w, &(struct record_module){ .path = name });
	record_put_module_info(w, &(struct record_module_info){ .module = module, .flags = 7 });
	record_put_mapping(w, &(struct record_mapping){ .process = process, .size = 4096 });
	frame = record_put_frame(w, &(struct record_frame){ .module = module,
		.flags = FRAME_RETURN, .vaddr = 0x1000 });
	const uint32_t frames[20] = { frame };	/* and 19 times frame 0 */
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t stack = record_put_stack(w, &(struct record_stack){
			.outcome = i % 3, .frames = frames, .n_frames = i });
		record_put_sample(w, &(struct record_sample){
			.time_ns = 1000 + i, .thread = thread, .stack = stack,
			.weight_ns = 2000 + i % 3, .cpu = i % 2, .activity = i % 9, .gap = i % 5 });
	}
	function = record_put_function(w, &(struct record_function){ .module = module, .name = name });
	record_put_symbol(w, frame, &(struct record_level){ function, 3 }, 1);
	record_put_call(w, &(struct record_call){ .frame = frame, .kind = CALL_DIRECT,
		.target = 0x2000, .function = function });
	record_put_instruction(w, &(struct record_instruction){ .vaddr = 0x1000, .len = 5,
		.text = "call", .text_len = 4, .has_target = true, .target = 0x2000,
		.target_function = function, .n_levels = 1, .levels = { { function, 3 } } });
	record_put_instruction(w, &(struct record_instruction){ .vaddr = 0x1005, .len = 1,
		.text = "ret", .text_len = 3 });
	record_put_code(w, &(struct record_code){ .module = module, .vaddr = 0x1000, .size = 6 });
	record_put_counter(w, &(struct record_counter){ .thread = RECORD_NONE, .value = 99 });
	record_put_window(w, &(struct record_window){ .from_ns = 1000, .to_ns = 2000, .on = true });
	record_put_lost(w, &(struct record_lost){ .from_ns = 1000, .to_ns = 2000, .count = 3 });
	record_put_note(w, 1500, NOTE_WARNING, "note");
	record_put_epoch(w);
	record_put_process_end(w, &(struct record_process_end){ .process = process });
	record_put_end(w, &(struct record_end){ .n_samples = 20 });
	if (record_writer_close(w, &err) < 0)
		abort();
	return fd;
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	_cleanup_(closep) int fd = -1;
	struct block_header block;
	uint8_t stored[BLOCK_MAX_RAW];
	size_t len;
	ssize_t n;

	if (i > 1)
		return 0;
	fd = make_recording();
	buf[0] = i == 0 ? AS_FILE : AS_RECORDS;
	if (i == 0) {
		n = io_pread_full(fd, buf + 1, cap - 1, 0);
		return n > 0 ? (size_t)n + 1 : 0;
	}
	/* The first block, as it is or decompressed. */
	if (io_pread_full(fd, &block, sizeof(block), sizeof(struct record_header)) != sizeof(block) ||
	    block.raw_bytes >= cap ||
	    io_pread_full(fd, stored, block.stored_bytes,
			  sizeof(struct record_header) + sizeof(block)) != (ssize_t)block.stored_bytes)
		abort();
	if (block.codec == BLOCK_RAW) {
		memcpy(buf + 1, stored, block.raw_bytes);
		return block.raw_bytes + 1;
	}
	len = ZSTD_decompress(buf + 1, cap - 1, stored, block.stored_bytes);
	if (ZSTD_isError(len))
		abort();
	return len + 1;
}

// SPDX-License-Identifier: Apache-2.0
/* Recordings that are damaged or made to do harm. */
#include "tests/unit/profile_maker.h"

#include <errno.h>

#include "base/io.h"
#include "profile/butterfly.h"
#include "profile/flame.h"
#include "profile/ledger.h"
#include "profile/lines.h"
#include "profile/tree_rows.h"
#include "record/reader.h"

enum lie {
	LIE_STRING, LIE_PROCESS, LIE_MODULE, LIE_FRAME, LIE_THREAD, LIE_SAMPLE_STACK,
	LIE_FUNCTION, LIE_SYMBOL, LIE_COUNTER, LIE_INFO, LIE_MAPPING, LIE_NAME, LIE_END, N_LIES
};

static void tell(struct tiny *t, enum lie lie)
{
	struct record_writer *w = t->w;

	switch (lie) {
	case LIE_STRING:
		record_put_module(w, &(struct record_module){ .path = 999 });
		break;
	case LIE_PROCESS:
		record_put_thread(w, &(struct record_thread){ .process = 9 });
		break;
	case LIE_MODULE:
		record_put_frame(w, &(struct record_frame){ .module = 9 });
		break;
	case LIE_FRAME:
		record_put_stack(w, &(struct record_stack){
			.n_frames = 1, .frames = (const uint32_t[]){ 999 } });
		break;
	case LIE_THREAD:
		record_put_sample(w, &(struct record_sample){ .thread = 9 });
		break;
	case LIE_SAMPLE_STACK:
		record_put_sample(w, &(struct record_sample){ .stack = 999 });
		break;
	case LIE_FUNCTION:
		record_put_symbol(w, 0, &(struct record_level){ .function = 999 }, 1);
		break;
	case LIE_SYMBOL:
		record_put_symbol(w, 999, &(struct record_level){ 0 }, 1);
		break;
	case LIE_COUNTER:
		record_put_counter(w, &(struct record_counter){ .thread = 9 });
		break;
	case LIE_INFO:
		record_put_module_info(w, &(struct record_module_info){ .module = 9 });
		break;
	case LIE_MAPPING:
		record_put_mapping(w, &(struct record_mapping){ .module = 9 });
		break;
	case LIE_NAME:
		record_put_thread_name(w, &(struct record_thread_name){ .thread = 9 });
		break;
	case LIE_END:
		record_put_process_end(w, &(struct record_process_end){ .process = 9 });
		break;
	case N_LIES:
		break;
	}
}

TEST(numbers_that_were_never_given_are_refused_and_what_came_before_is_kept)
{
	for (enum lie lie = 0; lie < N_LIES; lie++) {
		struct profile_load *load;
		struct summary sum;
		struct error err;
		struct tiny t;

		tiny_begin(&t, NULL);
		tiny_samples(&t, tiny_stack(&t, OUTCOME_COMPLETE, "ma"), 0, 5, 0);
		record_writer_commit(t.w, UINT64_MAX);
		tell(&t, lie);
		record_writer_close(t.w, &err);
		assert_int_equal(profile_load_open(t.fd, &load, &err), 0);
		assert_int_equal(profile_load_more(load, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		assert_non_null(strstr(err.msg, "byte "));
		assert_int_equal(profile_load_more(load, &err), -1);
		summary_make(profile_load_profile(load), &everything, &sum);
		assert_int_equal(sum.received.count, 5);
		summary_deinit(&sum);
		profile_load_close(load);
		close(t.fd);
	}
}

TEST(a_chain_of_calls_without_end_is_refused)
{
	struct profile_load *load;
	struct summary sum;
	struct error err;
	struct tiny t;

	tiny_begin(&t, NULL);
	/* as many frames as a stack may have, each of two functions */
	static uint32_t frames[RECORD_MAX_FRAMES];
	uint32_t two = record_put_frame(t.w, &(struct record_frame){ .vaddr = 0x99999 });
	record_put_symbol(t.w, two, (struct record_level[]){ { t.functions[0], 1 },
							      { t.functions[1], 2 } }, 2);
	for (uint32_t i = 0; i < array_len(frames); i++)
		frames[i] = two;
	uint32_t stack = record_put_stack(t.w, &(struct record_stack){
		.frames = frames, .n_frames = array_len(frames) });
	tiny_samples(&t, stack, 0, 1, 0);
	record_writer_close(t.w, &err);
	assert_int_equal(profile_load_open(t.fd, &load, &err), 0);
	assert_int_equal(profile_load_more(load, &err), -1);
	assert_int_equal(err.code, EFBIG);
	summary_make(profile_load_profile(load), &everything, &sum);
	assert_int_equal(sum.received.count, 1);
	summary_deinit(&sum);
	profile_load_close(load);
	close(t.fd);
}

/* Changed bytes with checksums that fit again: the model must cope by itself. */
static void break_bytes(int fd, int rounds)
{
	struct record_header header;
	struct buf all = { 0 };
	struct error err;
	uint64_t random = 3;

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 24, &all, &err), 0);
	memcpy(&header, all.data, sizeof(header));
	for (int round = 0; round < rounds; round++) {
		struct record_reader *r;
		struct profile p;
		struct record rec;
		struct summary sum;
		struct ledger ledger;
		struct tree_rows rows;
		struct butterfly butterfly;
		struct lines lines;
		struct flame flame;

		/* change records after the reader took them apart */
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(record_reader_open(fd, &r, &err), 0);
		profile_init(&p, &header);
		while (record_reader_next(r, &rec, &err) > 0) {
			random = random * 6364136223846793005u + 1442695040888963407u;

			struct cursor *col = &rec.batch.col[(random >> 40) % RECORD_MAX_COLUMNS];

			if (random >> 60 == 0 && rec.type >= RECORD_FRAMES && rec.type <= RECORD_SYMBOLS &&
			    cursor_left(col)) {
				uint8_t *at = (uint8_t *)col->p + (random >> 20) % cursor_left(col);

				*at = (uint8_t)(random >> 8);
			} else if (random >> 60 == 1 && rec.type >= RECORD_PROCESS &&
				   rec.type <= RECORD_MAPPING) {
				((uint8_t *)&rec.process)[(random >> 20) % 12] ^= 1u << (random >> 8) % 3;
			}
			if (profile_add_record(&p, &rec, &err) < 0)
				break;
		}
		profile_update(&p, &err);
		profile_show(&p, (enum frame_mode)(round % FRAME_MODES), &err);
		summary_make(&p, &everything, &sum);
		ledger_make(&p, &everything, &sum, &ledger);
		tree_rows_make(&p, &sum, 0, 50, 50, &rows);
		butterfly_make(&p, &sum, (uint32_t)(random % p.n_functions), 3, &butterfly);
		lines_make(&p, &everything, &sum, (uint32_t)(random % p.n_functions), &lines);
		flame_init(&flame, &p, &sum);
		for (int how = 0; how < 4; how++)
			flame_lay(&flame, &(struct flame_how){
				.inverted = how & 1, .raw = how & 2, .columns = 98 });
		flame_deinit(&flame);
		lines_deinit(&lines);
		butterfly_deinit(&butterfly);
		tree_rows_deinit(&rows);
		ledger_deinit(&ledger);
		summary_deinit(&sum);
		profile_deinit(&p);
		record_reader_close(r);
	}
	buf_deinit(&all);
}

TEST(no_byte_of_a_recording_can_break_the_model)
{
	struct fixture_options o = { .n_samples = 300 };
	_cleanup_(closep) int fd = fixture_fd(&o), python = fixture_python_fd(true);

	break_bytes(fd, 3000);
	break_bytes(python, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_that_were_never_given_are_refused_and_what_came_before_is_kept),
		cmocka_unit_test(a_chain_of_calls_without_end_is_refused),
		cmocka_unit_test(no_byte_of_a_recording_can_break_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * ui/lesson_slots.h - what a lesson can say of the program that is looked at.
 *
 * {{self.name}} in a lesson is the name of the selected function.  What is not known
 * of it has no value, and its line of the lesson is left out.  To add one: here, in
 * lesson_slots.c with an example, and in man/cprofd-lesson.5.
 */
#ifndef CPROFD_UI_LESSON_SLOTS_H
#define CPROFD_UI_LESSON_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct model;
struct sources;

enum lesson_slot {
	SLOT_SELF_NAME, SLOT_SELF_WHERE, SLOT_SELF_SHARE, SLOT_SELF_INTERVAL, SLOT_SELF_LOW,
	SLOT_SELF_HIGH, SLOT_SELF_SAMPLES, SLOT_SELF_SECONDS, SLOT_SELF_SPEEDUP,
	SLOT_TOTAL_SHARE, SLOT_TOTAL_INTERVAL, SLOT_TOTAL_SAMPLES,
	SLOT_DEPTH, SLOT_PATHS_COUNT,
	SLOT_HOT_LINE, SLOT_HOT_SHARE, SLOT_HOT_TEXT, SLOT_LINES_COUNT,
	SLOT_CALLER_NAME, SLOT_CALLER_SHARE, SLOT_CALLERS_COUNT,
	SLOT_CALLEE_NAME, SLOT_CALLEE_SHARE,
	SLOT_MANAGER_NAME, SLOT_MANAGER_TOTAL, SLOT_MANAGER_SELF,
	SLOT_TOP_NAME, SLOT_TOP_SHARE,
	SLOT_THREADS_COUNT, SLOT_THREAD_NAME, SLOT_THREAD_SHARE,
	SLOT_ALL_NAME, SLOT_ALL_SAMPLES, SLOT_ALL_RATE, SLOT_ALL_SECONDS, SLOT_ALL_CPU,
	SLOT_WAIT_REASON, SLOT_WAIT_SHARE, SLOT_WAIT_SECONDS, SLOT_WAIT_LOOKS,
	SLOT_COMPARE_ROWS, SLOT_COMPARE_EVIDENT, SLOT_COMPARE_TOTAL, SLOT_COMPARE_NAME,
	SLOT_COMPARE_VERDICT, SLOT_COMPARE_LOW, SLOT_COMPARE_HIGH,
	SLOT_WHOLE_SHARE, SLOT_LOST_SHARE, SLOT_CUT_SHARE, SLOT_HIDDEN_SHARE, SLOT_UNNAMED_SHARE,
	SLOT_COUNT
};

struct lesson_slot_row {
	const char *name;
	const char *example;	/* where there are too few samples for numbers */
};

extern const struct lesson_slot_row lesson_slots[SLOT_COUNT];

/* SLOT_COUNT if there is none of this name. */
enum lesson_slot lesson_slot_find(const char *name, size_t len);

struct lesson_values {
	char *v[SLOT_COUNT];	/* NULL: not known; bytes of the target, with "+-" */
};

/* Of a function, or RECORD_NONE, and of all there is in the scope. */
void lesson_values_make(const struct model *m, uint32_t function, struct sources *sources,
			struct lesson_values *out);

/* The examples. */
void lesson_values_make_example(struct lesson_values *out);

void lesson_values_deinit(struct lesson_values *v);

#endif

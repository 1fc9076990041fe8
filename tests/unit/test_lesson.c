// SPDX-License-Identifier: Apache-2.0
/* Lessons: what is understood of a good one, and every way in which one can be bad. */
#include "tests/unit/test.h"

#include <locale.h>
#include <string.h>

#include "ui/lesson.h"
#include "ui/lesson_slots.h"

static const char good[] =
	"# for teachers\n"
	"title: Things\n"
	"\n"
	"[read]\n"
	"A *thing* is small.\n"
	"\n"
	"  fixed   as it is\n"
	"[in your program]\n"
	"{{self.name}} has {{self.share}}.\n"
	"[try]\n"
	"Enter  go on\n"
	"[check]\n"
	"Is it?\n"
	"[page]\n"
	"[answer]\n"
	"It is.\n";

/* The good lesson with its `what` replaced; the caller frees it. */
static char *changed(const char *what, const char *by)
{
	const char *at = strstr(good, what);

	assert_non_null(at);
	return xasprintf("%.*s%s%s", (int)(at - good), good, by, at + strlen(what));
}

TEST(a_good_lesson_is_understood)
{
	struct lesson l;
	struct lesson_faults faults;

	assert_true(lesson_parse(good, strlen(good), &l, &faults));
	assert_string_equal(l.title, "Things");
	assert_int_equal(l.n_pages, 2);
	assert_int_equal(l.n_words, 18);
	assert_int_equal(l.lines[0].part, LESSON_READ);
	assert_string_equal(l.lines[0].text, "A *thing* is small.");
	assert_string_equal(l.lines[1].text, "");
	assert_true(lesson_is_fixed(l.lines[2].text));
	assert_int_equal(l.lines[3].part, LESSON_PROGRAM);
	assert_int_equal(l.lines[l.n_lines - 1].part, LESSON_ANSWER);
	assert_int_equal(l.lines[l.n_lines - 1].page, 1);
	lesson_deinit(&l);
	lesson_faults_deinit(&faults);
}

#define TEN "one two three four five six seven eight nine ten\n"
#define FORTY "forty columns are more than there is room"

/* Each is the only thing that is wrong. */
TEST(each_fault_is_named_with_its_line)
{
	static const struct {
		const char *what, *by;
		unsigned int line;
		const char *reason;
	} all[] = {
		{ "title: Things", "", 1, "no title: the first line is \"title: ...\"" },
		{ "title: Things", "title: A\ntitle: B", 3, "a second title" },
		{ "Things", "A title that is too long", 2, "the title has 24 columns, at most 20" },
		{ "[read]", "[raed]", 4, "[raed] is no part of a lesson" },
		{ "[read]", "text\n[read]", 4, "text before the first part" },
		{ "[try]\nEnter  go on\n", "", 14, "no [try]" },
		{ "[page]\n[answer]\nIt is.\n", "", 13, "no [answer]" },
		{ "It is.", "It is.\n[check]\nReally?", 17, "the question has no answer" },
		{ "[page]\n", "", 14, "the answer is on the page of its question" },
		{ "Is it?", "", 12, "[check] is empty" },
		{ "[page]", "[page]\n[page]", 14, "page 2 is empty" },
		{ "It is.", "It is.\n[page]\n[read]\na\n[page]\n[read]\nb", 20, "more than 3 pages" },
		{ "It is.", TEN TEN TEN TEN TEN TEN TEN TEN TEN "more", 14,
		  "page 2 has 91 words, at most 90" },
		{ "{{self.name}}", "{{self.nam}}", 9, "there is no slot {{self.nam}}" },
		{ "{{self.share}}", "{{self.share", 9, "a slot begins with {{ and has no }}" },
		{ "*thing*", "*thing", 5, "a * that opens or closes nothing" },
		{ "Enter  go on", "Enter go on", 11, "not a key, two blanks and what it does" },
		{ "Enter  go on", "Etner  go on", 11, "Etner is no key of cprofd" },
		{ "Enter  go on", "a  a\nc  c\nt  t\nj  j", 14, "more than 3 keys to try" },
		{ "fixed   as it is", FORTY, 7,
		  "too wide for a line that is not broken: 43 columns, at most 31" },
		{ "fixed   as it is", "{{caller.name}} {{manager.name}} {{hot.text}}", 7,
		  "too wide for a line that is not broken: 38 columns, at most 31" },
		{ "It is.", FORTY " " FORTY " " FORTY, 16, "125 columns, at most 100" },
		{ "It is.", "It \xff is.\nYes.", 16, "a byte that is no text in UTF-8" },
		{ "It is.", "It\tis.\nYes.", 16, "a byte that is no text in UTF-8" },
		{ "It is.", "\033[2J\nYes.", 16, "a byte that is no text in UTF-8" },
	};

	for (size_t i = 0; i < array_len(all); i++) {
		char *text = changed(all[i].what, all[i].by);
		struct lesson_faults faults;
		struct lesson l;

		assert_false(lesson_parse(text, strlen(text), &l, &faults));
		if (faults.n != 1 || faults.v[0].line != all[i].line ||
		    strcmp(faults.v[0].reason, all[i].reason) != 0)
			fail_msg("%zu of %zu faults, line %u: \"%s\", not line %u: \"%s\"", faults.n,
				 i, faults.v[0].line, faults.v[0].reason, all[i].line, all[i].reason);
		lesson_faults_deinit(&faults);
		lesson_deinit(&l);
		free(text);
	}
}

/* Any part of a lesson, and any byte of it changed, is looked at without harm. */
TEST(broken_lessons_are_no_harm)
{
	char text[sizeof(good)];

	srand(3);
	for (size_t len = 0; len < sizeof(good); len++) {
		struct lesson_faults faults;
		struct lesson l;

		memcpy(text, good, sizeof(good));
		if (len)
			text[(size_t)rand() % len] = (char)rand();
		bool is_good = lesson_parse(text, len, &l, &faults);

		assert_int_equal(is_good, !faults.n);
		lesson_faults_deinit(&faults);
		lesson_deinit(&l);
	}
}

TEST(slots_are_found_by_their_names)
{
	for (enum lesson_slot i = 0; i < SLOT_COUNT; i++) {
		assert_true(*lesson_slots[i].example);
		assert_int_equal(lesson_slot_find(lesson_slots[i].name,
						  strlen(lesson_slots[i].name)), i);
	}
	assert_int_equal(lesson_slot_find("self.nam", 8), SLOT_COUNT);
	assert_int_equal(lesson_slot_find("", 0), SLOT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_lesson_is_understood),
		cmocka_unit_test(each_fault_is_named_with_its_line),
		cmocka_unit_test(broken_lessons_are_no_harm),
		cmocka_unit_test(slots_are_found_by_their_names),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

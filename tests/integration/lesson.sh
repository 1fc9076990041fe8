#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lessons that are ours are good; what is wrong with others is said with its line.
. "${top_srcdir:?}/tests/integration/lib.sh"

our_lessons_are_good() {
	"$cprofd" lesson check "$top_srcdir"/lessons/*.txt >out.txt 2>err.txt ||
		fail "exit $?: $(cat out.txt err.txt)"
	for lesson in "$top_srcdir"/lessons/*.txt; do
		grep -q "^$lesson: good; [1-3] pages, [1-9][0-9]* words$" out.txt || fail "$lesson: $(cat out.txt)"
	done
}

a_broken_lesson_is_damaged_input() {
	printf 'title: T\n[read]\nA {{self.nmae}}.\n' >broken.txt
	"$cprofd" lesson check broken.txt >out.txt 2>err.txt
	[ $? = 9 ] || fail "not 9: $(cat err.txt)"
	grep -qx 'broken.txt:3: there is no slot {{self.nmae}}' out.txt || fail "$(cat out.txt)"
	grep -qx 'broken.txt:3: no \[answer\]' out.txt || fail "$(cat out.txt)"
	"$cprofd" lesson check "$top_srcdir/lessons/tree.txt" broken.txt >out.txt
	[ $? = 9 ] || fail "the first one hides the second"
	grep -q 'tree.txt: good' out.txt || fail "the good one is not named"
	head -c 100000 /dev/zero >large.txt
	expect 9 'large.txt' "$cprofd" lesson check large.txt
}

wrong_use_is_said() {
	expect 2 '`check` is all there is' "$cprofd" lesson
	expect 2 '`check` is all there is' "$cprofd" lesson chekc a.txt
	expect 2 'which files' "$cprofd" lesson check
	expect 2 'option does not exist' "$cprofd" lesson --chekc
	[ -s out.txt ] && fail "on stdout: $(cat out.txt)"
	expect 9 'No such file' "$cprofd" lesson check nothing.txt
	expect 9 'no regular file' "$cprofd" lesson check /dev/zero
}

# Found from the build folder: no lesson says that it is missing.
lessons_are_beside_the_program() {
	start "$targets/spin"
	"$cprofd" record -o a.cprof -d 1 -p $pid >/dev/null 2>err.txt || fail "record: $(cat err.txt)"
	for view in overview functions tree callers source threads heat off-cpu mem quality hints; do
		"$cprofd" view --lesson --render $view --size 100x40 a.cprof >out.txt || fail "$view"
		for part in READ 'IN YOUR PROGRAM' TRY CHECK; do
			grep -q "$part" out.txt || fail "no $part beside $view: $(cat out.txt)"
		done
	done
}

check our_lessons_are_good our_lessons_are_good
check a_broken_lesson_is_damaged_input a_broken_lesson_is_damaged_input
check wrong_use_is_said wrong_use_is_said
check lessons_are_beside_the_program lessons_are_beside_the_program
finish

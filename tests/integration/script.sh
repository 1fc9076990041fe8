#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys and commands from a file, without a terminal: of a recording and of what runs.
. "${top_srcdir:?}/tests/integration/lib.sh"
export LC_ALL=C.UTF-8

(cd "$scratch" && "$cprofd" record -F 1999 -o r.cprof -- "$targets/abc" 1 >/dev/null 2>&1) || {
	echo "not ok - a recording to look at"
	exit 1
}

play() { "$cprofd" view --script s.keys "$@" r.cprof >out.txt 2>err.txt </dev/null; }

# The last screen is printed, and equals what was saved of it.
the_last_screen_is_printed() {
	cat >s.keys <<-'END'
		# the callers of the second function
		/third
		c
		expect CALLERS, CALLEES
		:save-screen saved.txt
	END
	play --size 90x24 || fail "exit $?: $(cat err.txt)"
	[ "$(wc -l <out.txt)" = 24 ] || fail "$(wc -l <out.txt) rows"
	sed '$d' out.txt | sed '$d' >shown.txt	# but for what was said, and the keys below
	sed '$d' saved.txt | sed '$d' | diff - shown.txt >diff.txt || fail "$(cat diff.txt)"
	grep -q "selected third" out.txt || fail "$(cat out.txt)"
	grep -q "saved .* to ./saved.txt" out.txt || fail "$(cat out.txt)"
	# The same as without a script.
	echo 3 >s.keys
	play --size 90x24
	"$cprofd" view --render tree --size 90x24 r.cprof | diff - out.txt >diff.txt ||
		fail "$(cat diff.txt)"
	: >s.keys
	play --ascii --render quality || fail "exit $?: $(cat err.txt)"
	grep -q "What became of the samples" out.txt || fail "$(cat out.txt)"
}

says() {	# CODE TEXT
	play
	got=$?
	[ $got = "$1" ] || fail "exit $got instead of $1: $(cat err.txt)"
	[ "$(cat err.txt)" = "cprofd: view: $2" ] || fail "$(cat err.txt)"
}

a_line_that_is_wrong_is_named() {
	printf 'j\nj Entr\n' >s.keys
	says 2 's.keys:2: "Entr" is no key; a text is put in quotes'
	[ ! -s out.txt ] || fail "something was done: $(cat out.txt)"
	printf 'j\n\n:range 5 2\n' >s.keys
	says 2 "s.keys:3: a range is two times since the start, such as 12s 18s"
	printf ':save-screen r.cprof\n' >s.keys
	says 2 "s.keys:1: r.cprof exists; :save-screen! r.cprof replaces it"
	printf 'wait 99999999\n' >s.keys
	play && fail "there are not so many samples"
	grep -q "samples, and no more will come" err.txt || fail "$(cat err.txt)"
	expect 9 "none.keys: cannot open: No such file" "$cprofd" view --script none.keys r.cprof
	expect 9 "no regular file" "$cprofd" view --script /dev/null r.cprof
}

# A session that is begun for it goes on, and is there for the next one.
what_runs_is_looked_at() {
	start "$targets/spin" 60
	wait_for 10 runs_file $pid "$targets/spin" || fail "no target"
	target=$pid
	cat >s.keys <<-'END'
		wait 20
		3
		expect CALL TREE
		expect LIVE
	END
	"$cprofd" attach --script s.keys --size 72x18 $target >out.txt 2>err.txt </dev/null ||
		fail "exit $?: $(cat err.txt out.txt)"
	[ "$(wc -l <out.txt)" = 18 ] && ! grep -q '.\{73\}' out.txt || fail "another size: $(cat out.txt)"
	grep -q "is still being recorded" err.txt || fail "$(cat err.txt)"
	"$cprofd" list | grep -q "^ *$target .*live" || fail "$(cat err.txt; "$cprofd" list)"
	printf ':stop\nwait 99999999\n' >s.keys
	"$cprofd" attach --script s.keys $target >out.txt 2>err.txt </dev/null
	got=$?
	[ $got = 2 ] || fail "exit $got: $(cat err.txt)"
	grep -q "s.keys:2: .* samples, and no more will come" err.txt || fail "$(cat err.txt)"
}

check "the last screen is printed" the_last_screen_is_printed
check "a line that is wrong is named" a_line_that_is_wrong_is_named
check "what runs is looked at" what_runs_is_looked_at
finish

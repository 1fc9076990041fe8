#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare of real recordings: it finds a change that is known and none where there is none,
# adds up, and says which recordings cannot be compared.
. "${top_srcdir:?}/tests/integration/lib.sh"

# The same work twice, and then two turns of half's five: the known change.
recordings() {
	[ -s less.cprof ] && return
	for recording in one two; do
		"$cprofd" run -F 1999 -o $recording.cprof -- "$targets/abc" 3000r >out.txt 2>&1 || fail "$(cat out.txt)"
	done
	"$cprofd" run -F 1999 -o less.cprof -- "$targets/abc" 3000r 2 >out.txt 2>&1 || fail "$(cat out.txt)"
}

# compare ... as JSON: an expression of it, c.
compared() {
	expression=$1
	shift
	"$cprofd" compare --json "$@" 2>err.txt >compare.json || fail "exit $?: $(cat err.txt)"
	"$python" -c "import json, sys
c = json.load(open('compare.json'))
row = {r['name']: r for r in c['rows']}
print($expression)"
}

a_known_change() {
	recordings
	[ "$(compared "c['unit']" one.cprof less.cprof)" = run ] || fail "not per run by itself"
	for unit in run share; do
		compared "row['half']['verdict'], row['half']['b']['value'] / row['half']['a']['value']" \
			--unit $unit one.cprof less.cprof >out.txt
		grep -q "^less" out.txt || fail "per $unit: $(cat out.txt)"
	done
	# 2 of 5 turns of half, 3 of third, 2 of fifth: 20 of the 50 that it had of 100.
	# How often an interval has the truth in it is known of many runs: test_compare.
	compared "abs(row['half']['b']['value'] - 2 / 7) < .05 and abs(row['half']['change']['value'] - (2 / 7 - .5)) < .1" \
		--unit share one.cprof less.cprof >out.txt
	grep -q True out.txt || fail "the share of half: $(cat compare.json)"
	"$cprofd" compare --evidence one.cprof less.cprof >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	is_silent err.txt || fail "on stderr: $(cat err.txt)"
	grep -q 'half.*faster' out.txt || fail "$(cat out.txt)"
	"$cprofd" compare --unit share less.cprof one.cprof | grep -q 'half.*more' || fail "the other way"
}

# Of what the program itself does: on a busy machine the kernel's part does differ.  In one
# of 20 pairs something may seem to by chance, in one of 8,000 three times on end.
nothing_changed() {
	recordings
	for try in 1 2 3; do
		compared "[r['name'] for r in c['rows'] if r['kind'] == 'N' and r['verdict'] != 'no-evidence']" \
			--unit share one.cprof two.cprof >out.txt
		! grep -qxF '[]' out.txt || break
		[ $try -lt 3 ] || fail "$(cat out.txt compare.json)"
		"$cprofd" run --force -F 1999 -o two.cprof -- "$targets/abc" 3000r >run.txt 2>&1 || fail "$(cat run.txt)"
	done
	for unit in run second share; do
		compared "[r['name'] for r in c['rows'] if r['verdict'] not in ('no-evidence', 'not-tested')], c['change'] and c['change']['value']" \
			--unit $unit one.cprof one.cprof >out.txt
		grep -qE '^\[\] (0|0.0|None)$' out.txt ||
			fail "one recording and itself, per $unit: $(cat out.txt)"
	done
}

it_adds_up() {
	recordings
	compared "max(abs(sum(r[s]['value'] for r in c['rows']) - c[s]['value']) for s in 'ab') < 1e-6" \
		one.cprof less.cprof >out.txt
	grep -q True out.txt || fail "$(cat compare.json)"
	compared "sum(r['a']['samples'] for r in c['rows']) == c['a']['samples'] == $(report one.cprof "r['totals']['received']['samples']")" \
		one.cprof less.cprof >out.txt
	grep -q True out.txt || fail "$(cat compare.json)"
	for width in 60 80 100 200; do
		LC_ALL=C "$cprofd" compare --width $width one.cprof less.cprof |
			awk -v width=$width 'length($0) > width { print; n++ } END { exit n > 0 }' >out.txt ||
			fail "longer than $width: $(cat out.txt)"
	done
}

two_parts_of_one() {
	recordings
	compared "c['a']['to_ns'] <= c['b']['from_ns'] and c['unit'] == 'second'" \
		--a-range 0-0.4 --b-range 0.4-9 one.cprof >out.txt
	grep -q True out.txt || fail "$(cat compare.json)"
	expect 2 "overlap" "$cprofd" compare --a-range 0-0.4 --b-range 0.3-9 one.cprof
	expect 2 "which other" "$cprofd" compare --a-range 0-0.4 one.cprof
	expect 2 "not two times" "$cprofd" compare --a-range 3-2 one.cprof one.cprof
}

what_cannot_be_compared() {
	recordings
	expect 2 "which recordings" "$cprofd" compare
	expect 2 "only two" "$cprofd" compare one.cprof two.cprof less.cprof
	expect 2 "--unit order" "$cprofd" compare --unit order one.cprof two.cprof
	expect 9 "cannot open" "$cprofd" compare one.cprof none.cprof
	expect 9 "out.txt" "$cprofd" compare one.cprof out.txt
	start "$targets/abc" 60
	"$cprofd" record -d 1 -F 499 -o part.cprof -p "$pid" >/dev/null 2>err.txt || fail "$(cat err.txt)"
	expect 2 "from the start of the program to its end" "$cprofd" compare --unit run one.cprof part.cprof
	[ "$(compared "c['unit']" one.cprof part.cprof)" = second ] || fail "not per second by itself"
	head -c $(($(wc -c <one.cprof) - 30)) one.cprof >torn.cprof
	expect 9 "cprofd recover" "$cprofd" compare torn.cprof one.cprof
	grep -q half out.txt || fail "what can be read of it is not compared"
	expect 2 "--b-range: nothing was recorded" "$cprofd" compare --b-range 500-600 one.cprof two.cprof
	"$python" -c "import cProfile; cProfile.run('sum(range(9))', 'x.pstats')" >/dev/null
	"$cprofd" import -o x.cprof x.pstats >out.txt 2>&1 || fail "$(cat out.txt)"
	expect 2 "measured, not sampled" "$cprofd" compare one.cprof x.cprof
}

check "a known change is found" a_known_change
check "where nothing changed there is no evidence" nothing_changed
check "rows add up" it_adds_up
check "two parts of one recording" two_parts_of_one
check "what cannot be compared" what_cannot_be_compared
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each command as a person uses it: results on stdout, everything else on stderr,
# the exit status of the program that was run.
. "${top_srcdir:?}/tests/integration/lib.sh"

n_samples() { report "$1" 'r["totals"]["received"]["samples"]'; }
functions() { report "$1" '" ".join(f["name"] for f in r["functions"])'; }

# ---- help and version ----

help_for_all() {
	"$cprofd" help >help.txt 2>err.txt || fail "help: $(cat err.txt)"
	commands=$(awk '/^  [a-z]/ { print $1 }' help.txt)
	[ "$(echo "$commands" | wc -l)" -ge 8 ] || fail "too few commands: $commands"
	for command in $commands; do
		"$cprofd" "$command" --help >one.txt 2>err.txt || fail "$command --help: exit $?"
		[ ! -s err.txt ] || fail "$command --help: on stderr: $(cat err.txt)"
		"$cprofd" help "$command" >two.txt || fail "help $command: exit $?"
		cmp -s one.txt two.txt || fail "help $command is not $command --help"
		grep -q "^usage: cprofd $command" one.txt || fail "$command has no usage"
	done
}

version() {
	"$cprofd" version >out.txt 2>err.txt || fail "exit $?"
	grep -q '^cprofd [0-9]' out.txt || fail "$(cat out.txt)"
	is_silent err.txt || fail "on stderr: $(cat err.txt)"
}

doctor() {
	"$cprofd" doctor >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	for engine in perf ptrace; do
		grep -q "^ *$engine " out.txt || fail "nothing of $engine: $(cat out.txt)"
	done
	"$cprofd" doctor --json | "$python" -m json.tool >json.txt || fail "no JSON"
	start "$targets/threads" 1 0 600
	"$cprofd" doctor "$pid" >out.txt 2>err.txt || fail "of a process: exit $?: $(cat err.txt)"
	grep -q "perf *works" out.txt || fail "$(cat out.txt)"
}

# ---- run and record ----

# Status, output and errors of the program are its own.
status_passed_on() {
	for command in run record; do
		rm -f x.cprof
		"$cprofd" $command -o x.cprof -- sh -c 'echo its output; echo its error >&2; exit 3' \
			>out.txt 2>err.txt
		got=$?
		[ $got = 3 ] || fail "$command: exit $got instead of 3"
		grep -q "^its output" out.txt || fail "$command: output lost"
		grep -q "^its error" err.txt || fail "$command: errors lost"
		grep -q "^cprofd: .*x.cprof$" err.txt || fail "$command: does not say where: $(cat err.txt)"
		"$cprofd" $command --force -o x.cprof -- true >out.txt 2>err.txt || fail "$command true: exit $?"
		for signal in TERM:143 KILL:137 SEGV:139; do
			"$cprofd" $command --force -o x.cprof -- sh -c "kill -${signal%:*} \$\$" >out.txt 2>err.txt
			got=$?
			[ $got = "${signal#*:}" ] || fail "$command, SIG$signal: exit $got"
		done
	done
}

run_prints_the_profile() {
	"$cprofd" run -o run.cprof -- "$targets/abc" 0.5 >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	grep -q '^abc  exit 0   wall [0-9.]* s   CPU' out.txt || fail "no summary: $(head -3 out.txt)"
	for name in half third fifth; do
		grep -q " $name " out.txt || fail "no $name: $(cat out.txt)"
	done
	[ "$(said err.txt)" = "cprofd: saved run.cprof" ] || fail "on stderr: $(cat err.txt)"
}

# Often at first and then less often, as it is said; a sample of any rate counts for its
# own time.
rate_of_young() {
	"$cprofd" run -o young.cprof -- "$targets/abc" 3 >out.txt 2>err.txt || fail "$(cat err.txt)"
	grep -q "499 Hz asked, 4999 until 0\.[5-9] s, 1999 until 2\.[0-9] s, " out.txt ||
		fail "header: $(sed -n 5,8p out.txt)"
	rates=$(report young.cprof 'r["recording"]["meta"]["rates"]')
	since=
	for part in $rates 0:3600000; do
		ms=${part#*:}
		if [ -n "$since" ]; then
			"$cprofd" report --json --from "$since" --to "$(awk "BEGIN { print $ms / 1000 }")" 				young.cprof >"$rate.json" 2>err.txt || fail "$(cat err.txt)"
		fi
		rate=${part%:*} since=$(awk "BEGIN { print $ms / 1000 }")
	done
	"$cprofd" report --json young.cprof >all.json
	"$python" >judged.txt 2>&1 - <<-'END' || fail "$(cat judged.txt)"
		import json
		for rate in (4999, 1999, 499):
		    r = json.load(open("%d.json" % rate))
		    got, f = r["totals"]["received"], {f["name"]: f["total"]["weight_ns"] for f in r["functions"]}
		    print(rate, got, f)
		    assert .8 < got["samples"] / got["weight_ns"] * 1e9 / rate < 1.2
		    assert abs(f["half"] / (f["half"] + f["third"] + f["fifth"]) - .5) < .08
		t = json.load(open("all.json"))["totals"]
		assert .93 < (t["received"]["weight_ns"] + t["lost"]["weight_ns"]) / t["cpu_ns"] < 1.03, t
	END
	"$cprofd" run --force -F 999 -o young.cprof -- "$targets/abc" 0.7 >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	grep -q "999 Hz asked, [0-9]* achieved" out.txt || fail "-F: $(sed -n 5,8p out.txt)"
}

# Without -o a name is made of the program's and the time.
default_name() {
	mkdir here
	(cd here && "$cprofd" record -- "$targets/abc" 0.2 2>../err.txt) || fail "exit $?: $(cat err.txt)"
	ls here | grep -qx 'abc-[0-9]\{8\}-[0-9]\{6\}\.cprof' || fail "named $(ls here)"
	[ "$(stat -c %a here/*)" = 600 ] || fail "readable by others: $(stat -c %a here/*)"
}

# As many samples as rate and CPU time say; as long as asked for.
rate_and_duration() {
	start "$targets/threads" 1 0 600
	for rate in 100 2000; do
		before=$(date +%s%N)
		"$cprofd" record --force --quiet -F $rate -d 1.5 -p "$pid" -o rate.cprof 2>err.txt || fail "$(cat err.txt)"
		after=$(date +%s%N)
		[ $(((after - before) / 1000000)) -ge 1500 ] || fail "-d 1.5 ended after $(((after - before) / 1000000)) ms"
		report rate.cprof 'r["totals"]["received"]["samples"] / r["totals"]["cpu_ns"] * 1e9, r["recording"]["end"]' >rate.txt
		awk -v rate=$rate '{ gsub(/[(,]/, ""); exit !($1 > rate * 0.75 && $1 < rate * 1.25) }' rate.txt ||
			fail "-F $rate gave $(cat rate.txt)"
	done
}

# The recording ends, the program does not; and a signal to us is one to it.
program_outlives_duration() {
	"$cprofd" record -d 0.3 -o out.cprof -- sleep 600 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	is_whole() { [ -s out.cprof ] && [ "$(report out.cprof 'r["recording"]["finished"]')" = True ]; }
	wait_for 20 is_whole || fail "the recording does not end: $(cat err.txt)"
	program=$(pgrep -x -P $recorder sleep) || fail "the program was ended"
	echo "$program" >>"$scratch/pids"
	kill -TERM $recorder
	wait $recorder
	got=$?
	[ $got = 143 ] || fail "exit $got instead of 143"
}

# Progress is for people who watch: on a terminal, and not with --quiet.
progress() {
	have script || skip "progress is shown on a terminal" "no script(1)"
	start "$targets/threads" 1 0 600
	script -qec "$cprofd record --force -d 2.5 -p $pid -o p.cprof" tty.txt >/dev/null </dev/null || fail "exit $?"
	grep -q "recording 00:0.*samples" tty.txt || fail "no progress: $(cat tty.txt)"
	script -qec "$cprofd record --quiet --force -d 2.5 -p $pid -o p.cprof" tty.txt >/dev/null </dev/null || fail "exit $?"
	! grep -q "recording 00:0" tty.txt || fail "progress in spite of --quiet"
	"$cprofd" record --force -d 1.5 -p "$pid" -o p.cprof >out.txt 2>err.txt || fail "exit $?"
	[ "$(said err.txt | wc -l)" = 1 ] && [ ! -s out.txt ] || fail "without a terminal: $(cat out.txt err.txt)"
}

# ---- attach ----

attach() {
	cp "$targets/abc" attach-me
	start ./attach-me 600
	for what in "$pid" attach-me "-p $pid" "--engine ptrace $pid"; do
		"$cprofd" attach -d 1 $what >out.txt 2>err.txt || fail "$what: exit $?: $(cat err.txt)"
		grep -q " half " out.txt || fail "$what: no half: $(cat out.txt)"
		grep -q "no terminal: text mode" err.txt || fail "$what: $(cat err.txt)"
		! grep -q "^cprofd" out.txt || fail "$what: progress in the result"
	done
	[ -z "$(find state -type f)" ] || fail "left in the state folder: $(find state -type f)"
	"$cprofd" attach -d 0.5 -o kept.cprof attach-me >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	grep -q "saved kept.cprof" err.txt && [ "$(n_samples kept.cprof)" -gt 0 ] || fail "not kept"
	start sleep 1
	expect 5 "ended before the first sample" "$cprofd" attach "$pid"
	[ -z "$(find state -type f)" ] || fail "left in the state folder: $(find state -type f)"
	start ./attach-me 600
	wait_for 10 grep -q attach-me "/proc/$pid/comm" || fail "no second one"
	expect 2 "2 processes match \"attach-me\"" "$cprofd" attach -d 1 attach-me
}

# ---- report ----

reports() {
	"$cprofd" record -F 1999 -o r.cprof -- "$targets/abc" 1 2>err.txt || fail "$(cat err.txt)"
	show() { "$cprofd" report "$@" r.cprof >out.txt 2>err.txt || fail "report $*: exit $?: $(cat err.txt)"
		is_silent err.txt || fail "report $*: on stderr: $(cat err.txt)"; }
	show
	[ "$(awk '/SELF%/ { t = 1; next } t && $1 ~ /^[0-9]/ { for (i = 1; i <= NF; i++) if ($i ~ /^(half|third|fifth)$/) print $i }' out.txt |
		head -3 | tr '\n' ' ')" = "half third fifth " ] || fail "not in order: $(cat out.txt)"
	! grep -q "$(printf '\033')" out.txt || fail "colours in a file"
	show --color always
	grep -q "$(printf '\033')\[" out.txt || fail "no colours"
	show --tree
	grep -q "children + self = parent" out.txt || fail "no check line"
	awk '/ main /{ m = NR } / round_of_ten /{ r = NR } / half /{ h = NR } END { exit !(m && m < r && r < h) }' out.txt ||
		fail "no tree: $(cat out.txt)"
	show --callers half
	grep -q "CALLED BY" out.txt && grep -q "round_of_ten" out.txt && grep -q "call at abc.c:" out.txt ||
		fail "no callers: $(cat out.txt)"
	show --lines half
	grep -q "WORK(half" out.txt || fail "no source: $(cat out.txt)"
	show --limit 1
	! grep -q " third " out.txt || fail "--limit 1 shows two"
	show --filter '^third$'
	! grep -q " fifth " out.txt && grep -q " third " out.txt || fail "--filter: $(cat out.txt)"
	show --width 60
	[ "$(awk '{ if (length > n) n = length } END { print n + 0 }' out.txt)" -le 180 ] || fail "--width 60"
	all=$(n_samples r.cprof)
	half=$("$cprofd" report --json --from 0.5 r.cprof | "$python" -c 'import json, sys
print(json.load(sys.stdin)["totals"]["received"]["samples"])')
	[ "$half" -gt 0 ] && [ "$half" -lt "$all" ] || fail "--from 0.5: $half of $all"
	rest=$("$cprofd" report --json --to 0.5 r.cprof | "$python" -c 'import json, sys
print(json.load(sys.stdin)["totals"]["received"]["samples"])')
	[ $((half + rest)) = "$all" ] || fail "$half and $rest are not $all"
	expect 2 "no such thread" "$cprofd" report --thread 1 r.cprof
	expect 2 "" "$cprofd" report --callers no_such_function r.cprof
	"$cprofd" report r.cprof | head -1 >/dev/null || fail "a closed pipe"
}

# ---- children ----

children() {
	engine=$1
	family="$targets/abc 0.8 & $targets/threads 1 0 0.8 & wait"
	"$cprofd" record --force --engine "$engine" -o all.cprof -- sh -c "$family" 2>err.txt || fail "$(cat err.txt)"
	for name in half burn; do
		functions all.cprof | grep -qw $name || fail "no $name: $(functions all.cprof)"
	done
	"$cprofd" record --force --engine "$engine" --no-follow -o one.cprof -- sh -c "$family" 2>err.txt || fail "$(cat err.txt)"
	for name in half burn; do
		! functions one.cprof | grep -qw $name || fail "--no-follow: $name is there"
	done
	# Threads are no children.
	"$cprofd" record --force --engine "$engine" --no-follow -o one.cprof -- "$targets/threads" 2 0 1 2>err.txt ||
		fail "$(cat err.txt)"
	[ "$(report one.cprof 'len([t for t in r["threads"] if t["name"] == "threads"])')" -ge 3 ] ||
		fail "--no-follow: threads are missing"
	# Those that are there already.
	start sh -c "$targets/abc 600 & wait"
	has_child() { child=$(pgrep -P "$pid"); }
	wait_for 10 has_child || fail "no child"
	echo "$child" >>"$scratch/pids"
	wait_for 10 grep -q abc "/proc/$child/comm" || fail "no abc"
	"$cprofd" record --force --engine "$engine" -d 1 -p "$pid" -o there.cprof 2>err.txt || fail "$(cat err.txt)"
	functions there.cprof | grep -qw half || fail "no half: $(functions there.cprof)"
	"$cprofd" record --force --engine "$engine" --no-follow -d 1 -p "$pid" -o there.cprof 2>err.txt || fail "$(cat err.txt)"
	! functions there.cprof | grep -qw half || fail "--no-follow: half is there"
}

# After two seconds all events are opened again, at a lower rate.
forked_children() {
	"$cprofd" run -o fork.cprof -- "$python" -c 'import os, time
end = time.monotonic() + 4
for i in range(2):
    if os.fork() == 0:
        while time.monotonic() < end:
            pass
        os._exit(0)
os.wait(), os.wait()' >out.txt 2>err.txt || fail "$(cat err.txt)"
	"$cprofd" report --json --from 2.5 fork.cprof >late.json 2>err.txt || fail "$(cat err.txt)"
	"$python" -c 'import json, sys
t = json.load(open("late.json"))["totals"]
print(t["received"]["weight_ns"], "of", t["cpu_ns"])
sys.exit(not t["cpu_ns"] > 2e8 or t["received"]["weight_ns"] < t["cpu_ns"] * .8)' >late.txt || fail "$(cat late.txt) ns sampled"
}

# A program, its process and a file named so that a terminal would obey them.
hostile_names() {
	escape=$(printf '\033')
	evil=$(printf 'e\033]0;owned\007\033[2J\r\nx')
	cp "$targets/abc" "$evil" || fail "no copy"
	clean() {	# WHAT: in out.txt and err.txt no byte that a terminal obeys
		! LC_ALL=C grep -q "[$(printf '\001-\010\013-\037\177')]" out.txt err.txt ||
			fail "$1: $(LC_ALL=C cat -v out.txt err.txt)"
	}
	# What the program itself prints is its own affair.
	# shellcheck disable=SC2016
	"$cprofd" run -o "$evil.cprof" -- sh -c 'exec "$0" 1 >/dev/null' "./$evil" >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	clean run
	grep -q half out.txt || fail "no profile: $(cat out.txt)"
	for how in "" --tree "--callers half" "--lines half" --json; do
		# shellcheck disable=SC2086
		"$cprofd" report $how "$evil.cprof" >out.txt 2>err.txt || fail "$(cat err.txt)"
		clean "report $how"
	done
	for format in folded svg html; do
		"$cprofd" export --format $format -o - "$evil.cprof" >out.txt 2>err.txt || fail "$(cat err.txt)"
		clean "export --format $format"
	done
	for what in report export recover; do
		"$cprofd" $what "$evil.none" >out.txt 2>err.txt && fail "$what of nothing"
		clean "$what of a file that is not there"
		LC_ALL=C grep -q owned err.txt || [ $what = export ] || fail "$what: $(cat err.txt)"
	done
	"$cprofd" run -- "./$evil.none" >out.txt 2>err.txt && fail "run of nothing"
	clean "run of a program that is not there"
	start "./$evil" 600
	wait_for 10 grep -qF "$escape" "/proc/$pid/comm" || fail "comm: $(cat -v "/proc/$pid/comm")"
	"$cprofd" doctor "$pid" >out.txt 2>err.txt || fail "$(cat err.txt)"
	clean doctor
	"$cprofd" attach -d 1 "$pid" >out.txt 2>err.txt || fail "$(cat err.txt)"
	clean attach
	"$cprofd" attach "$evil-none" >out.txt 2>err.txt && fail "attach to nothing"
	clean "attach to nothing"
	"$cprofd" "$evil" >out.txt 2>err.txt && fail "a command of that name"
	clean "a command of that name"
	"$cprofd" record "--$evil" >out.txt 2>err.txt && fail "an option of that name"
	clean "an option of that name"
}

check "every command explains itself" help_for_all
check "version" version
check "doctor" doctor
check "status and output of the program are passed on" status_passed_on
check "run prints the profile" run_prints_the_profile
check "a recording has a name of its own" default_name
check "rate and duration are as asked for" rate_and_duration
check "what has just begun is sampled more often" rate_of_young
check "the program outlives -d" program_outlives_duration
check "progress is shown on a terminal" progress
check "names of a hostile target reach no terminal" hostile_names
check "attach by number and by name" attach
check "report: flat, tree, callers, lines, selections" reports
for engine in perf ptrace; do
	check "$engine: child processes, --no-follow" children $engine
done
check "children that do not exec are sampled at the second rate, too" forked_children
finish

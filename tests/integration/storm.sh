#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Programs that change all the time, or are large, or have stacks that lead nowhere: no
# wrong stack, nothing that grows, and what is not there is said.
. "${top_srcdir:?}/tests/integration/lib.sh"

growth=$top_srcdir/tests/integration/growth.py
long=${CPROFD_LONG:-}
seconds=${long:+20}
seconds=${seconds:-0.7}

# Start target "$@"; its output is in target.txt.
start_target() {
	"$@" >target.txt 2>&1 &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 10 runs_file $pid "$1" || fail "it does not start: $*"
}

# Record the target with engine $1 for $2 seconds; the rest are options.
record_it() {
	engine=$1 seconds=$2
	shift 2
	"$cprofd" record --force -p "$pid" --engine "$engine" -d "$seconds" -o rec.cprof "$@" \
		2>err.txt || fail "$(cat err.txt)"
}

outcomes() {
	report rec.cprof '{x["outcome"]: x["samples"] for x in r["ledger"]["rows"] if x["samples"]}'
}

# ---- dlopen, dlclose ----

# Files of one size, which take each other's place; their frames differ.
make_libraries() {
	for i in 0 1 2 3; do
		cat >"part_$i.c" <<-END
			static volatile unsigned long sink;
			__attribute__((noinline)) void part_$i(void)
			{
				volatile char room[1 + $i % 2 * $i * 64];
				room[0] = 1;
				for (int i = 0; i < 60000; i++)
					sink += i;
			}
			void work(void) { part_$i(); sink++; }
		END
		${CC:-cc} -O2 -g -fomit-frame-pointer -shared -fPIC -o "part_$i.so" "part_$i.c" \
			2>compiler.txt || fail "$(cat compiler.txt)"
	done
}

# call_K() of the program calls work() of library K, and that part_K().
library_storm() {
	needs_engine "$1" "$name"
	[ -e part_3.so ] || make_libraries
	start_target "$targets/storm" libraries 2000 600 ./part_*.so
	record_it "$1" "$2" -F 1999
	"$cprofd" export --format folded -o - rec.cprof >folded.txt || fail "no export"
	awk '{ called = part = ""
		if (match($0, /;call_[0-3];/)) called = substr($0, RSTART + 6, 1)
		if (match($0, /;part_[0-3][; ]/)) part = substr($0, RSTART + 6, 1)
		if (part != "") n[called == part ? "right" : "wrong"]++ }
		END { print n["right"] + 0, n["wrong"] + 0 }' folded.txt >pairs.txt
	read -r right wrong <pairs.txt
	[ "$wrong" = 0 ] && [ "$right" -gt 0 ] ||
		fail "$wrong stacks are wrong, $right right: $(grep part_ folded.txt)"
}

# ---- processes ----

# Of those that had no sample there is only their number.
fork_storm() {
	needs_engine "$1" "$name"
	start_target "$targets/storm" "$2" 5000 600
	record_it "$1" 1
	report rec.cprof 'len(r["processes"]), int(r["recording"]["meta"].get("unsampled_processes", 0)),
		r["totals"]["received"]["samples"]' | tr -d '(),' >n.txt
	read -r processes others samples <n.txt
	# Each sample has brought one in, or its exec another, at most; and some got a thread's name.
	[ "$others" -gt 50 ] && [ "$processes" -le $((2 * samples + 20)) ] ||
		fail "$processes processes and $others more with $samples samples"
	"$cprofd" report rec.cprof | grep -q "more had no sample" || fail "the report does not say it"
}

# Nobody reads for a second: what the kernel could not tell is counted, and it goes on.
# While its session is stopped for $2 seconds.
record_deafly() {
	"$cprofd" record --force -p "$pid" --engine "$1" -d $(($2 + 1)) -o rec.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	find_session() {
		session=$(pgrep -P "$(pgrep -P $recorder -x cprofd)" -x cprofd-session)
	}
	wait_for 10 find_session 2>/dev/null || fail "there is no session"
	kill -STOP "$session"
	sleep "$2"
	kill -CONT "$session"
	wait $recorder || fail "$(cat err.txt)"
}

lost_news() {
	needs_engine "$1" "$name"
	start_target "$targets/storm" threads 20000 600
	for seconds in 1 3 6; do	# on a busy machine not so many threads are born
		record_deafly "$1" $seconds
		! grep -q "records about processes and their mappings were lost" err.txt || return 0
		rm -f rec.cprof
	done
	fail "nothing was said: $(cat err.txt)"
}

# ---- size ----

many_mappings() {
	needs_engine "$1" "$name"
	start_target "$targets/storm" mappings 64000 600
	wait_for 60 grep -q mapped target.txt || fail "not mapped: $(cat target.txt)"
	began=$(date +%s%N)
	record_it "$1" 0.5
	took=$((($(date +%s%N) - began) / 1000000))
	echo "  # $took ms for 500 of sampling; $(outcomes)"
	[ -z "$long" ] || [ $took -le 2500 ] || fail "$took ms"
	report rec.cprof '(lambda rows: 100 * sum(x["samples"] for x in rows if x["outcome"] == "complete") >=
		99 * sum(x["samples"] for x in rows) > 0)([x for x in r["ledger"]["rows"] if x["samples"]])' |
		grep -q True || fail "$(outcomes)"
	if [ "$1" = bpf ]; then
		grep -q "more executable mappings than the kernel looks through" err.txt ||
			fail "nothing was said: $(cat err.txt)"
		"$cprofd" report rec.cprof | grep -qE "\b[0-5]\.[0-9]% from copies" ||
			fail "$("$cprofd" report rec.cprof | head -8)"
	fi
}

# The limit on open files may allow events for some threads only: then that is said.
many_threads() {
	needs_engine "$1" "$name"
	start_target "$targets/threads" 2 9998 600
	has_threads() { [ "$(ls "/proc/$pid/task" | wc -l)" -ge 10000 ]; }
	wait_for 60 has_threads || skip "$name" "this system does not allow so many threads"
	began=$(date +%s%N)
	record_it "$1" 10 -F 99
	took=$((($(date +%s%N) - began) / 1000000 - 10000))
	echo "  # $took ms besides 10 s of sampling; $(cat err.txt)"
	[ "$(report rec.cprof 'r["totals"]["lost"]["samples"]')" = 0 ] || fail "samples were lost"
	[ $took -le 4000 ] || fail "$took ms besides sampling"
}

# ---- stacks that lead nowhere ----

# Every stack ends, and for reason $3; going round does not cost more than samples do.
smashed() {
	needs_engine "$1" "$name"
	start_target "$targets/smash" "$2" 60
	record_it "$1" 0.3
	[ "$(report rec.cprof 'sorted({x["outcome"] for x in r["ledger"]["rows"] if x["samples"]})')" = "['$3']" ] ||
		fail "$(outcomes)"
	[ "$(report rec.cprof 'r["recording"]["own_cpu_ns"] < 3e8')" = True ] || fail "it costs too much"
}

# ---- nothing grows ----

# Engine $1 for a minute and a half on target "$@".
does_not_grow() {
	engine=$1
	shift
	needs_engine "$engine" "$name"
	[ -e part_3.so ] || make_libraries
	start_target "$targets/storm" "$@"
	"$cprofd" record --force -p "$pid" --engine "$engine" -d 90 -F 999 -o rec.cprof 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	"$python" "$growth" $recorder || fail "$(tail -3 err.txt)"
	wait $recorder || fail "$(cat err.txt)"
	echo "  # $(du -k rec.cprof | cut -f1) KiB; $(tail -1 err.txt)"
}

for engine in bpf perf ptrace; do
	# A stop that is read for too long, as beside other tests, is no sample.
	[ "$engine" != ptrace ] || [ -n "$long" ] || seconds=2
	check "$engine: 2,000 dlopen a second: no wrong stack" library_storm $engine "$seconds"
done
check "bpf: forks: of processes without a sample only their number is kept" fork_storm bpf forks
check "bpf: 64,000 mappings" many_mappings bpf
check "perf: what could not be told is counted" lost_news perf
check "bpf: the stack pointer is wrong" smashed bpf pointer "unreadable memory"
check "bpf: a frame is its own caller" smashed bpf loop "broken chain"
if [ -n "$long" ]; then
	check "perf: forks: of processes without a sample only their number is kept" fork_storm perf forks
	check "perf: execs: of processes without a sample only their number is kept" fork_storm perf execs
	for engine in perf ptrace; do
		check "$engine: 64,000 mappings" many_mappings $engine
	done
	for engine in bpf perf ptrace; do
		check "$engine: the stack pointer is wrong" smashed $engine pointer "unreadable memory"
		check "$engine: the return address is wrong" smashed $engine return "broken chain"
		check "$engine: a frame is its own caller" smashed $engine loop "broken chain"
		check "$engine: a frame has called itself without an end" smashed $engine climb "frame limit"
		check "$engine: 10,000 threads" many_threads $engine
		check "$engine: 10,000 threads made a second: nothing grows" does_not_grow $engine threads 10000 600
		check "$engine: 5,000 forks a second: nothing grows" does_not_grow $engine forks 5000 600
		check "$engine: 1,000 execs a second: nothing grows" does_not_grow $engine execs 1000 600
		check "$engine: 2,000 dlopen a second: nothing grows" does_not_grow $engine libraries 2000 600 ./part_*.so
	done
fi
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stacks: the same frames as gdb sees, inlined ones too; complete to the root as
# often as perf's at least; and what is cut is said to be cut, with its size.
. "${top_srcdir:?}/tests/integration/lib.sh"

names=$top_srcdir/tests/integration/stack_names.py
deep_stacks=$top_srcdir/tests/integration/deep_stacks.py
n_samples=${CPROFD_LONG:+20000}
n_samples=${n_samples:-2500}

# Record process $pid with the given options until it has $1 samples.
record_samples() {
	want=$1
	shift
	rm -f rec.cprof
	"$cprofd" record -p "$pid" -o rec.cprof "$@" 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	enough() {
		n=$(report rec.cprof 'r["totals"]["received"]["samples"]') 2>/dev/null
		[ "${n:-0}" -ge "$want" ] || ! [ -d /proc/$recorder ]
	}
	wait_for 120 enough || fail "only ${n:-no} samples: $(cat err.txt)"
	kill -TERM $recorder 2>/dev/null
	wait $recorder || fail "record failed: $(cat err.txt)"
}

# ---- frame by frame ----

gdb_frames() {
	gdb -batch -nx -p "$1" -x "$names" 2>gdb-err.txt | grep '^frame ' >gdb.txt
	grep -q '^frame spin' gdb.txt && grep -q '^frame _start' gdb.txt
}

# The target "$@" spins: its stack is that of gdb, with engine $1.
same_as_gdb() {
	engine=$1
	shift
	have gdb || skip "$engine: the frames of gdb: ${*##*/}" "no gdb"
	needs_engine "$engine" "$engine: the frames of gdb: ${*##*/}"
	start "$@"
	# It has still to get there: gdb shows when.
	wait_for 30 gdb_frames "$pid" || fail "gdb sees no spin: $(cat gdb.txt gdb-err.txt)"
	record_samples 20 --engine "$engine"
	"$cprofd" export --format folded -o - rec.cprof >folded.txt || fail "no export"
	"$python" "$names" <folded.txt >cprofd.txt
	cmp -s gdb.txt cprofd.txt || fail "gdb and cprofd differ: $(diff gdb.txt cprofd.txt)"
}

# On a stack of its own the handler is all that a copy holds: the same frames up
# to a gap that is said.
same_up_to_gap() {
	have gdb || skip "perf: altstack: the frames of gdb up to the gap" "no gdb"
	start "$targets/spin" altstack
	wait_for 30 gdb_frames "$pid" || fail "gdb sees no spin: $(cat gdb.txt gdb-err.txt)"
	record_samples 20 --engine perf
	"$cprofd" export --format folded -o - rec.cprof >folded.txt || fail "no export"
	"$python" "$names" <folded.txt >cprofd.txt
	tail -1 cprofd.txt | grep -q '\[gap' || fail "no gap: $(cat cprofd.txt)"
	n=$(($(wc -l <cprofd.txt) - 1))
	[ $n -ge 4 ] || fail "only $n frames"
	head -$n gdb.txt >gdb-head.txt
	head -$n cprofd.txt | cmp -s - gdb-head.txt || fail "gdb and cprofd differ: $(diff gdb.txt cprofd.txt)"
}

compiled() {
	case $1 in
	spin_cpp)
		have g++ || skip "$2: the frames of gdb: $1" "no g++"
		[ -x spin_cpp ] || g++ -O2 -g -fomit-frame-pointer -o spin_cpp \
			"$top_srcdir/tests/targets/spin_cpp.cc" 2>compiler.txt ||
			fail "$(cat compiler.txt)" ;;
	spin_rust)
		have rustc || skip "$2: the frames of gdb: $1" "no rustc"
		[ -x spin_rust ] || rustc -O -g -o spin_rust \
			"$top_srcdir/tests/targets/spin_rust.rs" 2>compiler.txt ||
			skip "$2: the frames of gdb: $1" "rustc does not work: $(head -1 compiler.txt)" ;;
	esac
}

same_as_gdb_compiled() {
	compiled "$1" "$2"
	same_as_gdb "$2" "./$1"
}

# ---- completeness ----

# Samples with a complete stack, of all that were taken, in percent.
complete_pct() {
	report "$1" '(lambda rows: "%.3f %d" % (
		100 * sum(x["samples"] for x in rows if x["outcome"] == "complete") /
		sum(x["samples"] for x in rows), sum(x["samples"] for x in rows)))(
		[x for x in r["ledger"]["rows"] if x["outcome"] != "lost"])'
}

# The same of perf's: the last frame is where programs or threads begin.  A
# stripped program's _start has no name there: known by who it has called.
perf_complete_pct() {
	perf script --no-inline --max-stack 2000 -F ip,sym,dso -i "$1" 2>/dev/null | awk '
	function sample() {
		if (!n)
			return
		all++
		complete += name[n] ~ /^(_start|_dl_start_user|(__GI_)?(__)?clone3?|thread_start|ret_from_fork.*)$/ ||
			(name[n] == "[unknown]" && name[n - 1] ~ /^__libc_start_main/)
		n = 0
	}
	NF { name[++n] = $2 }
	!NF { sample() }
	END { sample(); if (all) printf "%.3f %d\n", 100 * complete / all, all }'
}

is_at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

# perf and engine $1 at the same time on the running target "$@"; $2 is the bytes
# of stack that perf copies.
as_complete_as_perf() {
	engine=$1 bytes=$2
	shift 2
	needs_engine "$engine" "$engine: complete: ${*##*/}"
	start "$@"
	rm -f perf.data
	if perf record -o /dev/null -e cpu-clock true >/dev/null 2>&1; then
		perf record -q -e cpu-clock -F 999 --call-graph dwarf,"$bytes" \
			-o perf.data -p "$pid" >perf.txt 2>&1 &
		perf=$!
		echo $perf >>"$scratch/pids"
	fi
	record_samples "$n_samples" -F 999 --engine "$engine"
	complete_pct rec.cprof >cprofd.txt
	read -r pct n <cprofd.txt
	is_at_least "$pct" 99.5 || fail "$pct % of $n stacks are complete"
	if [ -n "${perf:-}" ]; then
		kill -INT $perf
		wait $perf
		perf_complete_pct perf.data >perf-pct.txt
		read -r perf_pct perf_n <perf-pct.txt
		[ "${perf_n:-0}" -gt 0 ] || fail "perf took no samples: $(cat perf.txt)"
		echo "  # complete: cprofd $pct % of $n, perf $perf_pct % of $perf_n"
		is_at_least "$pct" "$(awk -v p="$perf_pct" 'BEGIN { print p - 0.1 }')" ||
			fail "perf has $perf_pct % complete, cprofd $pct %"
	else
		echo "  # complete: cprofd $pct % of $n; perf does not work here"
	fi
}

sort_is_complete() {
	[ -s lines.txt ] || awk 'BEGIN { srand(1); for (i = 0; i < 1500000; i++) print rand() rand() }' >lines.txt
	as_complete_as_perf "$1" 8192 sort --parallel=2 -S 200M -o sorted.txt lines.txt lines.txt lines.txt lines.txt
}

# From the exec on, with the dynamic linker at work and the end of the program.
whole_run_is_complete() {
	engine=$1
	shift
	needs_engine "$engine" "$engine: complete: ${*##*/} from start to end"
	"$cprofd" record --force --engine "$engine" -F 1999 -o rec.cprof -- "$@" >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	complete_pct rec.cprof >cprofd.txt
	read -r pct n <cprofd.txt
	echo "  # complete: $pct % of $n"
	is_at_least "$pct" 99.5 || fail "$pct % of $n stacks are complete"
}

# ---- what does not fit ----

ledger() {
	report rec.cprof 'sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] '"$1"')'
}

# A megabyte of stack: the leaf's side of it and a gap with its size, for every
# sample.  The size is right: gdb knows where the stack ends and its pointer is.
gap_has_its_size() {
	have gdb || skip "perf: 5,000 deep: every stack has a gap with its size" "no gdb"
	start "$targets/deep" 5000 200 600
	at_depth() {
		gdb -batch -nx -p "$pid" -ex 'bt 3' -ex 'bt -1' -ex 'p/x $rsp' >gdb.txt 2>/dev/null
		grep -q 'in main' gdb.txt && grep -q descend_large gdb.txt
	}
	wait_for 30 at_depth || fail "gdb sees: $(cat gdb.txt)"
	sp=$(awk '/^\$1 = / { print $3 }' gdb.txt)
	end=$(sed -n 's/^[0-9a-f]*-\([0-9a-f]*\) .*\[stack\]$/0x\1/p' "/proc/$pid/maps")
	stack=$((end - sp))
	record_samples 1500 --engine perf -F 499
	n=$(ledger '!= "lost"')
	cut=$(ledger '== "copy too small"')
	[ "$n" -gt 0 ] && [ "$cut" = "$n" ] || fail "$cut of $n stacks are marked as cut"
	# The first copies are of 16 KiB, later ones of 65,528 bytes.  The pointer
	# moves by some hundred bytes when work() calls clock().
	report rec.cprof 'r["ledger"]["gap_min_bytes"], r["ledger"]["gap_max_bytes"]' >gaps.txt
	tr -d '(),' <gaps.txt >gap-numbers.txt
	read -r gap_min gap_max <gap-numbers.txt
	[ $((gap_min - (stack - 65528))) -gt -2048 ] && [ $((gap_min - (stack - 65528))) -lt 2048 ] &&
	[ $((gap_max - (stack - 16384))) -gt -2048 ] && [ $((gap_max - (stack - 16384))) -lt 2048 ] ||
		fail "gaps of $gap_min to $gap_max bytes in a stack of $stack"
	# 65,528 bytes hold about 310 frames of about 208.
	"$cprofd" export --format folded -o - rec.cprof |
		awk '{ n = gsub(/descend_large/, ""); if (n > most) most = n } END { print most }' >most.txt
	[ "$(cat most.txt)" -gt 250 ] || fail "at most $(cat most.txt) frames"
	echo "  # stack $stack, gaps $gap_min to $gap_max, up to $(cat most.txt) frames"
}

# The ptrace engine reads memory itself, and so does the program in the kernel: with
# engine $1 all frames of a recursion $2 deep are there, if that many are asked for.
sees_all() {
	needs_engine "$1" "$1: $2 deep: all frames"
	start "$targets/deep" "$2" 200 600
	record_samples 100 --engine "$1" --max-frames $(($2 + 100))
	"$cprofd" export --format folded -o - rec.cprof |
		awk '{ n = gsub(/descend_large/, ""); if (n > most) most = n } END { print most }' >most.txt
	[ "$(cat most.txt)" = $(($2 + 1)) ] || fail "$(cat most.txt) frames instead of $(($2 + 1))"
	n=$(ledger '!= "lost"')
	complete=$(ledger '== "complete"')
	[ $((n - complete)) -le 2 ] || fail "$complete of $n complete"
}

# What ran in the kernel has its name there: bpf against the same program by perf.
kernel_leaf() {
	needs_engine "$1" "$1: functions of the kernel have time of their own"
	[ "$(id -u)" = 0 ] || skip "$1: functions of the kernel have time of their own" "needs root"
	"$cprofd" record --force --engine "$1" -F 1999 -o rec.cprof -- "$targets/syscalls" 0.6 \
		>out.txt 2>err.txt || fail "$(cat err.txt)"
	report rec.cprof '"%d %d" % tuple(sum(f["self"]["samples"] for f in r["functions"]
		if f["kind"] == "K" and (f["name"] == "[kernel]") == nameless) for nameless in (0, 1))' >own.txt
	read -r named nameless <own.txt
	[ "$named" -gt 50 ] && [ $((nameless * 20)) -lt "$named" ] ||
		fail "$named samples with a name, $nameless without: $("$cprofd" report rec.cprof)"
}

# More frames than asked for: with engine $1 and limit $2 the stacks of target "$3",
# "$4" deep with frames of "$5" bytes, have leaf and root, and what is between is counted.
middle_is_left_out() {
	needs_engine "$1" "$1: $3 $4 deep: what is between leaf and root is counted"
	start "$targets/$3" "$4" "$5" 600
	record_samples 40 --max-frames "$2" --engine "$1"
	function=descend_small
	[ "$5" -lt 200 ] || function=descend_large
	"$python" "$deep_stacks" rec.cprof work $function $(($4 + 1)) $(($4 + 1)) "$2" 10 >deep.txt 2>&1 ||
		fail "$(cat deep.txt)"
	read -r n n_stacks least most <deep.txt
	echo "  # $n samples, $n_stacks stacks, $least to $most frames left out"
	report rec.cprof '"%d %d" % (r["ledger"]["left_out_min_frames"], r["ledger"]["left_out_max_frames"])' >ledger.txt
	[ "$(cat ledger.txt)" = "$least $most" ] || fail "the report says $(cat ledger.txt)"
	[ "$(ledger '== "middle left out"')" -ge $((n - n / 50 - 2)) ] || fail "the ledger does not have them"
	"$cprofd" export --format folded -o - rec.cprof | grep -q ';main;.*\[frames left out\];.*work' ||
		fail "no frames left out between main and work"
}

# What is left out does not make a stack another one.
depths_are_one_stack() {
	needs_engine "$1" "$1: recursion of many depths is few stacks"
	start "$targets/deep" 3000 16 600 200
	record_samples 150 --engine "$1" -F 999
	"$python" "$deep_stacks" rec.cprof work descend_small 3001 3200 1024 10 >deep.txt 2>&1 ||
		fail "$(cat deep.txt)"
	read -r n n_stacks least most <deep.txt
	echo "  # $n samples, $n_stacks stacks, $least to $most frames left out"
	[ $((most - least)) -gt 50 ] || fail "only $least to $most frames are left out"
	[ "$n_stacks" -le 30 ] || fail "$n_stacks stacks"
}

# The limit and one less: of as many frames as are asked for none is missing.
limit_is_exact() {
	needs_engine "$1" "$1: of one frame more than --max-frames one is left out"
	start "$targets/spin" recursion
	record_samples 30 --engine "$1"
	"$python" "$deep_stacks" rec.cprof spin recurse 201 201 1000 0 >deep.txt 2>&1 || fail "$(cat deep.txt)"
	most=$("$cprofd" export --format folded -o - rec.cprof | sed 's/;spin[; ].*/;spin/' |
		awk -F';' 'NF > most { most = NF } END { print most }')
	record_samples 30 --engine "$1" --max-frames "$most"
	"$python" "$deep_stacks" rec.cprof spin recurse 201 201 "$most" 0 >deep.txt 2>&1 || fail "$(cat deep.txt)"
	record_samples 30 --engine "$1" --max-frames $((most - 1))
	"$python" "$deep_stacks" rec.cprof spin recurse 201 201 $((most - 1)) 10 >deep.txt 2>&1 ||
		fail "$(cat deep.txt)"
	read -r n n_stacks least most <deep.txt
	[ "$least $most" = "1 1" ] || fail "$least to $most frames are left out"
}

# Deeper than the program in the kernel goes: cut, and said.
limit_is_said() {
	needs_engine bpf "bpf: 20,000 deep: every stack is marked as cut"
	start "$targets/deep" 20000 16 600
	record_samples 40 --engine bpf
	n=$(ledger '!= "lost"')
	cut=$(ledger '== "frame limit"')
	copied=$(ledger '== "copy too small"')
	[ "$n" -gt 0 ] && [ $((cut + copied)) = "$n" ] && [ "$copied" -le $((2 + n / 50)) ] ||
		fail "$cut of $n stacks are marked as cut"
	"$cprofd" report rec.cprof | grep -q 'the ptrace engine follows deeper stacks' ||
		fail "nothing is said of what would help"
}

# In a container processes have other numbers than the kernel's; it unwinds them itself.
in_a_pid_namespace() {
	needs_engine bpf "bpf: in a pid namespace"
	cat >inside.sh <<-'SH'
		"$targets/spin" plain & p=$!
		sleep 0.3
		"$cprofd" record --engine bpf -d 2 --quiet --force -o rec.cprof -p $p
		code=$?
		kill -9 $p
		exit $code
	SH
	unshare --pid --fork --mount-proc true 2>err.txt ||
		skip "bpf: in a pid namespace" "$(head -1 err.txt)"
	cprofd=$cprofd targets=$targets unshare --pid --fork --mount-proc sh inside.sh \
		>out.txt 2>err.txt || fail "$(cat err.txt)"
	"$cprofd" report rec.cprof >out.txt 2>err.txt || fail "$(cat err.txt)"
	grep -q "spin  (pid [0-9])," out.txt || fail "not that number: $(cat out.txt)"
	# What there is before the kernel knows of the process.
	copied=$(sed -n 's/.* \([0-9.]*\)% from copies.*/\1/p' out.txt)
	awk "BEGIN { exit !(\"$copied\" != \"\" && $copied < 10) }" ||
		fail "$copied % of the stacks were copied: $(cat out.txt)"
	[ "$(ledger '== "complete"')" -gt 100 ] || fail "not complete: $(cat out.txt)"
}

for engine in bpf perf ptrace; do
	for state in plain signal recursion callback alloca; do
		check "$engine: the frames of gdb: spin $state" same_as_gdb $engine "$targets/spin" $state
	done
	check "$engine: the frames of gdb: spin_cpp" same_as_gdb_compiled spin_cpp $engine
	check "$engine: the frames of gdb: spin_rust" same_as_gdb_compiled spin_rust $engine
done
for engine in bpf ptrace; do
	check "$engine: the frames of gdb: spin altstack" same_as_gdb $engine "$targets/spin" altstack
done
check "perf: altstack: the frames of gdb up to the gap" same_up_to_gap
for engine in bpf perf; do
	check "$engine: complete: fib" as_complete_as_perf $engine 8192 "$top_builddir/samples/fib" 45 100
	check "$engine: complete: recursion 500 deep" as_complete_as_perf $engine 32768 "$targets/deep" 500 16 600
	check "$engine: complete: 64 threads" as_complete_as_perf $engine 8192 "$targets/threads" 64 0 600
	check "$engine: complete: sort --parallel=2" sort_is_complete $engine
	check "$engine: complete: fib from start to end" whole_run_is_complete $engine "$top_builddir/samples/fib" 40
done
check "perf: 5,000 deep: every stack has a gap with its size" gap_has_its_size
check "ptrace: 5,000 deep: all frames" sees_all ptrace 5000
check "bpf: 1,500 deep: all frames" sees_all bpf 1500
for engine in bpf perf; do
	check "$engine: functions of the kernel have time of their own" kernel_leaf $engine
done
# deep_fp has frame pointers and no unwind tables.
for target in deep deep_fp; do
	for engine in bpf ptrace; do
		check "$engine: $target 5000 deep: what is between leaf and root is counted" \
			middle_is_left_out $engine 1024 $target 5000 200
	done
done
check "ptrace: deep_fp 20000 deep: what is between leaf and root is counted" \
	middle_is_left_out ptrace 1024 deep_fp 20000 16
check "perf: deep 300 deep: what is between leaf and root is counted" \
	middle_is_left_out perf 100 deep 300 16
check "bpf: recursion of many depths is few stacks" depths_are_one_stack bpf
for engine in bpf perf; do
	check "$engine: of one frame more than --max-frames one is left out" limit_is_exact $engine
done
check "bpf: 20,000 deep: every stack is marked as cut" limit_is_said
check "bpf: in a pid namespace" in_a_pid_namespace
finish

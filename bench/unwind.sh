#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unwinding real samples, beside libunwind on the same bytes (CPU time a frame)
. "$top_srcdir/bench/lib.sh"

if [ ! -x "$tools/bench_unwind" ]; then
	missing "unwinding" "built without libunwind"
	exit 0
fi

unwind() {	# NAME STACK_BYTES SAMPLES BAR_NS CMD...
	name=$1 bytes=$2 samples=$3 bar=$4 op='<='
	[ "$bar" = - ] && op=-
	shift 4
	if ! "$tools/bench_unwind" "$bytes" "$samples" "$@" >"$scratch/out" 2>"$scratch/err"; then
		missing "unwinding of $name" "$(cat "$scratch/err")"
		return
	fi
	n=$(get samples "$scratch/out")
	row "$name: a frame, $(get frames_a_sample "$scratch/out") a stack, new caches" \
		"$(get ours_ns "$scratch/out")" "$op" "$bar" ns \
		"libunwind $(get libunwind_ns "$scratch/out") ns"
	row "$name: a frame, full caches" "$(get ours_warm_ns "$scratch/out")" \
		"$op" "$bar" ns \
		"libunwind $(get libunwind_warm_ns "$scratch/out") ns"
	row "$name: times faster, new caches" "$(get ratio "$scratch/out")" '>=' 10 x libunwind
	row "$name: times faster, full caches" "$(get ratio_warm "$scratch/out")" '>=' 10 x libunwind
	row "$name: stacks that are libunwind's, of $n" \
		"$(calc "100 * $(get same "$scratch/out") / $n")" '>=' 99.5 % \
		"ours further $(get ours_further "$scratch/out"), less far $(get libunwind_further "$scratch/out"), other $(get other "$scratch/out")"
}

if [ -x "$cc1" ]; then
	large_c 800
	unwind cc1 16384 3000 200 "$cc1" -quiet -O2 "$large_c" -o /dev/null
else
	missing "unwinding of cc1" "gcc is not installed"
fi
unwind "recursion 500 deep" 65528 1000 40 "$targets/deep" 500 16 100
unwind fib 16384 2000 - "$top_builddir/samples/fib" 45
if [ -x "$python" ]; then
	unwind python3.11 16384 2000 - "$python" "$top_srcdir/samples/fib.py" 3600 38
else
	missing "unwinding of python3.11" "not installed"
fi

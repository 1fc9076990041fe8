#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# names, lines and inlined calls of addresses, by turns with llvm-symbolizer
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-9}

if [ ! -x "$tools/bench_symbols" ]; then
	missing "symbols" "built without libdwarf"
	exit 0
fi
llvm=
have llvm-symbolizer && llvm=yes

# N addresses spread evenly over .text, with a little disorder.
spread() {	# FILE N
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] //' | awk -v n="$2" '
	function hex(s,  i, v) {
		for (i = 1; i <= length(s); i++)
			v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return v
	}
	$1 == ".text" {
		start = hex($3); size = hex($5)
		for (i = 0; i < n; i++)
			printf "0x%x\n", start + int((i + (i * 7 % 10) / 10) * size / n)
	}'
}

# Two lines a frame, the column cut off; ??:0 stands where nothing is known.  Names of
# C++ are spelled in two ways, and folders ("./a/./a/b.c"): there the file and its line.
frames() {	# FILE names | lines
	sed 's/^\(.*:[0-9]*\):[0-9]*$/\1/' "$1" | awk 'NF' | paste -d'\t' - - | grep -v '^??' |
		if [ "$2" = lines ]; then sed 's|.*\t||; s|.*/||'; else cat; fi
}

cost_of() {	# WHO COMMAND...
	who=$1
	shift
	costed "$@" <"$scratch/addresses"
	echo "$cpu_s" >>"$scratch/$who.cpu"
	echo "$peak_mib" >>"$scratch/$who.mib"
	cp "$scratch/cost.out" "$scratch/$who.out"
}

measure() {	# NAME FILE N [DEBUG-FILE]
	if [ ! -f "$2" ] || { [ -n "${4:-}" ] && [ ! -f "$4" ]; }; then
		missing "symbols of $1" "it or its debug file is not installed"
		return
	fi
	spread "$2" "$3" >"$scratch/addresses"
	rm -f "$scratch"/*.cpu "$scratch"/*.mib
	for run in $(seq "$runs"); do
		cost_of ours "$tools/bench_symbols" "$2" ${4:+"$4"}
		[ -z "$llvm" ] || cost_of llvm llvm-symbolizer --inlines --functions=short \
			--no-demangle --obj="$2"
	done
	what="$1, $3 addresses"
	if [ -z "$llvm" ]; then
		row "$what: CPU" "$(median <"$scratch/ours.cpu")" - - s "llvm-symbolizer: not installed"
		row "$what: peak memory" "$(median <"$scratch/ours.mib")" '<=' 60 MiB -
		return
	fi
	bar=$(median <"$scratch/llvm.cpu")
	row "$what: CPU" "$(median <"$scratch/ours.cpu")" '<=' "$bar" s "llvm-symbolizer $bar s"
	row "$what: peak memory" "$(median <"$scratch/ours.mib")" \
		"$([ "$1" = python3.11 ] && echo '<=' || echo -)" 60 MiB \
		"llvm-symbolizer $(median <"$scratch/llvm.mib") MiB"
	# As llvm-symbolizer prints them: every line that both have, in order.
	kind=$([ "$1" = python3.11 ] && echo names || echo lines)
	frames "$scratch/ours.out" "$kind" >"$scratch/ours.frames"
	frames "$scratch/llvm.out" "$kind" >"$scratch/llvm.frames"
	n=$(wc -l <"$scratch/llvm.frames")
	other=$(diff "$scratch/ours.frames" "$scratch/llvm.frames" | grep -c '^>')
	row "$what: $kind that are llvm's, of $n" "$(calc "100 * ($n - $other) / $n")" \
		"$([ "$1" = python3.11 ] && echo '>=' || echo -)" 100 % \
		"ours $(wc -l <"$scratch/ours.frames") frames"
}

debug_file() {
	id=$(readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: //p' | head -1)
	echo "/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug"
}

libc=$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*x86-64.* => //p' | head -1)
measure python3.11 $python 1000 "$(debug_file $python)"
measure libc "$libc" 1000 "$(debug_file "$libc")"
if large_cc; then
	measure "C++, $(($(stat -c %s "$large_cc") >> 20)) MiB" "$large_cc" 5000
else
	missing "symbols of C++" "g++ is not installed"
fi
if [ -f "$(debug_file $python)" ]; then
	spread $python 1000 >"$scratch/addresses"
	"$tools/bench_names" $python "$(debug_file $python)" <"$scratch/addresses" >"$scratch/out" ||
		echo "# not all addresses came back from the cache"
	row "python3.11, $(get named "$scratch/out") addresses: from the cache" \
		"$(get cached_ms "$scratch/out")" '<=' 5 ms "the first time: $(get worker_ms "$scratch/out") ms"
fi

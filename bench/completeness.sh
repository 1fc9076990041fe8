#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stacks that reach the root, beside perf record --call-graph dwarf on the same run
. "$top_srcdir/bench/lib.sh"
want=2000
limit_s=90

# perf does not say whether a stack reached its root: it did if its outermost frame
# is where a program or a thread begins.  That is found by name, or - in stripped
# programs - by address: the entry point, which calls __libc_start_main.  perf prints
# addresses of files without symbols as the file states them.
entry_of() {	# PID: first and last address of it, in the file
	at=$(readelf -hW "$(readlink "/proc/$1/exe")" | sed -n 's/.*Entry point address: *0x//p')
	echo "$((0x$at)) $((0x$at + 64))"
}

# "complete samples" of perf's, for the process whose entry lies there
perf_complete() {
	perf script -i "$scratch/perf.data" --no-inline --max-stack 2000 -F ip,sym 2>/dev/null |
		awk -v from="$1" -v to="$2" '
		function hex(s,  i, v) {
			for (i = 1; i <= length(s); i++)
				v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
			return v
		}
		function ended() {
			if (!ip) return
			n++
			at = hex(ip)
			if (name ~ /^(_start|clone|__clone|clone3|__clone3|__GI___clone)/ ||
			    (at >= from && at <= to))
				complete++
			ip = ""
		}
		NF == 0 { ended(); next }
		{ ip = $1; name = $2 }
		END { ended(); print complete + 0, n + 0 }'
}

reach_root() {	# NAME PERF_BYTES; of process $target
	name=$1
	entry=$(entry_of "$target")
	if [ -n "$perf" ]; then
		perf record -q -F 499 -e cpu-clock --call-graph "dwarf,$2" \
			-o "$scratch/perf.data" -p "$target" >/dev/null 2>&1 &
		other=$!
		pids="$pids $other"
	fi
	rm -f "$scratch/ours.cprof"	# with --force the old one stays until the end
	"$cprofd" record --quiet -F 999 -o "$scratch/ours.cprof" -p "$target" 2>"$scratch/err" &
	command=$!
	pids="$pids $command"
	n=0
	until=$(($(date +%s) + limit_s))
	while [ "${n:-0}" -lt $want ] && [ "$(date +%s)" -lt $until ] && kill -0 "$command" 2>/dev/null; do
		sleep 0.5
		n=$("$tools/bench_recording" "$scratch/ours.cprof" 2>/dev/null | get samples /dev/stdin)
	done
	kill -INT "$command" 2>/dev/null
	wait "$command"
	peer="perf: not installed"
	pct=
	if [ -n "$perf" ]; then
		kill -INT "$other" 2>/dev/null
		wait "$other"
		# shellcheck disable=SC2086,SC2046
		set -- $(perf_complete $entry)
		peer="perf dwarf: only $2 samples, not compared"
		if [ "$2" -ge $((want / 5)) ]; then
			pct=$(calc "100 * $1 / $2")
			peer="perf dwarf: $pct % of $2"
		fi
	fi
	"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/out"
	n=$(get samples "$scratch/out")
	ours=$(calc "100 * $(get complete "$scratch/out") / $n")
	row "$name: complete stacks, of $n" "$ours" '>=' 99.5 % "$peer"
	[ -z "$pct" ] || row "$name: the same, less 0.1 points than perf at most" "$ours" '>=' \
		"$(calc "$pct - 0.1")" % "$peer"
	[ "$n" -ge $want ] || missing "$name with $want samples" \
		"$n came ($(kill -0 "$target" 2>/dev/null && echo "it still runs" || echo "it ended"); $(tr '\n' ' ' <"$scratch/err"))"
}

# of a program started for it
of() {	# NAME PERF_BYTES CMD...
	name=$1 bytes=$2
	shift 2
	start "$@"
	target=$pid
	settled "$target" 0.2
	reach_root "$name" "$bytes"
	stop "$target"
}

perf=
have_perf && perf=yes
of fib 8192 "$top_builddir/samples/fib" 45 1000
of "recursion 500 deep" 65528 "$targets/deep" 500 16 3600
of "64 threads" 8192 "$targets/threads" 64 0 3600
awk 'BEGIN { srand(1); for (i = 0; i < 6000000; i++) print rand() * 1e9 }' >"$scratch/numbers"
of "sort --parallel=2" 8192 sort --parallel=2 -S 2G -T "$scratch" -o /dev/null \
	"$scratch/numbers" "$scratch/numbers" "$scratch/numbers" "$scratch/numbers"
rm -f "$scratch/numbers"
if have redis-server && have redis-benchmark; then
	start redis-server --port 0 --unixsocket "$scratch/redis" --save '' --appendonly no
	target=$pid
	limit=$(($(date +%s) + 20))
	until redis-cli -s "$scratch/redis" ping >/dev/null 2>&1 || [ "$(date +%s)" -gt $limit ]; do
		sleep 0.1
	done
	start redis-benchmark -s "$scratch/redis" -n 1000000000 -q
	load=$pid
	settled "$target" 0.2
	reach_root "redis-server under load" 8192
	stop "$load"
	stop "$target"
else
	missing "redis-server" "not installed"
fi
if [ -x "$cc1" ]; then
	large_c 3000
	of cc1 16384 "$cc1" -quiet -O2 "$large_c" -o /dev/null
else
	missing "cc1" "gcc is not installed"
fi
if [ -x "$python" ]; then
	of python3.11 8192 "$python" "$top_srcdir/samples/fib.py" 3600 45
else
	missing "python3.11" "not installed"
fi
# Deeper than any copy: the leaf's side, then a gap with its size; none silently cut.
start "$targets/deep" 5000 200 3600
target=$pid
settled "$target" 0.2
"$cprofd" record --quiet --force -F 999 -d 4 -o "$scratch/ours.cprof" -p "$target" 2>/dev/null
stop "$target"
"$tools/bench_recording" "$scratch/ours.cprof" >"$scratch/out"
row "recursion 5000 deep, 200 B: gap with its bytes" \
	"$(calc "100 * $(get gaps "$scratch/out") / ($(get samples "$scratch/out") - $(get no_user "$scratch/out"))")" \
	'>=' 100 % "perf dwarf: cut without a word"

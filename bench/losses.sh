#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# samples lost, as the kernel counts them
. "$top_srcdir/bench/lib.sh"

# A user that is nobody else: the budget for locked memory is one per user, and
# sessions of other people may run as "nobody".
as_nobody='setpriv --reuid=61347 --regid=61347 --clear-groups --inh-caps=-all --bounding-set=-all'

perf_losses() {	# RATE SECONDS; of $target, which runs for this
	$wrap perf record ${wrap:+-m 64} -F "$1" -e cpu-clock --call-graph dwarf,16384 -o "$dir/perf.data" \
		-p "$target" -- sleep "$2" >/dev/null 2>"$scratch/err" ||
		{ echo "perf record: $(grep -m1 . "$scratch/err" | cut -c1-60)"; return; }
	perf script -i "$dir/perf.data" --no-inline -G -F tid --show-lost-events 2>/dev/null |
		awk '/LOST/ { for (i = 1; i < NF; i++) if ($i == "lost") n += $(i + 1); next }
			NF { s++ } END { printf "perf record: %d lost, %d got", n, s }'
}

losses() {	# RATE SECONDS; of $target, which runs for this
	$wrap perf record ${wrap:+-m 64} -F "$1" -e cpu-clock --call-graph dwarf,16384 -o "$dir/perf.data" \
		-p "$target" -- sleep "$2" >/dev/null 2>"$scratch/err" ||
		{ echo "perf record: $(grep -m1 . "$scratch/err" | cut -c1-60)"; return; }
	perf script -i "$dir/perf.data" --no-inline -G -F tid --show-lost-events 2>/dev/null |
		awk '/LOST/ { for (i = 1; i < NF; i++) if ($i == "lost") n += $(i + 1); next }
			NF { s++ } END { printf "perf record: %d lost, %d got", n, s }'
}

# Due is what the kernel counts as CPU time of the threads, at the rate asked for:
# got + lost + between samples has to make that up.
losses() {	# NAME RATE SECONDS BAR_PCT CMD...
	name=$1 rate=$2 seconds=$3 bar=$4
	shift 4
	start $wrap "$@"
	target=$pid
	settled "$target" 0.2
	$wrap "$cprofd" record --quiet --force -F "$rate" -d "$seconds" -o "$dir/ours.cprof" \
		-p "$target" 2>"$scratch/err" || cat "$scratch/err"
	peer="perf: not installed"
	[ -n "$perf" ] && peer=$(perf_losses "$rate" "$seconds")
	stop "$target"
	"$tools/bench_recording" "$dir/ours.cprof" >"$scratch/out"
	if [ "$(get engine "$scratch/out")" != perf ]; then
		missing "$name" "the perf engine did not serve: $(tr '\n' ' ' <"$scratch/err")"
		return
	fi
	n=$(get samples "$scratch/out") lost=$(get lost "$scratch/out")
	row "$name: lost, of $((n + lost))" "$(calc "100 * $lost / ($n + $lost)")" '<=' "$bar" % "$peer"
}

perf=
have_perf && perf=yes
dir=$scratch wrap=
if [ "$(id -u)" != 0 ] && [ "$(ulimit -l)" != unlimited ] && [ "$(ulimit -l)" -lt 8192 ]; then
	missing "losses with room for rings" "needs root or 8 MiB of lockable memory (ulimit -l)"
else
	losses "fib, 10 kHz" 10000 5 0 "$top_builddir/samples/fib" 45 1000
	losses "64 threads, 999 Hz" 999 5 0 "$targets/threads" 64 0 3600
fi
if [ "$(id -u)" = 0 ] && have setpriv; then
	wrap=$as_nobody
	mkdir -m 777 "$scratch/nobody"
	dir=$scratch/nobody
	export XDG_STATE_HOME="$dir/state" XDG_CACHE_HOME="$dir/cache"
elif [ "$(id -u)" = 0 ]; then
	missing "losses without lockable memory" "setpriv is not installed"
	exit 0
fi
ulimit -l 0
if $wrap test -x "$cprofd"; then
	losses "fib, 999 Hz, ulimit -l 0" 999 5 2.5 "$top_builddir/samples/fib" 45 1000
	losses "64 threads, 999 Hz, ulimit -l 0" 999 5 2.5 "$targets/threads" 64 0 3600
else
	missing "losses without lockable memory" "nobody may not run $cprofd"
fi

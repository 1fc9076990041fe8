#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what watching Python costs it: samples in the kernel and by ptrace, and how soon rows come
. "$top_srcdir/bench/lib.sh"
runs=${BENCH_RUNS:-7}
gaps="$top_srcdir/bench/gaps.py"

interpreters() {
	for p in "$python" "${PYENV_ROOT:-/root/.pyenv}"/versions/3.*/bin/python3; do
		"$p" -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null && echo "$p"
	done
}

name_of() { "$1" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])'; }

# ---- in the kernel ----

in_kernel() {
	start "$1" "$gaps" 3600
	settled "$pid" 0.5
	: >"$scratch/ns"
	for run in $(seq "$runs"); do
		/usr/bin/python3 "$top_srcdir/bench/bpf_stats.py" unwind "$cprofd" record --engine bpf \
			--quiet --force -F 999 -d 2 -o "$scratch/ours.cprof" -p "$pid" \
			>"$scratch/stats" 2>"$scratch/err" || { cat "$scratch/err"; break; }
		get ns_per_run "$scratch/stats" >>"$scratch/ns"
	done
	stop "$pid"
	row "$(name_of "$1"): in the kernel, 10 frames and their stack" \
		"$(calc "$(median <"$scratch/ns") / 1000")" '<=' 20 us "-"
}

# ---- as the program feels it ----

burst() {	# WHO CMD...
	who=$1
	shift
	"$@" >"$scratch/gaps.out" 2>/dev/null
	awk 'NF == 5 && $1 + 0 { print $3 / 1000 }' "$scratch/gaps.out" >>"$scratch/$who.us"
}

felt() {
	rm -f "$scratch"/*.us
	for run in $(seq "$runs"); do
		burst ours "$cprofd" record --engine bpf --quiet --force -F 10000 \
			-o "$scratch/ours.cprof" -- "$1" "$gaps" 1
		burst perf perf record -q -F 10000 -e cpu-clock -o "$scratch/perf.data" "$1" "$gaps" 1
	done
	row "$(name_of "$1"): a sample, above perf's without a chain" \
		"$(calc "$(median <"$scratch/ours.us") - $(median <"$scratch/perf.us")")" '<=' 20 us \
		"perf $(median <"$scratch/perf.us") us"
}

# ---- by ptrace ----

# Looks of the program in the next $1 seconds, to file $2.
watch_it() {
	seen=$(wc -l <"$scratch/looks.out")
	sleep "$1"
	tail -n +$((seen + 2)) "$scratch/looks.out" >>"$2"
}

# By how many percent the program is slower while it is watched, once that has begun.
slower_by() {	# WHO CMD...
	who=$1
	shift
	rm -f "$scratch"/*.looks
	"$python" "$gaps" looks >"$scratch/looks.out" &
	target=$!
	pids="$pids $target"
	for run in $(seq "$runs"); do
		watch_it 3 "$scratch/alone.looks"
		"$@" "$target" >/dev/null 2>&1 &
		sleep 2
		watch_it 3 "$scratch/$who.looks"
		wait $!
	done
	stop "$target"
	calc "100 * (1 - $(median <"$scratch/$who.looks") / $(median <"$scratch/alone.looks"))"
}

by_ptrace() {
	peers=
	if have py-spy; then
		peers="py-spy $(slower_by spy py-spy record -r 99 -d 6 -f raw -o "$scratch/spy.out" -p) %"
	else
		missing "what py-spy costs" "not installed"
	fi
	if have austinp; then
		peers="$peers austinp $(slower_by austin austinp -x 6 -i 10101 -o "$scratch/austin.out" -p) %"
	else
		missing "what austinp costs" "not installed"
	fi
	row "ptrace, 99 Hz: the program is slower by" "$(slower_by ptrace "$cprofd" record \
		--engine ptrace --quiet --force -F 99 -d 6 -o "$scratch/ours.cprof" -p)" '<=' 5 % \
		"${peers:--}"
}

# ---- rows ----

first_row() {
	start "$1" "$top_srcdir/samples/fib.py" 3600
	settled "$pid" 0.5
	/usr/bin/python3 "$top_srcdir/bench/screen.py" first "$cprofd" "$pid" "$runs" 'fib\.py:' \
		>"$scratch/first.out"
	stop "$pid"
	row "$(name_of "$1"): attach until its functions are shown" \
		"$(get first_ms "$scratch/first.out")" '<=' 600 ms "-"
}

if [ "$(id -u)" != 0 ] || ! have bpftool; then
	missing "what Python costs in the kernel" "it takes root and bpftool"
else
	for p in $(interpreters); do in_kernel "$p"; done
fi
if have_perf; then
	for p in $(interpreters); do felt "$p"; done
else
	missing "what a sample costs Python" "perf is not installed, or may not sample here"
fi
if [ -x "$python" ]; then
	by_ptrace
	first_row "$python"
else
	missing "ptrace and the first row" "$python is not installed"
fi

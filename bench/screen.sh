#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the terminal: from attach to the first screen and rows, its cost, and what a key takes
. "$top_srcdir/bench/lib.sh"

live() {	# NAME PID
	"$python" "$top_srcdir/bench/screen.py" live "$cprofd" "$2" 5 >"$scratch/out" || return
	row "$1: first screen after attach" "$(get first_ms "$scratch/out")" '<=' 300 ms none
	row "$1: first rows" "$(get rows_ms "$scratch/out")" '<=' 600 ms none
	row "$1: CPU of the viewer" "$(get cpu_percent "$scratch/out")" '<=' 1 % none
	row "$1: to the terminal" "$(get bytes_a_second "$scratch/out")" '<=' 12000 B/s none
	row "$1: memory of the viewer" "$(get rss_mib "$scratch/out")" '<=' 40 MiB none
}

start "$top_builddir/samples/fib" 80
live fib "$pid"
stop "$pid"
large_c 20000
start "$cc1" -quiet -O2 "$large_c" -o /dev/null
settled "$pid" 1 && live cc1 "$pid"
stop "$pid"
if have redis-server && have redis-benchmark; then
	start redis-server --port 7997 --save ''
	redis=$pid
	sleep 0.5
	start redis-benchmark -p 7997 -n 1000000000 -c 20 -t set,get -q
	settled "$redis" 1 && live redis "$redis"
	stop "$pid"
	stop "$redis"
else
	missing redis "no redis-server"
fi
if [ -x "$python" ]; then
	start "$python" -c 'def f(n): return n if n < 2 else f(n - 1) + f(n - 2)
while True: f(25)'
	live python3.11 "$pid"
	stop "$pid"
fi

# CPU time of each kind of key: the machine may be busy.
cost() {	# WHAT KIND BAR
	awk -v kind="$2" '$4 == kind { print $2 }' "$scratch/cost" | sort -n >"$scratch/out"
	row "$1: the slowest" "$(tail -n1 "$scratch/out")" '<=' "$3" 'ms CPU' none
}

"$tools/make_recording" "$scratch/model.cprof" 1000000 100000
"$python" "$top_srcdir/bench/screen.py" keys "$cprofd" "$scratch/model.cprof" >"$scratch/out"
row "1,000,000 samples, 100,000 stacks: a key, median" \
	"$(get key_median_ms "$scratch/out")" '<=' 30 ms none
row "the same, the slowest of $(get n_keys "$scratch/out")" \
	"$(get key_worst_ms "$scratch/out")" '<=' 80 ms none
"$tools/bench_screen" "$scratch/model.cprof" >"$scratch/cost"
cost "the same, another view" view 80
cost "the same, another row" row 80
cost "the same, another order" order 80
cost "the same, recursion folded otherwise" recursion 80
cost "the same, a search" search 80
row "the same, memory over the model" \
	"$(awk '$2 == "over_model" { print $1 }' "$scratch/cost")" '<=' 40 MiB none

"$tools/make_recording" "$scratch/model.cprof" 10000000 100000
"$python" "$top_srcdir/bench/screen.py" scope "$cprofd" "$scratch/model.cprof" >"$scratch/out"
row "10,000,000 samples: another range or filter, median of $(get n_scopes "$scratch/out")" \
	"$(get scope_median_ms "$scratch/out")" '<=' 100 ms none
row "the same, the slowest" "$(get scope_worst_ms "$scratch/out")" '<=' 200 ms none
"$tools/bench_screen" "$scratch/model.cprof" >"$scratch/cost"
cost "the same, another view" view 80
cost "the same, another range" range 100
cost "the same, another filter" filter 100
cost "the same, other threads" threads 100

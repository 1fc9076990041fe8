#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The CPU time that a recording has of a thread that was there when it began is that
# of its whole duration: it agrees with the weights of the thread's samples, which
# are counted otherwise.
. "${top_srcdir:?}/tests/integration/lib.sh"

has_threads() { [ "$(ls "/proc/$pid/task" | wc -l)" -ge "$1" ]; }

# Record a busy thread with engine $1.
agrees() {
	start "$targets/threads" 1 0 60
	wait_for 20 has_threads 2 || fail "no second thread"
	"$cprofd" record --engine "$1" -F 499 -d 2.5 -o "$1.cprof" -p $pid >/dev/null 2>err.txt || {
		grep -q 'seccomp\|does not let you\|no perf events' err.txt &&
			skip "$name" "$(head -n 1 err.txt)"
		fail "$(cat err.txt)"
	}
	tid=$("$cprofd" export --format folded --threads -o - "$1.cprof" |
		sed -n 's/^[^;]*[-\/ ]\([0-9][0-9]*\);.*burn.*/\1/p' | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }')
	[ -n "$tid" ] || fail "no thread in burn"
	"$cprofd" report --json --thread "$tid" "$1.cprof" >report.json || fail "no report"
	python3 - <<'END' || fail "they differ"
import json, sys
t = json.load(open("report.json"))["totals"]
weight, cpu = t["received"]["weight_ns"] + t["lost_of_all_threads"]["weight_ns"], t["cpu_ns"]
print(f"  # {t['received']['samples']} samples: {weight / 1e6:.0f} ms, CPU {cpu / 1e6:.0f} ms")
sys.exit(t["received"]["samples"] < 20 or abs(cpu / weight - 1) > .1)
END
}

check cpu_time_of_a_thread_perf agrees perf
check cpu_time_of_a_thread_ptrace agrees ptrace
finish

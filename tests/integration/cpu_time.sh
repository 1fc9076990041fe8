#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CPU times that a recording has: of a thread that was there when it began, which
# agrees with the weights of its samples, counted otherwise; and our own.
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
report = json.load(open("report.json"))
t, held_ns = report["totals"], report["cost"]["held_ns"]
if report["recording"]["meta"]["engine"] == "ptrace" and not 0 < held_ns < 2.5e9:
    sys.exit(f"held for {held_ns} ns")
weight, cpu = t["received"]["weight_ns"] + t["lost_of_all_threads"]["weight_ns"], t["cpu_ns"]
print(f"  # {t['received']['samples']} samples: {weight / 1e6:.0f} ms, CPU {cpu / 1e6:.0f} ms")
sys.exit(t["received"]["samples"] < 20 or abs(cpu / weight - 1) > .1)
END
}

# What cprofd says that it used against what the kernel counted for all its processes.
own_cost() {
	start "$targets/threads" 2 0 60
	python3 - "$cprofd" "$pid" <<'END' || fail "wrong by more than a third"
import ctypes, json, os, resource, subprocess, sys
def children():	# also those from before this program was exec'd: python3 may be a script
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
before = children()
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)		# PR_SET_CHILD_SUBREAPER: orphans come to us
subprocess.run([sys.argv[1], "record", "-F", "4999", "-d", "2", "-o", "own.cprof", "-p", sys.argv[2]],
               check=True, stderr=subprocess.DEVNULL)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = children() - before
report = json.loads(subprocess.run([sys.argv[1], "report", "--json", "own.cprof"], check=True,
                                   capture_output=True).stdout)
said, cost = report["recording"]["own_cpu_ns"] / 1e9, report["cost"]
parts = [cost[who + "_ns"] for who in ("session", "opener", "viewers", "workers")]
if cost["cpu_ns"] != report["recording"]["own_cpu_ns"] or sum(parts) != cost["cpu_ns"] or not all(parts[:3]):
    sys.exit(f"parts that are not the whole: {cost}")
print(f"  # {said * 1e3:.1f} ms said, {used * 1e3:.1f} ms used")
sys.exit(not used * 2 / 3 < said < used * 1.1)
END
}

check cpu_time_of_a_thread_perf agrees perf
check cpu_time_of_a_thread_ptrace agrees ptrace
check "the cost that is shown" own_cost
finish

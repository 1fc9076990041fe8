#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program with more threads than there can be descriptors for: events are of CPUs, and
# the program in the kernel lets through who is meant.
. "${top_srcdir:?}/tests/integration/lib.sh"

# Where that works; the limit leaves room for the events of a few threads.
few_files() {
	[ "$(id -u)" = 0 ] || skip "$name" "it takes root"
	"$cprofd" record --engine bpf --force --quiet -d 0.2 -p $$ -o try.cprof 2>err.txt
	case $? in 0|5) ;; *) skip "$name" "$(tail -1 err.txt)" ;; esac
	# shellcheck disable=SC3045
	ulimit -n $(($(nproc) * 3 * 8 + 100))
}

# $1 seconds, or more of a busy machine.
longer() {
	read -r load _ </proc/loadavg
	echo "$1 $load $(nproc)" | awk '{ more = $2 / $3 / 2; print $1 * (more < 1 ? 1 : more > 4 ? 4 : more) }'
}

# What keeps every processor busy gives way to the tests beside it, but is not starved by them.
start_behind() { start nice -n 19 "$@"; }

all_run() { [ "$(ls "/proc/$pid/task" | wc -l)" -gt 64 ]; }

# EXPRESSION of the report `r` by process
judge() {
	"$cprofd" report --json --by process rec.cprof >rec.json 2>err.txt || fail "$(cat err.txt)"
	"$python" -c 'import json
r = json.load(open("rec.json"))
rows = {}
for g in r["groups"]["rows"]:
    rows.setdefault(g["name"], []).append(g)
total, cpu = r["totals"]["received"]["weight_ns"], r["totals"]["cpu_ns"]
print({n: [g["threads"] for g in v] for n, v in rows.items()}, total, cpu)
assert '"$1" >judged.txt 2>&1 || fail "$1: $(cat judged.txt)"
}

all_threads() {
	few_files
	start_behind "$targets/spin" plain	# of nobody's concern
	start_behind "$targets/threads" 64 0 600
	wait_for 30 all_run || fail "they do not start"
	"$cprofd" record --quiet --force -F 999 -d "$(longer 3)" -p "$pid" -o rec.cprof 2>err.txt || fail "$(cat err.txt)"
	grep -q "are sampled" err.txt && fail "$(cat err.txt)"
	judge 'list(rows) == ["threads"] and rows["threads"][0]["threads"] >= 60'
	# A host that takes the processors away for a while takes ticks with them.
	judge '.75 * cpu < total < 1.25 * cpu'
	judge 'r["recording"]["meta"]["engine"] == "bpf"'
	judge 'sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] == "complete") > .99 * r["totals"]["received"]["samples"]'
}

# Those that there are, those that come, and none of others.
children() {
	few_files
	cp "$targets/abc" ./early
	cp "$targets/abc" ./late
	cp "$targets/abc" ./strange
	start_behind ./strange 600
	cat >family.sh <<-'SH'
		for i in 1 2 3 4 5 6 7 8 9 10; do ./early 600 & done
		sleep 1.5
		while :; do ./late 0.1; done
	SH
	start_behind sh family.sh
	family=$pid
	enough() { [ "$(pgrep -cP "$family")" -ge 10 ]; }
	wait_for 10 enough || fail "no family"
	pgrep -P "$family" >>"$scratch/pids"
	"$cprofd" record --quiet --force -F 999 -d 4 -p "$family" -o rec.cprof 2>err.txt || fail "$(cat err.txt)"
	pkill -9 -P "$family"
	judge 'len(rows["early"]) == 10 and len(rows.get("late", [])) >= 1 and "strange" not in rows'
}

# A program with other rights is not looked into, as with events of threads.
other_rights() {
	few_files
	cp "$targets/abc" ./suid
	chown nobody ./suid && chmod 4755 ./suid
	chmod 755 .
	if findmnt -no OPTIONS -T . | grep -q nosuid; then
		skip "$name" "this file system knows no such programs"
	fi
	cat >family.sh <<-SH
		for i in 1 2 3 4 5 6 7 8 9 10; do "$targets/abc" 600 & done
		sleep 1
		./suid 600
	SH
	start_behind sh family.sh
	family=$pid
	enough() { [ "$(pgrep -cP "$family")" -ge 10 ]; }
	wait_for 10 enough || fail "no family"
	pgrep -P "$family" >>"$scratch/pids"
	"$cprofd" record --quiet --force -F 999 -d 3 -p "$family" -o rec.cprof 2>err.txt || fail "$(cat err.txt)"
	pgrep -x -P "$family" suid >suid.txt || fail "it did not start"
	pkill -9 -P "$family"
	# It is called so a moment before the exec is over.
	judge 'len(rows["abc"]) == 10 and sum(g["cpu"]["samples"] for g in rows.get("suid", [])) < 10'
}

# Of lives shorter than a period (2 ms at 499 Hz) there is no sample by events that they
# inherit, and of the beginning of longer ones neither.
short_lives() {
	[ "$(id -u)" = 0 ] || skip "$name" "it takes root"
	start "$targets/short_lived" "$1"
	"$cprofd" record --engine bpf --force -d "$(longer 4)" -p "$pid" -o rec.cprof 2>err.txt
	case $? in 0) ;; 5) skip "$name" "$(tail -1 err.txt)" ;; *) fail "$(cat err.txt)" ;; esac
	grep -q "sampled by CPU from here on" err.txt || fail "says: $(cat err.txt)"
	judge 'list(rows) == ["short_lived"]'
	judge 'total > .6 * cpu'
	"$cprofd" report --json rec.cprof >rec.json || fail "no report"
	"$python" -c 'import json
functions = json.load(open("rec.json"))["functions"]
early, late = (sum(f["total"]["samples"] for f in functions if f["name"] == n) for n in ("early", "late"))
print(early, late)
assert early + late > 200 and .22 < early / (early + late) < .38' >judged.txt 2>&1 ||
		fail "early, late: $(cat judged.txt)"
}

# As in some containers: stacks are whole all the same; too many threads are said.
no_type_information() {
	few_files
	unshare -m true 2>/dev/null || skip "$name" "no mount namespaces"
	[ -e /sys/kernel/btf/vmlinux ] || skip "$name" "this kernel has none anyway"
	: >empty
	cat >in-there.sh <<-EOF
		mount --bind empty /sys/kernel/btf/vmlinux || exit 77
		exec "$cprofd" record --engine bpf --force -F 999 -d 2 -p "\$1" -o rec.cprof
	EOF
	start "$targets/spin" plain
	unshare -m sh in-there.sh "$pid" >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	! grep -qi btf err.txt || fail "says: $(cat err.txt)"
	judge 'r["recording"]["meta"]["engine"] == "bpf"'
	judge 'sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] == "complete") > .99 * r["totals"]["received"]["samples"] > 100'
	kill -9 "$pid"
	start_behind "$targets/threads" 64 0 600
	wait_for 30 all_run || fail "they do not start"
	unshare -m sh in-there.sh "$pid" >out.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
	grep -q "are sampled" err.txt || fail "says: $(cat err.txt)"
	judge 'r["recording"]["meta"]["engine"] == "bpf"'
}

check "all threads, and no other process" all_threads
check "children, those that come later too" children
check "a program with other rights is left out" other_rights
check "threads that live for a millisecond" short_lives threads
check "processes that live for a millisecond" short_lives processes
check "the kernel's type information is hidden" no_type_information
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole host: shares against what /proc says, processes that come and go, control
# groups, who may, and the view on a terminal.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/mux.sh"

# Whoever tests may not be allowed to.
allowed() {
	[ "$(id -u)" = 0 ] || skip "$name" "only root sees what others run"
	"$cprofd" top -d 0.2 --engine "${1:-auto}" >out.txt 2>err.txt && return
	grep -qE "built without|BPF|bpf" err.txt && [ "${1:-}" = bpf ] &&
		skip "$name" "$(tail -1 err.txt)"
	fail "top: $(cat err.txt)"
}

groups() { # BY FILE: what report says of them, as groups.json
	"$cprofd" report --by "$1" --json "$2" >groups.json 2>err.txt || fail "$(cat err.txt)"
}

# CPU time of processes as the scheduler counts it, in ns.
ran_ns() {
	for one in "$@"; do
		cut -d' ' -f1 "/proc/$one/schedstat"
	done
}

shares() {
	allowed "$1"
	pids=
	for i in 1 2 3; do
		start "$targets/spin" plain
		pids="$pids $pid"
	done
	sleep 0.3
	# shellcheck disable=SC2086
	ran_ns $pids >before.txt
	"$cprofd" top -d 3 -F 999 --engine "$1" -o top.cprof --force >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	# shellcheck disable=SC2086
	ran_ns $pids >after.txt
	groups process top.cprof
	# It began and ended somewhat later and earlier than those two looks.
	# shellcheck disable=SC2086
	"$python" - $pids >judged.txt <<-'PY' || fail "$(cat judged.txt)"
	import json, sys
	d = json.load(open("groups.json"))
	ran = [int(b) - int(a) for a, b in zip(open("before.txt"), open("after.txt"))]
	rows = {r["pid"]: r for r in d["groups"]["rows"]}
	got = [rows[int(p)]["cpu"]["weight_ns"] for p in sys.argv[1:]]
	total, cpu = d["totals"]["received"]["weight_ns"], d["totals"]["cpu_ns"]
	all_ns = total + d["totals"]["lost"]["weight_ns"]
	print("ran", ran, "sampled", got, "lost", all_ns - total)
	for r, g in zip(ran, got):
	    assert abs(g / sum(got) - r / sum(ran)) < .06, "not in proportion"
	    assert .4 * r < g * all_ns / total < 1.05 * r, "not that much"
	assert all(rows[int(p)]["name"] == "spin" and rows[int(p)]["living"] for p in sys.argv[1:])
	assert .9 * cpu < all_ns < 1.1 * cpu, f"{all_ns} sampled of {cpu}"
	PY
}

# Some live a few milliseconds; they keep their names, and their stacks are whole.
short_lived() {
	allowed "$1"
	cp "$targets/abc" ./shortly
	start sh -c 'sleep 0.3; while :; do ./shortly 0.03; done'
	# On a busy machine there are few of them in that time.
	for seconds in 3 12; do
		"$cprofd" top -d $seconds -F 999 --engine "$1" -o top.cprof --force >out.txt 2>err.txt ||
			fail "$(cat err.txt)"
		groups program top.cprof
		! "$python" -c 'import json, sys
d = json.load(open("groups.json"))
sys.exit(not any(r["name"] == "shortly" and r["processes"] >= 8 for r in d["groups"]["rows"]))' || break
	done
	"$cprofd" report --json --filter half top.cprof >half.json 2>err.txt || fail "$(cat err.txt)"
	"$python" - >judged.txt <<-'PY' || fail "$(cat judged.txt)"
	import json
	d = json.load(open("groups.json"))
	row = next(r for r in d["groups"]["rows"] if r["name"] == "shortly")
	print(row)
	assert row["processes"] >= 8, "few processes"
	half = json.load(open("half.json"))
	named = sum(f["self"]["samples"] for f in half["functions"] if f["name"] == "half")
	print(named, "in half()")
	assert named > .35 * row["cpu"]["samples"], "few named samples"
	PY
	# From the first to the last of them somebody called main.
	"$cprofd" export --format folded -o folded.txt --force top.cprof 2>err.txt ||
		fail "$(cat err.txt)"
	awk '/[;^]half / { n += $NF; if (/main/) whole += $NF }
		END { print whole, "of", n; exit !(n > 50 && whole >= .97 * n) }' folded.txt \
		>whole.txt || fail "whole: $(cat whole.txt)"
}

# A cgroup of our own below the one there is; removed again.
cgroups() {
	allowed
	for base in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/systemd \
		/sys/fs/cgroup/pids; do
		[ -w "$base/cgroup.procs" ] && mkdir "$base/cprofd-test-$$" 2>/dev/null && break
		base=
	done
	[ -n "$base" ] || skip "$name" "no cgroup can be made here"
	start "$targets/spin" plain
	echo "$pid" >"$base/cprofd-test-$$/cgroup.procs" || fail "cannot move it"
	"$cprofd" top -d 1 -o top.cprof --by cgroup --force >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	end_started
	wait_for 5 rmdir "$base/cprofd-test-$$"
	grep -q "cprofd-test-$$ " out.txt || fail "no such group: $(cat out.txt)"
	groups cgroup top.cprof
	"$python" -c 'import json, sys
rows = json.load(open("groups.json"))["groups"]["rows"]
row = next(r for r in rows if r["name"] == sys.argv[1])
print(row)
sys.exit(not (row["cgroup"].endswith("/" + sys.argv[1]) and row["processes"] == 1))' \
		"cprofd-test-$$" >judged.txt || fail "$(cat judged.txt)"
}

refused() {
	"$cprofd" top -d 1 --engine ptrace >out.txt 2>err.txt
	[ $? = 6 ] || fail "ptrace: $(cat err.txt)"
	grep -q "one process, not at the whole host" err.txt || fail "$(cat err.txt)"
	"$cprofd" top -d 1 --no-follow >out.txt 2>err.txt
	[ $? = 2 ] || fail "--no-follow: $(cat err.txt)"
	"$cprofd" top 1 >out.txt 2>err.txt
	[ $? = 2 ] || fail "a process: $(cat err.txt)"
	"$cprofd" top --by weather >out.txt 2>err.txt
	[ $? = 2 ] || fail "--by: $(cat err.txt)"
	[ "$(id -u)" = 0 ] || return 0
	chmod 777 .
	setpriv --reuid=65534 --regid=65534 --clear-groups env "XDG_STATE_HOME=$PWD/theirs" \
		"$cprofd" top -d 1 >out.txt 2>err.txt
	[ $? = 4 ] || fail "nobody: $(cat err.txt)"
	grep -q "CAP_PERFMON" err.txt || fail "nobody: $(cat err.txt)"
}

# Python functions: of a process that was there, of one that begins meanwhile, and of those
# that live for moments; and one with a long table of lines.
python_functions() {
	allowed bpf
	cat >parts.py <<-'END'
		import sys, time
		end = time.process_time() + float(sys.argv[2])
		def early_part():
		    while time.process_time() < end:
		        for _ in range(1000): pass
		def late_part():
		    while time.process_time() < end:
		        for _ in range(1000): pass
		def shortly_part():
		    while time.process_time() < end:
		        for _ in range(1000): pass
		exec(compile("\n" * 11 + "def drawn_out():\n" + "    x = 1\n" * 1000 +
		             "    while time.process_time() < end:\n"
		             "        for _ in range(1000): pass\n", "drawn_out/parts.py", "exec"))
		globals()[sys.argv[1]]()
	END
	start "$1" parts.py early_part 600
	start "$1" parts.py drawn_out 600
	# shellcheck disable=SC2016
	start sh -c 'sleep 0.7; exec "$0" parts.py late_part 600' "$1"
	# shellcheck disable=SC2016
	start sh -c 'sleep 1; while :; do "$0" parts.py shortly_part 0.04; done' "$1"
	"$cprofd" top -d 4 -F 999 --engine bpf -o top.cprof --force >out.txt 2>err.txt ||
		fail "$(cat err.txt)"
	"$cprofd" report --json top.cprof >report.json 2>err.txt || fail "$(cat err.txt)"
	for part in early_part late_part shortly_part drawn_out; do
		"$cprofd" report --json --lines $part top.cprof >$part.json 2>err.txt ||
			fail "$part: $(cat err.txt)"
	done
	"$python" - >judged.txt 2>&1 <<-'PY' || fail "$(cat judged.txt)"
	import json
	functions = {f["name"]: f for f in json.load(open("report.json"))["functions"]}
	for part, line, hot in (("early_part", 3, 5), ("late_part", 6, 8), ("shortly_part", 9, 11), ("drawn_out", 12, 1014)):
	    f = functions[part]
	    lines = {l["line"]: l["self"]["samples"] for l in json.load(open(part + ".json"))["lines_of"]["lines"]}
	    print(part, f["kind"], f["file"], f["line"], f["total"]["samples"], lines)
	    assert f["kind"] == "P" and f["file"].endswith("parts.py") and f["line"] == line
	    assert f["total"]["samples"] >= 50, "few samples"
	    assert lines[hot] > .8 * sum(lines.values()), "not at its line"
	PY
}

# Two interpreters of different kind, if there are.
several() {
	echo "$python"
	pythons | grep '/3\.1[23]\.' | tail -n 1
}

on_its_row() { shot | grep -q '^>.* toiler'; }

on_a_terminal() {
	allowed
	cp "$targets/abc" ./toiler
	start ./toiler 600
	pane 100 30 "$cprofd top"
	shows LIVE
	shows toiler
	shows "CPU"
	key b
	shows PROCS
	key -l /toiler
	key Enter
	wait_for 10 on_its_row || fail "not found: $(shot)"
	key Enter
	shows " half "
	key W
	shows PROCS
	key b
	key b
	shows TID
	key D
	ended
	"$cprofd" list >out.txt 2>err.txt || fail "$(cat err.txt)"
	grep -q " host .* live" out.txt || fail "not listed: $(cat out.txt)"
	pane 100 30 "$cprofd top"	# comes back to it
	shows toiler
	key D
	ended
	"$cprofd" stop host 2>err.txt || fail "$(cat err.txt)"
	has_ended() { "$cprofd" list 2>err.txt | grep -q " host .* ended"; }
	wait_for 10 has_ended || fail "not ended: $("$cprofd" list)"
}

for engine in bpf perf; do
	check "$engine: shares are those that the scheduler counted" shares $engine
	check "$engine: processes of milliseconds have names and whole stacks" short_lived $engine
done
for interpreter in $(several); do
	check "bpf: Python functions of $interpreter" python_functions "$interpreter"
done
check "control groups" cgroups
check "who may not is told why" refused
check "on a terminal" on_a_terminal
"$cprofd" stop host >/dev/null 2>&1	# if it failed before that
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls of Python functions, counted by a probe of the interpreter: exactly, for a time
# that ends whatever happens, and never among what is sampled.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/probe_lib.sh"

has_lines() { [ -e "$1" ] && [ "$(grep -c "$2" "$1")" -ge "$3" ]; }

begin_target() {	# [CHILDREN]
	rm -f log
	start "${interpreter:-$with_probe}" "$top_srcdir/tests/targets/returns.py" log "$@"
	wait_for 20 has_lines log begun $((${1:-0} + 1)) || fail "it does not begin"
}

# In the background: its pid in $recorder.
begin_record() {
	"$cprofd" record --force -p "$pid" -o rec.cprof "$@" 2>err.txt &
	recorder=$!
	echo $recorder >>"$scratch/pids"
	wait_for 20 somebody_listens "$pid" || fail "nothing is counted: $(cat err.txt)"
	# The events are there; a moment later they count.
	sleep 0.2
}

# The counts of rec.cprof are those of the target, each times $1.
counts_are_right() {
	report rec.cprof '"\n".join(f["name"] + " " + str(f["calls"]) + " " + f["calls_by"] for f in r["functions"] if f.get("calls") is not None)' >counts.txt
	"$python" - "$top_srcdir/tests/targets/returns.py" "$1" <<'END' || fail "counts differ"
import ast, collections, sys
tree = ast.parse(open(sys.argv[1]).read())
expected = next(n.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "EXPECTED")
expected = eval(compile(ast.Expression(expected), "", "eval"))
got = collections.Counter()
for line in open("counts.txt"):
    name, calls, by = line.rsplit(" ", 2)
    got[name] += int(calls)
    if by.strip() != "probe":
        sys.exit(f"  # {line}")
wrong = [f"{name}: {got.get(name)} instead of {n}" for name, n in expected.items()
         if name in got and got[name] != n * int(sys.argv[2])]
for name in "fib", "numbers", "coroutine":
    if name not in got:
        wrong.append(f"{name} has no count")
if wrong:
    sys.exit("  # " + ", ".join(wrong))
END
}

# ---- exactly ----

counts_are_exact() {
	needs_probe
	begin_target
	begin_record --probe '*,60' -d 100 --engine "$1"
	kill -USR1 "$pid"
	wait_for 50 has_lines log done 1 || fail "the work was not done"
	kill -INT $recorder
	wait $recorder || fail "$(cat err.txt)"
	counts_are_right 1
	nobody_listens "$pid" || fail "somebody still listens"
	[ "$(grep -c 'same .*' counts.txt)" = 2 ] || fail "two functions of a name: $(cat counts.txt)"
	grep -q 'counted .* calls of all functions that ended from .* s; sampling was off, the program was slower' err.txt ||
		fail "$(cat err.txt)"
}

children_are_counted() {
	needs_probe
	begin_target 2
	begin_record --probe 'numbers,60' -d 100
	kill -USR1 "$pid"
	wait_for 50 has_lines log done 3 || fail "the work was not done"
	kill -INT $recorder
	wait $recorder || fail "$(cat err.txt)"
	grep -q 'counted 57 calls of numbers ' err.txt || fail "$(cat err.txt)"
}

# No sample is of meanwhile, and after it there are as many as there should be.
sampling_goes_on() {
	needs_probe
	start "$with_probe" "$scratch/loop.py"
	wait_for 20 runs_file "$pid" "$with_probe" || fail "it does not run"
	"$cprofd" record --force --probe '*,.6' -d 1.8 --engine "$1" -p "$pid" -o rec.cprof 2>err.txt ||
		fail "$(cat err.txt)"
	report rec.cprof '*min((f["calls_from"], f["calls_seconds"]) for f in r["functions"] if f.get("calls") is not None)' >when.txt
	read -r from length <when.txt || fail "nothing was counted: $(cat err.txt)"
	part() { "$cprofd" report --json --from "$1" ${2:+--to "$2"} rec.cprof; }
	part "$from" "$(echo "$from $length" | awk '{ print $1 + $2 }')" >during.json
	part "$(echo "$from $length" | awk '{ print $1 + $2 + .2 }')" >after.json
	"$python" - <<'END' || fail "samples"
import json, sys
during, after = (json.load(open(f))["totals"] for f in ("during.json", "after.json"))
sampled = after["received"]["weight_ns"]
print(f"  # {during['received']['samples']} samples meanwhile, then {sampled / 1e9:.2f} s of {after['cpu_ns'] / 1e9:.2f} s")
# CPU time is read once a second: for a part of one it is about right.
sys.exit(during["received"]["samples"] or not .5 * after["cpu_ns"] - 5e7 < sampled < 2 * after["cpu_ns"] + 5e7)
END
}

# ---- it ends ----

# The target is killed: what was counted until then is there.
killed() {
	needs_probe
	begin_target
	begin_record --probe 'fib,60' -d 100
	kill -USR1 "$pid"
	wait_for 50 has_lines log done 1 || fail "the work was not done"
	sleep 1	# until it is known what was called
	kill -9 "$pid"
	wait $recorder
	grep -q 'counted 25,083 calls of fib ' err.txt || fail "$(cat err.txt)"
	"$cprofd" report rec.cprof >report.txt || fail "no report"
}

another_program() {
	needs_probe
	begin_target
	begin_record --probe 'fib,60' -d 100
	kill -USR2 "$pid"
	wait_for 20 has_lines log begun 2 || fail "it does not begin anew"
	wait_for 20 nobody_listens "$pid" || fail "somebody still listens"
	kill -INT $recorder
	wait $recorder || fail "$(cat err.txt)"
	grep -q 'counted .* calls of fib' err.txt || fail "$(cat err.txt)"
}

# The recording is ended meanwhile, or whoever counts is killed.
ended() {
	needs_probe
	begin_target
	begin_record --probe 'fib,60' -d 100
	kill -USR1 "$pid"
	wait_for 50 has_lines log done 1 || fail "the work was not done"
	kill -INT $recorder
	wait $recorder || fail "exit $?: $(cat err.txt)"
	grep -q 'counted 25,083 calls of fib ' err.txt || fail "$(cat err.txt)"
	nobody_listens "$pid" || fail "somebody still listens"
	begin_record --probe 'fib,60' -d 100
	opener=$(pgrep -P $recorder)
	kill -9 $opener
	wait_for 10 nobody_listens "$pid" || fail "somebody still listens"
	wait $recorder
}

# ---- not available, with the reason ----

not_available() {	# REASON
	"$cprofd" record --force -p "$pid" -d .5 --probe fib -o rec.cprof 2>err.txt || fail "$(cat err.txt)"
	grep -q "calls of fib: n/a: $1" err.txt || fail "$(cat err.txt)"
	report rec.cprof 'r["totals"]["received"]["samples"] > 0' | grep -q True || fail "no samples"
}

without_probe() {
	interpreter=$(pythons | while read -r p; do
		readelf -n "$p" 2>/dev/null | grep -q 'Name: function__return' || echo "$p"
	done | tail -n 1)
	[ -n "$interpreter" ] || skip "$name" "each Python that is here has a probe"
	begin_target
	not_available 'this Python (3.[0-9]*) was built without a probe for returns: `cprofd run --count` counts'
}

without_rights() {
	[ "$(id -u)" = 0 ] || skip "$name" "needs root, to become somebody else"
	[ -n "$with_probe" ] || skip "$name" "no Python 3.11 with static probes is on this machine"
	uid=$((60000 + $$ % 4000))
	mkdir user
	chown $uid user
	cp "$top_srcdir/tests/targets/returns.py" user
	cat >user/record <<-EOF
		#!/bin/sh
		exec setpriv --reuid=$uid --regid=$uid --clear-groups env HOME="$PWD/user" \
			XDG_STATE_HOME="$PWD/user" XDG_CACHE_HOME="$PWD/user" "\$@"
	EOF
	chmod 755 user/record
	start user/record "$with_probe" user/returns.py user/log
	wait_for 20 has_lines user/log begun 1 || fail "it does not begin"
	user/record "$cprofd" record -p "$pid" -d .6 --probe fib -o user/rec.cprof 2>err.txt ||
		fail "$(cat err.txt)"
	grep -qF "calls of fib: n/a: a probe in a program takes root's rights (CAP_SYS_ADMIN)" err.txt ||
		fail "$(cat err.txt)"
}

no_python() {
	start "$targets/spin"
	not_available 'no Python that runs there is known'
}

wrong_options() {
	expect 2 '--probe' "$cprofd" record --probe fib,0 -p 1
	expect 2 '--probe' "$cprofd" record --probe ,2 -p 1
	expect 2 'run --count' "$cprofd" record --probe fib -- true
}

check "calls are exact with bpf, each kind of function" counts_are_exact bpf
[ -z "${CPROFD_LONG:-}" ] || check "calls are exact with ptrace" counts_are_exact ptrace
check "sampling is off meanwhile, and goes on with bpf" sampling_goes_on bpf
check "sampling is off meanwhile, and goes on with ptrace" sampling_goes_on ptrace
check "calls of child processes count" children_are_counted
check "the program is killed while its calls are counted" killed
check "it becomes another program" another_program
check "the recording ends, or who counts is killed" ended
check "a Python without the probe" without_probe
check "no rights to count" without_rights
check "no Python" no_python
check "options that make no sense" wrong_options
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the Python targets say of themselves, under every interpreter that is here: what
# is on the stacks of torture.py, the rounds of chains.py, the shares of shares.py.
. "${top_srcdir:?}/tests/integration/lib.sh"

target() { timeout 60 "$interpreter" "$top_srcdir/tests/targets/$1.py" ${2+"$2"} ${3+"$3"}; }

is_printed() { [ "$(wc -l <frozen.json)" = 1 ]; }
is_over() { ! kill -0 "$pid" 2>/dev/null; }

# Thread by thread, innermost first, below what starts a thread.
cat >"$scratch/stacks.txt" <<'END'
recursion stop fib fib fib fib fib fib fib fib fib fib fib fib recursion
generators stop inner_numbers middle_numbers outer_numbers generators
coroutines stop inner_step middle_step outer_step coroutines
event_loop stop inner_task outer_task _run _run_once run_forever run_until_complete event_loop
made_code stop made <module> made_code
callbacks stop add by_reduce by_map callbacks
lock_wait lock_wait
asleep asleep
no_gil stop no_gil
unicode stop ελάχιστο größe_日本
lambdas stop <lambda> <lambda> lambdas
comprehensions stop <listcomp> <listcomp> comprehensions
generator_expression stop zero <genexpr> generator_expression
methods stop area make draw methods
decorator stop decorator wrapper
del_slot stop __del__ del_slot
eq_slot stop __eq__ eq_slot
fork stop fork
END

cat >"$scratch/check.py" <<'END'
import json, linecache, os, sys
frozen = json.load(open("frozen.json"))
version = tuple(frozen["version"])
threads = {t["name"]: t for t in frozen["threads"]}
assert len(threads) == len(frozen["threads"]) == 19, sorted(threads)
tasks = "/proc/%d/task/" % frozen["pid"]
assert sorted(map(int, os.listdir(tasks))) == sorted(t["native_id"] for t in threads.values())
assert threads["MainThread"]["native_id"] == frozen["pid"]
assert len({t["ident"] for t in threads.values()}) == 19

def names(thread):
    return [f["name"].split(".")[-1] for f in threads[thread]["frames"]]

def text(frame, line):
    return linecache.getline(frame["file"], frame[line]).strip()

assert names("MainThread") == ["freeze", "main", "<module>"], names("MainThread")
assert text(threads["MainThread"]["frames"][0], "line") == "os.read(report(threads), 1)"
for line in open("stacks.txt", encoding="utf-8"):
    thread, *expected = line.split()
    if version >= (3, 12):      # they are part of the function there
        expected = [name for name in expected if name != "<listcomp>"]
    assert names(thread) == expected + ["frozen", "run", "_bootstrap_inner", "_bootstrap"], (
        thread, names(thread))
    frames = threads[thread]["frames"]
    leaf = {"stop": "STOP.acquire()", "lock_wait": "GUARD.acquire()",
            "asleep": "time.sleep(1000000)"}[names(thread)[0]]
    assert text(frames[0], "line") == leaf, frames[0]
    for f in frames:
        name = f["name"].split(".")[-1]
        if f["file"].endswith("torture.py") and name[0] != "<":
            at = text(f, "first")
            assert at.startswith("@") or "def %s(" % name in at, (f, at)
    assert ("<made>" in [f["file"] for f in frames]) == (thread == "made_code")
if version >= (3, 11):
    assert threads["methods"]["frames"][1]["name"] == "Shape.area"
END

freeze() {
	interpreter=$1
	mkfifo stdin
	target torture freeze <stdin >frozen.json 2>err.txt &
	pid=$!
	echo "$pid" >>"$scratch/pids"
	exec 3>stdin
	wait_for 30 is_printed || fail "nothing printed: $(cat err.txt)"
	said=$("$python" check.py 2>&1) || fail "$said: $(cat frozen.json)"
	exec 3>&-
	wait_for 10 is_over || fail "it does not end with its stdin"
	wait "$pid" || fail "exit $?: $(cat err.txt)"
	rm stdin
}

# Every scenario goes round, but the two that wait for ever.
all_run() {
	interpreter=$1
	target torture all 0 >rounds.json 2>err.txt || fail "exit $?: $(cat err.txt)"
	[ -s err.txt ] && fail "$(cat err.txt)"
	"$python" -c 'import json
r = json.load(open("rounds.json"))
assert sorted(n for n in r if not r[n]) == ["asleep", "lock_wait"] and len(r) == 18, r
' 2>err.txt || fail "$(cat err.txt)"
}

one_runs() {
	interpreter=$python
	target torture generators 0 | grep -qx '{"generators": [1-9][0-9]*}' || fail "not alone"
	target torture nothing 2>err.txt && fail "it knows no scenario \"nothing\""
	grep -q "^usage: torture.py freeze" err.txt || fail "$(cat err.txt)"
}

# The parts of the CPU time are what they are to be; its lines are where it says.
shares() {
	interpreter=$1
	[ "$(target chains 0.01)" -ge 1000 ] || fail "chains do not go round"
	target shares 1 >shares.json || fail "exit $?"
	"$python" -c 'import json, sys
r = json.load(open("shares.json"))
lines = open(sys.argv[1]).read().splitlines()
for line in "line_30", "line_70":
    assert lines[r[line] - 1].strip() == "for _ in range(N): pass", line
assert lines[r["line_30"] - 2].strip() == "if first:", "line_30"
assert lines[r["line_70"] - 2].strip() == "else:", "line_70"
parts = {part: sorted(s for p, _, s in r["calls"] if p == part)
         for part in ("heavy", "light", "line_30", "line_70")}
assert sum(map(sum, parts.values())) > .9	# the rest is what is between calls
# A machine that is stopped for half a second gives that to one call.
spent = {part: len(calls) * calls[len(calls) // 2] for part, calls in parts.items()}
total = sum(spent.values())
for part, share in ("heavy", .35), ("light", .15), ("line_30", .15), ("line_70", .35):
    assert abs(spent[part] / total - share) < .1, spent
' "$top_srcdir/tests/targets/shares.py" 2>err.txt || fail "$(tail -1 err.txt)"
}

for interpreter in $(pythons); do
	check "frozen: $interpreter" freeze "$interpreter"
	check "running: $interpreter" all_run "$interpreter"
	check "shares: $interpreter" shares "$interpreter"
done
check "one scenario alone" one_runs
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Threads of Python programs have the names that the program gave them, and what each does
# is known.
. "${top_srcdir:?}/tests/integration/lib.sh"

# With CPROFD_LONG every interpreter that is here; else the system's and an old one.
interpreters() {
	if [ -n "${CPROFD_LONG:-}" ]; then
		pythons
		return
	fi
	for p in "$python" /root/.pyenv/versions/3.8.*/bin/python; do
		[ ! -x "$p" ] || readlink -f "$p"
	done
}

has_line() { [ -s "$1" ]; }

# Start target $1 with the further arguments, and wait for its line in said.json.
begin() {
	rm -f said.json
	target=$1
	shift
	"$interpreter" "$top_srcdir/tests/targets/$target.py" "$@" <stdin >said.json 2>target-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 has_line said.json || fail "it says nothing: $(cat target-err.txt)"
}

# Record it for $1 seconds by each engine: to ENGINE.json.
record() {
	for engine in $engines; do
		timeout 60 "$cprofd" record --force --engine "$engine" -d "$1" -o "$engine.cprof" \
			-p $pid >"$engine.txt" 2>&1 || fail "$engine: $(cat "$engine.txt")"
		"$cprofd" report --threads --json "$engine.cprof" >"$engine.json" || fail "$engine: no report"
	done
}

cat >"$scratch/names.py" <<'END'
import json, sys
said, report = (json.load(open(name)) for name in (sys.argv[1], sys.argv[2] + ".json"))
names = {str(t["tid"]): t["name"] for t in report["threads"]}
wrong = [(tid, want, names.get(tid)) for tid, want in said.items() if names.get(tid) != want[-1]]
assert len(said) >= 10 and not wrong, wrong
END

# What command $@ says of each engine's recording holds: where the machine is busy, of a
# longer one.
holds() {
	for seconds in 1.5 4 12; do
		record $seconds
		wrong=
		for engine in $engines; do
			"$@" $engine 2>err.txt || wrong="$engine: $(tail -n 1 err.txt)"
		done
		[ -n "$wrong" ] || return 0
	done
	fail "$wrong"
}

names() {
	begin thread_names 20
	holds "$python" names.py said.json
}

cat >"$scratch/states.py" <<'END'
import json, sys
version, engine = sys.argv[1:]
old, report = version == "3.6", json.load(open(engine + ".json"))
threads = {t["name"]: t for t in report["thread_activity"]}
ns = {}

def share(thread, state, *activities):
    sums = {a: s["weight_ns"] for a, s in threads[thread][state].items()}
    return sum(sums.get(a, 0) for a in activities) / sum(sums.values())

def must(condition, thread):
    assert condition, (thread, threads[thread]["running"], threads[thread]["waiting"])

# Of 3.6 it is not known which lock is that of the interpreter, nor what collects garbage.
wait = "wait-lock" if old else "wait-python"
# To take the lock costs time, too, and what ptrace stops may first go on to that: on a busy
# machine, most of what is seen of it.
near = "wait-python", "native", "unknown"
most = .1 if engine == "ptrace" else .75
for thread in ("burner-1", "burner-2", "collector"):
    must(share(thread, "waiting", wait, "unknown") > .9, thread)
    must(share(thread, "waiting", wait) > .5, thread)
    what = "collecting" if thread == "collector" and not old else "python"
    must(share(thread, "running", what, *near) > .95, thread)
    must(share(thread, "running", what) > most, thread)
    ns[thread] = sum(s["weight_ns"] for s in threads[thread]["running"].values())
burners = ns["burner-1"] + ns["burner-2"]
must(.2 < ns["burner-1"] / burners < .8, "burner-1")
must(share("zlib", "running", *near) > .95, "zlib")
must(share("zlib", "running", "native") > (.75 if engine == "ptrace" else .9), "zlib")
for thread, activity in (("lock", "wait-lock"), ("sleep", "sleep"), ("socket", "wait-io"),
                         ("MainThread", "wait-io")):
    must(share(thread, "waiting", activity) > .95, thread)
# One at a time.
held = sum(s["weight_ns"] for t in threads.values() for a, s in t["running"].items()
           if a in ("python", "collecting"))
assert held < 1.1 * report["recording"]["duration_ns"], held
END

states() {
	begin thread_states
	# Having said so, the main thread has yet to get the interpreter once more.
	wait_for 20 grep -q "^0 " /proc/$pid/syscall || fail "the main thread does not read"
	version=$("$interpreter" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	holds "$python" states.py "$version"
}

# A program that reads this waits until it is killed.
mkfifo "$scratch/stdin"
exec 9<>"$scratch/stdin"

engines=ptrace
! "$cprofd" record --force --engine bpf -d 0.1 -o "$scratch/try.cprof" -- sleep 1 >/dev/null 2>&1 ||
	engines="ptrace bpf"
[ "$engines" != ptrace ] || echo "skip - threads by the bpf engine: it does not work here"
for interpreter in $(interpreters); do
	check "threads of $interpreter have their names" names
	check "what threads of $interpreter do" states
done
finish

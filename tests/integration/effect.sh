#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What watching costs: --measure-effect says how much sampling slows a program, and what
# was not sampled meanwhile is no hole in the data.
. "${top_srcdir:?}/tests/integration/lib.sh"
seconds=12

# Record process $3 with engine $2 into $1; the rest are options.
measure() {
	file=$1 engine=$2 target=$3
	shift 3
	"$cprofd" record --engine "$engine" --measure-effect=${by:-auto} "$@" -d $seconds -o "$file" -p "$target" \
		>/dev/null 2>"$file.txt" && return
	grep -q 'seccomp filter\|does not let you\|has no perf events\|may not be traced' "$file.txt" &&
		skip "$name" "$(head -n 1 "$file.txt")"
	fail "$(cat "$file.txt")"
}

# The report on $1 against what is in the recording, which read_recording.py takes apart.
agrees_with_windows() {
	"$top_srcdir/tests/integration/read_recording.py" "$1" >read.json 2>err.txt || fail "$(cat err.txt)"
	"$cprofd" report --json "$1" >report.json || fail "no report"
	"$python" - <<'END' || fail "they differ"
import json, sys
windows, report = json.load(open("read.json"))["windows"], json.load(open("report.json"))
effect, totals = report["effect"], report["totals"]
if effect["trouble"]:
    sys.exit(f"  # {effect}")
pairs = {}
for w in windows:
    pairs.setdefault(w["pair"], {})[w["on"]] = w["calls"] / w["ns"]
pairs = [p for p in pairs.values() if len(p) == 2]
on, off = sum(p[1] for p in pairs), sum(p[0] for p in pairs)
slower, sampled, off_cpu = effect["slower"], totals["received"]["weight_ns"], totals["off_cpu_ns"]
print(f"  # slower by {slower['value']:.1%} ({slower['low']:.1%} to {slower['high']:.1%}), "
      f"{effect['pairs']} pairs; sampled {sampled / 1e9:.2f} s, {off_cpu / 1e9:.2f} s not, "
      f"of {totals['cpu_ns'] / 1e9:.2f} s")
few = .15 * totals["cpu_ns"] + 5e7	# the target may have got hardly any CPU
lengths = sorted(w["ns"] for w in windows)
checks = {
    "another measure": effect["measure"] == "calls",
    "pairs": effect["pairs"] == len(pairs) >= 8,
    "the ratio": abs(1 - on / off - slower["value"]) < 1e-6,
    "the interval": slower["low"] < slower["value"] < slower["high"],
    "lengths are not random": lengths[0] > 150e6 and lengths[-1] > 1.2 * lengths[0],
    "on and off": .15 < off_cpu / totals["cpu_ns"] < .85,
    # Nothing is missed of the time that it was off.
    "CPU time": abs(sampled + off_cpu - totals["cpu_ns"]) < few,
    "holes": totals["unsampled_ns"] < few and not totals["lost"]["samples"]}
wrong = [name for name, right in checks.items() if not right]
if wrong:
    print("  # wrong:", ", ".join(wrong))
sys.exit(len(wrong))
END
}

# Many stops.  Whether they are felt depends on what else runs here: who waits for a CPU
# anyway loses nothing by being stopped meanwhile.  See is_the_truth.
stops_are_measured() {
	by=calls	# though it scatters where little CPU is left for it
	start "$targets/steps" count
	measure ptrace.cprof ptrace $pid -F 4999
	agrees_with_windows ptrace.cprof
	[ "$(report ptrace.cprof 'r["cost"]["held_ns"] > 5e7')" = True ] || fail "hardly held"
	words='sampling at 4,999 Hz slows the program by\|a slowdown cannot be told apart from none'
	words="\($words\|no slowdown: the program was faster while it was sampled\)"
	"$cprofd" report --width 300 ptrace.cprof >report.txt
	grep -q "^ effect  *$words.* pairs of windows, seen by read and write calls" report.txt ||
		fail "$(head -n 12 report.txt)"
	grep -q '^ cost .*; it held threads still for ' report.txt || fail "$(head -n 12 report.txt)"
	# What is long goes on in the next row.
	"$cprofd" view --ascii --render quality --size 100x60 ptrace.cprof | tr -s ' \n' ' ' >screen.txt
	grep -q " effect $words" screen.txt || fail "$(cat screen.txt)"
	grep -q ' cost cprofd used [^;]*: session .*, opener .*, workers .*, command' screen.txt ||
		fail "$(cat screen.txt)"
}

# Of as few samples as these there is nothing to be felt.  A machine that is so busy that
# the program hardly runs can say otherwise by chance: not three times.
few_samples_do_not() {
	by=calls
	start "$targets/steps" count
	for try in 1 2 3; do
		measure few.cprof auto $pid -F 199 --force
		agrees_with_windows few.cprof
		[ "$(report few.cprof 'r["effect"]["slower"]["low"] < .1')" = True ] && return
	done
	fail "$(report few.cprof 'r["effect"]')"
}

# Who only computes says nothing of how far it has come.
no_progress_is_said() {
	start "$targets/spin"
	measure none.cprof auto $pid
	"$cprofd" report --width 300 none.cprof >report.txt
	grep -q '^ effect  *not measured: no progress is seen' report.txt ||
		fail "$(head -n 12 report.txt)"
	[ "$(report none.cprof 'r["effect"]["trouble"], r["effect"]["slower"]')" = "no-progress None" ] ||
		fail "$(report none.cprof 'r["effect"]')"
}

too_short_is_said() {
	start "$targets/steps" count
	seconds=1.5
	measure short.cprof auto $pid
	"$cprofd" report --width 300 short.cprof >report.txt
	grep -q '^ effect  *not measured: [01] pairs of windows' report.txt ||
		fail "$(head -n 12 report.txt)"
	[ "$("$cprofd" export --format folded -o - short.cprof | wc -l)" -gt 0 ] || fail "no samples"
}

measures_are_those_of_the_page() {
	expect 2 "--measure-effect=work: auto, calls, bytes, faults and switches are there" \
		"$cprofd" record --measure-effect=work -p 1
	expect 2 "--measure-effect" "$cprofd" record --measure-effect= -p 1
	expect 2 "--measure-effect: of one program only" "$cprofd" top --measure-effect
	start "$targets/steps" count
	for measure in auto calls bytes faults switches; do
		"$cprofd" record --force --measure-effect=$measure -d 0.3 -o m.cprof -p $pid \
			>/dev/null 2>err.txt || skip "$name" "$(head -n 1 err.txt)"
		[ "$(report m.cprof 'r["recording"]["meta"]["measure_effect"]')" = $measure ] ||
			fail "$measure is not what was recorded"
	done
}

# What cprofd says of engine $1 at $2 Hz, against the program's own count with and without
# cprofd, in turn, as the truth changes with what else runs here.
is_the_truth() {
	start "$targets/steps" count
	seconds=0.1
	measure try.cprof "$1" $pid -F "$2"	# or it is skipped
	wait_for 10 [ -s count ]
	"$python" - "$cprofd" "$pid" "$1" "$2" <<'END' || fail "they do not meet"
import json, mmap, os, random, statistics, subprocess, sys, time
cprofd, pid, engine, rate = sys.argv[1:]
record = [cprofd, "record", "--force", "--engine", engine, "-F", rate, "-p", pid, "-o"]
count = mmap.mmap(os.open("count", os.O_RDONLY), 8, prot=mmap.PROT_READ)
def speed():
    from_s, from_n = time.monotonic(), int.from_bytes(count[:8], "little")
    time.sleep(1)
    return (int.from_bytes(count[:8], "little") - from_n) / (time.monotonic() - from_s)
def watched():
    p = subprocess.Popen(record + ["watched.cprof"], stderr=subprocess.DEVNULL)
    time.sleep(1)
    v = speed()
    p.terminate()
    p.wait()
    return v
said, pairs = [], []
for _ in range(12):
    subprocess.run(record + ["said.cprof", "--measure-effect=calls", "-d", "10"], check=True,
                   stderr=subprocess.DEVNULL)
    report = subprocess.run([cprofd, "report", "--json", "said.cprof"], capture_output=True)
    said.append(json.loads(report.stdout)["effect"]["slower"]["value"])
    for _ in range(3):
        if random.random() < .5:
            on, off = watched(), speed()
        else:
            off = speed()
            on = watched()
        pairs.append((on, off))
n, sum_off = len(pairs), sum(off for _, off in pairs)
ratio = sum(on for on, _ in pairs) / sum_off
truth, mean = 1 - ratio, statistics.mean(said)
error = (n / (n - 1) * sum((on - ratio * off) ** 2 for on, off in pairs)) ** .5 / sum_off
error_said = statistics.stdev(said) / len(said) ** .5
print(f"  # {engine} at {rate} Hz: said {mean:.1%} +- {2 * error_said:.1%}, measured {truth:.1%} +- {2 * error:.1%}")
sys.exit(abs(truth - mean) > 3.5 * (error ** 2 + error_said ** 2) ** .5)	# 1 of 1000
END
}

truth_of_ptrace() { is_the_truth ptrace 999; }
truth_of_perf() { is_the_truth perf 4999; }

# They take 12 s each: at the same time.
together() {
	for case in "$@"; do
		(n_failed=0; scratch=$scratch/$case; mkdir "$scratch"; : >"$scratch/pids"
		check "$case" "$case"; exit $n_failed) &
		cases="${cases:-} $!"
	done
	for case in $cases; do
		wait "$case" || n_failed=$((n_failed + 1))
	done
}

together stops_are_measured few_samples_do_not no_progress_is_said too_short_is_said \
	measures_are_those_of_the_page
if [ -n "${CPROFD_LONG:-}" ]; then
	check truth_of_ptrace truth_of_ptrace
	check truth_of_perf truth_of_perf
fi
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A thread that runs several Python interpreters: all of them are on its stacks, or it is
# said that some are not; never those that another thread runs.
. "${top_srcdir:?}/tests/integration/lib.sh"

old=$(pythons | grep '/3\.\(8\|9\|10\)\.' | tail -n 1)
middle=$(pythons | grep '/3\.1[12]\.' | tail -n 1)
new=$(pythons | grep '/3\.13\.' | tail -n 1)

# Runs interpreters.py $2 with interpreter $1, recorded by engine $3.
record() {
	[ -n "$1" ] || skip "$name" "no such Python on this machine"
	needs_engine "$3" "$name"
	"$1" "$top_srcdir/tests/targets/interpreters.py" "$2" >target.txt 2>&1 &
	pid=$!
	echo $pid >>"$scratch/pids"
	wait_for 20 has_worked || fail "it does not run: $(cat target.txt)"
	"$cprofd" record --force -p "$pid" --engine "$3" -d .5 -o rec.cprof 2>err.txt ||
		fail "$(cat err.txt)"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	"$cprofd" export --force --format folded --frames python -o folded.txt rec.cprof 2>export.txt ||
		fail "$(cat export.txt)"
}

# Hundredths of a second of CPU time.
has_worked() { [ "$(awk '{ print $14 + $15 }' "/proc/$pid/stat")" -ge 20 ]; }

first="<module> main first_loop first_work first_key"
second="<module> second_outer second_work second_key"
third="<module> third_outer third_work third_key"
bootstrap="_bootstrap _bootstrap_inner run"

# Every stack is one of the paths, or the beginning of one; the first one is there as a whole.
# With $1 "said" something stands in those of the first one for what is missing, else in few
# of all.
stacks_are() {
	"$python" - "$@" 2>wrong.txt <<-'END' || fail "$(tail -n 1 wrong.txt)"
		import sys
		MISSING = "[Python frames missing or out of place]"
		how, *paths = sys.argv[1:]
		paths = [p.split() for p in paths]
		whole = marked = total = 0
		for line in open("folded.txt", encoding="utf-8"):
		    path, us = line.rsplit(" ", 1)
		    names = [f.split(".")[-1] for f in path.split(";")]
		    own = [f for f in names if f != MISSING.split(".")[-1]]
		    # Those before the first call, and of C stacks that end early.
		    if own == ["[no Python function]"] or path.startswith("[stack ends"):
		        continue
		    total += int(us)
		    marked += int(us) * (own != names)
		    if not any(p[:len(own)] == own for p in paths):
		        sys.exit("%s is none of them" % path)
		    if own == paths[0]:
		        whole += int(us)
		        if how == "said" and own == names:
		            sys.exit("%s says nothing" % path)
		if not whole or (how != "said" and marked * 5 > total):
		    sys.exit("%d of %d us are %s, %d us are marked" % (whole, total, paths[0], marked))
	END
}

# One that was made, and runs nothing.
idle() {
	record "$1" idle "$2"
	stacks_are whole "$first"
}

in_the_main_thread() {
	record "$1" main "$2"
	stacks_are whole "<module> main first_call $second"
}

in_a_thread() {
	record "$1" thread "$2"
	stacks_are whole "$bootstrap first_call $second" "$first"
}

one_in_another() {
	record "$1" nested "$2"
	stacks_are whole "<module> main first_call <module> second_outer second_call $third"
}

# One thread has made it, another runs it.
moved() {
	record "$1" moved "$2"
	# To 3.11 the main thread gets no turn any more.
	stacks_are whole "$bootstrap first_call $second" "$first" "<module> main start wait wait"
}

# The kernel sees what the thread runs now, to 3.11 what it ran first.
one_of_two() {
	record "$1" main bpf
	case $1 in
	*/3.1[23].*) stacks_are said "$second" ;;
	*) stacks_are said "<module> main first_call" ;;
	esac
	[ "$(grep -c "runs several Python interpreters.*--engine ptrace shows all" err.txt)" = 1 ] ||
		fail "said: $(cat err.txt)"
	[ "$(report rec.cprof 'r["ledger"]["rows"][0]["outcome"]')" = "unmatched Python frames" ] ||
		fail "$(report rec.cprof 'r["ledger"]')"
}

check "all of a thread that calls another: $old" in_the_main_thread "$old" ptrace
check "all of a thread that another has made one for: $middle" moved "$middle" ptrace
check "one that runs nothing: $new" idle "$new" bpf
check "one of two is said to be one: $new" one_of_two "$new"
if [ -n "${CPROFD_LONG:-}" ]; then
	for interpreter in $(pythons | grep '/3\.\([89]\|1[0-9]\)\.[0-9]*/'); do
		for engine in bpf ptrace; do
			check "one that runs nothing: $interpreter, $engine" idle "$interpreter" $engine
		done
		check "one of two is said to be one: $interpreter" one_of_two "$interpreter"
		check "all of the main thread: $interpreter" in_the_main_thread "$interpreter" ptrace
		# In those the thread gets no turn.
		case $interpreter in
		*/3.9.* | */3.1[01].*) ;;
		*) check "all of a thread: $interpreter" in_a_thread "$interpreter" ptrace ;;
		esac
		check "one in another in another: $interpreter" one_in_another "$interpreter" ptrace
	done
	for interpreter in $(pythons | grep '/3\.1[0-9]\.[0-9]*/'); do
		check "one that another thread has made: $interpreter" moved "$interpreter" ptrace
	done
fi
finish

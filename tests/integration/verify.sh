#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cprofd verify: every engine that works here is right, and one that is wrong is told.
. "${top_srcdir:?}/tests/integration/lib.sh"

if [ -n "${CPROFD_LONG:-}" ]; then seconds=10; else seconds=0.6; fi

# What is off in so short a run on a busy machine (a program that the scheduler lets
# wait, always at the same place) has to be right in a longer one.
all_is_right() {
	"$cprofd" verify -F 499 -d $seconds >out.txt 2>err.txt
	got=$?
	sed 's/^/  # /' out.txt
	if [ $got = 6 ]; then
		skip "all is right" "no engine works here"
	fi
	is_silent err.txt || fail "on stderr: $(cat err.txt)"
	if [ $got = 70 ]; then
		awk '/ OFF / { print $1, $2 }' out.txt >off.txt
		[ "$(wc -l <off.txt)" -le 2 ] || fail "$(cat off.txt)"
		while read -r engine case; do
			"$cprofd" verify -F 499 -d $((${seconds%.*} + 5)) --engine "$engine" "$case" >again.txt 2>&1 ||
				fail "twice: $(cat again.txt)"
		done <off.txt
		return
	fi
	[ $got = 0 ] || fail "exit $got: $(cat err.txt)"
	tail -1 out.txt | grep -qx '\([0-9]*\) of \1 right' || fail "last line: $(tail -1 out.txt)"
}

an_engine_works() {
	"$cprofd" verify --json -F 999 -d 0.3 --engine "$1" shares >works.json 2>err.txt
	[ $? != 6 ] || skip "$2" "$1 does not work here"
}

as_json() {
	an_engine_works perf "as JSON"
	for seconds in 0.5 5; do	# see all_is_right()
		"$cprofd" verify --json -F 999 -d $seconds --engine perf shares deep >out.json
		got=$?
		[ $got = 70 ] || break
	done
	[ $got = 0 ] || fail "exit $got: $(cat out.json)"
	"$python" - <<'END' || fail "$(cat out.json)"
import json
r = json.load(open("out.json"))
assert (r["schema"], r["right"], r["of"]) == ("cprofd-verify", 2, 2)
(engine,) = r["engines"]
assert (engine["name"], engine["works"], engine["note"]) == ("perf", True, None)
shares, deep = engine["cases"]
assert [s["name"] for s in shares["shares"]] == ["half", "third", "fifth"]
assert all(abs(s["shown"] - s["truth"]) < .25 for s in shares["shares"])
assert deep["complete"] > .98 and deep["reason"] is None
END
}

# The same programs with a cprofd-verify that does not tell the truth of itself.
lies() {
	mkdir -p lying
	cp "$cprofd" "$top_builddir/cprofd-session" "$top_builddir/cprofd-worker" lying/
	chmod 755 lying lying/*
	cat >lying/cprofd-verify <<END
#!/bin/sh
mkfifo $scratch/said.\$\$
sed '$1' <$scratch/said.\$\$ &
exec $top_builddir/cprofd-verify "\$@" >$scratch/said.\$\$
END
	chmod 755 lying/cprofd-verify
}

wrong_is_off() {
	name=$1 lie=$2 case=$3 why=$4
	an_engine_works perf "$name"
	lies "$lie"
	lying/cprofd verify --engine perf -F 999 -d 1 "$case" >out.txt 2>err.txt
	got=$?
	[ $got = 70 ] || fail "exit $got: $(cat out.txt err.txt)"
	grep -q "^perf  *$case .* OFF " out.txt || fail "not off: $(cat out.txt)"
	grep -q "$why" out.txt || fail "no \"$why\" in: $(cat out.txt)"
	tail -1 out.txt | grep -qx "0 of 1 right" || fail "$(cat out.txt)"
}


refused() {
	expect 2 "there is no such case" "$cprofd" verify nothing
	expect 2 "there is no such engine" "$cprofd" verify --engine magic
	expect 2 "a number from 0.1 to 3600 is wanted" "$cprofd" verify -d 0
}

check "all is right" all_is_right
check "as JSON" as_json
name="wrong shares are off"
check "$name" wrong_is_off "$name" 's/half/x/; s/fifth/half/; s/x/fifth/' shares " in all: .* shown, .* true"
name="a wrong depth is off"
check "$name" wrong_is_off "$name" 's/ 500$/ 499/' deep "of the stacks are wrong"
name="a wrong CPU time is off"
check "$name" wrong_is_off "$name" 's/^cpu .*/cpu 2/; s/^total .*//; /^$/d' shares "of the CPU time is accounted for"
name="what is no truth is off"
check "$name" wrong_is_off "$name" 's/^total/nothing/' shares "line 1 of what the program said: nothing half"
check "wrong words are refused" refused
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What other tools read of a recording is what the report says: the same totals,
# the same shares, the same names; of a recovered recording too.
. "${top_srcdir:?}/tests/integration/lib.sh"

# A C++ program of inlined calls and a C program of known shares, and the first
# one cut and recovered.
recordings() {
	[ -s abc.cprof ] && return
	"$cprofd" record -F 1999 -o abc.cprof -- "$targets/abc" 1 2>err.txt || fail "$(cat err.txt)"
	head -c $(($(wc -c <abc.cprof) - 30)) abc.cprof >torn.cprof
	"$cprofd" recover -o recovered.cprof torn.cprof >out.txt 2>err.txt || fail "$(cat out.txt err.txt)"
	have g++ || return 0
	g++ -O2 -g -fomit-frame-pointer -o spin_cpp "$top_srcdir/tests/targets/spin_cpp.cc" 2>compiler.txt ||
		fail "$(cat compiler.txt)"
	start ./spin_cpp
	"$cprofd" record -F 1999 -d 1 -p "$pid" -o cpp.cprof 2>err.txt || fail "$(cat err.txt)"
}
all_recordings() {
	echo abc.cprof recovered.cprof
	[ ! -e cpp.cprof ] || echo cpp.cprof
}

total() { report "$1" "r['totals']['received']['$2']"; }
# Name and nanoseconds or samples of each function, in itself, as the report has them: one
# may stand there twice, ld.so has a _start of its own.
self_of() {	# RECORDING weight_ns|samples
	report "$1" '"\n".join("%s\t%d" % (f["name"], f["self"]["'"$2"'"])
		for f in r["functions"] if f["self"]["samples"])' | sort
}

# ---- folded ----

# Summed by awk: the microseconds behind the last space, by the last frame.  Each
# line may be off by a half.
folded_sums() {
	recordings
	for recording in $(all_recordings); do
		"$cprofd" export --format folded -o - "$recording" >folded.txt 2>err.txt || fail "exit $?: $(cat err.txt)"
		is_silent err.txt || fail "on stderr: $(cat err.txt)"
		awk -v ns="$(total "$recording" weight_ns)" '{ us += $NF } END {
			print us " of " ns / 1000
			exit us - ns / 1000 > NR / 2 || ns / 1000 - us > NR / 2 }' folded.txt >sum.txt ||
			fail "$recording: $(cat sum.txt) microseconds"
		self_of "$recording" weight_ns >report.txt
		awk -F '\t' 'NR == FNR { ns[$1] += $2; next }
		{
			us = $0; sub(/.* /, "", us); sub(/ [0-9]+$/, ""); name = $0; sub(/.*;/, "", name)
			sub(/_\[[ik]\]$/, "", name); sum[name] += us; n[name]++
		}
		END {
			for (name in ns)
				if (sum[name] - ns[name] / 1000 > n[name] / 2 || ns[name] / 1000 - sum[name] > n[name] / 2)
					print name ": " sum[name] " of " ns[name] / 1000
			for (name in sum)
				if (!(name in ns))
					print name ": not in the report"
		}' report.txt folded.txt >differ.txt
		[ ! -s differ.txt ] || fail "$recording: $(cat differ.txt)"
		# Each stack is one line only, root first.
		[ -z "$(sed 's/ [0-9]*$//' folded.txt | sort | uniq -d)" ] || fail "$recording: a stack in two lines"
	done
	"$cprofd" export --format folded abc.cprof 2>err.txt || fail "exit $?: $(cat err.txt)"
	[ -s abc.folded ] || fail "no abc.folded"
	"$cprofd" export --format folded --threads -o - abc.cprof | grep -q '^abc-[0-9]*/[0-9]*;' || fail "no threads"
}

# ---- pprof ----

pprof_decoded() {
	recordings
	have protoc || skip "pprof: read by protoc" "no protoc"
	"$cprofd" version >out.txt
	for recording in $(all_recordings); do
		"$cprofd" export --format pprof --force -o p.pb.gz "$recording" 2>err.txt || fail "exit $?: $(cat err.txt)"
		zcat p.pb.gz | protoc -I "$top_srcdir/src/export" --decode=perftools.profiles.Profile pprof.proto \
			>decoded.txt 2>err.txt || fail "protoc: $(cat err.txt)"
		# Nothing that the schema does not know.
		! grep -Eq '^ *[0-9]+:' decoded.txt || fail "unknown fields: $(grep -E '^ *[0-9]+:' decoded.txt | head -3)"
		"$python" - "$(total "$recording" samples)" "$(total "$recording" weight_ns)" <<-'EOF' || exit 1
			import re, sys
			sums, sample, strings, locations, n_used = [0, 0], None, [], set(), set()
			block = None
			for line in open("decoded.txt"):
			    top = re.match(r"(\w+) \{", line)
			    if top:
			        block, values = top[1], []
			    m = re.match(r"  (value|location_id|id): (\d+)", line)
			    if m and block == "sample" and m[1] == "value":
			        values.append(int(m[2]))
			        sums[len(values) - 1] += int(m[2])
			    elif m and block == "sample":
			        n_used.add(int(m[2]))
			    elif m and block == "location" and m[1] == "id":
			        locations.add(int(m[2]))
			    if line.startswith("string_table:"):
			        strings.append(line)
			if sums != [int(sys.argv[1]), int(sys.argv[2])]:
			    sys.exit("  # %s instead of %s" % (sums, sys.argv[1:]))
			if not n_used or not n_used <= locations:
			    sys.exit("  # samples of locations that are not there")
			if locations != set(range(1, len(locations) + 1)):
			    sys.exit("  # location ids are not 1, 2, 3, ...")
			if strings[0].strip() != 'string_table: ""':
			    sys.exit("  # the first string is %s" % strings[0])
		EOF
	done
}

# With the user's own cache: it may have to be built first.
go_pprof() { env -u XDG_CACHE_HOME PPROF_TMPDIR="$scratch" go tool pprof "$@"; }

pprof_by_go() {
	recordings
	have go || skip "pprof: read by go tool pprof" "no go"
	for recording in $(all_recordings); do
		"$cprofd" export --format pprof --force -o p.pb.gz "$recording" 2>err.txt || fail "exit $?: $(cat err.txt)"
		go_pprof -top -sample_index=samples -nodecount=1000 -nodefraction=0 -functions p.pb.gz \
			>top.txt 2>err.txt || skip "pprof: read by go tool pprof" "it does not work: $(head -1 err.txt)"
		sum=$(sed -n 's/.*Total samples = \([0-9]*\) .*/\1/p; s/.*, \([0-9]*\) total$/\1/p; s/.* of \([0-9]*\) total$/\1/p' top.txt | head -1)
		[ "$sum" = "$(total "$recording" samples)" ] || fail "$recording: $sum samples in pprof, $(total "$recording" samples) in the report: $(head -6 top.txt)"
		# The first function and its samples.
		first=$(self_of "$recording" samples | sort -t'	' -k2 -nr | head -1)
		[ -n "$first" ] && grep -q "^ *${first##*	} .*${first%%[	(]*}" top.txt || fail "$recording: not ${first##*	} of ${first%	*}: $(head -12 top.txt)"
	done
	[ -e cpp.cprof ] || return 0
	for name in shapes::spin shapes::box total std::function; do
		grep -qF "$name" top.txt || fail "no $name: $(cat top.txt)"
	done
	! grep -q ' _Z' top.txt || fail "not demangled: $(grep ' _Z' top.txt)"
	go_pprof -raw p.pb.gz >raw.txt 2>err.txt || fail "$(cat err.txt)"
	grep -q "spin_cpp.cc:[1-9]" raw.txt || fail "no lines: $(head -60 raw.txt)"
}

# ---- parts, and JSON ----

selections() {
	recordings
	for options in "--from 0.5" "--to 0.5" "--filter ^half$"; do
		want=$("$cprofd" report --json $options abc.cprof | "$python" -c 'import json, sys
t = json.load(sys.stdin)["totals"]
print(t["received"]["weight_ns"] - t["filtered_out"]["weight_ns"])')
		"$cprofd" export --format folded -o - $options abc.cprof | awk -v ns="$want" '{ us += $NF } END {
			print us " us exported, " ns " ns reported"
			exit us == 0 || us - ns / 1000 > NR / 2 || ns / 1000 - us > NR / 2 }' >sum.txt ||
			fail "$options: $(cat sum.txt)"
	done
}

# The tables of one report agree among themselves.
report_adds_up() {
	recordings
	for recording in $(all_recordings); do
		report "$recording" '"%d %d %d %d" % (
			sum(f["self"]["samples"] for f in r["functions"]), r["totals"]["received"]["samples"],
			sum(x["samples"] for x in r["ledger"]["rows"] if x["outcome"] != "lost"),
			r["recording"]["samples"])' >sums.txt
		read -r functions received ledger recorded <sums.txt
		[ "$functions" = "$received" ] && [ "$ledger" = "$received" ] && [ "$recorded" = "$received" ] ||
			fail "$recording: functions $functions, received $received, ledger $ledger, recorded $recorded"
	done
}

check "folded: summed by awk it is the report" folded_sums
check "pprof: read by protoc" pprof_decoded
check "pprof: read by go tool pprof" pprof_by_go
check "parts of a recording" selections
check "the report adds up" report_adds_up
finish

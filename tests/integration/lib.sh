# SPDX-License-Identifier: Apache-2.0
# Sourced by every integration test: a scratch folder, ok/not ok, waiting.
#
# A case is a function run by `check NAME FUNCTION`; it fails by `fail TEXT` or a
# command that fails.  Everything that start() began ends with its case.
set -u
: "${top_srcdir:?}" "${top_builddir:?}"
cprofd=$top_builddir/cprofd
targets=$top_builddir/tests/targets
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cprofd-test.XXXXXX")
chmod 755 "$scratch"
export XDG_STATE_HOME="$scratch/state" XDG_CACHE_HOME="$scratch/cache"
export XDG_CONFIG_HOME="$scratch/config"
export CPROFD_TEST="$scratch"
n_failed=0
: >"$scratch/pids"

# Not by way of a shim, which can take longer than what it starts.
python=$(python3 -c 'import sys; print(sys.executable)')

# Every Python from 3.6 on that is here: paths, one a line.
pythons() {
	for p in "$python" /usr/bin/python3.[6-9] /usr/bin/python3.[1-9][0-9] \
		/root/.pyenv/versions/3.*/bin/python; do
		"$p" -c 'import os, sys
if sys.version_info >= (3, 6):
    print(os.path.realpath(sys.executable))' 2>/dev/null
	done | sort -u
}

# Process $1 is this test's: when that one has ended its number can be another's, soon
# beside a test that forks thousands a second.  Its first thread may have ended.
is_ours() {
	cat "/proc/$1/task/"*/environ 2>/dev/null | tr '\0' '\n' | grep -qxF "CPROFD_TEST=$CPROFD_TEST"
}

end_started() {
	while read -r pid; do
		is_ours "$pid" && kill -9 "$pid" 2>/dev/null
	done <"$scratch/pids"
	: >"$scratch/pids"
}

cleanup() {
	end_started
	wait 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 143' HUP INT TERM

fail() {
	echo "  # $*"
	exit 1
}

# One case in a subshell of its own.
check() {
	name=$1
	shift
	(cd "$scratch" && "$@")
	case $? in
	0) echo "ok - $name" ;;
	77) ;;	# it printed its own skip line
	*) echo "not ok - $name"; n_failed=$((n_failed + 1)) ;;
	esac
	end_started
}

# skip NAME REASON: for a case that this machine cannot run.
skip() {
	echo "skip - $1: $2"
	exit 77
}

# needs_engine ENGINE NAME: skips the case where that engine does not work, with its reason.
needs_engine() {
	[ -s "$scratch/doctor.json" ] || "$cprofd" doctor --json >"$scratch/doctor.json"
	why=$("$python" -c 'import json, sys
for e in json.load(open(sys.argv[2]))["engines"]:
    if e["name"] == sys.argv[1] and not e["works"]:
        print(e["note"] or "it does not work")' "$1" "$scratch/doctor.json")
	[ -z "$why" ] || skip "$2" "$why"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Start a target in the background: its pid is in $pid.
start() {
	"$@" >/dev/null 2>&1 &
	pid=$!
	echo $pid >>"$scratch/pids"
}

# Process $1 executes file $2; until then it is the shell's child that is to.
runs_file() { [ "/proc/$1/exe" -ef "$2" ]; }

# Run, expect exit code $1 and, in stderr, the text $2.
expect() {
	code=$1 text=$2
	shift 2
	"$@" >out.txt 2>err.txt
	got=$?
	[ $got = "$code" ] || fail "exit $got instead of $code: $* ($(cat err.txt))"
	grep -qF -- "$text" err.txt || fail "no \"$text\" in: $(cat err.txt)"
}

# What was said in file $1, without what the leak checker says of a thread that is just
# ending; and whether that is nothing.
said() { grep -v "Unable to get registers from thread" "$1"; }
is_silent() { ! said "$1" | grep -q .; }

# Poll until a command succeeds, for at most $1 seconds.
wait_for() {
	limit=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt $limit ] || return 1
		sleep 0.05
	done
}

# Field $2 of the JSON report of recording $1, as python prints it.
report() {
	"$cprofd" report --json "$1" 2>report-err.txt |
		"$python" -c "import json,sys; r=json.load(sys.stdin); print($2)"
}

finish() { exit $((n_failed > 0)); }

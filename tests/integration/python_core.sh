#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Python functions in the cores of dead processes, whole and damaged.
. "${top_srcdir:?}/tests/integration/lib.sh"

# SHORT, or LONG in the long version.
long() { [ -n "${CPROFD_LONG:-}" ] && echo "$2" || echo "$1"; }

python_core=$top_builddir/tests/unit/python_core
old=$(pythons | grep '/3\.[6-9]\.' | tail -n 1)
several=$(printf '%s\n' "$python" "$old" | grep . | sort -u)
[ -z "${CPROFD_LONG:-}" ] || several=$(pythons)

# The core of torture.py, frozen, which is dead then; small stacks keep it small.
make_core() {
	have gcore || skip "$name" "no gcore (Debian: gdb)"
	rm -f stdin core.*
	mkfifo stdin
	(ulimit -s 1024; MALLOC_ARENA_MAX=1 exec "$1" "$top_srcdir/tests/targets/torture.py" freeze) \
		<stdin >frozen.json 2>target-err.txt &
	pid=$!
	echo $pid >>"$scratch/pids"
	exec 3>stdin
	wait_for 30 test -s frozen.json || fail "not frozen: $(cat target-err.txt)"
	gcore -o core "$pid" >gcore.txt 2>&1
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	exec 3>&-
	mv "core.$pid" core || fail "no core: $(tail -n 3 gcore.txt)"
}

# All of it, exactly, then some of it changed.
core_of() {
	make_core "$1"
	timeout 60 "$python_core" core >said.txt 2>err.txt || fail "$(cat err.txt)"
	"$python" "$top_srcdir/tests/integration/python_core.py" frozen.json said.txt 2>wrong.txt ||
		fail "$(tail -n 1 wrong.txt)"
	for how in "damaged 5 $(long 400 10000)" "truncated $(long 100 2000)"; do
		timeout "$(long 60 3000)" "$python_core" core $how >said.txt 2>err.txt ||
			fail "$how: exit $? $(tail -n 3 err.txt)"
		echo "  # $(cat said.txt)"
	done
}

for interpreter in $several; do
	check "the core of a dead process: $interpreter" core_of "$interpreter"
done
finish

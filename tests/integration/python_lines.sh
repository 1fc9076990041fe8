#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names, files and lines of Python code are what each interpreter of this machine says
# of itself: of its library (all of it with CPROFD_LONG), and of a program that runs.
. "${top_srcdir:?}/tests/integration/lib.sh"
reader=$top_builddir/tests/unit/python_lines
script=$top_srcdir/tests/integration/python_lines.py
every=20
[ -z "${CPROFD_LONG:-}" ] || every=1

# Every CPython 3 there is, once; not by way of a shim.
interpreters() {
	{
		echo "$PATH" | tr : '\n'
		printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin
	} | while read -r folder; do
		for file in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
			case $folder in */shims) continue ;; esac
			[ ! -x "$file" ] || readlink -f "$file"
		done
	done | awk '!seen[$0]++'
}

run() {
	timeout "$1" "$reader" "$interpreter" -I -B "$script" $2 2>err.txt
	code=$?
	sed 's/^#*/  #/' err.txt
	[ $code != 77 ] || skip "$name" "no layout of this version"
	[ $code = 0 ] || fail "exit $code"
}

for interpreter in $(interpreters); do
	check "the lines of the library of $interpreter" run 3000 "library $every"
	check "code objects of $interpreter in its memory" run 60 live
done
[ -n "${interpreter:-}" ] || echo "skip - lines of Python code: no python3"
finish

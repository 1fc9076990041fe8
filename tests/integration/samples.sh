#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Python samples end and are right, under every interpreter that is here.
. "${top_srcdir:?}/tests/integration/lib.sh"

# Sample $1 with arguments $2 under $interpreter says on some line all of $3, a regex.
says() {
	# shellcheck disable=SC2086
	timeout 60 "$interpreter" "$top_srcdir/samples/$1.py" $2 >out.txt 2>err.txt ||
		fail "$1: exit $?: $(cat err.txt)"
	[ -s err.txt ] && fail "$1: $(cat err.txt)"
	head -1 out.txt | grep -qx "$1: process [0-9]*" || fail "$1: $(cat out.txt)"
	grep -qx "$3" out.txt || fail "$1: no \"$3\" in: $(cat out.txt)"
}

all_samples() {
	interpreter=$1
	number='[0-9]*\.[0-9]*'
	says count 0.01 "counted to  1000000  *$number ms  *$number ms"
	says sleep 0.02 "slept: $number s wall, 0\.00 s CPU"
	says fib "0.01 22" "fib(22) = 17711, [0-9]* times, $number ms each"
	says fib_memo "0.01 60" "fib(60) = 1548008755920, [0-9]* times, $number ms each"
	says lookup 0.01 "200 of 400 found, in each of [1-9][0-9]* rounds"
	grep -q "^dictionary  *$number ms a round$" out.txt || fail "lookup: $(cat out.txt)"
}

for interpreter in $(pythons); do
	check "$interpreter" all_samples "$interpreter"
done
finish

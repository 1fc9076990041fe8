#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The colour of the terminal's ground is asked for, and the answer is never taken for keys.
. "${top_srcdir:?}/tests/integration/lib.sh"
unset NO_COLOR COLORFGBG ESCDELAY STY TMUX

(cd "$scratch" && "$cprofd" record -F 1999 -o r.cprof -- "$targets/abc" 1 >/dev/null 2>&1) || {
	echo "not ok - a recording to look at"
	exit 1
}

on_terminal() {
	"$python" "$top_srcdir/tests/integration/ground.py" "$1" "$cprofd" r.cprof || fail "see above"
}

check "a dark ground" on_terminal dark
check "a light one" on_terminal light
check "a terminal that does not answer" on_terminal never
check "an answer that comes late and in pieces" on_terminal late
check "an answer that comes behind the end of all" on_terminal passed_on
check "answers that are none" on_terminal damaged
check "an answer when it is being left" on_terminal at_end
check "an answer when it is killed" on_terminal killed
check "nobody is asked in vain" on_terminal not_asked
finish

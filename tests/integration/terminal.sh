#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The user interface on a real terminal: keys, sizes, colours, and that the
# terminal is as it was, whatever ends the program.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/mux.sh"

(cd "$scratch" && "$cprofd" record -F 1999 -o r.cprof -- "$targets/abc" 1 >/dev/null 2>&1) || {
	echo "not ok - a recording to look at"
	exit 1
}

keys_and_views() {
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	shows "> "
	first=$(shot | sed -n 's/^> .* [NLK?] \([a-z_]*\) .*/\1/p')
	[ "$first" = half ] || fail "selected: $first: $(shot)"
	key -l jjjkk
	shows "selected third"
	key =
	shows "What became of the samples"
	key '?'
	shows "half a page down"
	key q
	shows "What became of the samples"
	key BSpace
	shows "selected third"
	key s
	shows "┌─ Sort by"
	key t
	shows "TOTAL%▾"
	key 5
	shows "root on top, callees below"
	key i
	shows "running on top, callers below"
	key 1
	shows "Where the time goes"
	key F1
	shows "half a page down"
	key q q
	ended
	has "2 Functions" && fail "the screen is still there: $(shot)"
	true
}

# Milliseconds until Escape has taken a prompt away.
escape_ms() {
	key -l /thi
	shows "/thi"
	since=$(date +%s%N)
	key Escape
	until hasnt "/thi"; do
		[ $(($(date +%s%N) - since)) -lt 10000000000 ] || fail "Escape: $(shot)"
	done
	echo $((($(date +%s%N) - since) / 1000000))
}

prompts() {
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	key -l /thi
	shows "match 1 of 1"
	shows "selected third"
	key Enter
	key -l '\hal'
	shows "[filtered out]"
	shows "filter hal"
	key Escape
	shows "no filter"
	# The fastest of some: the machine may be busy.
	i=0
	while [ $i -lt 10 ]; do
		i=$((i + 1))
		ms=$(escape_ms) || fail "$ms"
		[ "$ms" -lt 150 ] && break
	done
	[ "$ms" -lt 150 ] || fail "Escape takes $ms ms"
	key -l ':set ascii on'
	key Enter
	shows "[2 Functions]"
	key -l ':set theme dark'
	key Enter
	shows "theme is dark"
	mux capture-pane -e -p -t t >colour.txt
	grep -q "$(printf '\033')\[[0-9;]*48;5;236" colour.txt || fail "no tint: $(cat -v colour.txt)"
	key -l ':set color never'
	key Enter
	shows "color is never"
	mux capture-pane -e -p -t t >colour.txt
	! grep -q "[34]8;5" colour.txt || fail "colours: $(cat -v colour.txt)"
	key -l ':q'
	key Enter
	ended
}

files_and_clipboard() {
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	before=$(shot)
	key P
	shows "saved"
	shows "cprofd-screen-1.txt"
	[ "$(cat cprofd-screen-1.txt)" = "$before" ] || fail "another screen: $(cat cprofd-screen-1.txt)"
	key -l ':w copy.cprof'
	key Enter
	shows "to ./copy.cprof"
	cmp r.cprof copy.cprof || fail "not the same"
	key y
	shows "Esc closes"
	mux show-buffer >/dev/null 2>&1 && fail "a clipboard that nobody asked for"
	key Escape
	key -l ':set clipboard on'
	key Enter
	key y
	copied() { [ "$(mux show-buffer 2>/dev/null)" = half ]; }
	wait_for 10 copied || fail "clipboard: $(mux show-buffer)"
	key Escape
	mkdir -p full
	key -l ':w full/none/x.cprof'
	key Enter
	shows "No such file or directory; nothing was changed"
	key q
	ended
}

sizes() {
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	before=$(shot)
	mux resize-window -t t -x 40 -y 10
	shows "40x10; cprofd needs 60x15. q quits."
	mux resize-window -t t -x 20 -y 10
	shows "needs 60x15; q quits"
	mux resize-window -t t -x 100 -y 30
	same() { [ "$(shot)" = "$before" ]; }
	wait_for 10 same || fail "not the same screen: $(shot)"
	i=0
	while [ $i -lt 40 ]; do	# a storm, with keys in it
		i=$((i + 1))
		mux resize-window -t t -x $((40 + i * 37 % 160)) -y $((10 + i * 13 % 50))
		key j
	done
	mux resize-window -t t -x 100 -y 30
	shows "2 Functions"	# tmux takes its time, and without room g does nothing
	key g
	wait_for 10 same || fail "not the same screen after a storm: $(shot)"
	key q
	ended
}

# Is $2 of the selected row, the first, in reverse?  $1 is what capture-pane -e said.
is_reversed() {
	"$python" -c 'import re, sys
for row in open(sys.argv[1], encoding="utf-8"):
    reverse = False
    before = row.partition(sys.argv[2])[0]
    if before != row and re.sub("\033\\[[0-9;]*m", "", row).startswith(">"):
        for sgr in re.findall("\033\\[([0-9;]*)m", before):
            for n in sgr.split(";"):
                reverse = {"0": False, "": False, "7": True, "27": False}.get(n, reverse)
        print(reverse)
        break' "$1" "$2"
}

colours() {
	pane 100 30 "COLORFGBG='15;0' $cprofd view r.cprof"
	shows "2 Functions"
	mux capture-pane -e -p -t t >colour.txt
	grep -q "$(printf '\033')\[[0-9;]*48;5;236" colour.txt || fail "no tint: $(cat -v colour.txt)"
	key q
	ended
	# tmux answers for itself, with the ground that it was told of.
	echo "set -g window-style bg=#ffffff" >>"$scratch/tmux.conf"
	pane 100 30 "$cprofd view r.cprof"
	light() { mux capture-pane -e -p -t t | grep -q "48;5;253"; }
	wait_for 10 light || fail "no light tint: $(mux capture-pane -e -p -t t | cat -v)"
	key q
	ended
	hasnt "rgb" || fail "an answer for the shell: $(shot)"
	sed -i '/window-style/d' "$scratch/tmux.conf"
	pane 100 30 "NO_COLOR=1 $cprofd view r.cprof"
	shows "2 Functions"
	mux capture-pane -e -p -t t >colour.txt
	! grep -qE "$(printf '\033')\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m" colour.txt ||
		fail "colours in spite of NO_COLOR: $(cat -v colour.txt)"
	# tmux says "the default colours" by themselves.
	sed "s/$(printf '\033')\[[34]9m//g" colour.txt >plain.txt
	grep -q "$(printf '\033')\[[0-9;]*7m>" plain.txt || fail "no selection: $(cat -v colour.txt)"
	key q
	ended
	pane 100 30 "TERM=screen $cprofd view r.cprof"
	shows "2 Functions"
	mux capture-pane -e -p -t t >colour.txt
	! grep -qE "38;5|48;5" colour.txt || fail "256 colours on 8: $(cat -v colour.txt)"
	# The kind is a black letter on a fill, and the selected row's bar no reversed one.
	grep -q "$(printf '\033\\[30m\033\\[43m')N" colour.txt || fail "no filled letter: $(cat -v colour.txt)"
	[ "$(is_reversed colour.txt █)" = False ] || fail "the bar is turned inside out: $(cat -v colour.txt)"
	[ "$(is_reversed colour.txt half)" = True ] || fail "no selection: $(cat -v colour.txt)"
	key q
	ended
}

other_locales_and_terminals() {
	pane 100 30 "LC_ALL=C $cprofd view r.cprof"
	shows "[2 Functions]"
	! shot | LC_ALL=C grep -q '[^ -~]' || fail "not ASCII: $(shot)"
	key q
	ended
	pane 100 30 "TERM=vt100 $cprofd view --ascii r.cprof"
	shows "[2 Functions]"
	key q
	ended
	for term in linux xterm; do	# 8 colours: only blocks have some
		pane 100 30 "TERM=$term $cprofd view r.cprof"
		shows "2 Functions"
		key 5
		shows "root on top, callees below"
		mux capture-pane -e -p -t t >colour.txt
		grep -qE "$(printf '\033')\[([0-9;]*;)?4[0-7]m" colour.txt ||
			fail "no colours with $term: $(cat -v colour.txt)"
		! grep -qE "38;5|48;5" colour.txt || fail "256 colours on 8: $(cat -v colour.txt)"
		key q
		ended
	done
	# Numbers look the same everywhere.
	if have localedef && localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 2>/dev/null; then
		pane 100 30 "LOCPATH=$scratch LC_ALL=de_DE.UTF-8 $cprofd view r.cprof"
		shows " 2 Functions "
		shows "▾"
		[ "$(shot | sed -n 's/^> *\([0-9]*[.,][0-9]\).*/\1/p' | tr -d 0-9)" = . ] || fail "not English: $(shot)"
		key q
		ended
	fi
	for term in dumb nosuch ''; do
		pane 100 30 "TERM=$term $cprofd view r.cprof; echo \"[exit \$?]\""
		shows "[exit 2]"
		shows "\`cprofd report\` prints"
	done
	# How far a recording is cannot be written on one row, over and over.
	pane 100 30 true
	ended
	mux pipe-pane -t t "cat >dumb.txt"
	key -l "TERM=dumb $cprofd record -o dumb.cprof -- $targets/abc 1; echo \"[exit \$?]\""
	key Enter
	shows "[exit 0]"
	grep -q "samples, 0 lost: dumb.cprof" dumb.txt || fail "$(cat dumb.txt)"
	! grep -q "$(printf '\033')" dumb.txt || fail "escapes for a dumb terminal: $(cat -v dumb.txt)"
	expect 2 "no terminal" "$cprofd" view r.cprof
	! grep -q "$(printf '\033')" out.txt err.txt || fail "escapes without a terminal"
}

mouse() {
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	key -l ':set mouse on'
	key Enter
	shows "Shift-drag selects text"
	click_at 40 6
	shows "selected $(shot | sed -n '7s/^.* [NLK?] \([a-z_]*\) .*/\1/p')"
	# A release that was not asked for would hold up what comes without a key.
	mux resize-window -t t -x 90 -y 30
	shows " 1 Over  2 Func  3 Tree"
	click_at 35 1
	shows "root on top, callees below"
	click_at_once 19 1
	shows "CALL TREE"
	mouse_at 64 30 10
	key 2
	shows "SELF%"
	key 7
	shows "THREAD"
	mouse_at 0 30 8			# pressed, moved while it is held, let go
	mouse_at 32 34 8
	shows "selecting"
	mouse_at 32 38 9
	mouse_at 3 38 9
	shows "every view shows this time now"
	key -l ':set mouse off'
	key Enter
	shows "mouse is off"
	key q
	ended
}

# The line that is looked at, in an editor that has the terminal meanwhile.
editor() {
	cat >ed.sh <<-'END'
		#!/bin/sh
		printf '%s\n' "$@" >edited.txt
		echo "line ${1#+}, please [enter]"
		read -r line
	END
	chmod +x ed.sh
	pane 100 30 "EDITOR=./ed.sh; export EDITOR; unset VISUAL; $cprofd view r.cprof"
	shows "2 Functions"
	key -l '/third'
	key Enter
	shows "selected third"
	key e
	shows ", please [enter]"
	hasnt "FUNCTION" || fail "it has not the terminal for itself: $(shot)"
	grep -q "^+[0-9][0-9]*$" edited.txt && grep -q "^/.*/abc\.c$" edited.txt || fail "$(cat edited.txt)"
	key Enter
	shows "selected third"
	key 2
	shows "SELF%"
	key q
	ended
}

# Echo on, canonical, main screen, cursor visible.
is_as_it_was() {
	left() { [ "$(mux display -p -t t '#{alternate_on}#{cursor_flag}')" = 01 ]; }
	wait_for 10 left ||
		fail "$1: screen and cursor: $(mux display -p -t t '#{alternate_on}#{cursor_flag}')"
	key -l "printf '<%s>\n' \$(stty -a | grep -c -w -e -echo -e -icanon)"
	key Enter
	wait_for 10 has "<0>" || fail "$1: $(shot)"
}

terminal_is_restored() {
	for sig in SEGV ABRT TERM INT HUP; do
		pane 100 30 "$cprofd view r.cprof 2>/dev/null; echo \"[exit \$?]\""
		shows "2 Functions"
		kill -$sig "$(its_pid)" || fail "no process"
		is_as_it_was $sig
		[ $sig != TERM ] || shows "[exit 143]"	# as of any program
	done
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	before=$(shot)
	key C-z
	ended
	is_as_it_was "^Z"
	key -l "fg" && key Enter
	shows "2 Functions"
	same() { [ "$(shot)" = "$before" ]; }
	wait_for 10 same || fail "after fg: $(shot)"
	key q
	is_as_it_was q
}

# A terminal that is closed ends it, also where nobody hangs up.
terminal_goes() {
	for ignore in "" "trap '' HUP;"; do
		pane 100 30 "$ignore $cprofd view r.cprof"
		shows "2 Functions"
		viewer=$(its_pid)
		mux kill-server
		# Who inherits it may take a while to reap it.
		gone() { ! grep -q '^State:.[^ZX]' "/proc/$viewer/status" 2>/dev/null; }
		wait_for 2 gone || fail "$ignore still there: $(grep State "/proc/$viewer/status"; kill -9 "$viewer")"
	done
}

check "keys and views" keys_and_views
check "prompts, and a lone Escape" prompts
check "files and the clipboard" files_and_clipboard
check "sizes, and a storm of them" sizes
check "the mouse, where it was asked for" mouse
check "somebody's own editor" editor
check "256 colours, 8, and none" colours
check "locales and terminals" other_locales_and_terminals
check "the terminal is as it was" terminal_is_restored
check "a terminal that goes" terminal_goes
finish

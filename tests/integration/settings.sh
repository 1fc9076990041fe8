#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What somebody wants of the user interface, on a real terminal: a script, a
# configuration, and how a program was looked at the last time.
. "${top_srcdir:?}/tests/integration/lib.sh"
. "$top_srcdir/tests/integration/mux.sh"

(cd "$scratch" && "$cprofd" record -F 1999 -o r.cprof -- "$targets/abc" 1 >/dev/null 2>&1) || {
	echo "not ok - a recording to look at"
	exit 1
}

# What a script did comes first, then the keyboard.
scripts() {
	printf '/third\nc\n' >s.keys
	pane 100 30 "$cprofd view --script s.keys r.cprof"
	shows "CALLERS, CALLEES"
	shows "selected third"
	key t
	shows "CALL TREE"
	key q
	ended
	printf 'expect no such thing\n' >s.keys
	pane 100 30 "$cprofd view --script s.keys r.cprof; echo \"[exit \$?]\""
	shows "[exit 2]"
	shows 's.keys:1: "no such thing" is not on the screen'
}

# What somebody set up holds, but for what is wrong or not theirs.
configuration() {
	config=$XDG_CONFIG_HOME/cprofd/config
	mkdir -p "${config%/*}"
	cat >"$config" <<-'END'
		# mine
		set ascii on
		set theme dark
		bind z tree
		set theme pink
		bind zz tree
	END
	pane 100 30 "$cprofd view r.cprof"
	shows "[2 Functions]"
	shows "config line 5: there is :set theme safe|dark|light (and 1 more)"
	mux capture-pane -e -p -t t >colour.txt
	grep -q "$(printf '\033')\[[0-9;]*48;5;236" colour.txt || fail "no tint: $(cat -v colour.txt)"
	key z
	shows "CALL TREE"
	key q
	ended
	shows 'config:6: "zz" is no key'
	pane 100 30 "$cprofd view --color never r.cprof"
	shows "[2 Functions]"
	mux capture-pane -e -p -t t >colour.txt
	! grep -q "[34]8;5" colour.txt || fail "colours: $(cat -v colour.txt)"
	key q
	ended
	chmod o+w "$config"
	pane 100 30 "$cprofd view r.cprof"
	shows "can be written by everybody: it is not read"
	hasnt "[2 Functions]" || fail "it was read: $(shot)"
	key q
	ended
	chmod o-w "$config"
	if chown nobody "$config" 2>/dev/null; then
		pane 100 30 "$cprofd view r.cprof"
		shows "belongs to another user"
		hasnt "[2 Functions]" || fail "it was read: $(shot)"
		key q
		ended
	fi
	rm -f "$config"
}

# Who looks at a program again finds it as it was left, in another recording, too.
kept_views() {
	views=$XDG_STATE_HOME/cprofd/views
	rm -rf "$views"
	mkdir -p "$views"
	pane 100 30 "$cprofd view r.cprof"
	shows "2 Functions"
	key -l '/third'
	key Enter
	key x
	shows "third is part of what calls it now"
	key s t
	shows "TOTAL%▾"
	key t
	shows "CALL TREE"
	key q
	ended
	cp r.cprof again.cprof
	pane 100 30 "$cprofd view again.cprof"
	shows "as it was left: folds; u undoes that"
	shows "CALL TREE"
	shows "selected round_of_ten"
	hasnt third || fail "it is not folded: $(shot)"
	key 2
	shows "TOTAL%▾"
	key u
	shows third
	key -l '\'
	key -l half
	key Enter
	shows "filter half"
	key q
	ended
	pane 100 30 "$cprofd view again.cprof"
	shows "as left, u undoes"
	shows "filter half"
	key u
	shows "no filter"
	key q
	ended
	pane 100 30 "$cprofd view --no-state r.cprof"
	shows "SELF%▾"
	shows "selected half"
	key q
	ended
	i=0
	while [ $i -lt 120 ]; do	# of as many programs
		i=$((i + 1))
		: >"$views/$i.view"
	done
	pane 100 30 "$cprofd view r.cprof"
	shows "SELF%"
	key q
	ended
	n=$(ls "$views" | wc -l)
	[ "$n" -eq 100 ] || fail "$n files"
	rm -rf "$views"
}

check "scripts" scripts
check "a configuration" configuration
check "views that are kept" kept_views
finish

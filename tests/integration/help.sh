#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The help texts, the man pages and the completions of the shells say the same.
. "${top_srcdir:?}/tests/integration/lib.sh"
man=$top_srcdir/man
completions=$top_srcdir/packaging/completions

need() { have "$1" || skip "$name" "no $1"; }

# A page as plain text, wide enough that no line is wrapped.
render() {
	mandoc -Tascii -O width=400 "$1" >page.raw 2>err.txt || fail "mandoc: $(cat err.txt)"
	sed "s/.$(printf '\b')//g" page.raw
}

commands() {
	"$cprofd" help | sed -n 's/^  \([a-z][a-z-]*\)  *.*/\1/p' >commands.txt
	[ "$(wc -l <commands.txt)" -ge 9 ] || fail "few commands: $(cat commands.txt)"
	cat commands.txt
}

# "COMMAND: TAG" for each option in the help, such as "attach: -o FILE".
help_options() {
	for command in $(commands); do
		"$cprofd" "$command" --help | sed -n "s/^  \(-.*[^ ]\)   *.*/\1/p" |
			sed "s/   *.*//; s/^/$command: /"
	done
}

# The same from the page: options below a command's heading, and below headings
# that name several commands, or every one.
man_options() {
	render "$man/cprofd.1" | awk -v commands="$(commands | tr '\n' ' ')" '
		BEGIN { n = split(commands, command, " ") }
		/^[A-Z]/ { heading = "" }
		/^   [^ ]/ { heading = $0 }
		/^     -/ && heading {
			tag = substr($0, 6)
			sub(/  .*/, "", tag)
			for (i = 1; i <= n; i++)
				if (heading == "   " command[i] || heading ~ /of every command/ ||
				    (heading ~ /^   Options of / && heading ~ "[ ]" command[i] "(,|$| and)"))
					print command[i] ": " tag
		}'
}

# "COMMAND OPTION" of "COMMAND: -h, --help", "COMMAND: -o FILE" and
# "COMMAND: --measure-effect[=MEASURE]".
only_names() {
	sed 's/://; s/\[=.*//; s/^\([^ ]*\) \(-[^ ,]*\), \(-.*\)/\1 \2\n\1 \3/' | awk '{ print $1, $2 }' | sort
}

same() { diff "$1" "$2" >diff.txt || fail "$3: $(cat diff.txt)"; }

usage_is_the_synopsis() {
	need mandoc
	for command in $(commands); do
		"$cprofd" "$command" --help | sed -n '3,/^$/s/^\(usage: \|       \)\(cprofd .*\)/\2/p'
	done >usage.txt
	render "$man/cprofd.1" | sed -n '/^SYNOPSIS/,/^DESCRIPTION/s/^ *\(cprofd .*\)/\1/p' >synopsis.txt
	[ -s usage.txt ] || fail "no usage"
	same usage.txt synopsis.txt "help (<) and man page (>)"
}

options_are_those_of_the_man_page() {
	need mandoc
	help_options | sort >help.txt
	man_options | sort >man.txt
	[ "$(wc -l <help.txt)" -ge 40 ] || fail "few options: $(cat help.txt)"
	same help.txt man.txt "help (<) and man page (>)"
}

# All ways to ask give the same answer, and write nothing to stderr.
every_command_explains_itself() {
	for command in $(commands); do
		"$cprofd" help "$command" >1.txt 2>err.txt || fail "help $command: exit $?"
		for option in -h --help; do
			"$cprofd" "$command" $option >2.txt 2>>err.txt || fail "$command $option: exit $?"
			same 1.txt 2.txt "$command $option"
		done
		[ -s err.txt ] && fail "$command: $(cat err.txt)"
		grep -q "^  -h, --help  *this text" 1.txt || fail "$command has no -h in its help"
	done
	return 0
}

# "KEY|WHAT IT DOES" of lines such as "   j Down         next row".
key_rows() { sed -n 's/^ *\([^ ].*[^ ]\|[^ ]\)   *\([^ ].*\)$/\1|\2/p' | sort; }

# What the help page of the viewer lists is what the man page lists.
keys_are_those_of_the_man_page() {
	need mandoc
	"$cprofd" record -o keys.cprof -- "$targets/abc" 1 >/dev/null 2>&1 || fail "no recording"
	"$cprofd" view --ascii --render help --size 90x300 keys.cprof |
		sed -n '/^ MOVE/,/^ NOTES/p' | key_rows >help.txt
	render "$man/cprofd.1" | sed -n '/^   Moving/,/in detail$/p' | key_rows >page.txt
	[ "$(wc -l <help.txt)" -ge 50 ] || fail "few keys: $(cat help.txt)"
	same help.txt page.txt "help page (<) and man page (>)"
}

# What the page says of exit codes is what the header has.
exit_codes_are_in_the_man_page() {
	need mandoc
	sed -n 's/^	EXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' "$top_srcdir/src/base/exit_code.h" >codes.txt
	render "$man/cprofd.1" | sed -n '/^EXIT STATUS/,/^EXAMPLES/s/^     \([0-9][0-9]*\) .*/\1/p' >page.txt
	[ "$(wc -l <codes.txt)" -ge 14 ] || fail "few codes: $(cat codes.txt)"
	same codes.txt page.txt "exit_code.h (<) and man page (>)"
}

record_types_are_in_the_man_page() {
	need mandoc
	sed -n 's/^	RECORD_\([A-Z_]*\) = \([0-9]*\),/\1 (\2)/p' "$top_srcdir/src/record/record.h" |
		sort >types.txt
	render "$man/cprofd-recording.5" | sed -n 's/^     \([A-Z_]* ([0-9]*)\):.*/\1/p' | sort >page.txt
	[ "$(wc -l <types.txt)" -ge 20 ] || fail "few types: $(cat types.txt)"
	same types.txt page.txt "record.h (<) and man page (>)"
}

# Fields of lessons, one or more a tag.
lesson_fields_are_in_the_man_page() {
	need mandoc
	sed -n 's/^	\[SLOT_[A-Z_]*\] = { "\([a-z.]*\)", .*/\1/p' "$top_srcdir/ui/lesson_slots.c" | sort >slots.txt
	sed -n '/^\.Ss Fields/,$s/^\.It Li //p' "$man/cprofd-lesson.5" | sed 's/ , /\n/g' | sort >page.txt
	[ "$(wc -l <slots.txt)" -ge 30 ] || fail "few fields: $(cat slots.txt)"
	same slots.txt page.txt "lesson_slots.c (<) and man page (>)"
}

# What keys can be bound to.
actions_are_in_the_man_page() {
	need mandoc
	sed -n 's/^	\[ACTION_[A-Z_]*\] = "\([a-z-]*\)",$/\1/p' "$top_srcdir/ui/action.c" | sort >actions.txt
	sed -n '/^The actions, by/,/^\.Sh/s/^\.Cm \([a-z-]*\).*/\1/p' "$man/cprofd.1" | sort >page.txt
	[ "$(wc -l <actions.txt)" -ge 60 ] || fail "few actions: $(cat actions.txt)"
	same actions.txt page.txt "action.c (<) and man page (>)"
}

# A page that another refers to may not be installed here; ours have to exist.
mandoc_has_no_complaint() {
	need mandoc
	for page in "$man"/*.[1-8]; do
		mandoc -Tlint -W style "$page" 2>&1 |
			grep -v 'referenced manual not found\|outdated mandoc.db' >lint.txt
		[ -s lint.txt ] && fail "$(cat lint.txt)"
		sed -n 's/^\.Xr \(cprofd[^ ]*\) \([0-9]\).*/\1.\2/p' "$page" >ours.txt
		while read -r other; do
			[ -f "$man/$other" ] || fail "$page refers to $other, which is not there"
		done <ours.txt
	done
	return 0
}

# ---- completions: "COMMAND OPTION" as each shell offers it ----

compare_offered() {
	help_options | only_names >help.txt
	sort -u offered.txt >sorted.txt
	same help.txt sorted.txt "help (<) and what $1 offers (>)"
}

bash_offers_the_same_options() {
	need bash
	cat >try.bash <<'END'
. "$1"
program=$2
shift 2
COMP_WORDS=("$program" "$@") COMP_CWORD=$# COMPREPLY=()
_cprofd 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
END
	try() { bash --norc try.bash "$completions/cprofd.bash" "$cprofd" "$@"; }
	for command in $(commands); do
		try "$command" - | sed "s/^/$command /"
	done >offered.txt
	compare_offered bash
	try '' | sort >offered.txt
	commands | sort >want.txt
	same want.txt offered.txt "commands"
	start sleep 600
	try record -p '' | grep -qx $pid || fail "no pid $pid behind -p"
	try attach sle | grep -qx sleep || fail "no name of a process behind attach"
	[ "$(try attach --engine p | tr '\n' ' ')" = "perf ptrace " ] || fail "engines"
	try run -- ca | grep -qx cat || fail "no command behind --"
	: >a.cprof
	: >a.txt
	[ "$(try report a)" = a.cprof ] || fail "recordings: $(try report a)"
	[ "$(try report -o a.t)" = a.txt ] || fail "files"
	[ "$(try lesson c) $(try lesson check a.t)" = "check a.txt" ] || fail "lessons"
}

# The completion system's own functions would need a terminal: these print what
# they are given.
zsh_offers_the_same_options() {
	need zsh
	cat >try.zsh <<'END'
_describe() { print -rl -- ${(P)2} }
compadd() { print -rl -- "$@" }
_files() { print -r -- files "$@" }
_message() { print -r -- message }
_normal() { print -r -- normal $CURRENT $words }
file=$1
shift
words=("$@") CURRENT=$#
. $file
END
	try() { zsh -f try.zsh "$completions/_cprofd" "$cprofd" "$@" 2>&1; }
	for command in $(commands); do
		try "$command" - | sed "s/:.*//; s/^/$command /"
	done >offered.txt
	compare_offered zsh
	try '' | sed 's/:.*//' | sort >offered.txt
	commands | sort >want.txt
	same want.txt offered.txt "commands"
	start sleep 600
	try record -p '' | grep -q "^$pid:" || fail "no pid $pid behind -p"
	try attach --engine '' | grep -qx ptrace || fail "engines"
	[ "$(try run -F 99 -- cat x)" = "normal 2 cat x" ] || fail "$(try run -F 99 -- cat x)"
}

fish_offers_the_same_options() {
	need fish
	export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config" XDG_DATA_HOME="$scratch/data"
	PATH=$top_builddir:$PATH
	try() { fish -N -c "source $completions/cprofd.fish; complete -C '$*'" 2>/dev/null; }
	for command in $(commands); do
		try "cprofd $command -" | sed "s/	.*//; s/^/$command /"
	done >offered.txt
	compare_offered fish
	try "cprofd " | sed 's/	.*//' | sort >offered.txt
	commands | sort >want.txt
	same want.txt offered.txt "commands"
	start sleep 600
	try "cprofd record -p " | grep -q "^$pid	" || fail "no pid $pid behind -p"
	try "cprofd attach --engine " | grep -qx ptrace || fail "engines"
}

check usage_is_the_synopsis usage_is_the_synopsis
check options_are_those_of_the_man_page options_are_those_of_the_man_page
check every_command_explains_itself every_command_explains_itself
check keys_are_those_of_the_man_page keys_are_those_of_the_man_page
check exit_codes_are_in_the_man_page exit_codes_are_in_the_man_page
check record_types_are_in_the_man_page record_types_are_in_the_man_page
check lesson_fields_are_in_the_man_page lesson_fields_are_in_the_man_page
check actions_are_in_the_man_page actions_are_in_the_man_page
check mandoc_has_no_complaint mandoc_has_no_complaint
check bash_offers_the_same_options bash_offers_the_same_options
check zsh_offers_the_same_options zsh_offers_the_same_options
check fish_offers_the_same_options fish_offers_the_same_options
finish

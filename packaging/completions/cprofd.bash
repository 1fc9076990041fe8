# SPDX-License-Identifier: Apache-2.0
# bash completion for cprofd(1).  Commands and options are those that its help
# lists, so this file never knows others than the program.

# Processes that we may look into; a kernel thread has no executable.
_cprofd_pids() {
	local dir

	for dir in /proc/[0-9]*; do
		[[ -e $dir/exe ]] && echo "${dir#/proc/}"
	done
}

_cprofd_names() {
	local dir name

	for dir in /proc/[0-9]*; do
		[[ -e $dir/exe ]] && { read -r name <"$dir/comm"; } 2>/dev/null && echo "$name"
	done | sort -u
}

# "cprofd help" has two columns under the usage.
_cprofd_commands() {
	"$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *.*/\1/p'
}

# "  -h, --help   text", "  -o FILE   text" and "  --measure-effect[=MEASURE]  text"
_cprofd_options() {
	"$1" help "$2" 2>/dev/null |
		sed -n 's/^  \(-[^] ,[]*\)\(, \(-[^ ]*\)\)\{0,1\}.*/\1 \3/p'
}

_cprofd_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# Recordings, and folders on the way to them.
_cprofd_recordings() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -X '!*.cprof' -- "$1"; compgen -d -- "$1")
}

_cprofd_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_cprofd() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_cprofd_words "$(_cprofd_commands "$program")" "$word"
		return
	fi
	# Behind "--" stands a command of its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -- ]] || continue
		if ((i + 1 == COMP_CWORD)); then
			mapfile -t COMPREPLY < <(compgen -c -- "$word")
		else
			_cprofd_files "$word"
		fi
		return
	done
	case $before in
	-p) _cprofd_words "$(_cprofd_pids)" "$word"; return ;;
	-o | --save | --script) _cprofd_files "$word"; return ;;
	--engine) _cprofd_words 'auto bpf perf ptrace' "$word"; return ;;
	--format) _cprofd_words 'folded pprof pstats svg html' "$word"; return ;;
	--color) _cprofd_words 'auto always never' "$word"; return ;;
	--by) _cprofd_words 'process program cgroup thread' "$word"; return ;;
	--unit) _cprofd_words 'run second share' "$word"; return ;;
	--frames) _cprofd_words 'merged python native mixed' "$word"; return ;;
	--render) _cprofd_words 'overview functions tree callers flame source threads off-cpu mem diff heat processes quality hints help' "$word"; return ;;
	-F | -d | --probe | --max-frames | --limit | --width | --from | --to | --thread | --filter | \
		--callers | --lines | --size | --a-range | --b-range) return ;;
	esac
	if [[ $word == -* ]]; then
		_cprofd_words "$(_cprofd_options "$program" "$command")" "$word"
		return
	fi
	case $command in
	attach | stop | doctor) _cprofd_words "$(_cprofd_pids; _cprofd_names)" "$word" ;;
	report | view | compare | export | recover) _cprofd_recordings "$word" ;;
	import) _cprofd_files "$word" ;;
	verify) _cprofd_words 'shares recursion deep deeper lockstep threads signal syscalls' "$word" ;;
	lesson) ((COMP_CWORD == 2)) && _cprofd_words check "$word" || _cprofd_files "$word" ;;
	help) _cprofd_words "$(_cprofd_commands "$program")" "$word" ;;
	esac
} && complete -F _cprofd cprofd

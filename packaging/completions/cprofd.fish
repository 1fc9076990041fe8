# SPDX-License-Identifier: Apache-2.0
# fish completion for cprofd(1).  Commands and options are those that its help
# lists, so this file never knows others than the program.

function __cprofd_words
    commandline -opc
end

# "NAME<tab>what it does" per command.
function __cprofd_commands
    set -l program (__cprofd_words)[1]
    $program help 2>/dev/null | string replace -rf '^  ([a-z][a-z-]*) +(.*)' '$1\t$2'
end

# "OPTION<tab>what it does" per option of the command.
function __cprofd_options
    set -l words (__cprofd_words)
    $words[1] help $words[2] 2>/dev/null | string match -r '^  -.*' |
        string replace -r '^  (-[^ ,]*), (-[^ ]*) +(.*)' '  $1  $3\n  $2  $3' | string split '\n' |
        string replace -r '^  (-[^ \[]*)( [A-Z]+)?(\[\S*)? +(.*)' '$1\t$4'
end

# Processes that we may look into; a kernel thread has no executable.
function __cprofd_pids
    for dir in (string match -r '^/proc/[0-9]+$' /proc/*)
        test -e $dir/exe; and echo (string replace /proc/ '' $dir)\t(cat $dir/comm 2>/dev/null)
    end
end

function __cprofd_names
    __cprofd_pids | string replace -r '.*\t' ''
end

# Is the command one of these, and no command of its own has begun behind "--"?
function __cprofd_in
    set -l words (__cprofd_words)
    contains -- "$words[2]" $argv; and not contains -- -- $words
end

function __cprofd_after
    contains -- (__cprofd_words)[-1] $argv
end

# Does the word before want a value that is not listed anywhere?
function __cprofd_after_value
    __cprofd_after -p -o --script --engine --format --color --by -F -d --probe --max-frames --limit --width \
        --from --to --thread --filter --frames --callers --lines --render --size \
        --unit --a-range --b-range
end

function __cprofd_wants_option
    set -l words (__cprofd_words)
    test (count $words) -ge 2; and not contains -- -- $words; and not __cprofd_after_value
    and string match -q -- '-*' (commandline -ct)
end

function __cprofd_behind_dashes
    contains -- -- (__cprofd_words)
end

function __cprofd_command_line
    set -l words (__cprofd_words)
    set -l at (contains -i -- -- $words)
    complete -C (string join ' ' -- $words[(math $at + 1)..] (commandline -ct))
end

complete -c cprofd -f
complete -c cprofd -n 'test (count (__cprofd_words)) -eq 1' -a '(__cprofd_commands)'
complete -c cprofd -n __cprofd_wants_option -a '(__cprofd_options)'
complete -c cprofd -n '__cprofd_after -p' -a '(__cprofd_pids)'
complete -c cprofd -n '__cprofd_after -o' -F
complete -c cprofd -n '__cprofd_after --save' -F
complete -c cprofd -n '__cprofd_after --script' -F
complete -c cprofd -n '__cprofd_after --engine' -a 'auto bpf perf ptrace'
complete -c cprofd -n '__cprofd_after --format' -a 'folded pprof pstats svg html'
complete -c cprofd -n '__cprofd_after --color' -a 'auto always never'
complete -c cprofd -n '__cprofd_after --by' -a 'process program cgroup thread'
complete -c cprofd -n '__cprofd_after --unit' -a 'run second share'
complete -c cprofd -n '__cprofd_after --frames' -a 'merged python native mixed'
complete -c cprofd -n '__cprofd_after --render' -a 'overview functions tree callers flame source threads off-cpu mem diff heat processes quality hints help'
complete -c cprofd -n '__cprofd_in attach stop doctor; and not __cprofd_after_value' \
    -a '(__cprofd_pids) (__cprofd_names)'
complete -c cprofd -n '__cprofd_in import; and not __cprofd_after_value' -F
complete -c cprofd -n '__cprofd_in report view compare export recover; and not __cprofd_after_value' \
    -k -a '(__fish_complete_suffix .cprof)'
complete -c cprofd -n '__cprofd_in lesson; and test (count (__cprofd_words)) -eq 2' -a check
complete -c cprofd -n '__cprofd_in lesson; and test (count (__cprofd_words)) -gt 2' -F
complete -c cprofd -n '__cprofd_in verify; and not __cprofd_after_value' \
    -a 'shares recursion deep deeper lockstep threads signal syscalls'
complete -c cprofd -n '__cprofd_in help' -a '(__cprofd_commands)'
complete -c cprofd -n __cprofd_behind_dashes -a '(__cprofd_command_line)'

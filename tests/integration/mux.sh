# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that look at a real terminal: one pane of a tmux of their own.
unset NO_COLOR COLORFGBG ESCDELAY
export LC_ALL=C.UTF-8

have tmux || {
	echo "skip - $(basename "$0" .sh), in a terminal: no tmux"
	exit 0
}
socket=cprofd-test-$$
mux() { tmux -L "$socket" -f "$scratch/tmux.conf" "$@"; }
cat >"$scratch/tmux.conf" <<'EOF'
set -g default-terminal tmux-256color
set -s escape-time 0
set -s set-clipboard on
set -g status off
EOF
trap 'mux kill-server 2>/dev/null; cleanup' EXIT

# A pane with a shell; the program runs in it with what is given.  Nobody comes back to how
# a program was looked at before: what is no folder keeps nothing.
pane() {	# WIDTH HEIGHT COMMAND
	mkdir -p "$XDG_STATE_HOME/cprofd"
	[ -e "$XDG_STATE_HOME/cprofd/views" ] || : >"$XDG_STATE_HOME/cprofd/views"
	mux kill-server 2>/dev/null
	# A server that is going down does not take a session.
	begun() { mux new-session -d -s t -x "$1" -y "$2" "sh" 2>/dev/null; }
	wait_for 10 begun "$1" "$2" || fail "no tmux"
	mux send-keys -t t -l "PS1='ready% '; clear" && mux send-keys -t t Enter
	wait_for 10 has "ready%" || fail "no shell: $(shot)"
	# What was typed is still there when the program has ended: say it in pieces.
	mux send-keys -t t -l "$3; printf '[%s]\n' ended" && mux send-keys -t t Enter
}
shot() { mux capture-pane -p -t t; }
has() { shot | grep -qF -- "$1"; }
hasnt() { ! has "$1"; }
shows() { wait_for 10 has "$1" || fail "no \"$1\" in: $(shot)"; }
ended() { wait_for 10 has "[ended]" || fail "still there ($(ps -o stat=,wchan=,time= -p "$(its_pid)")): $(shot)"; }
key() { mux send-keys -t t "$@"; }
its_pid() { pgrep -x cprofd -P "$(mux display -p -t t '#{pane_pid}')"; }

# X10 codes, as tmux takes them: press and release of a button in a cell.
mouse_code() {	# BUTTON COLUMN ROW
	printf '\033[M%b%b%b' "\\0$(printf %o $((32 + $1)))" \
		"\\0$(printf %o $((33 + $2)))" "\\0$(printf %o $((33 + $3)))"
}
mouse_at() { key -l "$(mouse_code "$@")"; }

click_at() {	# COLUMN ROW
	mouse_at 0 "$1" "$2"
	mouse_at 3 "$1" "$2"
}

# Both in one piece, as they come over a slow line.
click_at_once() {	# COLUMN ROW
	key -l "$(mouse_code 0 "$1" "$2")$(mouse_code 3 "$1" "$2")"
}

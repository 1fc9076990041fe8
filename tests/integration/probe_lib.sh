# SPDX-License-Identifier: Apache-2.0
# Sourced by tests of the probe at which calls of Python functions are counted.

# An interpreter with the probe, and the address of its semaphore.
with_probe=
for p in /usr/bin/python3.11 $(pythons); do
	readelf -n "$p" 2>/dev/null | grep -q 'Name: function__return' || continue
	"$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || continue
	with_probe=$p
	semaphore=$(readelf -n "$p" | grep -A 1 'Name: function__return' | sed -n 's/.*Semaphore: //p')
	break
done

needs_probe() {
	[ -n "$with_probe" ] || skip "$name" "no Python 3.11 with static probes is on this machine"
	needs_engine bpf "$name"
}

# How many listen at the probe of process $1.
listeners() {
	dd if="/proc/$1/mem" bs=1 skip=$((semaphore)) count=2 2>/dev/null | od -An -tu2 | tr -d ' '
}
nobody_listens() { [ "$(listeners "$1")" = 0 ]; }
somebody_listens() { ! nobody_listens "$1"; }

# A program that calls all the time.
cat >"$scratch/loop.py" <<'EOF'
def add(a, b):
    return a + b


def work():
    for i in range(1000):
        add(i, i)


while True:
    work()
EOF

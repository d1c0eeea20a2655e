# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: no attempt to mount that does not end with a mounted file system costs the node
# stages: 2

# attempt RESULT HOW OPTIONS...: nothing may come of it
attempt() {
	local want=$1 how=$2 got

	shift 2
	got=$($F mount "$how" $M "$@" 2> /tmp/err)
	[ "$got" = "$want" ] || fail "$how $*: $got, expected $want: $(cat /tmp/err)"
	expect_nodes 1
}

stage1() {
	pmount api size=100M
	tree_kinds $M
	$T fill $M/large 8M 1
	remember $M
	preserve
	umount $M
	attempts
}

attempts() {
	# Given up at each step
	attempt 0 open pkram=api
	attempt 0 detached pkram=api
	attempt ENOENT nowhere pkram=api
	attempt EINVAL attach pkram=api size=x
	attempt ENOSPC attach pkram=api size=4k
	attempt ENOSPC attach pkram=api nr_inodes=3
	attempt EINVAL attach pkram=api preserve
	[ "$($T mount /no/such/place rw pkram=api)" = ENOENT ] || fail "no place"
	expect_nodes 1
	# Mounted read-only, in both ways
	attempt 0 rdonly pkram=api
	check $M
	umount $M
	attempt 0 attach pkram=api ro
	check $M
	touch $M/x 2> /dev/null && fail "writable"
	umount $M
	expect_nodes 1
	# A second one
	pmount api ro
	mount_err EBUSY /mnt/second rw pkram=api
	umount $M
	expect_nodes 1
	# Too little memory for the pages; enough for the inodes, whose charges may
	# end in an OOM kill, and for what each CPU charges in advance
	mkdir -p /sys/fs/cgroup/small
	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	echo 4M > /sys/fs/cgroup/small/memory.max
	got=$(echo $BASHPID > /sys/fs/cgroup/small/cgroup.procs
		exec $T mount $M rw pkram=api)
	[ "$got" = ENOMEM ] || fail "memory.max: '$got'"
	expect_nodes 1
	dmesg > /tmp/log
	! grep -i 'killed process' /tmp/log || fail "OOM kill"
}

stage2() {
	attempts
	[ "$($F mount attach $M pkram=api)" = 0 ] || fail "attach"
	expect_nodes 0
	check $M
	echo writable > $M/new
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

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

# As much as tmpfs takes, for who wants no limit
unlimited() {
	pmount most nr_inodes=8P,nr_blocks=1E
	echo x > $M/file
	preserve
	umount $M
	pmount most
	[ "$(cat $M/file)" = x ] || fail "content"
	grep " $M " /proc/mounts
	[ "$(df --output=itotal $M | tail -1)" -gt $((1 << 52)) ] || fail "nr_inodes"
	umount $M
	expect_nothing_preserved
}

stage1() {
	unlimited
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
	# A mount that is made writable later, in place or as a clone: not the file system
	attempt 0 rdonly pkram=api
	mount -o remount,bind,rw $M
	mkdir -p /mnt/clone
	[ "$($F clone $M /mnt/clone)" = 0 ] || fail "clone"
	expect_nodes 1
	touch /mnt/clone/x 2> /dev/null && fail "writable by a clone"
	umount /mnt/clone
	umount $M
	# Options that nobody would save
	pmount api ro,size=200M
	mount_err EBUSY $M remount,ro preserve
	umount $M
	pmount api ro
	mount -o remount,ro,size=200M $M
	mount_err EBUSY $M remount,ro preserve
	umount $M
	pmount api ro,size=100M
	mount_err EBUSY $M remount,ro preserve,nr_inodes=2000
	mount -o remount,ro,preserve $M
	umount $M
	expect_nodes 1
	# Part of a memory that need not be the same
	pmount api ro,size=30%
	mount -o remount,ro,preserve,size=20% $M
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
	preserve
	umount $M
	[ "$($F mount moved $M pkram=api)" = 0 ] || fail "moved"
	expect_nodes 0
	check $M
	echo writable > $M/new
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: every bad option is refused with the right errno and a message
# stages: 1

stage1() {
	local long

	long=$(printf "%127s" '' | tr ' ' n)

	# Names
	message pkram mount_err EINVAL $M rw pkram=
	message pkram mount_err EINVAL $M rw pkram
	message pkram mount_err EINVAL $M rw "pkram=n$long"
	message pkram mount_err EINVAL $M rw pkram=a/b
	message pkram mount_err EINVAL $M rw pkram=/
	mount_err EINVAL $M rw pkram=a,pkram=b
	mount_err 0 $M rw "pkram=$long"
	umount $M
	mount_err 0 $M rw "pkram=..$(printf '\001\377') x"
	umount $M

	# Without a name, at the first mount, on a writable mount
	mount_err EINVAL $M rw preserve
	mount_err EINVAL $M ro preserve,pkram=a
	mount -t tmpfs tmpfs $M
	mount_err EINVAL $M remount,ro preserve
	mount_err EINVAL $M remount,rw preserve
	# A name cannot be given or changed later
	mount_err EINVAL $M remount,rw pkram=late
	umount $M
	pmount bad
	echo x > $M/file
	message preserve mount_err EINVAL $M remount,rw preserve
	mount_err EINVAL $M remount,rw pkram=other
	mount_err EINVAL $M remount,ro pkram=other,preserve
	# That has changed nothing
	echo x > $M/file
	expect_nodes 0

	# One mount a name
	message bad mount_err EBUSY /mnt/2 rw pkram=bad
	preserve
	message bad mount_err EBUSY /mnt/2 rw pkram=bad
	mount_err 0 $M remount,ro pkram=bad
	mount_err 0 $M remount,ro pkram=bad,preserve

	# Writable while preserved, with the way out in the message
	message nopreserve mount_err EBUSY $M remount,rw pkram=bad
	message nopreserve mount_err EBUSY $M remount,rw pkram=bad,preserve
	expect_nodes 1
	umount $M

	# Nothing there: empty, and one line
	message "'none'" mount_err 0 $M rw pkram=none
	expect_empty $M
	umount $M

	# Nobody but root of the machine
	chmod 777 /mnt
	for o in pkram=bad pkram=x preserve nopreserve verify noverify; do
		[ "$(unshare -Urm $T mount /mnt rw $o)" = EPERM ] ||
			fail "$o in a user namespace"
		[ "$(setpriv --reuid 1000 unshare -Urm $T mount /mnt rw $o)" = EPERM ] ||
			fail "$o in a user namespace of a user"
	done
	unshare -Urm sh -c "mount -t tmpfs x /mnt &&
		$T mount /mnt remount,ro preserve; $T mount /mnt remount,ro pkram=bad" |
		grep -v -x EPERM && fail "remount in a user namespace"
	expect_nodes 1
	pmount bad
	[ "$(cat $M/file)" = x ] || fail "lost"
}

. /files/lib.sh

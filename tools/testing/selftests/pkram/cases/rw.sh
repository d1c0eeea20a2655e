# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: rw,nopreserve releases, the tree can be changed and preserved again
# stages: 2

stage1() {
	pmount rw
	tree_kinds $M
	remember $M before
	preserve
	mount_err EBUSY $M remount,rw pkram=rw
	[ "$(touch $M/x 2>&1)" ] || fail "written to while preserved"
	mount -o remount,rw,nopreserve $M
	expect_nothing_preserved
	check $M before
	rm $M/file
	echo changed > $M/dir/random
	remember $M after
	preserve
	# Released by a mount that is read-only all the time
	mount -o remount,ro,nopreserve $M
	expect_nothing_preserved
	preserve
	umount $M
}

stage2() {
	pmount rw ro
	check $M after
	# Loaded and not released: still there after another unmount
	umount $M
	pmount rw ro
	check $M after
	mount_err 0 $M remount,rw pkram=rw
	echo y > $M/y
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

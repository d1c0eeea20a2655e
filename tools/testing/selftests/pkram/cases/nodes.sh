# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: of several nodes one can be loaded, one given up, one left alone
# stages: 3

stage1() {
	local n

	for n in a b c; do
		pmount $n size=100M /mnt/$n
		tree_kinds /mnt/$n
		echo $n > /mnt/$n/who
		remember /mnt/$n
		preserve /mnt/$n
	done
	umount /mnt/b
	expect_nodes 3
}

stage2() {
	expect_nodes 3
	pmount b '' /mnt/b
	check /mnt/b
	echo changed >> /mnt/b/who
	umount /mnt/b
	expect_nodes 2
	drop shmem-c
	expect_nodes 1
	# Once, by its full name, and not while it is mounted
	! drop shmem-c 2> /dev/null || fail "dropped twice"
	! drop a 2> /dev/null || fail "dropped"
	pmount a ro /mnt/a
	! drop shmem-a 2> /dev/null || fail "dropped while mounted"
	umount /mnt/a
	expect_nodes 1
	pmount b '' /mnt/b
	expect_empty /mnt/b
	echo second > /mnt/b/second
	preserve /mnt/b
	expect_nodes 2
}

stage3() {
	local n

	expect_nodes 2
	for n in a b c; do
		pmount $n '' /mnt/$n
	done
	check /mnt/a
	[ "$(cat /mnt/b/second)" = second ] || fail "b"
	expect_empty /mnt/c
	umount /mnt/a /mnt/b /mnt/c
	expect_nothing_preserved
}

. /files/lib.sh

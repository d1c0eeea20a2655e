# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: preserve, unmount and mount in one boot gives the same tree, again and again
# stages: 1

stage1() {
	local n

	pmount same
	tree_kinds $M
	for n in 1 2 3; do
		remember $M $n
		preserve
		umount $M
		expect_nodes 1
		pmount same
		check $M $n
		expect_nodes 0
		echo $n >> $M/file
		mkdir $M/n$n
		rm -r $M/empty
		mkdir $M/empty
	done
	# A read-only mount looks, and leaves it where it is
	preserve
	umount $M
	for n in 1 2; do
		pmount same ro
		[ -s $M/file ] || fail "not there"
		umount $M
		expect_nodes 1
	done
	# and becomes an ordinary one by a remount
	pmount same ro
	mount -o remount,rw $M
	expect_nodes 0
	echo x >> $M/file
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

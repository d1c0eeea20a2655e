# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what is preserved and belongs to no node is freed by the next kernel
# stages: 2

stage1() {
	local at

	[ -c /dev/mem ] || skip "no /dev/mem"
	pmount good '' /mnt/good
	tree_kinds /mnt/good
	remember /mnt/good
	preserve /mnt/good
	$MEM find PKRMNODE > /tmp/good
	pmount lost '' /mnt/lost
	$T fill /mnt/lost/large 20M 1
	preserve /mnt/lost
	# Overwritten: only its name is left of it at the kexec, and all its pages
	at=$($MEM find PKRMNODE | grep -v -x -F -f /tmp/good | head -1)
	[ -n "$at" ] || fail "no node"
	$MEM poke $((at + 80)) ff
	expect_nodes 2
}

stage2() {
	dmesg | grep -i pkram
	expect_nodes 2
	[ "$(cat /sys/kernel/pkram/preserved_bytes)" -lt 20000000 ] ||
		fail "$(cat /sys/kernel/pkram/preserved_bytes) bytes preserved"
	pmount good '' /mnt/good
	check /mnt/good
	# Lost, but not forgotten: an empty tree would hide that
	mount_err EBADMSG $M rw pkram=lost
	drop shmem-lost
	expect_nothing_preserved
	pmount lost
	expect_empty $M
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a damaged node is refused by name, the others load, the kernel boots on
# stages: 2

# damage MAGIC OFFSET N: change a byte in the Nth page that begins with MAGIC
damage() {
	local at byte

	at=$($MEM find "$1" | sed -n "$3p")
	[ -n "$at" ] || fail "no page of $1"
	byte=$($MEM peek $((at + $2)) 1 | od -An -tx1 | tr -d ' ')
	$MEM poke $((at + $2)) "$(printf %02x $((0x$byte ^ 0x10)))"
	echo "DAMAGED $1 at $at"
}

stage1() {
	local n

	[ -c /dev/mem ] || skip "no /dev/mem"
	pmount good '' /mnt/good
	tree_kinds /mnt/good
	remember /mnt/good
	preserve /mnt/good
	$MEM find PLNK > /tmp/good
	pmount bad '' /mnt/bad
	tree_data /mnt/bad/data
	preserve /mnt/bad
	# In the first link page that good has not
	n=$($MEM find PLNK | grep -v -n -x -F -f /tmp/good | head -1 | cut -d: -f1)
	damage PLNK 40 "$n"
}

stage2() {
	pmount good '' /mnt/good
	check /mnt/good
	message bad mount_err EBADMSG $M rw pkram=bad
	message bad mount_err EBADMSG $M ro pkram=bad
	# Never taken for an empty one
	mountpoint -q $M && fail mounted
	expect_nodes 1
	preserve /mnt/good
	umount /mnt/good
	pmount good '' /mnt/good
	check /mnt/good
	# Nothing of it is left, neither its pages nor its name
	drop shmem-bad
	expect_nothing_preserved
	check /mnt/good
	pmount bad
	expect_empty $M
}

. /files/lib.sh

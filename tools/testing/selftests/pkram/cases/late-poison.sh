# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pages that fail after they were preserved give EIO ever after, and cost nothing but themselves
# stages: 3
# vm file:
# vm load: -s load

part() {
	dd if="$M/$1" bs=4096 skip="$2" count="$3" 2> /tmp/err ||
		fail "$1 $2: $(cat /tmp/err)"
}

# All but the pages that fail
sums() {
	part file 0 4 | sha256sum
	part file 5 1275 | sha256sum
	part huge/file 0 511 | sha256sum
	part huge/file 512 88 | sha256sum
	part huge/file 602 422 | sha256sum
}

mount_huge() {
	mount -t tmpfs -o "pkram=late-huge${1:+,$1}" none $M/huge
}

# Pages that have failed are to be no part of anything larger when freed
split() {
	awk '/^ShmemHugePages/ { exit $2 != 0 }' /proc/meminfo ||
		fail "$1: $(grep ^ShmemHugePages /proc/meminfo)"
}

lost() {
	[ "$($F byte $M/file 4)$($F byte $M/huge/file 511)$($F byte $M/huge/file 600)" = \
		EIOEIOEIO ] || fail "$1: nothing failed"
	[ "$($F byte $M/file 3)" != EIO ] || fail "$1: a neighbour failed"
	sums | diff $M/sums - || fail "$1: content"
}

# Given up again by the mount that has preserved it
released() {
	mkdir -p $M
	mount -t tmpfs -o pkram=late-released,huge=always none $M
	$T fill $M/file 2M 3
	preserve
	$F poison $M/file 7
	mount -o remount,rw,nopreserve $M
	split "released"
	[ "$($F byte $M/file 7)" = EIO ] || fail "released: nothing failed"
	preserve
	mount -o remount,rw,nopreserve $M
	umount $M
	expect_nothing_preserved
}

# node_fails NAME: preserve something, then have the page of the node itself fail
node_fails() {
	local node page

	pmount "$1" '' /mnt/node
	$T fill /mnt/node/file 1M 3
	preserve /mnt/node
	umount /mnt/node
	for node in /sys/kernel/pkram/node/*; do
		[ "$(cat $node/name)" != "shmem-$1" ] || page=$(cat $node/page)
	done
	# It is in use, which is an error, and marked all the same
	printf '%#x' $((page << 12)) > /sys/devices/system/memory/hard_offline_page ||
		echo "frame $page has failed"
}

nodes_fail() {
	node_fails late-node-here
	message "the page of node 'shmem-late-node-here' has failed" \
		mount_err EBADMSG /mnt/node rw pkram=late-node-here
	drop shmem-late-node-here
	expect_nodes 2
	node_fails late-node
}

node_failed() {
	dmesg | grep "pkram: node '.*' is damaged" || fail "found intact"
	mount_err EBADMSG /mnt/node rw pkram=late-node
	expect_nodes 3
	drop shmem-late-node
	expect_nodes 2
}

stage1() {
	released
	pmount late size=100M
	$T fill $M/file 5M 1
	mkdir $M/huge
	mount_huge huge=always
	$T fill $M/huge/file 4M 2
	sums > /tmp/sums
	cp /tmp/sums $M/sums
	preserve $M/huge
	preserve

	$F poison $M/file 4
	$F poison $M/huge/file 511
	$F poison $M/huge/file 600
	lost "live"
	umount $M/huge $M
	pmount late ro
	mount_huge ro
	lost "same boot"
	umount $M/huge $M
	nodes_fail
}

stage2() {
	node_failed
	pmount late ro
	mount_huge ro
	lost "after kexec, read-only"
	umount $M/huge $M
	pmount late
	mount_huge ro
	$F poison $M/huge/file 601
	mount -o remount,rw $M/huge
	split "after kexec"
	lost "after kexec"
	[ "$($F byte $M/huge/file 601)" = EIO ] || fail "just loaded: nothing failed"
	# The node's page is not handed over where the image made it move
	awk '/^HardwareCorrupted/ { exit $2 != 16 && $2 != 20 }' /proc/meminfo ||
		fail "$(grep ^HardwareCorrupted /proc/meminfo)"
	preserve $M/huge
	preserve
}

stage3() {
	pmount late
	mount_huge
	lost "after two kexecs"
	# What is lost can be thrown away; accounting stays right
	truncate -s 0 $M/file $M/huge/file
	expect_all_freed
}

. /files/lib.sh

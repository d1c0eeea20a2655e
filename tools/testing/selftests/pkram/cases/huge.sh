# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: large folios, holes and odd ends of files under huge=always survive
# stages: 2

stage1() {
	pmount huge huge=always,size=1200M
	$T fill $M/big 200M 1
	$T fill $M/odd $((3 * 1024 * 1024 + 1)) 2
	$T fill $M/small 5000 3
	truncate -s 64M $M/hole
	printf x | dd of=$M/hole bs=1 seek=30000000 conv=notrunc status=none
	$T fill $M/punched 8M 4
	fallocate -p -o 2097152 -l 1000000 $M/punched
	remember $M
	# The runs of frames are long: it really is in large folios
	# shellcheck disable=SC2046
	set -- $($MEM pages $M/big)
	if [ "$1" != 51200 ] || [ "$2" -gt 100 ]; then
		fail "big: $1 pages in $2 runs"
	fi
	$MEM frame $M/big > /tmp/frame
	preserve
	umount $M
	pmount huge ro
	[ "$($MEM frame $M/big)" = "$(cat /tmp/frame)" ] || fail "copied"
	umount $M
}

stage2() {
	pmount huge
	check $M
	$T check $M/big 200M 1
	$T check $M/odd $((3 * 1024 * 1024 + 1)) 2
	# It can be split and freed like any other
	truncate -s 100M $M/big
	truncate -s 2097153 $M/odd
	fallocate -p -o 4096 -l 4096 $M/big
	echo 3 > /proc/sys/vm/drop_caches
	rm $M/*
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

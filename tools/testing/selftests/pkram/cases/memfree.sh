# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: saving and loading in one boot, eight times, loses less than 256 KiB
# stages: 1

round() {
	pmount free size=500M
	tree_kinds $M
	$T fill $M/fill 20M 1
	preserve
	umount $M
	pmount free
	mount -o remount,ro,preserve $M
	mount -o remount,rw,nopreserve $M
	umount $M
}

stage1() {
	local before n

	round
	round
	before=$(free_kib)
	for ((n = 0; n < 8; n++)); do
		round
	done
	lost_at_most "$before" 256 2048
	expect_nothing_preserved
}

. /files/lib.sh

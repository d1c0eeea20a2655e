# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a tree some of which is in swap, and that memory has no room for, is refused before anybody suffers
# stages: 2
# vm: -m 512M --disk 1G

swapped() {
	awk '/^SwapTotal/ { t = $2 } /^SwapFree/ { f = $2 } END { print t - f }' /proc/meminfo
}

stage1() {
	local i

	# Not zram, which takes memory for what it takes off it
	mkswap "$DISK" > /dev/null
	swapon "$DISK"
	pmount full size=900M
	for i in $(seq 14); do
		head -c 50M < <(yes "line $i") > $M/$i
	done
	[ "$(swapped)" -gt 150000 ] || fail "only $(swapped) KiB are in swap"
	message "of it are in swap" mount_err ENOMEM $M remount,ro preserve
	expect_nodes 0

	# Those that came first are in swap: there is room for them now, but then
	# none for the next kernel
	truncate -s 35M $M/9
	rm $M/1[0-4]
	message "some of which is in swap" mount_err ENOSPC $M remount,ro preserve
	expect_nodes 0

	rm $M/[6-9]
	[ "$(swapped)" -gt 100000 ] || fail "only $(swapped) KiB are left in swap"
	remember $M
	preserve
}

stage2() {
	pmount full
	check $M
}

. /files/lib.sh

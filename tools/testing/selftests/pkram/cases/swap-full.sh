# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a tree some of which is in swap, and that memory has no room for, is refused before anybody suffers
# stages: 2
# vm: -m 512M --disk 1G

swapped() {
	awk '/^SwapTotal/ { t = $2 } /^SwapFree/ { f = $2 } END { print t - f }' /proc/meminfo
}

stage1() {
	local i hog

	# Not zram, which takes memory for what it takes off it
	mkswap "$DISK" > /dev/null
	swapon "$DISK"
	pmount full size=900M
	for i in $(seq 14); do
		head -c 50M < <(yes "line $i") > $M/$i
	done
	[ "$(swapped)" -gt 150000 ] || fail "only $(swapped) KiB are in swap"
	message "would leave too little" mount_err ENOSPC $M remount,ro preserve
	expect_nodes 0

	# Those that came first are in swap. Beside the rest they would fit, but for what
	# else is in memory and cannot go
	rm $M/[6-9] $M/1[0-4]
	[ "$(swapped)" -gt 100000 ] || fail "only $(swapped) KiB are left in swap"
	hog=/mnt/hog
	mkdir $hog
	mount -t tmpfs -o noswap,size=100% none $hog
	head -c "$(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) - 120000))K" \
		/dev/zero > $hog/hog
	message "too little memory to bring all of it back" \
		mount_err ENOMEM $M remount,ro preserve
	expect_nodes 0
	umount $hog
	remember $M
	preserve
}

stage2() {
	pmount full
	check $M
}

. /files/lib.sh

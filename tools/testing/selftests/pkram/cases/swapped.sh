# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pages that are swapped out come back, also those past the end of file
# stages: 2
# soak: yes
# vm: -m 1G

stage1() {
	modprobe zram 2> /dev/null || true
	[ -e /sys/block/zram0 ] || skip "no zram"
	echo 600M > /sys/block/zram0/disksize
	mkswap /dev/zram0 > /dev/null
	swapon /dev/zram0
	pmount swapped size=700M
	tree_kinds $M
	$T fill $M/fill 200M 1
	: > $M/beyond
	fallocate -n -l 10M $M/beyond
	remember $M
	# Push it out
	mkdir /sys/fs/cgroup/x
	mount -t tmpfs -o size=90% tmpfs /tmp
	$T fill /tmp/pressure 500M 2 || true
	umount /tmp
	echo "SWAP $(awk '/^SwapFree|^SwapTotal/ { print $2 }' /proc/meminfo | tr '\n' ' ')"
	[ "$(awk '/^SwapTotal/ { t = $2 } /^SwapFree/ { print t - $2 > 10000 }' /proc/meminfo)" = 1 ] ||
		fail "nothing was swapped out"
	preserve
}

stage2() {
	pmount swapped
	check $M
	check_kinds $M
	$T check $M/fill 200M 1
}

. /files/lib.sh

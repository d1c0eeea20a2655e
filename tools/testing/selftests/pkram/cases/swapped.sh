# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pages that are swapped out come back, also those past the end of file
# stages: 2
# vm: -m 1G

cg=/sys/fs/cgroup

enough_swapped() {
	awk '/^SwapTotal/ { t = $2 } /^SwapFree/ { f = $2 }
		END { exit t - f < 150000 }' /proc/meminfo
}

stage1() {
	local n

	[ -e /sys/block/zram0 ] || skip "no zram"
	echo 600M > /sys/block/zram0/disksize
	mkswap /dev/zram0 > /dev/null
	swapon /dev/zram0
	echo +memory > $cg/cgroup.subtree_control
	mkdir $cg/x
	echo $$ > $cg/x/cgroup.procs
	pmount swapped size=700M
	tree_kinds $M
	# Pages that nobody has written to become data by being swapped out
	rm $M/data/fallocated*
	$T fill $M/fill 200M 1
	: > $M/beyond
	fallocate -n -l 10M $M/beyond
	$T fill $M/beyond-data 2M 3
	remember $M
	# Reclaim gives up early when pages are in use or on their way somewhere
	for ((n = 0; n < 100; n++)); do
		enough_swapped && break
		echo 20M > $cg/x/memory.reclaim || sleep 0.1
	done
	echo $$ > $cg/cgroup.procs
	awk '/^Swap/' /proc/meminfo
	enough_swapped || fail "too little was swapped out"
	preserve
}

stage2() {
	pmount swapped
	check $M
	check_kinds $M
	$T check $M/fill 200M 1
}

. /files/lib.sh

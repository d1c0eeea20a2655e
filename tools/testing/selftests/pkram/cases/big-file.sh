# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a file larger than all memory that is not preserved loads, and so under strict overcommit
# stages: 3

stage1() {
	pmount big size=1300M
	$T fill $M/file 1200M 1
	remember $M
	preserve
}

# Before the load the kernel has only the rest, and knows that it is in use
rest() {
	[ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -lt 1000000 ] ||
		fail "what is preserved is counted as available"
	[ "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)" -gt 1800000 ] ||
		fail "what is preserved is not counted as memory"
}

stage2() {
	rest
	pmount big
	check $M
	preserve
}

stage3() {
	rest
	echo 2 > /proc/sys/vm/overcommit_memory
	echo 90 > /proc/sys/vm/overcommit_ratio
	pmount big
	echo 0 > /proc/sys/vm/overcommit_memory
	check $M
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

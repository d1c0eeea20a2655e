# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a node that nobody mounts lives through two more kexecs, unchanged
# stages: 4
# vm file:
# vm load: -s load

stage1() {
	pmount left
	tree_kinds $M
	remember $M
	preserve
	umount $M
}

stage2() {
	expect_nodes 1
}

# Other memory is used and freed around it
stage3() {
	local available

	expect_nodes 1
	available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	mount -t tmpfs -o size=100% tmpfs /tmp
	$T fill /tmp/fill "$((available * 3 / 4))M" 1
	umount /tmp
}

stage4() {
	pmount left
	check $M
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pages that are swapped out come back, also those past the end of file
# stages: 2
# vm: -m 1G

cg=/sys/fs/cgroup

stage1() {
	[ -e /sys/block/zram0 ] || skip "no zram"
	swap_on 600M
	echo $$ > $cg/x/cgroup.procs
	pmount swapped verify,size=700M
	tree_kinds $M
	# Pages that nobody has written to become data by being swapped out
	rm $M/data/fallocated*
	$T fill $M/fill 200M 1
	: > $M/beyond
	fallocate -n -l 10M $M/beyond
	$T fill $M/beyond-data 2M 3
	remember $M
	swap_out 20M 150000
	echo $$ > $cg/cgroup.procs
	preserve
}

stage2() {
	pmount swapped
	check $M
	check_kinds $M
	$T check $M/fill 200M 1
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: over five generations without a change, all that can be seen stays the same
# stages: 6

NOTES=/mnt/notes

stage1() {
	pmount notes noatime $NOTES
	pmount same noatime,size=400M,nr_inodes=50k
	tree_kinds $M
	mkdir $M/deep $M/random
	$T deep $M/deep 300
	random_grow $M/random "$(param seed 1)"
	full_remember $M $NOTES/same same
	preserve $NOTES
	preserve
}

other_stage() {
	pmount notes noatime $NOTES
	pmount same noatime
	full_handles $M $NOTES/same
	full_check $M $NOTES/same same
	check_kinds $M
	if [ $STAGE != $STAGES ]; then
		preserve $NOTES
		preserve
		return
	fi
	umount $NOTES $M
	expect_nothing_preserved
}

. /files/lib.sh

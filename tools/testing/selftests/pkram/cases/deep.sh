# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: directories 3000 levels deep survive
# stages: 2
# soak: yes

stage1() {
	pmount deep
	$T deep $M 3000
	remember $M
	preserve
}

stage2() {
	pmount deep
	check $M
	[ "$(find $M -type d | wc -l)" = 3001 ] || fail "levels"
	rm -r $M/d
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

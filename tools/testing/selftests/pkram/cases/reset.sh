# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what was handed over is not believed when firmware and a boot loader came in between
# stages: 3
# vm plain: --reset -m 1G -a pkram=0xfff

# The command line that the boot loader has is one of a kexec, long ago
stage1() {
	[ "$(cat /sys/kernel/pkram/super_block)" = 0xfff ] || fail "the super block"
	pmount reset
	$T fill $M/file 64M 1
	preserve
	$F reset
}

stage2() {
	[ "$(cat /sys/kernel/pkram/boot/result)" = refused ] || fail "boot/result"
	grep "not booted by kexec" /sys/kernel/pkram/boot/reason || fail "boot/reason"
	expect_nothing_preserved
	# It does not say so for ever, and is in nobody's way
	pmount reset
	expect_empty $M
	$T fill $M/file 64M 2
	preserve
}

stage3() {
	pmount reset
	$T check $M/file 64M 2
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

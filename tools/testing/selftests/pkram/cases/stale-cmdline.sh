# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: kexec_file_load replaces any pkram= and adds one where there is none
# stages: 6

# load WORDS: an image with these words on its command line
load() {
	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE $1"
}

one() {
	cat /proc/cmdline
	[ "$(tr ' ' '\n' < /proc/cmdline | grep '^pkram=')" = \
		"pkram=$(sed 's/^0x//' /sys/kernel/pkram/super_block)" ] ||
	[ "$(tr ' ' '\n' < /proc/cmdline | grep '^pkram=')" = \
		"pkram=$(cat /sys/kernel/pkram/super_block)" ] ||
		fail "not just the right pkram="
	pmount stale
	check $M
	preserve
}

stage1() {
	pmount stale
	tree_kinds $M
	remember $M
	preserve
	load "pkram=deadbeef"
}

stage2() {
	one
	load 'pkram=1 notpkram=2 "pkram=3" pkram=0x4 "pkram=5"'
}

stage3() {
	one
	grep -q notpkram=2 /proc/cmdline || fail "another word has gone"
	load ""
}

stage4() {
	one
	mount -o remount,rw,nopreserve $M
	umount $M
	load pkram=off
}

# Nor does a kernel pass one on that has not looked at it
stage5() {
	[ ! -e /sys/kernel/pkram/super_block ] || fail "PKRAM is on"
	kexec -s -l "$KERNEL" --initrd="$INITRD" \
		--command-line="$(cmdline_without pkram=) pkram=0x1234"
}

stage6() {
	cat /proc/cmdline
	! grep -E '(^| )"?pkram=' /proc/cmdline || fail "pkram= was passed on"
	pmount stale
	expect_empty $M
}

. /files/lib.sh

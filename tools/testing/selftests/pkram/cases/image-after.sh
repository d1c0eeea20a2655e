# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: images may be loaded, replaced and unloaded after preserving, by either system call
# stages: 2
# vm file:
# vm load: -s load
# soak: load

# So much is preserved that every image has to lie on some of it
stage1() {
	local file load

	pmount after size=1200M
	tree_kinds $M
	$T fill $M/first 300M 1
	$T fill $M/second 700M 2
	remember $M
	preserve
	file="kexec -s -l $KERNEL --initrd=$INITRD"
	load="kexec -c -l $KERNEL --initrd=$INITRD"

	$file --command-line="$CMDLINE"
	kexec -u
	$load --command-line="$CMDLINE"
	$file --command-line="$CMDLINE"
	$load --command-line="$CMDLINE"
	kexec -s -u
	expect_nodes 1
	# What was there remains there
	check $M
	next_kernel "$CMDLINE the_last"
}

stage2() {
	grep -q the_last /proc/cmdline || fail "not the image loaded last"
	dmesg | grep pkram: | grep -v 'ommand line'
	pmount after
	check $M
	$T check $M/first 300M 1
	$T check $M/second 700M 2
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

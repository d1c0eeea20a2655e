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

	pmount tree '' /mnt/tree
	tree_kinds /mnt/tree
	remember /mnt/tree
	preserve /mnt/tree
	pmount after size=1200M
	$T fill $M/fill 1000M 1
	preserve
	file="kexec -s -l $KERNEL --initrd=$INITRD"
	load="kexec -c -l $KERNEL --initrd=$INITRD"

	$file --command-line="$CMDLINE"
	kexec -u
	$load --command-line="$CMDLINE"
	$file --command-line="$CMDLINE"
	$load --command-line="$CMDLINE"
	kexec -s -u
	expect_nodes 2
	# What was there remains there
	check /mnt/tree
	next_kernel "$CMDLINE the_last"
}

stage2() {
	grep -q the_last /proc/cmdline || fail "not the image loaded last"
	dmesg | grep pkram: | grep -v 'ommand line'
	pmount tree '' /mnt/tree
	check /mnt/tree
	pmount after
	$T check $M/fill 1000M 1
	umount $M /mnt/tree
	expect_nothing_preserved
}

. /files/lib.sh

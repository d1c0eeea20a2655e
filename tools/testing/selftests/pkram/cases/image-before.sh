# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: an image that is loaded before preserving does not overwrite anything
# stages: 2
# vm file:
# vm load: -s load

load() {
	local sb

	sb=$(cat /sys/kernel/pkram/super_block)
	case $1 in
	file)	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE" ;;
	load)	kexec -c -l "$KERNEL" --initrd="$INITRD" \
			--command-line="$CMDLINE${sb:+ pkram=$sb}" ;;
	esac
}

stage1() {
	# So much that it has to lie where the image will be written
	pmount before verify,size=1200M
	$T fill $M/first 300M 1
	load "$(grep -q SYSCALL=load /boot/vmrun.conf && echo load || echo file)"
	$T fill $M/second 700M 2
	tree_data $M/data
	remember $M
	if [ "$($T mount $M remount,ro preserve)" != 0 ]; then
		dmesg | tail -3
		skip "refused when an image is loaded"
	fi
	# What was there remains there
	$T check $M/first 300M 1
}

stage2() {
	dmesg | grep -i pkram
	pmount before
	check $M
	$T check $M/first 300M 1
	$T check $M/second 700M 2
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

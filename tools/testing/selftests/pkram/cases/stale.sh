# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what was handed over to a kernel that did not take it, or took it, is not believed by the one after it
# stages: 3
# vm unpatched: --numa 2 -m 8G -a pkram_test.via=unpatched
# vm unpatched-load: --numa 2 -m 8G -s load -a pkram_test.via=unpatched
# vm off: --numa 2 -m 8G -a pkram_test.via=off
# vm off-load: --numa 2 -m 8G -s load -a pkram_test.via=off
# vm forgotten: --numa 2 -m 8G -s load -a pkram_test.via=forgotten
# vm consumed: --numa 2 -m 8G -a pkram_test.via=consumed
# kernels unpatched: pkram-off
# kernels unpatched-load: pkram-off
# soak: unpatched unpatched-load off forgotten consumed

#
# What is preserved lies in the second node, from 6 GiB on, which the kernel in
# between does not use: all is as it was.

load_without() {
	kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line="$1"
}

# An image that will not take over, and says so
would_lose() {
	message "$1: what is preserved would be lost" "${@:2}"
}

# The kernel in between, by pkram_test.via
via() {
	local words="$1 mem=6G"

	case $(param via -) in
	unpatched)
		# Not even if there is one that does where the initrd should be
		! grep -q SYSCALL=load /boot/vmrun.conf ||
			would_lose "does not know this format of PKRAM" \
				kexec -c -l /files/kernels/pkram-off --initrd="$KERNEL" \
				--command-line="$words"
		would_lose "does not know this format of PKRAM" \
			next_kernel "$words" /files/kernels/pkram-off ;;
	off)	if grep -q SYSCALL=load /boot/vmrun.conf; then
			would_lose "has pkram=off on its command line" \
				load_without "$words pkram=off"
		else
			would_lose "has pkram=off on its command line" \
				kexec -s -l "$KERNEL" --initrd="$INITRD" \
				--command-line="$words pkram=off"
		fi ;;
	forgotten) would_lose "does not find the super block by its command line" \
			load_without "$words" ;;
	consumed) next_kernel "$1" ;;
	esac
}

stage1() {
	on 1
	pmount lost size=600M
	tree_kinds $M
	$T fill $M/fill 400M 1
	remember $M
	preserve
	on 0
	via "$CMDLINE pkram_test.super=$(cat /sys/kernel/pkram/super_block)"
}

# Takes over or not, uses its memory, and says to the next what it was told itself
stage2() {
	cat /proc/cmdline
	case $(param via -) in
	unpatched|off)
		[ ! -e /sys/kernel/pkram/super_block ] || fail "PKRAM is on" ;;
	forgotten)
		expect_nothing_preserved ;;
	consumed)
		pmount lost
		check $M
		umount $M
		expect_nothing_preserved ;;
	esac
	mount -t tmpfs tmpfs $M
	$T fill $M/other 20M 2
	umount $M
	# By the call that passes the whole memory map on; with PKRAM it takes pkram= out
	# where that is off
	kexec "$([ "$(param via -)" = off ] && echo -c || echo -s)" -l "$KERNEL" \
		--initrd="$INITRD" --command-line="$(
		cmdline_without pkram=off mem=) pkram=$(param super 0)"
}

stage3() {
	cat /proc/cmdline
	dmesg | grep pkram: | grep -v 'ommand line'
	expect_nothing_preserved
	message "nothing is preserved as 'lost'" pmount lost
	expect_empty $M
	umount $M
}

. /files/lib.sh

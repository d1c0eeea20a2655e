# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what was handed over to a kernel that did not take it, or took it, is not believed by the one after it
# stages: 3
# vm unpatched: -a pkram_test.via=unpatched
# vm unpatched-load: -s load -a pkram_test.via=unpatched
# vm off: -a pkram_test.via=off
# vm off-load: -s load -a pkram_test.via=off
# vm forgotten: -s load -a pkram_test.via=forgotten
# vm consumed: -a pkram_test.via=consumed
# kernels unpatched: pkram-off
# kernels unpatched-load: pkram-off
# soak: off forgotten

load_without() {
	kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line="$1"
}

# The kernel in between, by pkram_test.via
via() {
	case $(param via -) in
	unpatched) message "nothing is handed over" \
			next_kernel "$1" /files/kernels/pkram-off ;;
	off)	if grep -q SYSCALL=load /boot/vmrun.conf; then
			load_without "$1 pkram=off"
		else
			kexec -s -l "$KERNEL" --initrd="$INITRD" \
				--command-line="$1 pkram=off"
		fi ;;
	forgotten) load_without "$1" ;;
	consumed) next_kernel "$1" ;;
	esac
}

stage1() {
	pmount lost size=600M
	tree_kinds $M
	$T fill $M/fill 400M 1
	remember $M
	preserve
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
	mount -t tmpfs -o size=1G tmpfs $M
	$T fill $M/other 200M 2
	umount $M
	load_without "$(cmdline_without pkram=) pkram=$(param super 0)"
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

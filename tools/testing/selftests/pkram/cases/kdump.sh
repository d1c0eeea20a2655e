# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a crash kernel ignores what is preserved, leaves it as it was, and has the dump
# stages: 2
# vm file: -a crashkernel=256M
# vm forced: -a crashkernel=256M -a "pkram_test.forced=1 pkram_test.image=1"
# vm load: -s load -a crashkernel=256M -a "pkram_test.forced=1"
# vm numa: --numa 2 -s load -a crashkernel=256M -a "pkram_test.forced=1 pkram_test.image=1"
# soak: file load numa

# Frames of content, of metadata and of the super block
preserved_frames() {
	$MEM frames $M/keep
	for text in PKRMNODE PLNK PKRMSBLK; do
		$MEM find $text | sed 's/000$//'
	done
}

# The crash kernel finds checksums of the pages in its root file system
initrd_with() {
	cat "$INITRD"
	echo "$1" | sed 's:^/::' | cpio -D / -o -H newc --quiet
}

load_crash_kernel() {
	local words super_block

	super_block=$(cat /sys/kernel/pkram/super_block)
	words="$(cmdline_without crashkernel= nokaslr) nr_cpus=1 reset_devices"
	words+=" pkram_test.table=$(cat /sys/kernel/pkram/page_table)"
	[ -z "$(param forced '')" ] || words+=" pkram=$super_block"
	initrd_with /tmp/sums > /tmp/initrd
	case $(sed -n 's/^SYSCALL=//p' /boot/vmrun.conf) in
	file)	kexec -s -p "$KERNEL" --initrd=/tmp/initrd --command-line="$words" ;;
	load)	kexec -c -p "$KERNEL" --initrd=/tmp/initrd --command-line="$words" ;;
	esac
}

stage1() {
	local super_block

	[ -c /dev/mem ] || skip "no /dev/mem"
	[ "$(cat /sys/kernel/kexec_crash_size)" = 268435456 ] ||
		fail "no memory for a crash kernel"
	pmount dump size=600M
	tree_kinds $M
	$T interleave $M/keep $M/drop 16384 1
	rm $M/drop
	# Before preserving: what has been moved out of its way would be found where it
	# was, too
	[ -z "$(param image '')" ] || next_kernel "$CMDLINE"
	preserve

	# The super block is not valid when a kernel crashes. It would be spoiled
	# by who takes over, though, so have it look as if it were.
	super_block=$(cat /sys/kernel/pkram/super_block)
	$MEM poke $((super_block * 4096)) 504b524d53424c4b

	preserved_frames > /tmp/frames
	[ "$(grep -c . /tmp/frames)" -gt 16386 ] || fail "$(wc -l < /tmp/frames) frames"
	grep -q -x "$super_block" /tmp/frames || fail "no super block"
	$MEM sums < /tmp/frames > /tmp/sums
	load_crash_kernel
	echo "SUMS $(wc -l < /tmp/sums)"
	$CRASH
}

stage2() {
	cat /proc/cmdline
	grep -q elfcorehdr= /proc/cmdline || fail "no crash kernel"
	if [ -n "$(param forced '')" ]; then
		grep -q -E '(^| )pkram=' /proc/cmdline || fail "pkram= is missing"
	else
		! grep -E '(^| )pkram=' /proc/cmdline || fail "pkram= was added"
	fi
	dmesg | grep -v 'ommand line' | grep pkram > /tmp/lines || true
	cat /tmp/lines
	[ "$(wc -l < /tmp/lines)" -le 1 ] || fail "more than a line"
	mount_err ENODEV $M rw pkram=dump
	[ -s /tmp/sums ] || fail "no checksums"
	cut -d ' ' -f 1 /tmp/sums | $MEM core-sums > /tmp/core-sums
	cmp /tmp/sums /tmp/core-sums || {
		diff /tmp/sums /tmp/core-sums | head
		fail "the crash kernel has written to what is preserved"
	}
	/files/pkram-dump -r -t "$(param table '')" /proc/vmcore > /tmp/dump || {
		grep -n BAD /tmp/dump | head
		fail "the dump has another node than the kernel had"
	}
	grep -q "^  node 'shmem-dump'" /tmp/dump || fail "$(head /tmp/dump)"
	[ "$(grep -c ' run: ' /tmp/dump)" -ge 16384 ] || fail "$(head -20 /tmp/dump)"
	echo "VMCORE $(wc -c < /tmp/core-sums) $(dd if=/proc/vmcore bs=1M status=none | wc -c) bytes"
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: memory that the next kernel has lost, or is told to use, costs at most the node in it
# stages: 2
# vm hole: -a pkram_test.case=hole
# vm hole-load: -s load -a pkram_test.case=hole
# vm cma: -a pkram_test.case=cma
# vm e820: -a pkram_test.case=e820 -a "$(for n in {16..95}; do printf 'memmap=4K$%#x ' $((n << 24)); done)"
# vm e820-load: -s load -a pkram_test.case=e820 -a "$(for n in {16..95}; do printf 'memmap=4K$%#x ' $((n << 24)); done)"
# vm cut: -s load -a pkram_test.case=cut -a "$(for n in {16..95}; do printf 'memmap=4K$%#x ' $((n << 24)); done)"
# stages cut: 3
# soak: cut hole-load cma e820 e820-load
#
# The cases: a page of a node is no memory any more, the next kernel wants a region
# of CMA there, the memory map has more entries than the boot protocol has room for,
# and kexec_file_load cuts it off there

stage1() {
	local frame words

	pmount good size=100M /mnt/good
	tree_kinds /mnt/good
	remember /mnt/good good
	preserve /mnt/good
	pmount bad size=900M
	$T interleave $M/fill $M/drop 51200 1
	rm $M/drop
	remember $M bad
	preserve
	frame=$($MEM frames $M/fill | sed -n 1000p)
	case $(param case -) in
	hole)	words=$(printf 'memmap=4K$%#x' $((frame << 12))) ;;
	cma)	words=$(printf 'cma=16M@%#x' $((frame << 12 & ~0x3fffff))) ;;
	esac
	# The kernel passes on what firmware has said, kexec-tools what is in use
	if grep -q SYSCALL=load /boot/vmrun.conf; then
		next_kernel "$(cmdline_without 'memmap=') ${words:-}"
	else
		next_kernel "$CMDLINE ${words:-}"
	fi
}

load_good() {
	pmount good '' /mnt/good
	check /mnt/good good
	umount /mnt/good
}

load_bad() {
	pmount bad
	check $M bad
	$T check $M/fill 200M 1
	umount $M
}

hole() {
	grep -q "1 preserved pages are gone or in use" /tmp/lines ||
		fail "no line"
	expect_nodes 2
	message "'bad': it is damaged" mount_err EBADMSG $M rw pkram=bad
	load_good
	drop shmem-bad
}

cma() {
	grep -q "something may be preserved there" /tmp/lines || fail "no line"
	[ "$(awk '/^CmaTotal/ { print $2 }' /proc/meminfo)" = 0 ] ||
		fail "there is CMA"
	load_good
	load_bad
}

# More than 128 entries
e820() {
	[ "$(grep -c -E '^[^ ].*(System RAM|Reserved)' /proc/iomem)" -gt 128 ] ||
		fail "no more than 128 entries"
	load_good
	load_bad
}

# What is left of memory ends somewhere in the middle
cut() {
	if [ $STAGE = 2 ]; then
		expect_nodes 2
		kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE"
		return
	fi
	grep -E 'System RAM' /proc/iomem | tail -2
	[ "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)" -lt 1572864 ] ||
		fail "nothing is cut off"
	grep -q -E "preserved pages are gone or in use|hand-over refused" /tmp/lines ||
		fail "no line"
	case $(nodes) in
	2)	message "'bad': it is damaged" mount_err EBADMSG $M rw pkram=bad
		drop shmem-bad
		drop shmem-good ;;
	0)	pmount bad
		expect_empty $M ;;
	*)	fail "$(nodes) nodes" ;;
	esac
}

other_stage() {
	cat /proc/cmdline
	dmesg | grep pkram: | grep -v 'ommand line' | tee /tmp/lines
	"$(param case -)"
	[ $STAGE != $STAGES ] || expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: with less RAM than before what is still there loads, what is not is refused by name
# stages: 3
# vm small: --numa 2 -m 3G -a pkram_test.case=small
# vm cut: --numa 2 -m 3G -a pkram_test.case=cut
# vm beyond: --numa 2 -m 3G -a pkram_test.case=beyond

# Half of it: all of the first node's, nothing of the second's
next() {
	kexec -s -l "$KERNEL" --initrd="$INITRD" \
		--command-line="$CMDLINE mem=1536M $*"
}

stage1() {
	on 0
	# More than the half of what will be there, which is the default
	pmount low size=850M /mnt/low
	tree_kinds /mnt/low
	$T fill /mnt/low/fill 780M 1
	remember /mnt/low low
	preserve /mnt/low
	if [ "$(param case -)" = small ]; then
		next
		return
	fi
	# One half of it here and one there
	pmount high '' /mnt/high
	$T fill /mnt/high/here 100M 1
	on 1
	$T fill /mnt/high/there 100M 2
	[ "$(param case -)" = beyond ] || on 0
	preserve /mnt/high
	on 0
	next
}

stage2() {
	dmesg | grep pkram: | tee /tmp/lines
	[ "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)" -lt 1572864 ] ||
		fail "mem= has no effect"
	"$(param case -)"
	umount /mnt/low
	expect_nothing_preserved
	next pkram=off pkram_test.free="$(free_kib)"
}

low() {
	pmount low '' /mnt/low
	[ "$(df --output=size -m /mnt/low | tail -1)" -eq 850 ] || fail "size"
	check /mnt/low low
}

small() {
	mount -t tmpfs tmpfs $M
	[ "$(df --output=size -m $M | tail -1)" -lt 780 ] ||
		fail "the default size is no less than the tree's"
	umount $M
	low
}

cut() {
	expect_nodes 2
	grep -q "preserved pages are gone or in use" /tmp/lines || fail "no line"
	message "'high': it is damaged" mount_err EBADMSG $M rw pkram=high
	message "'high': it is damaged" mount_err EBADMSG $M ro pkram=high
	low
	drop shmem-high
	expect_nothing_preserved
	check /mnt/low low
	pmount high
	expect_empty $M
	umount $M
}

# What tells preserved pages from others is gone: nothing can be believed
beyond() {
	grep -q "refused: its page table" /tmp/lines || fail "no line"
	expect_nothing_preserved
	message "'low'" pmount low '' /mnt/low
	expect_empty /mnt/low
}

# As much is free as when nothing was preserved, within half of what was lost. More,
# because in the second stage the kernel itself may lie above mem=.
stage3() {
	local before after

	before=$(param free 0)
	after=$(free_kib)
	echo "KIB $before, when nothing was preserved $after"
	[ $((after - before)) -lt 50000 ] || fail "$((after - before)) KiB lost"
}

. /files/lib.sh

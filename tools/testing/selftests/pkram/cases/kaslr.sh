# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: every kernel lies elsewhere, in physical and virtual memory, and none on what is preserved
# stages: 21
# stages quick: 5
# vm quick:
# vm file: -t 1200
# vm load: -s load -t 1200
# vm numa: --numa 2 -t 1200
# vm deferred-off: -a pkram_test.kernel=deferred-off -t 1200
# kernels deferred-off: deferred-off
# soak: file load numa deferred-off

LOG=/mnt/log

# What every stage appends to
place() {
	local phys virt

	phys=$(sed -n 's/^ *\([0-9a-f]*\)-.* Kernel code/\1/p' /proc/iomem)
	virt=$(sed -n 's/^\([0-9a-f]*\) . _text$/\1/p' /proc/kallsyms)
	[[ $phys = *[1-9a-f]* && $virt = *[1-9a-f]* ]] || fail "no place"
	[ $STAGE = 1 ] || grep -q -v -w nokaslr /proc/cmdline || fail "nokaslr"
	pmount log noatime $LOG
	# The first kernel is QEMU's, and did not choose
	[ $STAGE = 1 ] || echo "$phys $virt" >> $LOG/places
	echo "KASLR phys $phys virt $virt"
}

# steps FIELD: how many different distances there are from a place to the next.
# Without any choice they differ too, but by the same each time: an image finds
# its place beside the one before.
steps() {
	local last=0 next

	while read -r next; do
		echo $((0x$next - last))
		last=$((0x$next))
	done < <(cut -d ' ' -f $1 $LOG/places) | sort -u | wc -l
}

# Every other page of a large part of memory; looked at, left, or loaded
tree() {
	case $((STAGE % 3)) in
	0)	pmount scattered noatime
		$T check $M/keep 300M 1
		[ $STAGE = $STAGES ] || preserve ;;
	1)	pmount scattered noatime,ro
		check $M scattered
		umount $M ;;
	esac
}

first_tree() {
	pmount scattered noatime,size=1200M
	tree_kinds $M
	$T interleave $M/keep $M/drop 76800 1
	rm $M/drop
	remember $M scattered
	preserve
}

other_stage() {
	local kernel boots=$((STAGES - 1))

	place
	if [ $STAGE = 1 ]; then first_tree; else tree; fi
	if [ $STAGE != $STAGES ]; then
		preserve $LOG
		kernel=$(param kernel '')
		next_kernel "$(cmdline_without nokaslr)" \
			${kernel:+/files/kernels/$kernel}
		return
	fi
	mountpoint -q $M || pmount scattered noatime
	check $M scattered
	$T check $M/keep 300M 1
	cat $LOG/places
	echo "KASLR $(steps 1) physical, $(steps 2) virtual distances in $boots boots"
	# Chance may have it that some are the same
	[ "$(steps 1)" -ge $((boots * 3 / 4)) ] || fail "physical addresses"
	[ "$(steps 2)" -ge $((boots * 3 / 4)) ] || fail "virtual addresses"
	umount $LOG $M
	expect_nothing_preserved
}

. /files/lib.sh

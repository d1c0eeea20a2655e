# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: every kernel lies elsewhere, in physical and virtual memory, and none on what is preserved
# stages: 21
# stages quick: 6
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

# leaps FIELD: how often a kernel is 64 MiB or more away from the one before it.
# Without any choice it moves too, but by little: an image finds its place beside
# the one before.
leaps() {
	local last='' next nr=0

	while read -r next; do
		next=$((0x$next))
		if [ -n "$last" ] &&
		   [ $(((next - last) / 0x4000000)) != 0 ]; then
			nr=$((nr + 1))
		fi
		last=$next
	done < <(cut -d ' ' -f "$1" $LOG/places)
	echo $nr
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
	echo "KASLR $(leaps 1) physical, $(leaps 2) virtual leaps in $boots boots"
	# Nine of ten or so, if all places are equally likely
	[ "$(leaps 1)" -ge $((boots / 3)) ] || fail "physical addresses"
	[ "$(leaps 2)" -ge $((boots / 3)) ] || fail "virtual addresses"
	umount $LOG $M
	expect_nothing_preserved
}

. /files/lib.sh

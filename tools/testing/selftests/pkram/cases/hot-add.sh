# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what lies in memory that was added after boot, or next to memory switched off, is kept
# stages: 2
# vm gone: -m 4G -a mem=2G
# vm grown: -m 4G -s load -a mem=2G -a pkram_test.grown=1
# vm free: -m 5G -a mem=2G -a pkram_test.free=1
# vm offline: --numa 2 -m 3G -a pkram_test.offline=1
# soak: gone grown free offline
#
# pkram_test.grown=1    the next kernel finds the added memory as ordinary memory
# pkram_test.free=1     more is added than there was, and hardly used
# pkram_test.offline=1  nothing is added, blocks of memory are switched off

BLOCKS=/sys/devices/system/memory

# hot_add MIB: QEMU has the half of 4 GiB up there
hot_add() {
	local size at n

	[ -e $BLOCKS/probe ] || skip "no memory can be added"
	size=$((0x$(cat $BLOCKS/block_size_bytes)))
	for ((at = 0x100000000; at < 0x100000000 + ($1 << 20); at += size)); do
		printf '%#x' $at > $BLOCKS/probe
		n=$((at / size))
		[ "$(cat $BLOCKS/memory$n/state)" = online ] ||
			echo online > $BLOCKS/memory$n/state
	done
}

# Frames from 4 GiB on
added_frames() {
	$MEM frames "$1" | awk 'length($1) > 7' | wc -l
}

# Switch off what can be, up to as many blocks; prints how many
offline() {
	local block nr=0

	for block in $(find $BLOCKS -maxdepth 1 -name 'memory[0-9]*' | sort -V -r); do
		[ $nr -lt "$1" ] || break
		[ "$(cat $block/state)" = online ] || continue
		if echo offline > $block/state; then
			nr=$((nr + 1))
		fi
	done 2> /dev/null
	echo $nr
}

stage1() {
	local nr

	pmount kept size=700M
	if [ "$(param offline '')" = 1 ]; then
		nr=$(offline 2)
		echo "OFFLINE $nr blocks"
		[ "$nr" = 2 ] || fail "no memory can be switched off"
	elif [ "$(param free '')" = 1 ]; then
		hot_add 2560
	else
		hot_add 512
		$T fill $M/added 600M 2
		nr=$(added_frames $M/added)
		echo "ADDED $nr frames"
		[ "$nr" -gt 10000 ] || fail "not in memory that was added"
	fi
	tree_kinds $M
	$T fill $M/fill 50M 1
	remember $M
	preserve
	check $M
	umount $M
	pmount kept
	check $M
	preserve
	if [ "$(param offline '')" = 1 ]; then
		echo "OFFLINE $(offline 3) more"
		check $M
	fi
	if [ "$(param grown '')" = 1 ]; then
		next_kernel "$(cmdline_without mem=)"
	else
		next_kernel "$CMDLINE"
	fi
}

stage2() {
	dmesg | grep pkram: | grep -v 'ommand line'
	pmount kept
	check $M
	[ "$(param offline '')$(param free '')" = 1 ] || $T check $M/added 600M 2
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

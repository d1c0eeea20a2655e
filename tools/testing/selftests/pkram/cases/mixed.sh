# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: kernels of different configurations take over from each other, in both directions
# stages: 4
# vm other: -a pkram_test.kernel=other
# vm load: -s load -a pkram_test.kernel=other
# vm numa: --numa 2 -m 3G -a pkram_test.kernel=other
# vm deferred-off: --numa 2 -m 3G -a pkram_test.kernel=deferred-off
# vm debug: -m 4G -t 2400 -a pkram_test.kernel=debug
# kernels: other
# kernels deferred-off: deferred-off
# kernels debug: debug
# soak: other load numa deferred-off debug

# The kernel of the first stage and the other one take turns
turn() {
	[ $STAGE = $STAGES ] || {
		preserve
		if [ $((STAGE % 2)) = 1 ]; then
			next_kernel "$CMDLINE" "/files/kernels/$(param kernel '')"
		else
			next_kernel "$CMDLINE"
		fi
	}
}

config() {
	zcat /proc/config.gz | sha256sum
}

stage1() {
	pmount left size=600M /mnt/left
	tree_kinds /mnt/left
	$T interleave /mnt/left/keep /mnt/left/drop 25600 1
	rm /mnt/left/drop
	remember /mnt/left left
	preserve /mnt/left
	umount /mnt/left

	pmount mixed size=200M
	tree_kinds $M
	$T fill $M/fill 50M 2
	config > $M/config
	remember $M $STAGE
	turn
}

other_stage() {
	dmesg | grep pkram: | grep -v 'ommand line'
	expect_nodes 2
	pmount mixed
	check $M $((STAGE - 1))
	[ "$(config)" != "$(cat $M/config)" ] ||
		fail "the same kernel as before"
	config > $M/config
	cp -a $M/data "$M/data$STAGE"
	$T fill $M/fill $((50 + STAGE))M $STAGE
	remember $M $STAGE
	if [ $STAGE = $STAGES ]; then
		pmount left '' /mnt/left
		check /mnt/left left
		$T check /mnt/left/keep 100M 1
		umount /mnt/left $M
		expect_nothing_preserved
	fi
	turn
}

. /files/lib.sh

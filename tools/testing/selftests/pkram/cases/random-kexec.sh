# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: all that can be seen of random trees is the same after a kexec
# stages: 2
# stages soak: 11
# vm quick:
# vm load: -s load
# vm soak: -m 3G -a pkram_test.seed=random -t 7200
# soak: load soak
#
# Parameters as of random; pkram_test.count is of trees at a time. Every stage
# but the first loads the trees of the one before, every stage but the last makes
# new ones: some from the loaded ones, for as long as there are stages.

NOTES=/mnt/notes

# The trees' manifests and the first seed travel in a tmpfs of their own
notes() {
	pmount notes noatime $NOTES
}

make_tree() {
	local n=$1 dir=/mnt/tree$1 seed=$2

	mountpoint -q $dir ||
		pmount tree$n "noatime,$(random_options $seed)" $dir
	random_grow $dir $seed
	full_remember $dir $NOTES/tree$n $STAGE-$n
	preserve $dir
}

check_tree() {
	local n=$1 dir=/mnt/tree$1

	if [ $n = 1 ]; then
		pmount tree$n noatime,ro $dir
		full_check $dir $NOTES/tree$n $((STAGE - 1))-$n
		umount $dir
	fi
	pmount tree$n noatime $dir
	full_handles $dir $NOTES/tree$n
	full_check $dir $NOTES/tree$n $((STAGE - 1))-$n
}

other_stage() {
	local count seed n

	count=$(param count 5)
	notes
	[ $STAGE != 1 ] || random_seed > $NOTES/seed
	seed=$(cat $NOTES/seed)
	# How to have all the same again
	echo "STAGE $STAGE -a pkram_test.seed=$seed -a pkram_test.count=$count"
	for ((n = 0; n < count; n++)); do
		[ $STAGE = 1 ] || check_tree $n
	done
	for ((n = 0; n < count; n++)); do
		# Two of them go on from where they are
		[ $STAGE = 1 ] || [ $n -lt 2 ] || umount /mnt/tree$n
		[ $STAGE = $STAGES ] ||
			make_tree $n $((seed + (STAGE - 1) * count + n))
	done
	if [ $STAGE != $STAGES ]; then
		preserve $NOTES
		return
	fi
	umount $NOTES /mnt/tree[01]
	expect_nothing_preserved
}

. /files/lib.sh

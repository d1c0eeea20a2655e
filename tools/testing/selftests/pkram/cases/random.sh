# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: random trees look the same after preserve and mount, and grow on like others
# stages: 1
# vm quick:
# vm soak: -a pkram_test.count=1000 -a pkram_test.seed=random -t 14400
# soak: soak
#
# pkram_test.seed=N      the first tree's seed, or "random"
# pkram_test.count=N     trees
# pkram_test.ops=N       operations a tree
# pkram_test.kinds=LIST  see pkram_tree

# What does not depend on when a tree was made
shape() {
	$TREE manifest "$1" |
		sed -E 's/ (b|m|c|fh|fsid)=[^ ]*//g'
}

# Where an operation leads also depends on what cannot be seen, such as how much
# has been charged and which numbers come next: the same with a tree that never
# was anything but mounted. Huge pages depend on free memory. A whiteout that
# rename() has made and that is removed leaves a negative dentry, which keeps its
# place in the order of the directory for the next file of that name; one that was
# loaded leaves none.
grow_on() {
	local seed=$1 options=$2 kinds=$3

	random_grow $M $((seed + 1)) $kinds
	[[ $options != *huge=* && $kinds != *whiteout* ]] || return 0
	pmount control noatime,$options /mnt/control
	random_grow /mnt/control $seed $kinds
	random_grow /mnt/control $((seed + 1)) $kinds
	shape $M > /tmp/loaded
	shape /mnt/control > /tmp/control
	umount /mnt/control
	cmp -s /tmp/control /tmp/loaded || {
		diff /tmp/control /tmp/loaded | sed -E "s/^(.{80}).{20,}(.{300})$/\1 [...] \2/" | head -40
		fail "a loaded tree does not grow like another one"
	}
}

one_tree() {
	local seed=$1 options kinds=base,xattr,acl,flags

	options=$(random_options $seed)
	[ $((seed % 2)) = 0 ] || kinds+=,whiteout
	# How to have just this one
	echo "TREE -a pkram_test.seed=$seed -a pkram_test.count=1 ($options)"
	pmount random noatime,$options
	random_grow $M $seed $kinds
	full_remember $M /tmp/tree $seed
	preserve
	umount $M
	# A mount that only looks, then one that takes it over
	if [ $((seed % 4)) = 0 ]; then
		pmount random noatime,ro
		full_check $M /tmp/tree $seed
		umount $M
	fi
	pmount random noatime
	full_handles $M /tmp/tree
	full_check $M /tmp/tree $seed
	grow_on $seed $options $kinds
	umount $M
	expect_nothing_preserved
}

stage1() {
	local seed count n before

	seed=$(random_seed)
	count=$(param count 20)
	# The allocations of the first two are not a leak
	one_tree $seed
	[ "$count" -lt 2 ] || one_tree $((seed + 1))
	# Manifests are in memory, too
	rm -f /tmp/*
	before=$(free_kib)
	for ((n = 2; n < count; n++)); do
		one_tree $((seed + n))
	done
	rm -f /tmp/*
	echo "$count trees, $SECONDS s"
	lost_at_most "$before" $((512 + count)) $((512 + count + 4096))
}

. /files/lib.sh

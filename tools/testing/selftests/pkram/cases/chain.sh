# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: nodes are loaded, left alone, dropped and made over many kexecs, and no memory is lost
# stages: 201
# stages quick: 6
# vm quick: -a pkram_test.ops=200
# vm all: -t 10800 -a pkram_test.seed=random -a pkram_test.ops=300
# vm load: -s load -t 10800 -a pkram_test.seed=random -a pkram_test.ops=300
# vm numa: --numa 2 -t 10800 -a pkram_test.seed=random -a pkram_test.ops=300
# soak: all load numa
#
# pkram_test.seed=N, pkram_test.ops=N: as of random; pkram_test.count=N: nodes
#
# Before generation 2 and after the last one nothing is preserved, and the same
# has been done: as much memory must be free.

NOTES=/mnt/notes

# Manifests, seed and what was free travel in a node of their own, which no kind of
# tree is hard on
notes() {
	pmount notes noatime,size=200M $NOTES
}

make_tree() {
	local n=$1 dir=/mnt/tree$1 seed=$2

	mountpoint -q $dir ||
		pmount tree$n "noatime,$(random_options $seed)" $dir
	random_grow $dir $seed
	full_remember $dir $NOTES/tree$n $STAGE-$n
	echo $STAGE > $NOTES/stage$n
	preserve $dir
	[ $((RANDOM % 2)) = 0 ] || umount $dir
}

load_tree() {
	local n=$1 dir=/mnt/tree$1

	pmount tree$n noatime $dir
	full_handles $dir $NOTES/tree$n
	full_check $dir $NOTES/tree$n "$(cat $NOTES/stage$n)-$n"
}

look_at_tree() {
	local n=$1 dir=/mnt/tree$1

	pmount tree$n noatime,ro $dir
	full_check $dir $NOTES/tree$n "$(cat $NOTES/stage$n)-$n"
	umount $dir
}

forget_tree() {
	rm $NOTES/tree$1 $NOTES/stage$1
}

# One of the fates of a node, which is there or not
generation() {
	local n=$1 fate=$((RANDOM % 10))

	if [ ! -e $NOTES/tree$n ]; then
		[ $fate -lt 3 ] || make_tree $n $((seed + STAGE * count + n))
		return
	fi
	case $fate in
	[012])	;;						# left
	3)	look_at_tree $n ;;
	4)	drop shmem-tree$n
		forget_tree $n ;;
	5)	load_tree $n					# consumed
		forget_tree $n
		umount /mnt/tree$n ;;
	[67])	load_tree $n					# goes on
		make_tree $n $((seed + STAGE * count + n)) ;;
	*)	load_tree $n					# as it is
		preserve /mnt/tree$n ;;
	esac
}

# All that is done here leaves something behind for the first time
warm_up() {
	local n

	for n in 1 2; do
		pmount warm noatime,size=64M /mnt/warm
		random_grow /mnt/warm $n > /dev/null
		full_manifest /mnt/warm > /tmp/warm
		preserve /mnt/warm
		umount /mnt/warm
		pmount warm noatime /mnt/warm
		full_manifest /mnt/warm > /tmp/warm
		umount /mnt/warm
	done
	rm -f /tmp/*
}

# The same things have been done, and nothing is preserved
all_loaded() {
	local n

	for ((n = 0; n < count; n++)); do
		[ -e $NOTES/tree$n ] || continue
		load_tree $n
		umount /mnt/tree$n
		forget_tree $n
	done
	umount $NOTES
	rm -f /tmp/*
	expect_nothing_preserved
	warm_up
	free=$(free_kib)
}

other_stage() {
	local count seed n free first

	count=$(param count 6)
	notes
	[ $STAGE != 1 ] || random_seed > $NOTES/seed
	seed=$(cat $NOTES/seed)
	# How to have all the same again
	echo "STAGE $STAGE -a pkram_test.seed=$seed -a pkram_test.count=$count"
	RANDOM=$((seed + STAGE))
	case $STAGE in
	2)	# Nothing that matters is in there yet
		all_loaded
		notes
		echo $seed > $NOTES/seed
		echo $free > $NOTES/free
		echo "KIB generation $STAGE: $free" ;;
	"$STAGES") first=$(cat $NOTES/free)
		all_loaded
		echo "KIB generation $STAGE: $free, before $first"
		if [ $((free - first)) -gt 1024 ] || [ $((first - free)) -gt 1024 ]; then
			fail "$((first - free)) KiB lost"
		fi
		return ;;
	esac
	for ((n = 0; n < count; n++)); do
		generation $n
	done
	echo "NODES $(nodes) $(cat /sys/kernel/pkram/preserved_bytes) bytes"
	preserve $NOTES
}

. /files/lib.sh

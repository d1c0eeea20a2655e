# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: several threads save what one does, of one file and of many, and so does an error
# stages: 2
# vm plain: -c 4 -m 2G -a pkram_threads=4
# vm verify: -c 4 -m 2G -a "pkram_threads=4 pkram_test.options=,verify"
# vm errors: -c 4 -m 2G -a "pkram_threads=4 pkram_test.errors=1"

cg=/sys/fs/cgroup
threads=/sys/module/kernel/parameters/pkram_threads

# forks CMD...: how many processes and threads the command makes
forks() {
	local before after

	before=$(awk '/^processes/ { print $2 }' /proc/stat)
	"$@"
	after=$(awk '/^processes/ { print $2 }' /proc/stat)
	FORKS=$((after - before))
}

metadata() {
	cat /sys/kernel/pkram/metadata_bytes
}

# Small files in many directories, enough for several pieces, which they are not
# all of the same number of
small_files() {
	local n

	for ((n = 0; n < 700; n++)); do
		mkdir -p $M/small/$((n % 9))/$((n % 5))
		$T fill $M/small/$((n % 9))/$((n % 5))/$n $((n % 50 * 4096 + n)) $n
	done
	for ((n = 0; n < 700; n += 50)); do
		ln $M/small/$((n % 9))/$((n % 5))/$n $M/small/link$n
	done
}

grow() {
	tree_kinds $M
	# Pages that nobody has written to become data by being swapped out
	rm $M/data/fallocated*
	$T fill $M/big 80M 1
	ln $M/big $M/dir/again
	small_files
	mount -o remount,huge=always $M
	$T fill $M/huge 40M 2
	$T fill $M/dir/punched 40M 3
	mount -o remount,huge=never $M
	# On both sides of where pieces begin, and a whole one
	fallocate -p -o $((16 * 1048576 - 8192)) -l 12288 $M/dir/punched
	fallocate -p -o $((32 * 1048576)) -l $((16 * 1048576)) $M/big
	truncate -s 3G $M/holes.sparse
	for n in 0 16777215 16777216 1000000000 3221225471; do
		printf x | dd of=$M/holes.sparse bs=1 seek=$n conv=notrunc status=none
	done
	$T fill $M/beyond 2M 4
	fallocate -n -l 10M $M/beyond
}

swapped() {
	echo $$ > $cg/x/cgroup.procs
	$T fill $M/swapped 60M 5
	swap_out 20M 40000
	echo $$ > $cg/cgroup.procs
}

# A file that cannot be saved is named as one thread names it
pinned() {
	local got

	echo "$1" > $threads
	echo "mark pinned $1" > /dev/kmsg
	got=$($F pin $M/dir/sub/pinned $T mount $M remount,ro preserve)
	[ "$got" = EBUSY ] || fail "pinned, $1 threads: '$got'"
	dmesg | sed "1,/mark pinned $1/d" | grep -F "'/dir/sub/pinned': pages are pinned" > /dev/null ||
		fail "pinned, $1 threads: not named"
	expect_nothing_preserved
	: > $M/writable || fail "pinned, $1 threads: read-only"
}

# Killed at any time a save is there or not, and nothing else is
killed() {
	local n pid there=0

	echo 4 > $threads
	for ((n = 0; n < 20; n++)); do
		$T mount $M remount,ro preserve > /dev/null &
		pid=$!
		sleep 0.0$((n / 5))$((n % 5 * 2))
		kill -9 $pid 2> /dev/null || true
		wait $pid 2> /dev/null || true
		if [ "$(nodes)" = 1 ]; then
			there=$((there + 1))
			mount -o remount,rw,nopreserve $M
		fi
		expect_nothing_preserved
	done
	echo "KILLED 20, of which $there were too late"
}

# Each third allocation of the caller fails once: those of its threads' making, which
# is no error, and those of its own share
failing() {
	local d n=1 got points=0 survived=0

	[ -e /proc/self/fail-nth ] || return 0
	for d in failslab fail_page_alloc; do
		echo 0 > /sys/kernel/debug/$d/verbose
		echo N > /sys/kernel/debug/$d/ignore-gfp-wait
	done
	echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
	echo 4 > $threads
	while :; do
		got=$($F failnth $n $M remount,ro preserve)
		case $got in
		"0 done")
			break ;;
		0)	survived=$((survived + 1))
			mount -o remount,rw,nopreserve $M ;;
		ENOMEM)	points=$((points + 1))
			: > $M/writable || fail "allocation $n: read-only" ;;
		*)	fail "allocation $n: $got" ;;
		esac
		expect_nothing_preserved
		n=$((n + 3))
	done
	mount -o remount,rw,nopreserve $M
	echo "FAILED $points of $n allocations, $survived made no difference"
	[ $points -gt 2 ] || fail "nothing failed"
	[ $survived -gt 2 ] || fail "each was needed"
}

errors() {
	$T fill $M/dir/sub/pinned 1M 6
	touch $M/writable
	pinned 1
	pinned 4
	killed
	failing
}

# One thread and four save the same, the latter in hardly more memory
compare() {
	local one serial four

	echo 1 > $threads
	forks preserve
	one=$FORKS
	serial=$(metadata)
	mount -o remount,rw,nopreserve $M
	echo 4 > $threads
	forks preserve
	four=$(metadata)
	[ "$FORKS" = $((one + 3)) ] || fail "$FORKS processes, not $((one + 3))"
	echo "METADATA one $serial four $four"
	[ "$four" -le $((serial + 20 * 4096)) ] || fail "metadata: $serial, $four"
	check $M grown
	umount $M
	pmount threads
	check $M grown
}

# Holes of files get pages after the first of two names has been met, before the second
late_holes() {
	local n pid tries=0

	mkdir $M/first $M/second
	for ((n = 0; n < 3000; n++)); do
		: > $M/first/$n
		ln $M/first/$n $M/second/$n
	done
	truncate -s 4096 $M/first/*
	$F touch $M/first & pid=$!
	while kill -0 $pid 2> /dev/null; do
		[ "$($T mount $M remount,ro preserve)" = 0 ] || fail "preserve"
		$T mount $M remount,rw nopreserve > /dev/null
		tries=$((tries + 1))
	done
	wait $pid
	echo "TRIES $tries"
	rm -r $M/first $M/second
}

stage1() {
	[ -e /sys/block/zram0 ] || skip "no zram"
	[ "$(cat $threads)" = 4 ] || fail "threads: $(cat $threads)"
	swap_on 400M
	pmount threads "size=1400M$(param options '')"
	grow
	if [ "$(param errors '')" ]; then
		errors
	else
		late_holes
		remember $M grown
		compare
	fi
	swapped
	remember $M swapped
	preserve
}

stage2() {
	pmount threads
	check $M swapped
	check_kinds $M
	$T check $M/swapped 60M 5
	# What has come from the previous kernel, too
	preserve
	umount $M
	pmount threads
	check $M swapped
	rm -r "${M:?}"/*
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

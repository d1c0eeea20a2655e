# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what can still write gives EBUSY; faults, collapsing and compaction meanwhile do no harm; SIGKILL leaves nothing half done
# stages: 1

# Killed processes and rings of io_uring let go of their files in their own time
unmount() {
	local n

	for ((n = 0; n < 100; n++)); do
		umount $M 2> /tmp/umount && return
		grep -q busy /tmp/umount || break
		sleep 0.1
	done
	cat /tmp/umount
	fail "umount"
}

# busy CMD...: preserving by way of this command fails, and leaves nothing
busy() {
	local got

	got=$("$@" $T mount $M remount,ro preserve)
	[ "$got" = EBUSY ] || fail "$*: '$got'"
	expect_nothing_preserved
	touch $M/writable
}

blocked() {
	pmount quiesce
	$T fill $M/file 1M 1
	busy $F mapped $M/file
	busy $F pin $M/file
	losetup /dev/loop0 $M/file && {
		busy env
		losetup -d /dev/loop0
		for n in $(seq 50); do
			[ -e /sys/block/loop0/loop/backing_file ] || break
			sleep 0.1
		done
	}
	# A working directory that is there, and readers, are no problem
	(cd $M && preserve)
	unmount
	pmount quiesce
	$T check $M/file 1M 1
	unmount
}

restless() {
	local n pids sum

	echo 0 > /sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	echo 4096 > /sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan
	pmount quiesce huge=advise
	$T fill $M/file 24M 1
	truncate -s 48M $M/file
	$T interleave $M/a $M/b 2000 2
	sum=$(cat $M/a $M/b | sha256sum)
	for n in 1 2 3 4; do
		$F faults $M/file & pids=$!
		while :; do
			echo 1 > /proc/sys/vm/compact_memory
		done & pids="$pids $!"
		sleep 0.3
		preserve
		sleep 0.3
		kill $pids
		wait $pids 2> /dev/null || true
		unmount
		pmount quiesce
		head -c 24M $M/file > /tmp/file
		$T check /tmp/file 24M 1 || fail "content"
		[ "$(cat $M/a $M/b | sha256sum)" = "$sum" ] || fail "content"
	done
	unmount
	expect_nothing_preserved
}

# killed_after N CMD...: SIGKILL for it after N parts of 25 of $whole
killed_after() {
	local us=$((whole * $1 / 25))

	shift
	timeout -s KILL "$(printf '0.%06d' $us)" "$@" > /dev/null 2>&1 || true
}

# How long a command takes, in microseconds, goes to $whole
take_time() {
	local start=${EPOCHREALTIME/./}

	"$@" > /dev/null
	whole=$((${EPOCHREALTIME/./} - start))
	[ $whole -lt 500000 ] || whole=500000
}

killed() {
	local n saved=0 whole

	pmount quiesce size=90%
	cp -a /usr/bin /usr/sbin /usr/share $M/
	for n in $(seq 2000); do
		echo $n > $M/bin/new$n
	done
	remember $M
	# Fast machines do it in less than others need to begin
	take_time $T mount $M remount,ro preserve
	mount -o remount,rw,nopreserve $M
	for n in $(seq 30); do
		killed_after $n $T mount $M remount,ro preserve
		if grep -q " $M .*,preserve" /proc/mounts; then
			saved=$((saved + 1))
			expect_nodes 1
			mount -o remount,rw,nopreserve $M
		else
			expect_nothing_preserved
			mount -o remount,rw $M
		fi
	done
	echo "KILLED $((30 - saved)) of 30, it takes $whole us"
	[ $saved -lt 30 ] || fail "never in time"
	check $M
	preserve
	unmount
	# Loads that are killed leave it all as it was
	take_time $T mount $M rw pkram=quiesce
	preserve
	unmount
	for n in $(seq 30); do
		killed_after $n $T mount $M rw pkram=quiesce
		if mountpoint -q $M; then
			check $M
			break
		fi
		expect_nodes 1
	done
	mountpoint -q $M || pmount quiesce
	check $M
	unmount
	expect_nothing_preserved
}

stage1() {
	blocked
	restless
	killed
}

. /files/lib.sh

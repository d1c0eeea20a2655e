# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: each event is traced where it should be, at boot and when sealing too, and once, not for each page
# stages: 2
# vm: -a trace_event=pkram -a trace_clock=local -a tp_printk
# console: pkram_seal: generation=1 nodes=2 pages=[0-9]+ landing=[0-9]+ sealed

TRACE=/sys/kernel/tracing/trace
PAGES=20000
# As many runs as a link has, and those of the files
LINKS=$(((PAGES + 253) / 254))

# events NAME [TEXT]: how often there was one since the last forget
events() {
	grep -c -E " pkram_$1: .*${2:-}" $TRACE || true
}

forget() {
	echo > $TRACE
}

# expect N NAME [TEXT]
expect() {
	[ "$(events "$2" "${3:-}")" = "$1" ] || {
		grep pkram_ $TRACE | tail -30 || true
		fail "$(events "$2" "${3:-}") events $2 ${3:-}, expected $1"
	}
}

stage1() {
	[ -e /sys/kernel/tracing/events/pkram/enable ] || skip "no events"
	[ "$(cat /sys/kernel/tracing/events/pkram/enable)" = 1 ] || fail "trace_event="
	expect 0 hand_back
	expect 0 reserve
	forget

	pmount one
	expect 1 refuse "node=shmem-one err=-2"
	$T interleave $M/keep $M/drop $PAGES 1
	rm $M/drop
	preserve
	expect 1 save_obj "node=shmem-one obj=0 pages=$PAGES "
	expect 1 save_tree "node=shmem-one inodes=2 names=1 pages=$PAGES err=0"
	expect 1 commit "node=shmem-one objs=1 pages=$PAGES "
	expect 0 discard
	[ "$(grep -c pkram_ $TRACE)" -lt 10 ] || fail "too many"

	# Given up
	forget
	mount -o remount,rw,nopreserve $M
	expect 1 load "node=shmem-one"
	expect 1 consume "node=shmem-one"
	preserve
	pmount pinned "" /mnt/pinned
	$T fill /mnt/pinned/pinned 1M 1
	[ "$($F pin /mnt/pinned/pinned $T mount /mnt/pinned remount,ro preserve)" = EBUSY ] ||
		fail "preserved what is pinned"
	expect 1 save_tree "node=shmem-pinned .* err=-16"
	expect 1 discard "node=shmem-pinned"
	expect 1 commit

	# In the way of an image
	pmount large "" /mnt/large
	$T fill /mnt/large/fill 200M 1
	preserve /mnt/large
	forget
	next_kernel_over /mnt/large/fill 51200 "$CMDLINE"
	expect 1 displace_done "pages=[1-9][0-9]* err=0"
	expect 1 displace "node=shmem-large pages=[1-9][0-9]* err=0"
	[ "$(events displace)" -le 2 ] || fail "too many nodes displaced"
	expect 0 seal
}

stage2() {
	local n

	expect 1 reserve "landing=[1-9]"
	expect 1 hand_back "nodes=2 pages=[1-9][0-9]* lost=0 freed=[1-9]"
	for ((n = 0; n < 300; n++)); do
		[ "$(events pending_done)" = 0 ] || break
		sleep 0.1
	done
	expect 1 pending_done "pages=[1-9]"
	expect 0 claim

	forget
	pmount one ro
	expect 1 load "node=shmem-one objs=1 pages=$PAGES "
	expect 1 load_obj "node=shmem-one obj=0 pages=$PAGES "
	expect 1 load_tree "node=shmem-one inodes=2 names=1 pages=$PAGES err=0"
	# For each link, not for each page
	n=$(events claim "node=shmem-one")
	[ "$n" -ge $((LINKS / 2)) ] || fail "$n times claimed"
	[ "$n" -le $((LINKS * 2)) ] || fail "$n times claimed"
	expect 0 consume
	umount $M
	expect 1 abort "node=shmem-one"

	forget
	pmount one
	expect 1 consume "node=shmem-one objs=1 pages=$PAGES "
	expect 0 abort
	drop shmem-large
	expect 1 drop "node=shmem-large objs=1 pages=51200 "
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

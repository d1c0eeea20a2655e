# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what lies between preserved pages becomes free memory, once, whatever follows the boot
# stages: 6
# vm smp: -m 1536M
# vm one: -m 1536M -c 1
# vm numa: -m 1536M --numa 2
# soak: numa

N=/mnt/n
# So many are preserved, and about as many lie between them
PAGES=98304

# total_kib: MemTotal, which has to be what all zones manage
total_kib() {
	local total managed

	total=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
	managed=$(awk '$1 == "managed" { n += 4 * $2 } END { print n }' \
		/proc/zoneinfo)
	[ "$total" = "$managed" ] ||
		fail "$total KiB in total, but $managed managed"
	echo "$total"
}

# between: pages that have been freed in the background, nothing while they are
between() {
	dmesg | sed -n 's/.* \([0-9]*\) pages between preserved ones freed .*/\1/p'
}

# all_back: wait until it has been freed
all_back() {
	local n nr=

	for ((n = 0; n < 300; n++)); do
		nr=$(between)
		[ -z "$nr" ] || break
		sleep 0.1
	done
	[ "${nr:-0}" -ge $((PAGES * 3 / 4)) ] || fail "${nr:-no} pages"
}

# size_of DIR: how large a file system is, in KiB
size_of() {
	echo $(($(stat -f -c '%b * %S' "$1") / 1024))
}

no_oom() {
	local killed

	killed=$(awk '$1 == "oom_kill" { print $2 }' /proc/vmstat)
	[ "$killed" = 0 ] || fail "out of memory"
}

stage1() {
	pmount between size=100%
	$T interleave $M/keep $M/drop $PAGES 1
	rm $M/drop
	# What is preserved counts as memory like any other
	mount -o remount,size=30% $M
	preserve
	next_kernel "$CMDLINE pkram_test.total=$(total_kib) pkram_test.size=$(size_of $M)"
}

# Somebody needs more memory than there is
stage2() {
	local total before early

	early=$(between)
	total=$(total_kib)
	echo "FIRST $(param total 0), then $total"
	[ $((total * 100)) -ge $(($(param total 0) * 99)) ] ||
		fail "preserved memory is not counted"
	before=$(((total - PAGES * 4) * 85 / 100))
	mkdir -p $N
	mount -t tmpfs -o size=100% hog $N
	$T fill $N/hog ${before}K 2
	echo "HOG $before KiB, ${early:-0} pages before it"
	$T check $N/hog ${before}K 2
	umount $N
	no_oom
	all_back
	total_kib
}

# Somebody saves
stage3() {
	local early

	early=$(between)
	echo "SAVE ${early:-0} pages before it"
	pmount another "" $N
	$T fill $N/file 64M 3
	preserve $N
	umount $N
	all_back
	expect_nodes 2
}

# Somebody kexecs
stage4() {
	expect_nodes 2
}

# Somebody loads
stage5() {
	local total free

	pmount between size=30%
	[ $(($(size_of $M) * 100)) -ge $(($(param size 0) * 99)) ] ||
		fail "$(size_of $M) KiB, and had $(param size 0)"
	pmount another "" $N
	$T check $M/keep $((PAGES / 256))M 1
	$T check $N/file 64M 3
	umount $M
	umount $N
	all_back
	expect_nothing_preserved
	total=$(total_kib)
	free=$(free_kib)
	next_kernel "$CMDLINE pkram_test.total=$total pkram_test.free=$free"
}

# As much as if nothing had been there
stage6() {
	local total

	total=$(total_kib)
	echo "TOTAL $(param total 0) then, $total now"
	[ $((total - $(param total 0))) -le 256 ] || fail "memory is missing"
	[ $(($(param total 0) - total)) -le 256 ] || fail "memory is there twice"
	lost_at_most "$(param free 0)" 4096 16384
	[ $(($(free_kib) - $(param free 0))) -le 4096 ] || fail "memory is gone"
}

. /files/lib.sh

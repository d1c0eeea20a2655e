# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: large folios of every order a kernel may use for tmpfs load as they are, and can be cut up after that
# stages: 3
# vm: -m 1G

# This kernel makes folios of a page or of 2 MiB for files of a tmpfs, others make
# what lies between: forge the record of a save by one of them.
orders="1 2 3 4 5 6 7 8"
cg=/sys/fs/cgroup

stage1() {
	local n

	[ -c /dev/mem ] || skip "no /dev/mem"
	pmount mthp verify,huge=always,size=200M
	for n in $orders 9; do
		# Of the last 2 MiB half a page and two more are past the end
		$T fill $M/o-$n 4184064 "$n"
	done
	mount -o remount,huge=never $M
	remember $M
	preserve
	for n in $orders 9; do
		[ "$($MEM orders $M/o-$n)" = 9:2 ] || fail "no huge pages"
	done
	# shellcheck disable=SC2086 # a list
	$MEM reorder $M/o $orders > /tmp/forged
	for n in $orders; do
		grep -q -x "$n:$((1024 >> n))" /tmp/forged || {
			cat /tmp/forged
			fail "order $n"
		}
	done
	check $M
	umount $M
	# Here, where they are of another order, it is wrong
	message "cannot load" mount_err EBADMSG $M rw pkram=mthp
	expect_nodes 1
}

orders_kept() {
	local n want

	for n in $orders 9; do
		want=$n:$(((1022 + (1 << n) - 1) >> n))
		[ "$($MEM orders $M/o-$n)" = "$want" ] ||
			fail "order $n: $($MEM orders $M/o-$n | tr '\n' ' ')"
	done
}

# cut FILE: the same to a file of large and of small folios
cut() {
	truncate -s 3000001 "$1"
	truncate -s 4M "$1"
	fallocate -p -o 1000000 -l 700000 "$1"
	fallocate -p -o 4096 -l 4096 "$1"
	printf x | dd of="$1" bs=1 seek=1500000 conv=notrunc status=none
	fallocate -o 2990000 -l 100000 "$1"
	truncate -s 3100000 "$1"
}

stage2() {
	local n

	pmount mthp ro
	check $M
	orders_kept
	umount $M
	pmount mthp
	check $M
	orders_kept
	mount -t tmpfs -o huge=never,size=100M reference /mnt/ref --mkdir
	for n in $orders 9; do
		$T fill /mnt/ref/o-$n 4184064 "$n"
		cut /mnt/ref/o-$n
		cut $M/o-$n
		cmp $M/o-$n /mnt/ref/o-$n || fail "order $n has changed"
	done
	squeeze
	for n in $orders 9; do
		cmp $M/o-$n /mnt/ref/o-$n ||
			fail "order $n has changed under pressure"
	done
	remember $M cut
	preserve
}

# Swap out what is in this cgroup, which is who has mounted: all of the tree
squeeze() {
	[ -e /sys/block/zram0 ] || fail "no zram"
	swap_on 300M
	# As it is charged when it is loaded: once more
	mount -o remount,ro,preserve $M
	umount $M
	(echo $BASHPID > $cg/x/cgroup.procs && exec mount -t tmpfs -o pkram=mthp mthp $M)
	swap_out 300M 15000
}

stage3() {
	pmount mthp
	check $M cut
	rm $M/*
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

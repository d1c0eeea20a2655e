# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: each allocation of a save and a load may fail: nothing gets lost, the next one works
# stages: 1
# soak: all
# vm slice: -m 1G
# vm all: -m 1G -t 20000 -a pkram_test.step=1

# Of the slice, every how many-th allocation
step=$(sed -n 's/.*pkram_test\.step=\([0-9]*\).*/\1/p' /proc/cmdline)
step=${step:-23}

arm() {
	local d

	for d in failslab fail_page_alloc; do
		echo 0 > /sys/kernel/debug/$d/verbose
		echo N > /sys/kernel/debug/$d/ignore-gfp-wait
	done
	echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
	echo N > /sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
}

# sweep STEP FLAGS OPTIONS OK FAILED: calls OK after each mount that has succeeded
# all the same, and FAILED after one that has failed
sweep() {
	local step=$1 n=1 got points=0 survived=0

	shift

	while :; do
		got=$($F failnth $n $M "$1" "$2")
		case $got in
		"0 done")
			break ;;
		0)	survived=$((survived + 1))
			$3 ;;
		*done)	fail "$n: $got" ;;
		*)	points=$((points + 1))
			$4 "$n" "$got" ;;
		esac
		n=$((n + step))
	done
	echo "POINTS $1: $n allocations, every ${step}th, $points failed, $survived made no difference"
	[ $points -gt 2 ] || fail "nothing failed"
}

save_failed() {
	[ "$2" = ENOMEM ] || fail "save, allocation $1: $2"
	[ "$(cat /sys/kernel/pkram/preserved_bytes)" = 0 ] ||
		fail "save, allocation $1: something is preserved"
	echo "$1" > $M/writable || fail "save, allocation $1: read-only"
}

release() {
	mount -o remount,rw,nopreserve $M
}

load_failed() {
	# For want of a root inode any tmpfs says so. That takes an object, and, when
	# its slab is new, pages and what the slab is accounted with.
	if [ "$2" = ENOSPC ] && [ "$1" -le $((${no_root:-$1} + 3)) ]; then
		no_root=${no_root:-$1}
	elif [ "$2" != ENOMEM ]; then
		fail "load, allocation $1: $2"
	fi
	expect_nodes 1
}

again() {
	full_check $M /tmp/want fail > /dev/null
	preserve
	umount $M
}

# Through save and load, ending where it began
sweeps() {
	sweep $(((step + 9) / 10)) remount,ro preserve release save_failed
	release
	touch -d '2001-02-03' $M/writable
	: > $M/writable
	full_remember $M /tmp/want fail > /dev/null
	preserve
	umount $M
	no_root=
	sweep "$step" rw pkram=fail again load_failed
	full_check $M /tmp/want fail > /dev/null
	preserve
	release
}

stage1() {
	local before

	[ -e /proc/self/fail-nth ] || skip "no fault injection in this kernel"
	arm
	pmount fail verify,size=100M,usrquota,grpquota,mpol=local,noatime
	tree_kinds $M
	rm $M/data/size.sparse
	setfattr -n user.a -v "$(head -c 30000 /dev/urandom | base64 -w0)" $M/file
	setfattr -n trusted.b -v b $M/dir
	setfacl -m u:1000:rw $M/file
	setfacl -d -m u:1000:rwx $M/dir
	mkfifo $M/fifo
	# More of them than the records of a page
	for n in $(seq 40); do
		echo "$n" > $M/dir/sub/$n
	done
	chown -R 1000:1000 $M/dir/sub
	touch $M/writable

	# Once each, for what stays allocated
	full_remember $M /tmp/want fail > /dev/null
	full_check $M /tmp/want fail > /dev/null
	preserve
	release
	before=$(free_kib)
	sweeps
	# What failures leave behind once is no leak. On a debug kernel there is no
	# end to that, it keeps their stacks; there kmemleak has to find what is lost.
	if ! debug_kernel; then
		before=$(free_kib)
		sweeps
	fi
	lost_at_most "$before" 256 4096
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

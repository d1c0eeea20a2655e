# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: contents come after the mount, and whoever wants or changes them first finds them
# stages: 7
# vm plain: -c 2 -m 2G
# vm one: -c 1 -m 2G
# vm huge: -c 2 -m 2G -a pkram_test.options=,huge=always

# late: how much of what was preserved is still to come, in bytes
late() {
	cat /sys/kernel/pkram/preserved_bytes
}

# settled: wait until all has come
settled() {
	local n

	for ((n = 0; n < 600; n++)); do
		[ "$(late)" != 0 ] || return 0
		sleep 0.1
	done
	fail "$(late) bytes have not come"
}

# early FUNCTION: run it while hardly anything comes in the background, where it is
# mounted on the CPU that is busy
early() {
	export CPU=$(($(nproc) - 1))
	# shellcheck disable=SC2163 # the function that is named so
	export -f fail pmount late there maps mounted "$1"
	export T M
	$T hog $CPU bash -euo pipefail -c "$1" || fail "$1"
}

# mounted: and not much has come
mounted() {
	local all

	all=$(late)
	$T on "$CPU" bash -euo pipefail -c "pmount lazy"
	echo "LATE $(late) OF $all"
	[ "$(late)" -gt $((all / 2)) ] || fail "it came before it was wanted"
}

# there DIR: each file has what it had, whoever looks at it first
there() {
	local how pid pids=()

	for how in read map splice; do
		$T probe "$1/a" 1 300 $how 2>&1 & pids+=($!)
	done
	# The same places at the same time
	for how in read read map; do
		$T probe "$1/b" 2 2000 $how 2>&1 & pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "wrong contents"
	done
}

# maps: data and holes of the files
maps() {
	(cd $M && $T map sparse a punched holes)
}

stage1() {
	pmount lazy "size=1600M$(param options '')"
	$T stamp $M/a 256M 1
	$T stamp $M/b 128M 2
	$T stamp $M/cut 64M 3
	$T stamp $M/punched 64M 4
	$T stamp $M/written 64M 5
	$T stamp $M/gone 64M 6
	$T stamp $M/sparse 32M 7
	fallocate -p -o 5M -l 1M $M/sparse
	fallocate -p -o $((16 * 1048576)) -l 4M $M/sparse
	truncate -s 1G $M/holes
	printf x | dd of=$M/holes bs=1 seek=500M conv=notrunc status=none
	mkdir $M/small
	for n in {1..300}; do
		echo "$n" > $M/small/$n
	done
	maps > $M/maps
	du -k $M/* > /tmp/du
	mv /tmp/du $M/du
	full_used=$(df --output=used $M | tail -1)
	echo "$full_used" > $M/used
	preserve
}

# Everything at once
stage2() {
	early first
	settled
	[ "$(cat $M/small/300)" = 300 ]
	cmp $M/maps <(maps)
	$T probe $M/written 5 300 read
	# By the one who preserves
	preserve
}

first() {
	mounted
	there $M
}

changes() {
	local charged

	mounted
	truncate -s 33333336 $M/cut
	fallocate -p -o 9999999 -l 20000001 $M/punched
	# Whole pages of it, in blocks of 512 bytes
	[ "$(stat -c %b $M/cut $M/punched | xargs)" = '65112 92016' ] ||
		fail "space: $(stat -c %b $M/cut $M/punched | xargs)"
	printf 12345678 | dd of=$M/written bs=8 seek=4000000 conv=notrunc status=none
	# Whoever has paid for what nobody wants gets it back at once
	charged=$(cat /sys/fs/cgroup/lazy/memory.current)
	rm $M/gone
	charged=$((charged - $(cat /sys/fs/cgroup/lazy/memory.current)))
	[ $charged -gt $((60 << 20)) ] || fail "still charged: $charged bytes less"
	mv $M/a $M/moved
	ln $M/b $M/linked
	$T probe $M/cut 3 300 read
	$T probe $M/linked 2 300 map
	[ "$(dd if=$M/written bs=8 skip=4000000 count=1 status=none)" = 12345678 ]
	[ "$(dd if=$M/punched bs=1M skip=10 count=15 status=none | tr -d '\0' | wc -c)" = 0 ]
	cmp -n 9999999 $M/punched <($T stamp /tmp/ref 16M 4; cat /tmp/ref; rm /tmp/ref)
	mv $M/moved $M/a
	truncate -s 64M $M/cut
	[ "$(tail -c +33333337 $M/cut | tr -d '\0' | wc -c)" = 0 ]
	$T probe $M/a 1 300 read
}

stage3() {
	local used

	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/lazy
	echo $BASHPID > /sys/fs/cgroup/lazy/cgroup.procs
	early changes
	settled
	rm $M/linked
	maps > $M/maps
	used=$(df --output=used $M | tail -1)
	echo "USED $used"
	[ "$used" -lt "$(cat $M/used)" ]
	preserve
}

preserved() {
	mounted
	mount -o remount,ro,preserve $M
}

# Preserved again at once, with what had not come
stage4() {
	early preserved
	cmp $M/maps <(maps)
	there $M
}

# Mounted read-only, though the file system itself is not: for as long as that lasts
# nothing is to come, nobody waits for it, and what is preserved can be moved
stage5() {
	[ "$($F mount rdonly $M pkram=lazy)" = 0 ] || fail "rdonly"
	expect_nodes 1
	! grep -s -x 'pkram/[0-9]*' /proc/[0-9]*/comm || fail "threads"
	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE"
	kexec -s -u
	there $M
	cmp $M/maps <(maps)
	umount $M
	expect_nodes 1
}

# Gone at once, with nothing left; then only some of it
some() {
	mounted
	cmp $M/maps <(maps)
	$T probe $M/b 2 20 read
	echo 3 > /proc/sys/vm/drop_caches
	# To unload an image nobody waits; one that is loaded is the reason to hurry
	kexec -s -u
	[ "$(late)" != 0 ] || fail "it came before an image was loaded"
	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE"
	[ "$(late)" = 0 ] || fail "the image has not waited"
	kexec -s -u
}

stage6() {
	early some
	preserve
	umount $M
	pmount lazy
	there $M
	mount -o remount,ro,preserve $M
}

unwanted() {
	mounted
	$T probe $M/b 2 20 read
	umount $M
}

stage7() {
	local before

	before=$(free_kib)
	early unwanted
	expect_nothing_preserved
	echo "KIB $before $(free_kib)"
	[ "$(free_kib)" -gt $((before + 500 * 1024)) ] || fail "memory is lost"
	pmount lazy
	expect_empty $M
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: memory policies of files and of mounts come back, without the nodes that are gone
# stages: 3
# vm: --numa 2 -m 2G

show() {
	local p

	for p in 0 9 10 11 19 20 100 1999 2000; do
		$F policy $M/file $p
	done
	grep " $M " /proc/mounts | grep -o 'mpol=[^,]*'
}

show_local() {
	local n

	for n in $(seq 40); do
		$F policy /mnt/local/$n 0
	done
}

stage1() {
	local n

	pmount policy mpol=interleave:0-1
	$T fill $M/file 8M 1
	truncate -s 10M $M/file
	# bind, preferred, many; of the policies not all are mappings of data
	$F mbind $M/file 10 10 2 1
	$F mbind $M/file 11 1 1 0
	$F mbind $M/file 2000 100 3 0
	show > /tmp/show
	cat /tmp/show
	[ "$(sort -u /tmp/show | wc -l)" -gt 3 ] || fail "policies are the same"
	cp /tmp/show $M/show
	# Created before the mount has had a policy
	mount -o remount,mpol=bind:1 $M
	echo x > $M/young
	$F policy $M/young 0 > $M/show.young

	# The kernel leaves the nodes of these as they were in policies freed before
	for n in $(seq 40); do
		truncate -s 1M $M/freed
		$F mbind $M/freed 10 10 2 1
		rm $M/freed
	done
	pmount policy-local mpol=local /mnt/local
	for n in $(seq 40); do
		echo "$n" > /mnt/local/$n
	done
	show_local > /tmp/show
	[ "$(sort -u /tmp/show | wc -l)" = 1 ] || fail "local policies differ"
	cp /tmp/show $M/show.local
	preserve /mnt/local
	preserve
	mount_err EBUSY $M remount,ro mpol=bind:0
	mount_err 0 $M remount,ro mpol=bind:1
}

stage2() {
	pmount policy
	pmount policy-local "" /mnt/local
	show_local | diff - $M/show.local || fail "local policies"
	umount /mnt/local
	show > /tmp/show
	grep -v mpol= $M/show | diff - <(grep -v mpol= /tmp/show) || fail "policies"
	$F policy $M/young 0 | diff - $M/show.young || fail "young"
	grep " $M " /proc/mounts | grep -q mpol=bind:1 || fail "policy of the mount"
	preserve
	umount $M
	# Given wins
	pmount policy mpol=prefer:0
	grep " $M " /proc/mounts | grep -q mpol=prefer:0 || fail "option"
	grep -v mpol= $M/show | diff - <(show | grep -v mpol=) || fail "policies"
	umount $M
	expect_nothing_preserved
	one_node
}

mounts='interleave:0-1 interleave=relative:0-1 bind=static:0-1 bind:1 prefer:1 local'

# The next kernel knows only the first node
one_node() {
	local p

	for p in $mounts; do
		pmount "$p" "mpol=$p" "/mnt/$p"
		echo x > "/mnt/$p/file"
		$F policy "/mnt/$p/file" 0
		preserve "/mnt/$p"
	done
	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$CMDLINE numa=off"
}

stage3() {
	local p

	for p in $mounts; do
		pmount "$p" "" "/mnt/$p"
		[ "$(cat "/mnt/$p/file")" = x ] || fail "$p: content"
		echo y > "/mnt/$p/new"
		echo "$p: $(awk -v d="/mnt/$p" '$2 == d' /proc/mounts |
			tr ',' '\n' | grep mpol= || echo none), file $(
			$F policy "/mnt/$p/file" 0), new $(
			$F policy "/mnt/$p/new" 0)"
	done > /tmp/got
	cat /tmp/got
	# A file of a mode that tells by STATIC or RELATIVE what was asked for
	# goes on asking for it
	diff - /tmp/got <<-END || fail "policies"
		interleave:0-1: mpol=interleave:0, file 0x3 0x1, new 0x3 0x1
		interleave=relative:0-1: mpol=interleave=relative:0, file 0x4003 0x3, new 0x4003 0x1
		bind=static:0-1: mpol=bind=static:0, file 0x8002 0x3, new 0x8002 0x1
		bind:1: none, file 0 0, new 0 0
		prefer:1: none, file 0 0, new 0 0
		local: mpol=local, file 0x4 0, new 0x4 0
	END
	for p in $mounts; do
		umount "/mnt/$p"
	done
	expect_nothing_preserved
}

. /files/lib.sh

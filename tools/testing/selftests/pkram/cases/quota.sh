# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: quotas come back: usage, limits, grace times, defaults, and they are in force
# stages: 2

report() {
	local id

	for id in 0 1000 1001 1002 4294967294; do
		echo "u $id $($F quota $M u $id)"
		echo "g $id $($F quota $M g $id)"
	done
	echo "grace $($F grace $M u) $($F grace $M g)"
}

stage1() {
	mount -t tmpfs -o usrquota none /tmp || skip "no quotas in this kernel's tmpfs"
	umount /tmp
	pmount quota size=200M,usrquota,grpquota,usrquota_inode_hardlimit=50,grpquota_block_hardlimit=9M
	chmod 1777 $M
	$F grace $M u 1000 2000
	$F setquota $M u 1001 5000 100 7 3
	echo x > $M/root
	$T fill $M/a 1M 1
	mkdir $M/dir
	$T fill $M/dir/b 300k 2
	ln -s "$(printf '%2000s' '' | tr ' ' s)" $M/dir/link
	chown -h 1000:1002 $M/a $M/dir $M/dir/link
	# Beyond its soft limits
	chown 1001:1001 $M/dir/b
	for n in 1 2 3 4; do
		echo $n > $M/dir/$n
		chown 1001:1001 $M/dir/$n
	done
	setpriv --reuid 1001 --regid 1001 --clear-groups touch $M/one-more
	report > $M/report
	report > /tmp/report
	cat /tmp/report > $M/report
	report | diff - $M/report
	preserve
}

stage2() {
	local n

	pmount quota
	grep -q ' /mnt/t .*usrquota,grpquota.*usrquota_inode_hardlimit=50' /proc/mounts ||
		fail "$(grep $M /proc/mounts)"
	report > /tmp/report
	diff $M/report /tmp/report || fail "quotas have changed"
	# In force
	n=0
	while setpriv --reuid 1001 --regid 1001 --clear-groups \
		touch $M/x$n 2> /dev/null; do
		n=$((n + 1))
		[ $n -lt 20 ] || fail "no limit"
	done
	[ $n = 1 ] || fail "$n more files, expected 1"
	rm $M/x0
	setpriv --reuid 1002 --regid 1002 --clear-groups touch $M/new
	$F quota $M u 1002 | grep -q '^hard 0 50 ' || fail "default limit"
	rm $M/new
	preserve
	umount $M
	# Not what it was preserved with, as long as that is what is handed over
	for n in usrquota usrquota,grpquota,grpquota_block_hardlimit=8M; do
		pmount quota "ro,$n"
		mount_err EBUSY $M remount,ro preserve
		umount $M
	done
	pmount quota ro,usrquota,grpquota,grpquota_block_hardlimit=9M
	mount_err 0 $M remount,ro preserve
	umount $M
	# An option that is given wins; usage that exceeds it is no error
	pmount quota usrquota,usrquota_block_hardlimit=4k
	grep ' /mnt/t ' /proc/mounts | grep -q ,grpquota, && fail "not wanted"
	[ "$($F quota $M u 1001)" = "$(sed -n 's/^u 1001 //p' $M/report)" ] ||
		fail "$($F quota $M u 1001)"
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

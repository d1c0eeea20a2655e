# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a swap file and pages pinned for DMA are named and refused, and nothing has changed then; all else comes back
# stages: 1

# Beyond the manifest
more() {
	manifest $M
	(
		cd $M || exit 1
		getfattr -R -P -h -d -m- . 2> /dev/null
		getfacl -R -P -n . 2> /dev/null
		lsattr -R . 2> /dev/null
		find . ! -type d ! -type f ! -type l -exec stat -c '%n %t %T' {} +
	)
}

# try NAME CMD...: make a file, and see that it is either refused by its name
# or identical afterwards
try() {
	local name=$1 got

	shift
	pmount refused
	echo other > $M/other
	"$@"
	more > /tmp/before
	echo "mark $name" > /dev/kmsg
	got=$($T mount $M remount,ro preserve)
	if [ "$got" = 0 ]; then
		echo "PRESERVED $name"
		umount $M
		pmount refused
		more > /tmp/after
		cmp /tmp/before /tmp/after || {
			diff /tmp/before /tmp/after
			fail "silently lost: $name"
		}
	else
		echo "REFUSED $name: $got: $(dmesg | sed "1,/mark $name/d" |
			grep -F "$name" | tail -1)"
		dmesg | sed "1,/mark $name/d" | grep -F "$name" > /dev/null ||
			fail "$name: not named: $(dmesg | tail -3)"
		expect_nothing_preserved
		more > /tmp/after
		cmp /tmp/before /tmp/after || fail "changed by the attempt: $name"
		# Without that file it works
		chattr -i -a $M/$name 2> /dev/null || true
		rm -rf ${M:?}/$name
		preserve
		umount $M
		pmount refused
	fi
	[ "$(cat $M/other)" = other ] || fail "other"
	# Whatever chattr has done
	chattr -R -i -a $M 2> /dev/null || true
	umount $M
	expect_nothing_preserved
}

stage1() {
	pinned
	try fifo mkfifo $M/fifo
	try chardev mknod $M/chardev c 1 3
	try blockdev mknod $M/blockdev b 7 9
	try whiteout mknod $M/whiteout c 0 0
	try xattr sh -c "echo x > $M/xattr; setfattr -n user.a -v b $M/xattr"
	try trusted sh -c "echo x > $M/trusted; setfattr -n trusted.a -v b $M/trusted"
	try caps sh -c "cp /usr/bin/true $M/caps;
		setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 $M/caps"
	try dirxattr sh -c "mkdir $M/dirxattr; setfattr -n user.a -v b $M/dirxattr"
	try acl sh -c "echo x > $M/acl; setfacl -m u:1000:rw $M/acl"
	try dacl sh -c "mkdir $M/dacl; setfacl -d -m u:1000:rw $M/dacl"
	try immutable sh -c "echo x > $M/immutable; chattr +i $M/immutable"
	try append sh -c "echo x > $M/append; chattr +a $M/append"
	try nodump sh -c "mkdir $M/nodump; chattr +d $M/nodump"
	try socket $T socket $M/socket
	try "deep/er/fifo2" sh -c "mkdir -p $M/deep/er; mkfifo $M/deep/er/fifo2"
}

# Pins of pages that nothing else holds
pinned() {
	local got

	pmount refused
	mkdir $M/d
	$T fill $M/d/pinned 1M 1
	echo other > $M/other
	touch -d 2001-02-03 $M/d/pinned
	more > /tmp/before
	got=$($F pin $M/d/pinned $T mount $M remount,ro preserve)
	[ "$got" = EBUSY ] || fail "pinned: '$got'"
	dmesg | tail -3 | grep -F "d/pinned" > /dev/null || fail "not named"
	expect_nothing_preserved
	# Mapping it has changed that
	touch -d 2001-02-03 $M/d/pinned
	more > /tmp/after
	cmp /tmp/before /tmp/after || {
		diff /tmp/before /tmp/after
		fail "changed by the attempt"
	}
	touch $M/writable
	preserve
	umount $M
	pmount refused
	umount $M
}

. /files/lib.sh

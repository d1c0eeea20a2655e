# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: attributes, file capabilities, ACLs, flags, births and inode numbers are identical after a kexec
# stages: 2

# What capget() sees is not what getfattr does
caps() {
	getfattr -n security.capability -e hex --only-values "$1" | od -An -tx1
}

stage1() {
	local n

	pmount attr size=200M
	tree_kinds $M
	mkfifo $M/fifo
	mknod $M/chr c 1 3
	mknod $M/blk b 7 9
	mknod $M/whiteout c 0 0
	$T socket $M/socket
	ln $M/fifo $M/dir/fifo
	echo x > $M/user
	setfattr -n user.a -v b $M/user
	setfattr -n user.empty $M/user
	setfattr -n "user.$(printf '%250s' '' | tr ' ' n)" -v long $M/user
	for n in $(seq 300); do
		setfattr -n user.$n -v "$n" $M/dir
	done
	setfattr -n user.large -v "0s$(head -c 65536 /dev/urandom | base64 -w0)" $M/file
	setfattr -n trusted.a -v b $M/dir/sub
	setfattr -h -n trusted.b -v link $M/dir/link
	setfattr -n trusted.c -v c $M/chr
	setfattr -n user.nul -v 0x00ff00 $M/user
	cp /usr/bin/true $M/caps
	setfattr -n security.capability \
		-v 0x0100000200040000000000000000000000000000 $M/caps
	setfattr -n security.other -v o $M/dir
	setfacl -m u:1000:rw,g:7:r $M/user
	setfacl -m u:1000:rwx $M/dir
	setfacl -d -m u:1001:rwx,g:8:- $M/dir
	setfacl -m u:1000:r $M/mode0000
	chattr +i $M/file
	chattr +a $M/another
	chattr +d +A $M/dir/sub
	chmod 6711 $M/caps
	setfattr -n security.capability \
		-v 0x0100000200040000000000000000000000000000 $M/caps
	: > $M/.attributes
	remember $M
	attributes $M > /tmp/attributes
	echo "DIGEST attributes $(sha256sum < /tmp/attributes)"
	cat /tmp/attributes > $M/.attributes
	preserve
}

stage2() {
	pmount attr
	attributes $M > /tmp/now
	cmp -s /tmp/now $M/.attributes || {
		diff $M/.attributes /tmp/now | head -20
		fail "attributes have changed"
	}
	# They do what they say
	echo y >> $M/file 2> /dev/null && fail "not immutable"
	echo y > $M/another 2> /dev/null && fail "not append-only"
	caps $M/caps > /dev/null
	touch $M/dir/child
	getfacl -c -n $M/dir/child 2> /dev/null | grep -q '^user:1001:rwx' ||
		fail "the default ACL is not inherited"
	chattr -i -a $M/file $M/another
	setfattr -x user.large $M/file
	umount $M
	expect_nothing_preserved

	# A mode that is given is that of the ACL, too
	pmount root mode=0770
	setfacl -m u:1000:rwx $M
	preserve
	umount $M
	pmount root mode=0750
	[ "$(stat -c %a $M)" = 750 ] || fail "mode $(stat -c %a $M)"
	getfacl -p -c $M | grep -q '^mask::r-x' || fail "$(getfacl -p -c $M)"
	setpriv --reuid 1000 --clear-groups touch $M/x 2> /dev/null &&
		fail "more than the mode allows"
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

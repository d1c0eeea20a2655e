# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: with as many inodes as needed, attributes included, a tree loads; with one less it stays
# stages: 1

stage1() {
	local n

	# A root and three files; attributes of the one in the middle take the rest
	pmount room nr_inodes=6
	echo x > $M/first
	echo x > $M/a
	echo x > $M/last
	for n in $(seq 20); do
		setfattr -n user.$n -v "$(printf '%200s' "$n")" $M/a 2> /dev/null ||
			break
	done
	[ "$n" -lt 20 ] || fail "attributes take no room"
	attributes $M > /tmp/attributes
	preserve
	umount $M
	mount_err ENOSPC $M rw pkram=room,nr_inodes=2
	message "extended attributes" mount_err ENOSPC $M rw pkram=room,nr_inodes=5
	expect_nodes 1
	pmount room
	attributes $M > /tmp/now
	cmp /tmp/now /tmp/attributes || fail "attributes"
	setfattr -n user.more -v "$(printf '%200s' x)" $M/a 2> /dev/null &&
		fail "more room than before"
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

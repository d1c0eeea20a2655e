# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: file handles that were given out find their files after a kexec
# stages: 2

stage1() {
	pmount handles
	mkdir $M/dir
	for n in 1 2 3; do
		echo "content $n" > $M/dir/$n
	done
	ln $M/dir/2 $M/two
	for n in 1 2; do
		$F handle $M/dir/$n > $M/handle$n
	done
	rm $M/dir/1
	preserve
}

stage2() {
	pmount handles
	[ "$($F byhandle $M "$(cat $M/handle2)")" = "content 2" ] ||
		fail "$($F byhandle $M "$(cat $M/handle2)")"
	[ "$($F byhandle $M "$(cat $M/handle1)")" = ESTALE ] || fail "deleted"
	[ "$($F handle $M/two)" = "$(cat $M/handle2)" ] || fail "another handle"
	# New files get other inode numbers
	touch $M/new
	[ -z "$(find $M -printf '%i %n %y\n' | sort |
		awk '$2 == 1 || $3 == "d" { print $1 }' | uniq -d)" ] ||
		fail "two files with one inode number"
	umount $M
}

. /files/lib.sh

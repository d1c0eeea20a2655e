# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: file handles given out before or after preserving find their files after a mount and a kexec
# stages: 2

# file NAME CONTENT: what the handle of this name leads to
file() {
	local got

	got=$($F byhandle $M "$(cat /mnt/notes/"$1")")
	[ "$got" = "$2" ] || fail "handle of $1: '$got', expected '$2'"
}

# Opening is all that can be done with a directory
directory() {
	local got

	got=$($F byhandle $M "$(cat /mnt/notes/"$1")")
	[ -z "$got" ] || fail "handle of $1: '$got'"
}

handles() {
	file before "content 2"
	file after "content 3"
	file removed ESTALE
	directory directory
	directory root
	[ "$($F handle $M/two)" = "$(cat /mnt/notes/before)" ] ||
		fail "another handle"
}

stage1() {
	pmount notes '' /mnt/notes
	pmount handles
	mkdir $M/dir
	for n in 1 2 3 4; do
		echo "content $n" > $M/dir/$n
	done
	ln $M/dir/2 $M/two
	$F handle $M/dir/1 > /mnt/notes/removed
	$F handle $M/dir/2 > /mnt/notes/before
	rm $M/dir/1
	preserve
	$F handle $M/dir/3 > /mnt/notes/after
	$F handle $M/dir > /mnt/notes/directory
	$F handle $M > /mnt/notes/root
	handles
	# In this boot
	umount $M
	pmount handles ro
	handles
	umount $M
	preserve /mnt/notes
}

stage2() {
	pmount notes '' /mnt/notes
	pmount handles
	handles
	# One that was removed meanwhile
	rm $M/dir/3
	file after ESTALE
	# New files get other inode numbers
	touch $M/new
	[ -z "$(find $M -printf '%i %n %y\n' | sort |
		awk '$2 == 1 || $3 == "d" { print $1 }' | uniq -d)" ] ||
		fail "two files with one inode number"
	umount $M
}

. /files/lib.sh

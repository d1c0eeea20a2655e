# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: one of everything in a tree is identical after a kexec
# stages: 2
# vm file:
# vm load: -s load
# vm numa: --numa 2 -m 3G
# vm one-cpu: -c 1 -m 1G

stage1() {
	pmount tree size=600M,nr_inodes=20000,mode=1755
	tree_kinds $M
	mkdir $M/deep
	$T deep $M/deep 200
	echo bottom > "$M/deep/$(printf "%200s" "" | sed "s| |d/|g")bottom"
	remember $M
	preserve
	grep -q " $M tmpfs ro.*pkram=tree.*preserve" /proc/mounts ||
		fail "not shown: $(grep $M /proc/mounts)"
	check $M
}

stage2() {
	pmount tree
	check $M
	check_kinds $M
	# Options that were not given are those of the first mount
	[ "$(stat -f -c %b $M)" = 153600 ] || fail "size $(stat -f -c %b $M)"
	[ "$(stat -f -c %c $M)" = 20000 ] || fail "inodes $(stat -f -c %c $M)"
	# It is an ordinary tmpfs again
	echo more >> $M/file
	rm -r $M/dir $M/data
	cp -r /usr/bin/find $M/new
	umount $M
	expect_nothing_preserved
	# and gone with its mount
	pmount tree
	expect_empty $M
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what is handed over can be dumped, to make seeds for the fuzzers
# stages: 2
# vm: -m 1G
# soak: yes
#
# The second kernel ignores the hand-over, and uses little memory: what is in the
# rest is as the first has left it.

# small NAME OPTIONS KINDS SEED: a random tree of few inodes
small() {
	pmount "$1" "$2" "/mnt/$1"
	$TREE grow "/mnt/$1" "$4" 40 "$3"
	preserve "/mnt/$1"
}

stage1() {
	local n

	# What is allocated first is what the next kernel would use, too
	mkdir /mnt/ballast
	mount -t tmpfs -o size=500M tmpfs /mnt/ballast
	head -c 400M /dev/zero > /mnt/ballast/file

	pmount kinds size=20M
	tree_kinds $M
	preserve
	pmount empty '' /mnt/empty
	preserve /mnt/empty
	for n in 1 2 3 4 5 6; do
		small "random$n" size=20M base,xattr,acl,flags,whiteout "$n"
	done
	small huge size=64M,huge=always base 7
	small policy size=20M,mpol=interleave:0,mode=1700,inode32 base,acl 8
	pmount quota size=20M,usrquota,grpquota,usrquota_inode_hardlimit=500
	$F setquota $M u 1001 5000 100 7 3
	$F setquota $M g 7 0 0 70 30
	$TREE grow $M 9 40 base,xattr
	preserve
	kexec -c -l "$KERNEL" --initrd="$INITRD" \
		--command-line="$CMDLINE pkram=$(cat /sys/kernel/pkram/super_block) elfcorehdr=0x1000"
}

stage2() {
	[ ! -e /sys/kernel/pkram/nodes ] || fail "has taken over"
	/files/pkram_dump
}

. /files/lib.sh

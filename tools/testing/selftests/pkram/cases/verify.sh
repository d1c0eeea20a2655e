# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: with verify a byte that has changed is found and named, in one boot and after a kexec; else all loads
# stages: 3
# vm file:
# vm load: -s load
# soak: load

# ----------------------------------------------------------- the option

shown() {
	[[ ,$(findmnt -n -o FS-OPTIONS -M $M), = *,verify,* ]]
}

# refused ERRNO TEXT FLAGS OPTIONS: as mount_err, with this text in the log
refused() {
	message "$2" mount_err "$1" $M "$3" "$4"
}

options() {
	refused EINVAL "verify: needs pkram=NAME" rw verify
	mount_err 0 $M rw noverify
	refused EINVAL "verify: not mounted with pkram=NAME" remount verify
	mount_err 0 $M remount noverify
	umount $M

	pmount option verify
	shown || fail "verify is not shown"
	mount -o remount,noverify $M
	! shown || fail "noverify"
	mount -o remount,verify $M
	mount -o remount,size=50M $M
	shown || fail "lost by a remount"
	# The last one counts; while it is preserved it stays as it is
	mount_err 0 $M remount,ro verify,noverify,preserve
	! shown || fail "preserve,noverify"
	refused EBUSY "cannot change" remount,ro verify
	refused EBUSY "cannot change" remount,ro preserve,verify
	mount_err 0 $M remount,ro preserve,noverify
	# A remount that fails changes nothing, one that succeeds all
	refused EBUSY "rw,nopreserve" remount,rw verify
	! shown || fail "a remount that failed"
	mount_err 0 $M remount,rw nopreserve,verify
	shown || fail "nopreserve,verify"
	mount_err 0 $M remount,ro noverify,preserve
	umount $M

	# Checksums cannot be had of what was saved without
	pmount option ro,verify
	shown || fail "at mount"
	refused EBUSY "without checksums" remount,ro preserve
	mount_err 0 $M remount,ro preserve,noverify
	mount_err 0 $M remount,rw nopreserve
	mount_err 0 $M remount,ro preserve,verify
	umount $M
	# From now on it is known without being given
	pmount option ro
	shown || fail "not saved"
	mount_err 0 $M remount,ro preserve
	umount $M
	message "without a look at its checksums" pmount option noverify
	! shown || fail "noverify at mount"
	umount $M
	expect_nothing_preserved
}

# ---------------------------------------------------------------- trees

tree() {
	tree_kinds $1
	mkdir $1/sub
	$T fill $1/sub/big 9M 1
	ln $1/sub/big $1/hard
	$T fill $1/odd $((2 * 1024 * 1024 + 1)) 2
	truncate -s 64M $1/hole
	printf x | dd of=$1/hole bs=1 seek=30000000 conv=notrunc status=none
	$T fill $1/punched 8M 4
	fallocate -p -o 2097152 -l 1000000 $1/punched
}

# A file of more ranges than fit into one record
make_ranges() {
	awk 'BEGIN {
		x = "x"; z = "z"
		for (i = 0; i < 12; i++) { x = x x; z = z z }
		for (i = 0; i < 9000; i++) printf "%s%s", x, z
	}' | tr z '\0' | dd of=/mnt/notes/ranges bs=4096 iflag=fullblock \
		conv=sparse status=none
	# shellcheck disable=SC2046
	set -- $($T map /mnt/notes/ranges)
	[ $# -ge 1000 ] || fail "ranges: $*"
	$T sum /mnt/notes/ranges > /mnt/notes/sum
}

check_ranges() {
	$T sum /mnt/notes/ranges | cmp - /mnt/notes/sum || fail "ranges"
}

# A place in the memory of a file, before it is preserved
place() {
	echo $(($($MEM frame "$1" "$2") * 4096 + $3))
}

# flip PHYS: change a byte there
flip() {
	local byte

	byte=$($MEM peek $1 1 | od -An -tu1)
	$MEM poke $1 "$(printf %02x $((byte ^ 16)))"
}

# no_mount NAME TEXT: it is refused, for this reason, and nothing happens to it
no_mount() {
	local before got

	before=$(nodes)
	message "cannot load '$1': $2" mount_err EBADMSG $M rw pkram=$1
	got=$($F mount open $M pkram=$1 2> /tmp/err)
	[ "$got" = EBADMSG ] || fail "fsopen: $got"
	grep -F -q "$2" /tmp/err || fail "log of fsopen: $(cat /tmp/err)"
	expect_nodes "$before"
}

# Of NAME, with OPTIONS, byte 77 of the page PAGE of FILE changes, which has a
# checksum of FROM to TO
change() {
	local name=$1 options=$2 file=$3 page=$4 range="bytes $5 to $6" where ino

	pmount $name "$options"
	mkdir $M/d
	$T fill $M/d/first 3M 3
	$T fill $M/$file 5M 4
	$T fill $M/last 3M 5
	where=$(place $M/$file $page 77)
	ino=$(stat -c %i $M/$file)
	range+=" of inode $ino, '/$file', are not what was preserved"
	preserve
	shown || fail "$name: not shown"
	umount $M

	flip $where
	no_mount $name "$range"
	# Whether somebody else can load it
	pmount intact ro /mnt/intact
	$T check /mnt/intact/sub/big 9M 1
	umount /mnt/intact
	flip $where
	pmount $name ro
	$T check $M/$file 5M 4
	umount $M
	flip $where
	echo "$name|$range" >> /mnt/notes/refused
}

changed() {
	local name range

	while IFS='|' read -r name range; do
		no_mount $name "$range"
	done < /mnt/notes/refused
	# To look at what is left, and to have it
	for name in huge small; do
		message "without a look" pmount $name noverify,ro
		$T check $M/d/first 3M 3
		$T check $M/last 3M 5
		umount $M
		mount_err EBADMSG $M rw pkram=$name,verify
		pmount $name noverify
		[ "$(find $M -type f | wc -l)" = 3 ] || fail "$name: files"
		umount $M
	done
}

# ---------------------------------------------------------------- poison

# Pages that fail take the checksums with them that they are part of, and nothing
# else. HUGE is for the second one.
poison() {
	local name=poison$1 where

	pmount $name verify,size=100M${1:+,huge=always}
	$T fill $M/file 6M 6
	place $M/file 600 5 > /tmp/neighbour
	place $M/file 1100 5 > /tmp/other
	preserve
	$F poison $M/file 700
	umount $M
	poison_check $name "same boot"
	where=$(cat /tmp/neighbour)
	# What cannot be said
	flip $where
	poison_check $name "unknown"
	flip $where
	where=$(cat /tmp/other)
	flip $where
	no_mount $name "bytes 4194304 to 6291455"
	flip $where
}

poison_check() {
	message "512 pages were not verified" pmount $1 ro
	[ "$($F byte $M/file 700)" = EIO ] || fail "$2: nothing failed"
	[ "$($F byte $M/file 699)" != EIO ] || fail "$2: a neighbour failed"
	dd if=$M/file bs=4096 count=600 status=none | sha256sum > /tmp/head
	umount $M
	[ -e /mnt/notes/$1 ] || cp /tmp/head /mnt/notes/$1
	cmp -s /tmp/head /mnt/notes/$1 || fail "$2: content"
}

stage1() {
	[ -c /dev/mem ] || skip "no /dev/mem"
	options

	pmount notes verify /mnt/notes
	make_ranges
	pmount intact verify,huge=always,size=200M /mnt/intact
	tree /mnt/intact
	remember /mnt/intact
	preserve /mnt/intact
	umount /mnt/intact

	change huge verify,huge=always d/file 513 2097152 4194303
	change small verify d/file 1279 4194304 5242879
	poison ""
	poison huge

	pmount intact '' /mnt/intact
	check /mnt/intact
	preserve /mnt/intact
	umount /mnt/intact
	preserve /mnt/notes
}

stage2() {
	pmount notes '' /mnt/notes
	check_ranges
	# Before anything is read in the ordinary way
	poison_check poison "after kexec"
	poison_check poisonhuge "after kexec, huge"
	pmount intact ro /mnt/intact
	check /mnt/intact
	umount /mnt/intact
	changed
	drop shmem-poison
	drop shmem-poisonhuge
	expect_nodes 1
	preserve /mnt/notes
}

# Once more, of what has never been written to since
stage3() {
	pmount notes '' /mnt/notes
	check_ranges
	pmount intact '' /mnt/intact
	check /mnt/intact
	check_kinds /mnt/intact
	umount /mnt/intact /mnt/notes
	expect_nothing_preserved
}

. /files/lib.sh

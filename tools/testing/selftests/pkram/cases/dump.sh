# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pkram-dump(8) shows all that a live kernel has in memory, and what is wrong with it
# stages: 1

D=/files/pkram-dump
OUT=/tmp/dump

# dump STATUS ARGUMENTS...: what it says, to $OUT
dump() {
	local want=$1 got=0

	shift
	$D "$@" > $OUT 2>&1 || got=$?
	[ "$got" = "$want" ] || {
		grep -n BAD $OUT || tail -50 $OUT
		fail "pkram-dump $*: $got, expected $want"
	}
}

# says REGEX
says() {
	grep -q -E -- "$1" $OUT || {
		head -60 $OUT
		fail "it does not say: $1"
	}
}

# number REGEX: what it says for the first group, once
number() {
	sed -n -E "s/$1/\1/p" $OUT
}

# node NAME: only what it says of a node
node() {
	awk -v name="node 'shmem-$1' " '
		/^  node / { on = index($0, name) }
		/^[^ ]/ { on = 0 }
		on' $OUT > /tmp/node
	[ -s /tmp/node ] || fail "no node $1: $(grep node $OUT)"
}

# Of its runs, in all
frames() {
	sed -n -E 's/.*run: .*, ([0-9]+) of order ([0-9]+),.*/\1 \2/p' /tmp/node |
		awk '{ sum += $1 * 2 ^ $2 } END { print sum + 0 }'
}

# has NAME DIR: all that is in the tree is in its records
has() {
	node "$1"
	[ "$(grep -c INODE /tmp/node)" = "$(find "$2" -printf '%i\n' | sort -u | wc -l)" ] ||
		fail "$1: inodes"
	[ "$(grep -c DENTRY /tmp/node)" = "$(find "$2" -mindepth 1 -printf x | wc -c)" ] ||
		fail "$1: names"
	[ "$(frames)" = "$(find "$2" -type f -printf '%i %b\n' | sort -u |
		awk '{ sum += $2 / 8 } END { print sum }')" ] || fail "$1: frames"
}

# damaged FRAME OFFSET REGEX ARGUMENTS...: with a byte changed, it says so
damaged() {
	local at=$((($1 << 12) + $2)) text=$3 old

	shift 3
	old=$($MEM peek $at 1 | od -An -tx1 | tr -d ' ')
	$MEM poke $at "$(printf %02x $((0x$old ^ 255)))"
	dump 1 "$@"
	says "$text"
	says '^[0-9]+ errors?$'
	$MEM poke $at "$old"
	dump 0 "$@"
}

usage() {
	local status

	dump 0 --help
	dump 0 --version
	dump 2 --nonsense
	dump 2 a b
	dump 2 --super x
	dump 2 --table 10000000000
	dump 5 /nonexistent
	dump 1 /bin/true
	dump 1 /dev/null
	cp $D /tmp/pkram-dump
	chmod 755 /tmp/pkram-dump
	status=0
	setpriv --reuid 1000 --regid 1000 --clear-groups /tmp/pkram-dump 2> $OUT ||
		status=$?
	[ "$status" = 4 ] || fail "as somebody else: $status"
	says 'Permission denied'
}

stage1() {
	local frame n

	usage
	dump 0
	says '^0 nodes'
	pmount one '' /mnt/one
	head -c 4096 /dev/urandom > /mnt/one/file
	pmount kinds size=50M
	tree_kinds $M
	setfattr -n user.name -v value $M/file
	pmount huge huge=always /mnt/huge
	head -c 8M /dev/urandom > /mnt/huge/file
	pmount gone '' /mnt/gone
	for n in one kinds huge gone; do
		preserve "$(findmnt -n -o TARGET "tmpfs-$n")"
	done
	mount -o remount,rw,nopreserve /mnt/gone

	dump 0 -a
	says '^3 nodes'
	says "node 'shmem-one' at 0x[0-9a-f]*, saved: 1 frames"
	! grep -q "'shmem-gone'" $OUT || fail "shows what is gone"
	[ $(($(number '^  page table: .* pages, ([0-9]+) frames.*') << 12)) = \
		"$(cat /sys/kernel/pkram/preserved_bytes)" ] || fail "page table"
	has one /mnt/one
	has kinds $M
	says "SYMLINK to 's{127}'"
	says 'XATTR user.name: 5 bytes'
	has huge /mnt/huge
	grep -q 'of order 9,' /tmp/node || fail "no huge pages: $(cat /tmp/node)"

	node one
	frame=$(sed -n 's/.*run: index 0, frame \(0x[0-9a-f]*\), 1 of .*/\1/p' /tmp/node)
	$MEM peek $((frame << 12)) 4096 |
		cmp - /mnt/one/file || fail "frame $frame is not that of the file"
	frame=$(sed -n 's/ *link \(0x[0-9a-f]*\): runs, 1 from 0, .*/\1/p' /tmp/node)
	damaged $((frame)) 40 "BAD link $frame: checksum"
	damaged $((frame)) 0 "BAD link $frame: magic"

	# Given up bit by bit: not to be taken for damage
	mount -o remount,rw,nopreserve $M
	umount $M
	mount_err 0 $M rw pkram=huge2
	umount /mnt/huge
	pmount huge ro /mnt/huge
	dump 0 -a
	says "node 'shmem-huge' at 0x[0-9a-f]*, loading:"
}

. /files/lib.sh

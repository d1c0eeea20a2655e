# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a hand-over that cannot be believed gives one line and a clean boot
# stages: 2
# vm magic: -a case=magic
# vm version: -a case=version
# vm size: -a case=size
# vm crc: -a case=crc
# vm self: -a case=self
# vm zero: -a case=zero
# vm junk: -a case=junk

# patch FILE OFFSET HEX
patch() {
	local h

	h=$(echo "$3" | fold -w 2 | sed 's/^/\\x/' | tr -d '\n')
	# shellcheck disable=SC2059
	printf "$h" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# little-endian hex of 4 bytes
le32() {
	printf %08x "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/'
}

# A page of a file is made to look like a super block and handed over
stage1() {
	local frame kind

	kind=$(sed 's/.*case=\([a-z]*\).*/\1/' /proc/cmdline)
	mount -t tmpfs tmpfs $M
	$T fill $M/super 4096 1
	frame=$($MEM frame $M/super)
	head -c 4096 /dev/zero > /tmp/super
	printf PKRMSBLK | dd of=/tmp/super conv=notrunc status=none
	patch /tmp/super 8 "$(le32 1)"
	patch /tmp/super 12 "$(le32 2912)"
	patch /tmp/super 16 "$(le32 4096)"
	patch /tmp/super 24 "$(le32 $((frame & 0xffffffff)))"
	case $kind in
	magic)	patch /tmp/super 0 00 ;;
	version) patch /tmp/super 8 "$(le32 99)" ;;
	size)	patch /tmp/super 12 "$(le32 2920)" ;;
	self)	patch /tmp/super 24 "$(le32 $((frame + 1)))" ;;
	zero)	head -c 4096 /dev/zero > /tmp/super ;;
	junk)	head -c 4096 /dev/urandom > /tmp/super ;;
	esac
	dd if=/tmp/super of=$M/super conv=notrunc status=none
	[ "$($MEM frame $M/super)" = "$frame" ] || fail "has moved"
	pmount lost '' /mnt/lost
	echo x > /mnt/lost/file
	preserve /mnt/lost
	kexec -c -l "$KERNEL" --initrd="$INITRD" \
		--command-line="$CMDLINE pkram=$frame"
}

stage2() {
	local lines

	dmesg | grep pkram: | tee /tmp/lines
	lines=$(wc -l < /tmp/lines)
	[ "$lines" -ge 1 ] || fail "no reason given"
	expect_nothing_preserved
	message "'lost'" mount_err 0 $M rw pkram=lost
	expect_empty $M
	# All memory is there again
	echo "KIB $(free_kib) of $(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
}

. /files/lib.sh

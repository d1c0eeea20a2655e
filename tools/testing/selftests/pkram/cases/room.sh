# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: most of memory, in order or every other page of it, is preserved and booted around
# stages: 2
# vm: -m 4G
# vm ordered:
# vm sieve: -a pkram_test.sieve=1
# vm none: -a pkram_test.sieve=1 -a pkram_test.none=1 -a "hugepagesz=1G hugepages=1"
# vm initrd: -a pkram_test.sieve=1 -a pkram_test.initrd=300
# vm ordered-load: -s load
# vm sieve-load: -a pkram_test.sieve=1 -s load
# vm numa: -a pkram_test.sieve=1 --numa 2
# soak: ordered sieve initrd ordered-load sieve-load numa

# Such a page counts as what the next kernel needs, and is given back before
G=/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages

stage1() {
	local pages

	[ "$(param none 0)" = 0 ] || echo 0 > $G
	pmount room size=100%
	if [ "$(param sieve 0)" = 0 ]; then
		# Of the machine's 4 GiB
		pages=$((4 * 1024 * 256 * 85 / 100))
		$T fill $M/keep $((pages * 4))K 1
	else
		# Every other page of all that can be had
		pages=$(awk '/^MemAvailable/ { print int(($2 - 65536) / 8) }' \
			/proc/meminfo)
		[ "$pages" -gt $((4 * 1024 * 256 * 45 / 100)) ] ||
			fail "only $pages pages"
		$T interleave $M/keep $M/drop "$pages" 1
		rm $M/drop
	fi
	echo "$pages" > $M/pages
	# shellcheck disable=SC2046
	set -- $($MEM pages $M/keep)
	echo "$1 pages in $2 runs"
	[ "$(param sieve 0)" = 0 ] || [ "$2" -gt $((pages * 9 / 10)) ] ||
		fail "not every other page"
	if [ "$(param none 0)" = 0 ]; then
		preserve
	else
		message "to make room" preserve
	fi
	[ "$(param initrd 0)" = 0 ] || large_image
}

# With an initrd of so many MiB there is no place for it, and no room beside it
large_image() {
	pmount initrd "size=$(param initrd 0)M" /mnt/initrd
	cat "$INITRD" > /mnt/initrd/initrd
	truncate -s "$(param initrd 0)M" /mnt/initrd/initrd
	kexec -s -l "$KERNEL" --initrd=/mnt/initrd/initrd \
		--command-line="$CMDLINE"
	umount /mnt/initrd
}

stage2() {
	[ "$(param none 0)" = 0 ] || echo 0 > $G
	pmount room
	$T check $M/keep $(($(cat $M/pages) * 4))K 1
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

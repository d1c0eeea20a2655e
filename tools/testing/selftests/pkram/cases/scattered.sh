# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: 131,072 pages, every other one of 1 GiB, are preserved, booted around and loaded
# stages: 2
# vm file: -m 4G
# vm load: -m 4G -s load
# vm numa: -m 4G --numa 2
# soak: load numa

stage1() {
	local before after

	pmount scattered size=3G
	$T interleave $M/keep $M/drop 131072 1
	# shellcheck disable=SC2046
	set -- $($MEM pages $M/keep)
	echo "SCATTER $1 pages in $2 runs"
	[ "$1" = 131072 ] || fail "$1 pages"
	[ "$2" -ge 120000 ] || fail "only $2 runs: not scattered"
	rm $M/drop
	before=$(date +%s%N)
	preserve
	after=$(date +%s%N)
	echo "PRESERVE $(((after - before) / 1000000)) ms"
	echo "METADATA $(cat /sys/kernel/pkram/metadata_bytes) bytes"
}

stage2() {
	local before after

	echo "BOOTED $BOOTED s"
	dmesg | grep pkram
	before=$(date +%s%N)
	pmount scattered
	after=$(date +%s%N)
	echo "LOAD $(((after - before) / 1000000)) ms"
	$T check $M/keep 512M 1
	# shellcheck disable=SC2046
	set -- $($MEM pages $M/keep)
	[ "$2" -ge 120000 ] || fail "only $2 runs: they have been copied"
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

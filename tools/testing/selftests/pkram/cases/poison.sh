# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pages that have failed give EIO after a kexec, never zeros; their neighbours are whole
# stages: 3

show() {
	local p

	for p in 0 3 4 5 1023 1024; do
		$F byte $M/file $p
	done
	for p in 0 1 511 512; do
		$F byte $M/huge/file $p
	done
	df --output=used $M | tail -1
}

stage1() {
	pmount poison size=100M
	$T fill $M/file 5M 1
	sha256sum < <(head -c 16384 $M/file) > $M/sum
	mkdir $M/huge
	mount -t tmpfs -o huge=always,pkram=poison-huge none $M/huge
	$T fill $M/huge/file 4M 2
	echo x > $M/other
	$F poison $M/file 4
	$F poison $M/file 1023
	$F poison $M/huge/file 511
	show > /tmp/show
	cat /tmp/show
	[ "$(grep -c EIO /tmp/show)" = 3 ] || fail "nothing failed"
	cp /tmp/show $M/show
	show > /tmp/show
	cp /tmp/show $M/show
	preserve $M/huge
	preserve
}

again() {
	pmount poison
	mount -t tmpfs -o pkram=poison-huge none $M/huge
	show | diff $M/show - || fail "not as before"
	sha256sum < <(head -c 16384 $M/file) | diff - $M/sum || fail "content"
}

stage2() {
	again
	preserve $M/huge
	preserve
}

stage3() {
	again
	# What is lost can be thrown away; accounting stays right
	truncate -s 16384 $M/file
	truncate -s 5M $M/file
	[ "$($F byte $M/file 4)" = 00 ] || fail "truncated"
	rm $M/huge/file
	expect_all_freed
}

. /files/lib.sh

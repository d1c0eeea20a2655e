# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: any byte of a node may be wrong: the node is refused by name and can be dropped, or nothing depends on it
# stages: 1
# stages kexec: 2
# soak: all
# vm slice: -m 1G
# vm kexec: -m 1G -a "pkram_test.kexec=1 pkram_test.step=41"
# vm all: -m 1G -t 20000 -a pkram_test.step=1

# Each of many nodes with the same small tree has one byte changed, nodes N the
# (N * step)th of its five pages: node, objects, runs, and twice bytes
size=$((5 * 4096))

# Are the results in /tmp/got, of damage to /tmp/where of trees in /tmp/made, as
# they should be?
judge() {
	paste -d ' ' /tmp/made /tmp/where /tmp/got |
		awk -v step="$(param step 31)" '
		# made: 1 name 2 hash; where: 3 name 4 kind 5 offset 6 used
		# 7 address; got: 8 name 9 result
		{
			ok = $1 == $3 && $1 == $8
			want = $6 == "unused" ? $2 : "EBADMSG"
			if (!ok || $9 != want) {
				print "byte " $5 " of " $4 ", " $6 ": " $9
				bad = 1
			}
			n[$9 == $2 ? "harmless" : $9]++
			kinds[$4 " " $6]++
		}
		END {
			for (i in n)
				printf "%d %s, ", n[i], i
			for (i in kinds)
				printf "%d %s, ", kinds[i], i
			print "of every " step "th"
			exit bad || !NR
		}' > /tmp/judged || {
			cat /tmp/judged
			fail "not refused, or not for nothing"
		}
	tail -1 /tmp/judged
	grep EBADMSG /tmp/got > /tmp/refused || true
}

good() {
	pmount good '' /mnt/good
	tree_kinds /mnt/good
	cp /tmp/where /tmp/made /mnt/good
	remember /mnt/good
	preserve /mnt/good
}

make_nodes() {
	$F many $M bytes "$1" "$2" > /tmp/made
	$MEM bytes bytes "$1" "$2" "$(param step 31)" > /tmp/where
}

stage1() {
	[ -c /dev/mem ] || skip "no /dev/mem"
	if [ "$(param kexec 0)" = 1 ]; then
		make_nodes 0 $((size / $(param step 31)))
		good
		$MEM flip < /tmp/where
		return
	fi
	: > /tmp/made
	: > /tmp/where
	good
	umount /mnt/good
	here
	pmount good '' /mnt/good
	check /mnt/good
	umount /mnt/good
	expect_nothing_preserved
}

# Not the page table, which never shrinks while anything is preserved
data_bytes() {
	echo $(($(cat /sys/kernel/pkram/preserved_bytes) -
		$(cat /sys/kernel/pkram/metadata_bytes)))
}

here() {
	local last kept before n

	kept=$(data_bytes)
	last=$((size / $(param step 31)))
	for ((n = 0; n <= last; n += 100)); do
		make_nodes $n $((n + 99 < last ? n + 99 : last))
		$MEM flip < /tmp/where
		$F try $M < /tmp/where > /tmp/got
		judge
		expect_nodes $((1 + $(wc -l < /tmp/refused)))
		$F drop < /tmp/refused
		expect_nodes 1
		[ "$(data_bytes)" = "$kept" ] ||
			fail "$(data_bytes) bytes preserved, not $kept"
		[ $n != 0 ] || before=$(free_kib)
	done
	lost_at_most "$before" 2000
}

stage2() {
	dmesg | grep pkram: | grep -v "is damaged$" || true
	pmount good ro /mnt/good
	check /mnt/good
	cp /mnt/good/made /mnt/good/where /tmp
	expect_nodes $((1 + $(wc -l < /tmp/where)))
	$F try $M < /tmp/where > /tmp/got
	judge
	expect_nodes $((1 + $(wc -l < /tmp/refused)))
	$F drop < /tmp/refused
	expect_nodes 1
	umount /mnt/good
	pmount good '' /mnt/good
	check /mnt/good
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a tree that strict overcommit has no room for stays; with room it loads, and is accounted once
# stages: 2

# Of 2 GiB: 300 MiB at most, and 1.8 GiB
little=15
enough=90

committed() {
	awk '/^Committed_AS/ { print $2 }' /proc/meminfo
}

# about WANT GOT WHAT: but for a few processes
about() {
	local off=$(($1 - $2))

	[ ${off#-} -lt 20000 ] || fail "$3: $2 KiB committed, expected $1"
}

stage1() {
	local n

	pmount commit size=500M
	tree_kinds $M
	# One by one they would fit, all together they do not
	for n in 1 2 3 4 5 6; do
		$T fill $M/$n 60M $n
	done
	remember $M
	preserve
	loads
	preserve
}

loads() {
	local free tree

	umount $M
	free=$(committed)
	echo 2 > /proc/sys/vm/overcommit_memory
	echo $little > /proc/sys/vm/overcommit_ratio
	for n in 1 2 3; do
		# As tmpfs says it at a write
		message "it is kept as it was" mount_err ENOSPC $M rw pkram=commit
		mountpoint -q $M && fail "mounted"
		expect_nodes 1
		about "$free" "$(committed)" "after a failed load"
	done
	mount_err ENOSPC $M ro pkram=commit
	echo $enough > /proc/sys/vm/overcommit_ratio
	pmount commit
	check $M
	tree=$(df --output=used -k $M | tail -1)
	[ "$tree" -gt 360000 ] || fail "$tree KiB"
	about $((free + tree)) "$(committed)" "loaded"
	echo 0 > /proc/sys/vm/overcommit_memory
}

stage2() {
	local free tree

	pmount commit ro
	loads
	free=$(committed)
	tree=$(df --output=used -k $M | tail -1)
	umount $M
	about $((free - tree)) "$(committed)" "after umount"
	expect_nothing_preserved
}

. /files/lib.sh

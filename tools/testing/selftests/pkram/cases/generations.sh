# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: five generations of kexec, load, change, preserve; no memory is lost
# stages: 6

# What the first allocations of all kinds leave behind is not a leak
warm_up() {
	pmount warm
	tree_kinds $M
	manifest $M > /tmp/manifest
	preserve
	umount $M
	pmount warm
	umount $M
}

stage1() {
	warm_up
	echo "KIB $STAGE $(free_kib)"
	free_kib > /tmp/free
	pmount gen size=1G
	tree_kinds $M
	cat /tmp/free > $M/free
	$T fill $M/large 10M 1
	remember $M $STAGE
	preserve
}

next() {
	warm_up
	pmount gen
	check $M $((STAGE - 1))
	rm $M/dir/random
	echo "$STAGE" >> $M/log
	mkdir "$M/gen$STAGE"
	cp -a $M/data "$M/gen$STAGE/data"
	$T fill $M/large "$((10 + STAGE))M" "$STAGE"
	head -c 100000 /dev/urandom > $M/dir/random
	remember $M "$STAGE"
	preserve
}

stage2() { next; }
stage3() { next; }
stage4() { next; }
stage5() { next; }

stage6() {
	local before after

	warm_up
	pmount gen
	check $M 5
	before=$(cat $M/free)
	umount $M
	expect_nothing_preserved
	after=$(free_kib)
	echo "KIB before $before after $after"
	if [ $((before - after)) -gt 1024 ] || [ $((after - before)) -gt 1024 ]; then
		fail "$((before - after)) KiB lost"
	fi
}

. /files/lib.sh

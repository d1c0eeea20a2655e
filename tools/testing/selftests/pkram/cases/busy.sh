# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what can still change makes preserve fail, and leaves nothing behind
# stages: 1

stage1() {
	local n

	pmount busy
	echo x > $M/file
	exec 7>> $M/file
	mount_err EBUSY $M remount,ro preserve
	exec 7>&-
	expect_nothing_preserved
	# An unlinked file that is still open
	n=$($T hold $M/unlinked $T mount $M remount,ro preserve)
	[ "$n" = EBUSY ] || fail "open unlinked file: $n"
	expect_nothing_preserved
	# An open directory that is gone
	mkdir $M/dir
	n=$(cd $M/dir && rmdir $M/dir && $T mount $M remount,ro preserve)
	[ "$n" = EBUSY ] || fail "removed working directory: $n"
	expect_nothing_preserved
	echo y >> $M/file
	# Readers are no problem
	exec 7< $M/file
	preserve
	exec 7<&-
	[ "$(tr -d '\n' < $M/file)" = xy ] || fail "content"
	umount $M
	pmount busy
	[ "$(tr -d '\n' < $M/file)" = xy ] || fail "content"
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: a kexec without any node boots like one without PKRAM
# stages: 3
# vm file:
# vm load: -s load

stage1() {
	expect_nothing_preserved
}

stage2() {
	dmesg | grep -i pkram || true
	expect_nothing_preserved
	pmount later
	echo x > $M/file
	preserve
}

stage3() {
	pmount later
	[ "$(cat $M/file)" = x ] || fail "lost"
}

. /files/lib.sh

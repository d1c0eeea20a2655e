# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pkram= with junk, off or a stale address boots with one line and works
# stages: 2
# vm junk: -a pkram=junk
# vm empty: -a pkram=
# vm negative: -a pkram=-1
# vm nowhere: -a pkram=fffffffffff
# vm hole: -a pkram=a0
# vm stale: -a pkram=12345
# vm high: -a pkram=ffffffffffffffffffffff
# vm twice: -a "pkram=12345 pkram=junk"

stage1() {
	local lines

	lines=$(dmesg | grep -v 'ommand line' | grep -c pkram: || true)
	dmesg | grep -i pkram
	[ "$lines" -ge 1 ] || fail "no line about it"
	expect_nodes 0
	pmount works
	echo x > $M/file
	preserve
}

# kexec_file_load has replaced the bad one
stage2() {
	cat /proc/cmdline
	[ "$(tr ' ' '\n' < /proc/cmdline | grep -c '^pkram=')" = 1 ] ||
		fail "not one pkram="
	pmount works
	[ "$(cat $M/file)" = x ] || fail "lost"
}

. /files/lib.sh

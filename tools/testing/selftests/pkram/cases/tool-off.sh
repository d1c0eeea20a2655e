# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pkram(8) says so when the kernel has no PKRAM
# stages: 1
# vm: -m 512M -a pkram=off

stage1() {
	local arguments status

	[ ! -e /sys/kernel/pkram ] || fail "it is there"
	for arguments in list 'drop a' 'preserve --all' 'preserve /mnt' \
		"kexec $KERNEL"; do
		status=0
		# shellcheck disable=SC2086 # words
		/files/pkram $arguments > /tmp/out 2>&1 || status=$?
		[ $status = 3 ] || fail "$arguments: $status"
		grep -q 'no PKRAM' /tmp/out || fail "$arguments: $(cat /tmp/out)"
		status=0
		# shellcheck disable=SC2086 # words
		/files/pkram --json $arguments > /tmp/out || status=$?
		[ $status = 3 ] || fail "--json $arguments: $status"
		[ "$(sqlite3 :memory: "SELECT readfile('/tmp/out') ->> 'exit'")" = 3 ] ||
			fail "--json $arguments: $(cat /tmp/out)"
	done
}

. /files/lib.sh

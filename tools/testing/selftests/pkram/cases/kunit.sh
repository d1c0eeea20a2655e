# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: the KUnit tests pass in the guest at boot
# stages: 1
# vm: -a kunit.enable=1

stage1() {
	dmesg | grep -q 'KTAP version' || skip "the kernel has no KUnit tests"
	dmesg | grep -E '(not )?ok [0-9]+ pkram'
	dmesg | grep -E '(^|[^a-z])not ok [0-9]+ pkram' && fail "KUnit"
	dmesg | grep -q 'ok [0-9]* pkram-stream' || fail "KUnit did not run"
}

. /files/lib.sh

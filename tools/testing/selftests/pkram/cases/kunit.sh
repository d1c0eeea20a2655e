# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: the KUnit tests pass in the guest at boot
# stages: 1
# vm: -a kunit.enable=1

stage1() {
	# Not piped: grep -q would end before dmesg, which is an error then
	dmesg > /tmp/log
	grep -q 'KTAP version' /tmp/log || skip "the kernel has no KUnit tests"
	grep -E '(not )?ok [0-9]+ pkram' /tmp/log
	! grep -E '(^|[^a-z])not ok [0-9]+ pkram' /tmp/log || fail "KUnit"
	grep -q 'ok [0-9]* pkram-stream' /tmp/log || fail "KUnit did not run"
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: pkram=off boots, and a mount with pkram= is refused
# stages: 1
# vm: -a pkram=off

stage1() {
	dmesg | grep -i pkram || true
	mount_err ENODEV $M rw pkram=x
	mount -t tmpfs tmpfs $M
	echo x > $M/file
	[ ! -e /sys/kernel/pkram ] || [ -z "$(find /sys/kernel/pkram -type f)" ]
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: systemctl kexec preserves what fstab mounts once services have stopped, gives up when it cannot, and the next boot has it
# stages: 4
# soak: yes
# vm: --rootfs debian --systemd -m 2G -t 1800 -f $OUT/root

# /files/root has been copied over the root: fstab with /srv/with blank and
# /srv/may-fail, data.mount, pkram-preserve.service and writer.service, which has
# /data/log open. The root is new in each stage.

AGAIN=/run/second-time

# Wait for a unit
until_active() {
	local n

	for ((n = 0; n < 300; n++)); do
		! systemctl -q is-active "$1" || return 0
		sleep 0.2
	done
	fail "$1: $(systemctl status "$1" 2>&1)"
}

show() {
	echo "UP $BOOTED s, $(cut -d ' ' -f 1 /proc/uptime) s now"
	systemctl --failed --no-legend
	grep pkram= /proc/mounts
	journalctl -b -o cat -u pkram-preserve.service
	[ -z "$(systemctl --failed --no-legend)" ] || fail "units have failed"
}

# What the writer has written, and is writing to
check_log() {
	[ "$(tr '\n' ' ' < /data/log)" = "$1 " ] ||
		fail "log: $(cat /data/log), expected $1"
}

check_all() {
	local where

	until_active writer.service
	until_active pkram-preserve.service
	for where in /data '/srv/with blank' /srv/may-fail; do
		findmnt -n -t tmpfs -O rw "$where" > /dev/null ||
			fail "$where is not mounted, or not writable"
	done
	for where in /data/tree '/srv/with blank' /srv/may-fail; do
		check "$where" "${where##*[ /]}"
	done
	expect_nothing_preserved
}

stage1() {
	local where

	until_active writer.service
	until_active pkram-preserve.service
	show
	expect_nodes 0
	for where in '/srv/with blank' /srv/may-fail /data/tree; do
		mkdir -p "$where"
		tree_kinds "$where"
		remember "$where" "${where##*[ /]}"
	done
	# Not for itself, nor for a reboot
	systemctl stop pkram-preserve.service
	expect_nodes 0
	touch /data/still-writable
	systemctl start pkram-preserve.service
	check_log start
	sync
}

# First what cannot be preserved: something that is no ordinary service, and goes on
stage2() {
	[ ! -e $AGAIN ] || { stage2_again; return; }
	check_all
	check_log 'start stop start'
	show
	: > $AGAIN
	cat > "$NEXT" << 'NEXT'
#!/bin/bash
exec >> /run/next.log 2>&1
systemd-run -q --unit holder -p DefaultDependencies=no -p Type=exec \
	bash -c 'exec 9>> /srv/may-fail/file; sleep infinity'
kexec -s -l "$KERNEL" --initrd="$INITRD" --reuse-cmdline
systemctl kexec
NEXT
	chmod +x "$NEXT"
}

# The machine has not gone down: services run, also this one, and nothing is lost
stage2_again() {
	local journal

	journal=$(journalctl -b -o cat -u pkram-preserve.service)
	echo "$journal"
	[[ $journal == *'/srv/may-fail/file open for writing'* ]] ||
		fail "the journal does not say what was in use"
	[[ $journal == *'the machine stays up'* ]] || fail "not given up"
	systemctl -q is-active holder.service || fail "the holder has gone"
	systemctl stop holder.service
	check_all
	check_log 'start stop start stop start'
	systemctl is-system-running --wait || true
	show
	# Now by way of pkram, which sees what is in use
	! pkram kexec --initrd "$INITRD" "$KERNEL" > /tmp/out 2>&1 ||
		fail "kexec while in use"
	cat /tmp/out
	grep -q '/data/log open for writing' /tmp/out || fail "not named"
	expect_nothing_preserved
	cat > "$NEXT" << 'NEXT'
#!/bin/bash
exec pkram kexec --at-shutdown --initrd "$INITRD" "$KERNEL"
NEXT
}

# An image that would lose everything is found out at the last moment
stage3() {
	[ ! -e $AGAIN ] || { stage3_again; return; }
	check_all
	check_log 'start stop start stop start stop start'
	show
	: > $AGAIN
	cat > "$NEXT" << 'NEXT'
#!/bin/bash
kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line=console=ttyS0
systemctl kexec
NEXT
	chmod +x "$NEXT"
}

# Now without waiting for the services
stage3_again() {
	local journal

	journal=$(journalctl -b -o cat -u pkram-preserve.service)
	echo "$journal"
	[[ $journal == *'would lose what is preserved'* ]] || fail "not found out"
	check_all
	check_log 'start stop start stop start stop start stop start'
	systemctl stop writer.service
	cat > "$NEXT" << 'NEXT'
#!/bin/bash
exec pkram kexec --initrd "$INITRD" "$KERNEL"
NEXT
}

stage4() {
	check_all
	check_log 'start stop start stop start stop start stop start stop start'
	show
}

. /files/lib.sh

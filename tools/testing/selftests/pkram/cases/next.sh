# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what is preserved survives whatever the next kernel is told to do with its memory
# stages: 3
# vm memtest: -a pkram_test.next=memtest=1
# vm hugepages: -a pkram_test.next=hugepages=64
# vm gigantic: -m 5G -a "pkram_test.next=hugepagesz=1G pkram_test.next=hugepages=1"
# vm init-on: -a "pkram_test.next=init_on_alloc=1 pkram_test.next=init_on_free=1"
# vm nogbpages: -s load -a pkram_test.next=nogbpages
# vm no5lvl: -a pkram_test.kernel=other -a pkram_test.next=no5lvl
# vm numa-off: --numa 2 -a pkram_test.next=numa=off
# vm numa-odd: --numa 3,1,5 -m 3G -c 3 -a pkram_test.next=maxcpus=1
# vm numa-4: --numa 4 -m 3G -c 4 -s load -a pkram_test.next=movable_node
# vm one-cpu: -c 4 -a pkram_test.next=nr_cpus=1
# vm eight-cpus: -c 8 -a pkram_test.next=maxcpus=8
# vm crashkernel: -s load -a pkram_test.next=crashkernel=128M
# vm cma: -a pkram_test.next=cma=64M
# vm poison: -a pkram_test.kernel=other -a "pkram_test.next=page_poison=1 pkram_test.next=page_owner=on"
# vm slub-debug: -a pkram_test.kernel=other -a pkram_test.next=slub_debug=FZPU
# kernels no5lvl: other
# kernels poison: other
# kernels slub-debug: other
# soak: numa-odd cma gigantic init-on nogbpages no5lvl numa-off numa-4 one-cpu eight-cpus poison slub-debug crashkernel
#
# pkram_test.next=WORD    for the command line of the next kernel
# pkram_test.kernel=NAME  the next kernel, if it is to be another one

words() {
	tr ' ' '\n' < /proc/cmdline | sed -n 's/^pkram_test\.next=//p' | tr '\n' ' '
}

meminfo() {
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# effect WORD: it did what it is there for
effect() {
	local log=/tmp/dmesg

	dmesg > $log
	case $1 in
	memtest=*)	grep -q 'early_memtest' $log ;;
	hugepages=*)	[ "$(cat /sys/kernel/mm/hugepages/*/nr_hugepages | sort -n | tail -1)" = "${1#*=}" ] ;;
	init_on_*)	grep -q 'mem auto-init:.*heap.*:on' $log ;;
	numa=off)	[ "$(find /sys/devices/system/node -name 'node[0-9]*' | wc -l)" = 1 ] ;;
	nr_cpus=*|maxcpus=*)
			[ "$(nproc)" = "${1#*=}" ] ;;
	crashkernel=*M)	[ "$(cat /sys/kernel/kexec_crash_size)" = $((${1//[^0-9]/} << 20)) ] ;;
	cma=*M)		[ "$(meminfo CmaTotal)" = $((${1//[^0-9]/} << 10)) ] ;;
	page_owner=on)	grep -q 'allocated .* page_ext' $log ;;
	mem=*M)		[ "$(meminfo MemTotal)" -le $((${1//[^0-9]/} << 10)) ] ;;
	nogbpages)	[ "$(meminfo DirectMap1G)" = '' ] ;;
	no5lvl)		! grep -q -w la57 /proc/cpuinfo ;;
	slub_debug=*)	[ "$(cat /sys/kernel/slab/dentry/poison)" = 1 ] ;;
	*)		grep -q -w -- "$1" /proc/cmdline ;;
	esac || fail "$1 has no effect"
}

stage1() {
	local kernel

	kernel=$(param kernel '')
	pmount next noatime,size=900M
	tree_kinds $M
	# Every other page of a quarter of the memory or so
	$T interleave $M/keep $M/drop 51200 1
	rm $M/drop
	# Huge pages, for as long as there are any
	pmount huge noatime,size=100M,huge=always /mnt/huge
	$T fill /mnt/huge/file 64M 2
	remember $M next
	remember /mnt/huge huge
	preserve
	preserve /mnt/huge
	next_kernel "$CMDLINE $(words)" ${kernel:+/files/kernels/$kernel}
}

loaded() {
	dmesg | grep pkram: | grep -v 'ommand line'
	pmount next noatime
	pmount huge noatime /mnt/huge
	check $M next
	check /mnt/huge huge
	$T check $M/keep 200M 1
}

stage2() {
	local word

	cat /proc/cmdline
	for word in $(words); do
		effect "$word"
	done
	loaded
	preserve
	preserve /mnt/huge
}

stage3() {
	loaded
	umount $M /mnt/huge
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: statistics of memory and cgroups know what has been loaded, reclaim finds it, and it goes without a trace
# stages: 2
# vm smp: -m 1G
# vm numa: -m 1G --numa 2
# vm gen: -m 1G -a pkram_test.gen=1

cg=/sys/fs/cgroup
gen=/sys/kernel/mm/lru_gen/enabled
N=/mnt/n

# meminfo FIELD...: the sum of these, in MiB
meminfo() {
	local field sum=0

	for field; do
		sum=$((sum + $(awk -v "f=$field:" '$1 == f { print $2 }' /proc/meminfo)))
	done
	echo $((sum / 1024))
}

# cgroup_stat FIELD...: the sum of these of cgroup x, in MiB
cgroup_stat() {
	local field sum=0

	for field; do
		sum=$((sum + $(awk -v "f=$field" '$1 == f { print $2 }' \
			$cg/x/memory.stat)))
	done
	echo $((sum / 1048576))
}

# about MIB CMD...: what the command says is this much, but for what CPUs have not
# told yet
about() {
	local want=$1 n got

	shift
	for ((n = 0; n < 50; n++)); do
		got=$("$@")
		if [ "$got" -ge $((want - 4)) ] && [ "$got" -le $((want + 4)) ]; then
			return
		fi
		sleep 0.1
	done
	cat /proc/meminfo "$cg/x/memory.stat"
	fail "$*: $got MiB, expected $want"
}

stage1() {
	pmount reclaim size=400M
	$T fill $M/small 60M 1
	mount -o remount,huge=always $M
	$T fill $M/large 60M 2
	mount -o remount,huge=never $M
	remember $M
	preserve
	pmount noswap noswap,size=100M $N
	$T fill $N/small 20M 3
	mount -o remount,huge=always $N
	$T fill $N/large 20M 4
	remember $N
	preserve $N
}

stage2() {
	local shmem anon unevictable

	[ -e /sys/block/zram0 ] || skip "no zram"
	if [ "$(param gen 0)" = 1 ]; then
		[ -e $gen ] || skip "no generations"
		echo y > $gen
		echo "GENERATIONS $(cat $gen)"
	fi
	swap_on 300M
	shmem=$(meminfo Shmem)
	anon=$(meminfo 'Active(anon)' 'Inactive(anon)')
	unevictable=$(meminfo Unevictable)
	echo $$ > $cg/x/cgroup.procs
	pmount reclaim
	pmount noswap '' $N
	echo $$ > $cg/cgroup.procs

	about $((shmem + 160)) meminfo Shmem
	about $((anon + 120)) meminfo 'Active(anon)' 'Inactive(anon)'
	about $((unevictable + 40)) meminfo Unevictable
	about 80 meminfo ShmemHugePages
	about 160 cgroup_stat shmem
	about 160 cgroup_stat file
	about 80 cgroup_stat shmem_thp
	about 120 cgroup_stat active_anon inactive_anon
	about 40 cgroup_stat unevictable

	swap_out 20M 100000
	check $M
	check $N
	umount $M
	umount $N
	about "$shmem" meminfo Shmem
	about "$unevictable" meminfo Unevictable
	about 0 cgroup_stat shmem
	about 0 cgroup_stat active_anon inactive_anon
	about 0 cgroup_stat unevictable
	expect_nothing_preserved
}

. /files/lib.sh

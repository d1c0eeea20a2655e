#!/bin/bash
# The same stage again and again, each in the next kernel: load what the one before
# has preserved, by one thread and by one a CPU in turns; preserve it, by one and by
# one a CPU in turns. Before that the same with a small file system, and the first
# time does not count: QEMU translates code when it is run first, machines do not.
# What CPUs give that share nothing is measured beside: hosts differ, and at times.
. /files/lib.sh

pages=$(param pages)
rounds=$(param rounds)
cpus=$(nproc)
W=/mnt/w
mkdir -p $W

threads() { echo "$1" > /sys/module/kernel/parameters/pkram_threads; }

case $STAGE in
1)	mount -t tmpfs -o pkram=warm,size=100% bench $W
	$B fill $W/file 16384
	mount -t tmpfs -o pkram=bench,size=100% bench $M
	$B fill $M/file "$pages"
	for ((i = 0; i <= rounds; i++)); do
		for n in 1 "$cpus"; do
			threads "$n"
			results preserve-$n-$((i > 0)) $B mount $M remount,ro preserve
			mount -o remount,rw,nopreserve $M
		done
	done ;;
*)	n=$((STAGE % 2 ? cpus : 1))
	threads "$n"
	$B mount $W "" pkram=warm
	results load-$n-1 $B mount $M "" pkram=bench $M/file
	for n in 1 "$cpus"; do
		results control-$n-0 $B share $((pages / 16384)) "$n"
		for ((i = 0; i < 3; i++)); do
			results control-$n-1 $B share $((pages / 16384)) "$n"
		done
	done ;;
esac
if [ "$STAGE" = "$STAGES" ]; then
	$B check $M/file "$pages"
else
	mount -o remount,ro,preserve $W
	mount -o remount,ro,preserve $M
fi
result mhz "$(awk '/^cpu MHz/ { print $4; exit }' /proc/cpuinfo)"

#!/bin/bash
# The same stage again and again, each in the next kernel: load what the one before
# has preserved, preserve it again.  The same with a small file system before each
# time: QEMU translates code when it is run first, which machines do not.
. /files/lib.sh

pages=$(param pages)
W=/mnt/w
mkdir -p $W

case $STAGE in
1)	mount -t tmpfs -o pkram=warm,size=100% bench $W
	$B fill $W/file 16384
	mount -t tmpfs -o pkram=bench,size=100% bench $M
	$B fill $M/file "$pages" ;;
*)	$B mount $W "" pkram=warm
	results load $B mount $M "" pkram=bench $M/file ;;
esac
if [ "$STAGE" = "$STAGES" ]; then
	$B check $M/file "$pages"
else
	$B mount $W remount,ro preserve
	results preserve $B mount $M remount,ro preserve
fi
result mhz "$(awk '/^cpu MHz/ { print $4; exit }' /proc/cpuinfo)"

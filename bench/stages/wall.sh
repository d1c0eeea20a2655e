#!/bin/bash
# The same stage again and again, each in the next kernel: load what the one before
# has preserved, preserve it again.
. /files/lib.sh

pages=$(param pages)

case $STAGE in
1)	mount -t tmpfs -o pkram=bench,size=100% bench $M
	$B fill $M/file "$pages" ;;
*)	results load $B mount $M "" pkram=bench $M/file ;;
esac
if [ "$STAGE" = "$STAGES" ]; then
	$B check $M/file "$pages"
else
	results preserve $B mount $M remount,ro preserve
fi
result mhz "$(awk '/^cpu MHz/ { print $4; exit }' /proc/cpuinfo)"

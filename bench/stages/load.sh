#!/bin/bash
# The tmpfs is loaded, and shown to be the one that was preserved.
. /files/lib.sh

layout=$(param layout)
pages=$(param pages)

results arrive $B now
results settle $B settle
case $layout in
none)	exit 0 ;;
small)	results load $B mount $M "" pkram=bench
	$B check-tree $M 1000 "$pages"
	exit 0 ;;
esac
results load $B mount $M "" pkram=bench $M/file
results touch $B touch $M/file
$B check $M/file "$pages"
# shellcheck disable=SC2046 # two numbers
set -- $($MEM pages $M/file)
[ "$1" = "$pages" ]
result runs "$2"

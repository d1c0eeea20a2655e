#!/bin/bash
# A tmpfs of a layout is made, preserved, and an image is loaded, which vm/init
# executes.  Layout none: all the same, but without the tmpfs, to compare with.
. /files/lib.sh

layout=$(param layout)
pages=$(param pages)
options=$(param options)
huge=
[ "$layout" != 2m ] || huge=,huge=always

case $layout in
none)	;;
*)	mount -t tmpfs -o "pkram=bench,size=100%,nr_inodes=0$huge" bench $M ;;
esac
case $layout in
4k|2m)	$B fill $M/file "$pages" ;;
scattered)
	# Every other page: each comes with one of a file that goes away
	$B scatter $M/file $M/scrap "$pages"
	rm $M/scrap ;;
small)	$B tree $M 1000 "$pages" ;;
esac
if [ "$layout" != none ]; then
	for n in 5 4 3 2 1; do
		results preserve $B mount $M remount,ro "preserve${options:+,$options}"
		[ "$n" = 1 ] || mount -o remount,rw,nopreserve $M
	done
	result metadata "$(metadata)"
fi
# They come from a disk: the first time is not the one to count
kexec --version > /dev/null
cat "$KERNEL" "$INITRD" > /dev/null
results image $B run kexec -s -l "$KERNEL" --initrd="$INITRD" \
	--command-line="$(cat /proc/cmdline)"
results leave $B now

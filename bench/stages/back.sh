#!/bin/bash
# Second half: back into a tmpfs, which is shown to hold what the first one held.
. /files/lib.sh

way=$(param way)
device=${DISK-}
options=
[ "$way" != pmem ] || { device=/dev/pmem0; options="-o dax=always"; }

results arrive $B now
mkdir -p /mnt/d
mount -t tmpfs -o size=100% bench $M
mount -t ext4 $options "$device" /mnt/d
cp -a /etc $M/cp
tar -C /etc -cf - . | tar -C $M -xf -
case $way in
cp|pmem) results back $B run cp -a /mnt/d/file $M/file ;;
tar)	results back $B run tar -C $M -xf /mnt/d/tar ;;
esac
$B check $M/file "$(param pages)"

#!/bin/bash
# What users do without PKRAM, first half: contents of a tmpfs go to a disk, or to
# memory that memmap= has set aside as one.
. /files/lib.sh

way=$(param way)
device=${DISK-}
options=
[ "$way" != pmem ] || { device=/dev/pmem0; options="-o dax=always"; }

mkdir -p /mnt/d
mount -t tmpfs -o size=100% bench $M
$B fill $M/file "$(param pages)"
mkfs.ext4 -q -b 4096 "$device"
mount -t ext4 $options "$device" /mnt/d
# The programs come from a disk: the first time is not the one to count
cp -a /etc /mnt/d/cp
tar -C /etc -cf /mnt/d/tar .
sync
case $way in
cp|pmem) results out $B run sh -c "cp -a $M/file /mnt/d/file && sync" ;;
tar)	results out $B run sh -c "tar -C $M -cf /mnt/d/tar file && sync" ;;
esac
umount /mnt/d
results leave $B now

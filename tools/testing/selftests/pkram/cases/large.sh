# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: tens of thousands of files and 2 GiB of data are identical after a kexec
# stages: 2
# vm file: -m 4G -f /usr/share/doc -f /usr/include -t 1800
# vm load: -m 4G -f /usr/share/doc -f /usr/include -t 1800 -s load
# vm numa: -m 4G -f /usr/share/doc -f /usr/include -t 1800 --numa 2
# soak: yes

stage1() {
	pmount large size=3G,nr_inodes=1M
	cp -a /files/doc /files/include $M
	cp -al $M/include $M/links
	$T fill $M/random 1G 1
	tree_kinds $M
	remember $M
	preserve
	pmount large-huge size=2G,huge=always /mnt/huge
	$T fill /mnt/huge/random 1G 2
	preserve /mnt/huge
}

stage2() {
	echo "FILES $(find $M | wc -l)"
	pmount large
	pmount large-huge '' /mnt/huge
	check $M
	$T check $M/random 1G 1
	$T check /mnt/huge/random 1G 2
	umount $M /mnt/huge
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the cases share. A case defines stage1, stage2, ... and ends with
#
#	. /files/lib.sh
#
# which runs the function of the stage whose turn it is, as root in the guest;
# a stage without a function of its own is other_stage. Between two stages the
# machine kexecs. A stage fails with the first command that fails.

set -euo pipefail
shopt -s dotglob

T=/files/pkram_test
F=/files/pkram_fs
MEM=/files/pkram_mem
TREE=/files/pkram_tree
M=/mnt/t

fail() {
	echo "FAIL: $*"
	dmesg | grep -E 'pkram|tmpfs' | tail -20 || true
	exit 1
}

# For the runner: the whole case does not apply here
skip() {
	echo "SKIP: $*"
	exit 0
}

# param NAME DEFAULT: the last pkram_test.NAME= of the kernel's command line
param() {
	local value

	value=$(tr ' ' '\n' < /proc/cmdline | sed -n "s/^pkram_test\.$1=//p" |
		tail -1)
	echo "${value:-$2}"
}

# --------------------------------------------------------------- mounting

# pmount NAME [OPTIONS [DIR]]: mount the tmpfs NAME
pmount() {
	mkdir -p "${3:-$M}"
	mount -t tmpfs -o "pkram=$1${2:+,$2}" "tmpfs-$1" "${3:-$M}"
}

# attributes DIR: what the manifest does not hold
attributes() {
	(
		cd "$1"
		find . ! -path ./.manifest ! -path ./.attributes -print0 |
			sort -z > /tmp/names
		xargs -0 -r getfattr -h -d -m- -e hex < /tmp/names 2>&1
		xargs -0 -r getfacl -n -P < /tmp/names 2>&1
		xargs -0 -r lsattr -d < /tmp/names 2> /dev/null || true
		xargs -0 -r stat -c '%n %i %w %x %t:%T' < /tmp/names
	)
}

# preserve [DIR]
preserve() {
	mount -o remount,ro,preserve "${1:-$M}"
}

# mount_err ERRNO DIR FLAGS OPTIONS: mount(2) must fail in just this way. With
# 0 it must succeed. FLAGS are of rw, ro and remount.
mount_err() {
	local got

	mkdir -p "$2"
	got=$($T mount "$2" "$3" "$4")
	[ "$got" = "$1" ] || fail "mount $3 '$4': $got, expected $1"
}

# message TEXT CMD...: the command makes the kernel log a line with this text
message() {
	local text=$1 mark

	shift
	mark="mark-$RANDOM$RANDOM"
	echo "$mark" > /dev/kmsg
	"$@"
	# Not piped: grep -q would end before the others, which is an error then
	dmesg | sed "1,/$mark/d" > /tmp/messages
	grep -F -q -- "$text" /tmp/messages || {
		cat /tmp/messages
		fail "no message '$text' from: $*"
	}
}

# nodes: number of nodes
nodes() {
	cat /sys/kernel/pkram/nodes
}

# drop NODE: give up a node
drop() {
	echo "$1" > /sys/kernel/pkram/drop
}

expect_nodes() {
	[ "$(nodes)" = "$1" ] || fail "$(nodes) nodes, expected $1"
}

# --------------------------------------------------------------- kernels

# next_kernel WORDS [KERNEL]: the next stage runs in this kernel with this command
# line, loaded by the system call that the runner was told to use
next_kernel() {
	local kernel=${2:-$KERNEL} super_block

	case $(sed -n 's/^SYSCALL=//p' /boot/vmrun.conf) in
	file)	kexec -s -l "$kernel" --initrd="$INITRD" --command-line="$1" ;;
	load)	super_block=$(cat /sys/kernel/pkram/super_block)
		kexec -c -l "$kernel" --initrd="$INITRD" \
			--command-line="$1 pkram=$super_block" ;;
	esac
}

# next_kernel_over FILE PAGES WORDS: the next stage runs in this kernel, and the image
# is where there is a page of a file now, one of the first so many
next_kernel_over() {
	local super_block at page

	super_block=$(cat /sys/kernel/pkram/super_block)
	# Some are where there is no room for an image below them
	for ((page = $2 - 1; page >= 0; page -= $2 / 8)); do
		at=$(($($MEM frame "$1" "$page") << 12))
		[ "$at" -gt $((192 << 20)) ] || continue
		! kexec -c -l "$KERNEL" --initrd="$INITRD" \
			--mem-min=$((at - (128 << 20))) \
			--mem-max=$((at + (1 << 20))) \
			--command-line="$3 pkram=$super_block" || return 0
	done
	fail "no image can be loaded over $1"
}

# cmdline_without WORD...: this command line without these words, and without
# those that begin with them if they end with =
cmdline_without() {
	local word unwanted

	for word in $CMDLINE; do
		for unwanted; do
			[[ $word != "$unwanted" &&
				! ( $unwanted = *= && $word = "$unwanted"* ) ]] ||
				continue 2
		done
		printf '%s ' "$word"
	done
}

# ------------------------------------------------------------- comparing

# manifest DIR: a line for all that can be seen of each file, in a form that
# does not depend on the order of directories, on inode numbers, or on what
# bytes are in names
manifest() {
	(
		cd "$1"
		# Newlines in names become \001, NULs newlines
		find . ! -path ./.manifest -printf \
			'%P|%y|%m|%U|%G|%s|%b|%n|%T@|%l\0' |
			tr '\n\0' '\001\n' | sort
		# First name of each group of hard links
		find . ! -type d -links +1 -printf '%i|%P\0' |
			tr '\n\0' '\001\n' | sort |
			awk -F '|' '{ if ($1 != i) { i = $1; f = $2 }
				print $2 " is " f }' | sort
		find . -type f ! -path ./.manifest -print0 | sort -z |
			xargs -0 -r $T map | tr '\n' ' ' | sha256sum
		find . -type f ! -path ./.manifest ! -empty ! -name '*.sparse' \
			-print0 | sort -z | xargs -0 -r sha256sum -z |
			tr '\n\0' '\001\n'
		find . -type f -name '*.sparse' -print0 | sort -z |
			xargs -0 -r $T sum
	)
}

# remember DIR [TAG]: put the tree's manifest into the tree; the next stages
# check against it, and the runner checks that all tell the same digest of a tag
remember() {
	: > "$1/.manifest"
	manifest "$1" > /tmp/manifest
	cat /tmp/manifest > "$1/.manifest"
	echo "DIGEST ${2:-${1##*/}} $(sha256sum < /tmp/manifest)"
}

check() {
	[ -s "$1/.manifest" ] || fail "$1 has no manifest: the tree is not there"
	manifest "$1" > /tmp/manifest
	cmp -s /tmp/manifest "$1/.manifest" || {
		diff "$1/.manifest" /tmp/manifest | head -20
		fail "$1 has changed"
	}
	echo "DIGEST ${2:-${1##*/}} $(sha256sum < /tmp/manifest)"
}

# The same for everything that can be seen, also what the tests' own work changes,
# so it stands in FILE, outside of the tree, which is mounted noatime.

# full_remember DIR FILE TAG
full_remember() {
	mkdir -p "${2%/*}"
	full_manifest "$1" > "$2"
	echo "DIGEST $3 $(sha256sum < "$2")"
}

# full_check DIR FILE TAG: fails when the tree has changed
full_check() {
	[ -s "$2" ] || fail "$1: no manifest $2"
	full_manifest "$1" > /tmp/full
	cmp -s "$2" /tmp/full || {
		diff "$2" /tmp/full | cut -c 1-1500 | head -20
		fail "$1 has changed"
	}
	echo "DIGEST $3 $(sha256sum < /tmp/full)"
}

# full_handles DIR FILE: the handles of the manifest lead to the same inodes.
# Comes before full_check, which sets up those that are missing.
full_handles() {
	$TREE handles "$1" < "$2" > /tmp/handles || {
		cut -c 1-1500 /tmp/handles
		fail "$1: file handles"
	}
}

full_manifest() {
	local options

	# Some are shown when they are not the defaults, which depend on memory
	options=$(findmnt -n -o FS-OPTIONS -M "$1" | tr ',' '\n' |
		sed -E '/^(ro|rw|preserve|(size|nr_inodes)=.*)$/d' | tr '\n' ' ')
	echo "options $options"
	$TREE manifest -a "$1"
}

expect_empty() {
	[ -z "$(find "$1" -mindepth 1 -print -quit)" ] || fail "$1 is not empty"
}

# ---------------------------------------------------------------- memory

# on NODE: what this shell allocates from here on, metadata included, is there
on() {
	local g=/sys/fs/cgroup/node$1

	[ -e /sys/fs/cgroup/cpuset.mems.effective ] || skip "no cpusets"
	echo +cpuset > /sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "$g"
	echo "$1" > "$g/cpuset.cpus"
	echo "$1" > "$g/cpuset.mems"
	echo $$ > "$g/cgroup.procs"
}

# Free pages are also those that CPUs have put aside for themselves
free_now() {
	awk '/^MemFree/ { print $2 }
		/^ +count:/ { print 4 * $2 }' /proc/meminfo /proc/zoneinfo |
		awk '{ sum += $1 } END { print sum }'
}

# free_kib: free memory, when nothing moves any more
free_kib() {
	local a b n

	for ((n = 0; n < 10; n++)); do
		sync
		echo 3 > /proc/sys/vm/drop_caches
		sleep 0.2
		a=$(free_now)
		sleep 0.2
		b=$(free_now)
		if [ $((a - b)) -le 64 ] && [ $((b - a)) -le 64 ]; then
			break
		fi
	done
	echo "$b"
}

# A kernel that keeps stacks and what was freed last, so that free memory dwindles,
# and has kmemleak
debug_kernel() {
	[ -e /sys/kernel/debug/kmemleak ]
}

# lost_at_most BEFORE KIB [DEBUG_KIB]: of the KiB that were free no more than these
# are missing now, on a debug kernel no more than DEBUG_KIB
lost_at_most() {
	local after limit=$2

	! debug_kernel || limit=${3:-$2}
	after=$(free_kib)
	echo "KIB before $1 after $after"
	[ $(($1 - after)) -le "$limit" ] || fail "$(($1 - after)) KiB lost"
}

# swap_on SIZE: something to swap to, and a cgroup x whose memory can be reclaimed
swap_on() {
	echo "$1" > /sys/block/zram0/disksize
	mkswap /dev/zram0 > /dev/null
	swapon /dev/zram0
	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/x
}

# swap_out AMOUNT KIB: reclaim the memory of cgroup x by this amount at a time,
# until at least so many KiB are in swap. Reclaim gives up early when pages are
# in use or on their way somewhere.
swap_out() {
	local n out

	for ((n = 0; n < 100; n++)); do
		echo "$1" > /sys/fs/cgroup/x/memory.reclaim || sleep 0.1
		out=$(awk '/^SwapTotal/ { t = $2 } /^SwapFree/ { f = $2 }
			END { print t - f }' /proc/meminfo)
		[ "$out" -lt "$2" ] || break
	done
	echo "SWAPPED $out KiB"
	[ "$out" -ge "$2" ] || fail "too little was swapped out"
}

# ----------------------------------------------------------------- trees

# tree_kinds DIR: one of everything that a tree can be made of
tree_kinds() {
	local d=$1 name n

	mkdir "$d/dir" "$d/empty" "$d/dir/sub"
	echo hello > "$d/file"
	: > "$d/zero"
	head -c 100000 /dev/urandom > "$d/dir/random"

	# Hard links across directories, also of a symlink
	ln "$d/dir/random" "$d/dir/sub/random"
	ln "$d/dir/random" "$d/another"
	ln -s nowhere "$d/dir/link"
	ln -P "$d/dir/link" "$d/empty/link"

	# Symlinks: the longest inline one, the shortest that is not, the longest
	for n in 1 127 128 4095; do
		ln -s "$(printf "%${n}s" '' | tr ' ' s)" "$d/sym$n"
	done

	for n in 6755 1777 0000 4000 2070; do
		echo "$n" > "$d/mode$n"
		chmod "$n" "$d/mode$n"
		mkdir "$d/dmode$n"
		chmod "$n" "$d/dmode$n"
	done
	chown 1000:65534 "$d/mode0000"
	chmod 6755 "$d/mode6755"
	chown -h 4294967294:4294967293 "$d/sym1"

	# Names
	name=$(printf "%255s" '' | tr ' ' n)
	echo long > "$d/$name"
	mkdir "$d/dir/$name"
	echo nl > "$d/new
line"
	echo utf > "$d/$(printf '\377\376bad')"
	echo sp > "$d/ -rf * \$x \"'\\"
	echo dots > "$d/..."

	tree_data "$d/data"
	tree_times "$d"
}

# random_options SEED: mount options for a random tree
random_options() {
	local options=(
		'size=64M'
		'size=64M,nr_inodes=100k,huge=always'
		'size=5M,nr_inodes=300'
		'size=64M,nr_inodes=0,huge=within_size'
		'size=40%,huge=advise,mode=1755'
		'nr_blocks=2000,inode32,uid=1000,gid=65534,mode=0'
		'size=64M,noswap'
	)

	echo "${options[$(($1 % ${#options[@]}))]}$([ $(($1 % 3)) != 0 ] || echo ,verify)"
}

# random_grow DIR SEED [KINDS]: make a random tree of what is in a directory
random_grow() {
	local kinds

	kinds=$(param kinds "${3:-}")
	echo "SEED $2: $($TREE grow "$1" "$2" "$(param ops 600)" ${kinds:+"$kinds"})"
}

# random_seed: where to begin
random_seed() {
	local seed

	seed=$(param seed 1)
	[ "$seed" != random ] || seed=$((RANDOM << 15 | RANDOM))
	echo $seed
}

# Where bytes are and where not
tree_data() {
	local d=$1

	mkdir "$d"
	truncate -s 1M "$d/hole"
	truncate -s 1500000 "$d/sparse"
	for n in 0 3 1000 4095 4096 1048577 1499999; do
		printf x | dd of="$d/sparse" bs=1 seek="$n" conv=notrunc status=none
	done
	head -c 300000 /dev/urandom > "$d/punched"
	fallocate -p -o 8192 -l 100000 "$d/punched"
	fallocate -l 200000 "$d/fallocated"
	fallocate -l 200000 "$d/fallocated1"
	printf x | dd of="$d/fallocated1" bs=1 seek=50000 conv=notrunc status=none
	: > "$d/beyond"
	fallocate -n -l 500000 "$d/beyond"
	printf x > "$d/tiny"
	printf 'tail' > "$d/tail"
	$T tail "$d/tail" 0xa5
	truncate -s 9223372036854771711 "$d/size.sparse"
	printf x | dd of="$d/far.sparse" bs=1 seek=1099511627776 status=none
}

# Odd times, in both directions, on files and directories
tree_times() {
	local d=$1

	touch -h -d '1969-12-31 23:59:58.000000001 UTC' "$d/sym127"
	touch -d '1901-12-13 20:45:52.999999999 UTC' "$d/zero"
	touch -d '2001-02-03 04:05:06.123456789 UTC' "$d/file" "$d/empty"
	touch -d '2446-05-10 22:38:55.000000001 UTC' "$d/dir/sub"
}

# What the manifest does not hold
check_kinds() {
	local want

	want=$(head -c $((2 * 4092)) /dev/zero | tr '\0' x | sed 's/xx/a5/g')
	[ "$($T tail "$1/data/tail")" = "$want" ] ||
		fail "bytes past the end of file have changed"
}

# Of the trees in $M and in $M/huge, where all that is left is thrown away,
# nothing is accounted for any more
expect_all_freed() {
	[ "$(df --output=used $M/huge | tail -1)" -eq 0 ] || fail "used"
	umount $M/huge
	rm -r "${M:?}"/*
	[ "$(df --output=used $M | tail -1)" -eq 0 ] || fail "used"
	umount $M
	expect_nothing_preserved
}

# No preserved state may be left over when all has been loaded, of which a part comes
# after the mount
expect_nothing_preserved() {
	local n

	for ((n = 0; n < 100; n++)); do
		[ "$(nodes)" != 0 ] || break
		sleep 0.1
	done
	expect_nodes 0
	[ "$(cat /sys/kernel/pkram/preserved_bytes)" = 0 ] ||
		fail "$(cat /sys/kernel/pkram/preserved_bytes) bytes preserved"
}

mkdir -p "$M"
if declare -F "stage$STAGE" > /dev/null; then
	"stage$STAGE"
else
	other_stage
fi

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: preserved and mounted again in one boot, pages are charged once, to who mounts, and not kept by dead cgroups
# stages: 2
# vm: -m 1G

cg=/sys/fs/cgroup

# in_group GROUP CMD...: run a command in a cgroup
in_group() (
	echo $BASHPID > "$cg/$1/cgroup.procs"
	shift
	exec "$@"
)

# shmem GROUP: MiB of tmpfs charged to it
shmem() {
	awk '/^shmem / { print int(($2 + 524288) / 1048576) }' "$cg/$1/memory.stat"
}

current() {
	echo $((($(cat "$cg/$1/memory.current") + 524288) / 1048576))
}

# charged GROUP MIB [SHMEM]: this much and little more, and of that as much in files
# that are mounted. Statistics and stocks of CPUs come late.
charged() {
	local n

	for ((n = 0; n < 50; n++)); do
		if [ "$(shmem "$1")" = "${3:-$2}" ] &&
		   [ "$(current "$1")" -ge "$2" ] &&
		   [ "$(current "$1")" -le $(($2 + 8)) ]; then
			return
		fi
		sleep 0.1
	done
	grep -E '^(anon|file|shmem|kernel|slab) ' "$cg/$1/memory.stat"
	fail "$1: $(shmem "$1") MiB of shmem, $(current "$1") MiB in all, expected $2"
}

# gone GROUP: it can be removed, and nothing keeps it in memory
gone() {
	local n

	rmdir "$cg/$1"
	for ((n = 0; n < 50; n++)); do
		echo 3 > /proc/sys/vm/drop_caches
		if grep -q -x 'nr_dying_descendants 0' $cg/cgroup.stat; then
			return
		fi
		sleep 0.1
	done
	fail "$1: $(grep ^nr_dying_descendants $cg/cgroup.stat)"
}

setup() {
	echo +memory > $cg/cgroup.subtree_control
	mkdir -p $cg/a $cg/b $cg/c $cg/d
	echo 100M > $cg/c/memory.max
}

mount_in() {
	in_group "$1" mount -t tmpfs -o pkram=memcg "$2" memcg $M
}

stage1() {
	local n

	setup
	in_group a mount -t tmpfs -o pkram=memcg,size=300M memcg $M
	in_group a $T fill $M/small 100M 1
	mount -o remount,huge=always $M
	in_group a $T fill $M/huge 100M 2
	mount -o remount,huge=never $M
	remember $M
	charged a 200
	# Until somebody mounts it, it is of who had it
	preserve
	umount $M
	charged a 200 0

	for n in 1 2 3; do
		mount_in b -w
		charged a 0
		charged b 200
		check $M
		preserve
		charged b 200
		umount $M
		mount_in a -w
		charged a 200
		charged b 0
		preserve
		umount $M
		# Also to who only looks at it
		mount_in b -r
		charged a 0
		charged b 200
		umount $M
		mount_in a -r
		charged a 200
		charged b 0
		mount -o remount,rw $M
		charged a 200
		preserve
		umount $M
		# Nobody pays for a load that fails
		[ "$(in_group c $T mount $M rw pkram=memcg)" = ENOMEM ] ||
			fail "memory.max"
		charged c 0
		charged b 0
	done
	gone c
	mount_in b -w
	gone a
	check $M
	umount $M
	charged b 0
	gone b
	expect_nothing_preserved

	# Who has paid for it once pays no second time, not even for a moment
	in_group d mount -t tmpfs -o pkram=memcg,size=200M,huge=always memcg $M
	in_group d $T fill $M/huge 96M 1
	mount -o remount,huge=never $M
	remember $M tight
	preserve
	umount $M
	charged d 96 0
	# Less than one more folio
	echo $((97 * 1024 + 512))K > $cg/d/memory.max
	mount_in d -w
	charged d 96
	check $M tight
	umount $M
	charged d 0
	gone d
	expect_nothing_preserved

	# Who had it is gone
	setup
	in_group a mount -t tmpfs -o pkram=memcg,size=300M memcg $M
	in_group a $T fill $M/small 100M 1
	remember $M again
	preserve
	umount $M
	rmdir $cg/a
	mount_in b -w
	charged b 100
	gone c
	preserve
}

stage2() {
	setup
	# A load that fails in the middle leaves what the next one needs, and no trace
	echo 60M > $cg/c/memory.max
	[ "$(in_group c $T mount $M rw pkram=memcg)" = ENOMEM ] ||
		fail "memory.max"
	charged c 0
	gone c
	mount_in b -r
	charged b 100
	umount $M
	mount_in a -w
	charged a 100
	charged b 0
	check $M again
	umount $M
	charged a 0
	gone a
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: any field of what a node is made of may be wrong: it is refused by name or it is another value, and nothing else is lost
# stages slice: 2
# stages all: 5
# soak: all
# vm slice: -m 1G -a pkram_test.nodes=60
# vm all: -m 1G -t 3000

# Nodes flip-0, flip-1, ... have the same tree. Right before the kexec each has
# something else changed: a field, a way to change it, and whether the checksums
# are made right again after that. The nodes keep-0 before and keep-1 behind them
# are left alone, and so is good, which holds the lists.

FLIP=/files/pkram_flip
LAYOUT=/files/layout.golden
DAMAGE=/sys/kernel/debug/pkram/damage

# What may become of nodes whose checksums are right: what is allowed to differ,
# as a pattern of "path:key", "same" when nobody may see it. All else is to be
# refused.
allowed() {
	cat <<-'END'
		pkram_node_ser.saved_at same
		pkram_run_ser.where same|.*:data
		pkram_run_ser.index .*:(data|blocks|end)
		pkram_shmem_rec.flags .:options|.*:xattr
		pkram_shmem_header.nr_blocks same
		pkram_shmem_super.max_blocks .:(options|used)
		pkram_shmem_super.max_inodes .:(options|used)
		pkram_shmem_super.next_ino same
		pkram_shmem_super.uuid same|.:fsid
		pkram_shmem_super.uid .:options
		pkram_shmem_super.gid .:options
		pkram_shmem_super.mode .:options
		pkram_shmem_super.huge .:options
		pkram_shmem_inode.mode .*:(mode|xattr)
		pkram_shmem_inode.ino .*:(ino|handle)
		pkram_shmem_inode.uid .*:(uid|quota)
		pkram_shmem_inode.gid .*:(gid|quota)
		pkram_shmem_inode.generation .*:handle
		pkram_shmem_inode.rdev_major .*:rdev
		pkram_shmem_inode.rdev_minor .*:rdev
		pkram_shmem_inode.size .*:(size|data|end)
		pkram_shmem_inode.version same
		pkram_shmem_inode.atime .*:atime
		pkram_shmem_inode.mtime .*:mtime
		pkram_shmem_inode.ctime .*:ctime
		pkram_shmem_inode.btime .*:btime
		pkram_shmem_inode.atime_nsec .*:atime
		pkram_shmem_inode.mtime_nsec .*:mtime
		pkram_shmem_inode.ctime_nsec .*:ctime
		pkram_shmem_inode.btime_nsec .*:btime
		pkram_shmem_inode.fsflags same|.*:flags
		pkram_shmem_dir.next_offset same
		pkram_shmem_dentry.offset .*:offsets
		pkram_shmem_dentry.tail .*
		pkram_shmem_symlink.tail .*:target
		pkram_shmem_data.fallocend same
		pkram_shmem_quota.space_hard .:(options|quota)
		pkram_shmem_quota.inodes_hard .:(options|quota)
		pkram_shmem_quota.space_grace .:grace
		pkram_shmem_quota.inodes_grace .:grace
		pkram_shmem_dquot.id .:quota
		pkram_shmem_dquot.space_hard .:quota
		pkram_shmem_dquot.space_soft .:quota
		pkram_shmem_dquot.inodes_hard .:quota
		pkram_shmem_dquot.inodes_soft .:quota
		pkram_shmem_dquot.space_time same|.:quota
		pkram_shmem_dquot.inodes_time same|.:quota
		pkram_shmem_xattr.name_len .*:xattr
		pkram_shmem_xattr.value_len .*:xattr
		pkram_shmem_xattr.tail .*:xattr
		pkram_shmem_acl.tail .*:xattr
		pkram_shmem_poison.start .*:(lost|data)
		pkram_shmem_policy.start .*:policy
		pkram_shmem_policy.end same|.*:policy
		pkram_shmem_policy.mode .:options|.*:policy
		pkram_shmem_policy.home_node same
		pkram_shmem_policy.tail same|.:options|.*:policy
	END
}

# judge FILE: fails unless each has become what it may
judge() {
	allowed > /tmp/allowed
	awk '
		NR == FNR { ok[$1] = $2; next }
		{
			name = $1; field = $2; how = $3 " " $4
			result = ""
			for (i = 6; i <= NF; i++)
				result = result (i > 6 ? " " : "") $i
			good = result == "EBADMSG"
			if (!good && $4 == "right" && field in ok) {
				good = 1
				for (i = 6; i <= NF; i++)
					if ($i !~ "^(" ok[field] ")$")
						good = 0
			}
			if (!good) {
				print field " " how " of " $5 ": " result
				bad = 1
			}
			split(field, part, ".")
			nr_structs += !structs[part[1]]++
			nr_fields += !fields[field]++
			kind = "different"
			if (result == "EBADMSG")
				kind = "refused"
			if (result == "same")
				kind = result
			n[$4 " sums: " kind]++
			each[part[1] " " kind]++
		}
		END {
			printf "FLIPS %d of %d fields of %d structures:", FNR,
			       nr_fields, nr_structs
			for (i in n)
				printf " %s %d,", i, n[i]
			print ""
			for (i in each)
				print "  " i " " each[i] | "sort"
			close("sort")
			exit bad || !FNR
		}' /tmp/allowed "$1"
}

# Nothing is to move any more once it is known where it is
load_image() {
	kexec -s -l "$KERNEL" --initrd="$INITRD" \
		--command-line="$CMDLINE pkram_test.free=$1"
}

# order FILE: a line at a time
order() {
	local line

	while IFS= read -r line; do
		echo "$line" > $DAMAGE || fail "order $line"
	done < "$1"
}

# make_nodes FROM TO FIRST STEP: see pkram_flip plan
make_nodes() {
	pmount good '' /mnt/good
	mkdir /mnt/good/lists
	$FLIP make $M keep 0 0 /mnt/good/lists > /dev/null
	$FLIP make $M flip "$1" "$2" /mnt/good/lists > /dev/null
	$FLIP make $M keep 1 1 /mnt/good/lists > /dev/null
	$FLIP plan $LAYOUT flip "$@" > /tmp/where 2> /tmp/orders ||
		fail "$(tail -1 /tmp/orders)"
	cp /tmp/where /mnt/good
	tree_kinds /mnt/good
	remember /mnt/good "good$STAGE"
	preserve /mnt/good
	order /tmp/orders
}

# The nodes of this stage are the next ones
next_nodes() {
	local nr first step per from to

	mkdir -p /tmp/lists
	$FLIP make $M count 0 0 /tmp/lists > /dev/null
	nr=$($FLIP count $LAYOUT count)
	drop shmem-count-0
	first=$(param first 0)
	# All, or so many in each stage
	per=$(param nodes $(((nr - first + STAGES - 2) / (STAGES - 1))))
	step=$(((nr - first) / per / (STAGES - 1)))
	step=$((step > 1 ? step : 1))
	from=$(((STAGE - 1) * per))
	to=$(((nr - first - 1) / step))
	to=$((to < from + per - 1 ? to : from + per - 1))
	echo "PLAN $nr damages, from number $first every ${step}th, here $from to $to"
	make_nodes $from $to "$first" $step
}

check_nodes() {
	dmesg | grep pkram: | grep -v "is damaged$" || true
	pmount good ro /mnt/good
	check /mnt/good "good$((STAGE - 1))"
	printf 'keep-0 - - - -\nkeep-1 - - - -\n' > /tmp/keep
	$FLIP try $M /mnt/good/lists < /tmp/keep > /tmp/kept
	cat /tmp/kept
	[ "$(grep -c ' same$' /tmp/kept)" = 2 ] || fail "intact nodes"
	$FLIP try $M /mnt/good/lists < /mnt/good/where > /tmp/got
	judge /tmp/got || fail "not as it should be"
	grep ' EBADMSG$' /tmp/got > /tmp/refused || true
	$F drop < /tmp/refused
	expect_nodes 1
	umount /mnt/good
	pmount good '' /mnt/good
	check /mnt/good "good$((STAGE - 1))"
	umount /mnt/good
	expect_nothing_preserved
	lost_at_most "$(param free 0)" 4096 32768
}

other_stage() {
	local free

	[ -e $DAMAGE ] || skip "no CONFIG_PKRAM_DEBUG_DAMAGE"
	[ "$STAGE" = 1 ] || check_nodes
	[ "$STAGE" != "$STAGES" ] || return 0
	free=$(param free 0)
	[ "$STAGE" != 1 ] || free=$(free_kib)
	load_image "$free"
	next_nodes
}

. /files/lib.sh

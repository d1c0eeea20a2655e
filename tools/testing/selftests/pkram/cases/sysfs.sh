# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: what stands in /sys/kernel/pkram is so: sizes, names, states, what was handed over, who may read it
# stages: 3
# vm first:
# vm refused: -a pkram=a0

S=/sys/kernel/pkram
SIZE=8388608
# Each byte that a name may have and a line may not
ODD=$'a b\nc\\\377\n'
NAMES=$'shmem-a b\\012c\\134\\377\\012'

value() {
	cat "$S/$1"
}

# is FILE VALUE
is() {
	[ "$(value "$1")" = "$2" ] || fail "$1: '$(value "$1")', expected '$2'"
}

# number ESCAPED: where a node is
number() {
	local dir

	for dir in "$S"/node/*; do
		if [ "$(cat "$dir/name")" = "$1" ]; then
			echo "node/${dir##*/}"
			return
		fi
	done
	fail "no node '$1' in $(cat $S/node/*/name)" >&2
}

# What is preserved are the pages of nodes and pages of the format
sums() {
	local dir bytes=0 meta=0

	for dir in "$S"/node/*; do
		[ -d "$dir" ] || continue
		bytes=$((bytes + $(cat "$dir/bytes")))
		meta=$((meta + $(cat "$dir/metadata_bytes")))
	done
	is preserved_bytes $((bytes + $(value metadata_bytes)))
	[ "$meta" -le "$(value metadata_bytes)" ] || fail "metadata"
	is nodes "$(find $S/node -mindepth 1 -maxdepth 1 | wc -l)"
}

# Files that others may not read, or nobody
secrets() {
	local file mode

	for file in $(cd $S && find . -type f); do
		mode=$(stat -c %a $S/"$file")
		case $file in
		./drop)	[ "$mode" = 200 ] ;;
		*/name|*/page|./landing|./landing_bytes|./page_table)
			[ "$mode" = 400 ] ;;
		*)	[ "$mode" = 444 ] ;;
		esac || fail "$file: mode $mode"
		[ "$mode" = 200 ] || [ "$(tail -c 1 $S/"$file" | od -An -tx1)" = ' 0a' ] ||
			fail "$file does not end with a newline"
		if chroot --userspec=65534:65534 / cat "$S/$file" > /dev/null 2>&1; then
			[ "$mode" = 444 ] || fail "anybody reads $file"
		else
			[ "$mode" != 444 ] || fail "nobody reads $file"
		fi
	done
	! chroot --userspec=65534:65534 / sh -c "echo x > $S/drop" 2> /dev/null ||
		fail "anybody drops"
}

# In one write, which the shell's own printf does not make of several lines
drop_bytes() {
	cat > /tmp/bytes
	cat /tmp/bytes > $S/drop
}

# Those that come and go while others look; errors of who looks are no failures
crowd() {
	local n reader

	while :; do
		cat $S/node/*/* $S/landing $S/stats/* > /dev/null 2>&1 || true
	done &
	reader=$!
	for ((n = 0; n < 20; n++)); do
		pmount crowd "" /mnt/crowd
		echo "$n" > /mnt/crowd/file
		preserve /mnt/crowd
		umount /mnt/crowd
		if [ $((n % 2)) = 0 ]; then
			drop shmem-crowd
		else
			pmount crowd "" /mnt/crowd
			umount /mnt/crowd
		fi
	done
	kill $reader
	wait $reader 2> /dev/null || true
}

stage1() {
	local before dir

	is version 1
	is nodes 0
	is preserved_bytes 0
	is metadata_bytes 0
	is boot/nodes 0
	is boot/generation 0
	if grep -q 'pkram=a0' /proc/cmdline; then
		is boot/result refused
		[ -n "$(value boot/reason)" ] || fail "no reason"
	else
		is boot/result none
		is boot/reason ''
	fi

	before=$(date +%s)
	mkdir -p /mnt/odd
	[ "$($T mount /mnt/odd rw "pkram=$ODD")" = 0 ] || fail "mount"
	$T fill /mnt/odd/file 8M 1
	[ "$($T mount /mnt/odd remount,ro "preserve")" = 0 ] || fail "preserve"
	dir=$(number "$NAMES")
	is "$dir/state" saved
	is "$dir/bytes" $SIZE
	is "$dir/objects" 1
	is "$dir/reason" ''
	[ "$(value "$dir/saved_at")" -ge "$before" ] || fail "too old"
	[ "$(value "$dir/saved_at")" -le "$(date +%s)" ] || fail "too young"
	# shellcheck disable=SC2059 # the name has what printf wants
	[ "$(printf "$(value "$dir/name")x")" = "shmem-${ODD}x" ] ||
		fail "the name cannot be read back"
	is stats/saves 1
	is stats/saved_bytes $SIZE
	is stats/saves_discarded 0
	sums

	# What does not come to an end leaves nothing to be seen
	pmount plain "" /mnt/plain
	$T fill /mnt/plain/pinned 1M 1
	[ "$($F pin /mnt/plain/pinned $T mount /mnt/plain remount,ro preserve)" = EBUSY ] ||
		fail "preserved what is pinned"
	is stats/saves_discarded 1
	is nodes 1
	sums
	preserve /mnt/plain

	crowd
	is stats/drops 10
	is stats/loads 10
	is stats/saves 22
	sums

	pmount bad-1 "" /mnt/bad
	echo bad > /mnt/bad/file
	preserve /mnt/bad
	secrets
	sums
	is nodes 3
	# A byte of its page that is not the name's
	$MEM bytes bad 1 1 24 > /tmp/bad
	$MEM flip < /tmp/bad
}

stage2() {
	local odd plain bad log n

	is boot/result damaged
	is boot/reason ''
	is boot/generation 1
	is boot/nodes 3
	is boot/nodes_damaged 1
	is boot/lost_bytes 0
	is boot/failed_pages 0
	is stats/damaged 1
	[ "$(value boot/preserved_bytes)" -gt $SIZE ] || fail "boot/preserved_bytes"
	[ "$(value boot/preserved_bytes)" -lt $((SIZE * 2)) ] || fail "boot/preserved_bytes"
	# As the log has it
	log=$(dmesg | sed -n 's/.*confined to \([0-9]*\) landing ranges, \([0-9]*\) MiB$/\1 \2/p')
	[ "$(value boot/landing_ranges) $(($(value boot/landing_bytes) >> 20))" = "$log" ] ||
		fail "landing: $log"
	log=$(dmesg | sed -n 's/.* in [0-9]* + \([0-9]*\) ranges (landing, held back), \([0-9]*\) us$/\1 \2/p')
	[ "$(value boot/held_ranges) $(value boot/time_us)" = "$log" ] ||
		fail "held: $log"
	[ $(($(value boot/freed_bytes) + $(value boot/preserved_bytes))) = \
		"$(value boot/held_bytes)" ] || fail "not all that was held is somewhere"
	for ((n = 0; n < 100; n++)); do
		[ "$(value boot/pending_bytes)" != 0 ] || break
		sleep 0.1
	done
	is boot/pending_bytes 0
	[ "$(value landing_bytes)" -ge "$(value landing_needed_bytes)" ] ||
		fail "no room"
	[ "$(value landing | wc -l)" -ge 1 ] || fail "no landing map"
	secrets

	odd=$(number "$NAMES")
	plain=$(number shmem-plain)
	bad=$(number shmem-bad-1)
	is "$odd/state" handed-over
	is "$odd/bytes" $SIZE
	is "$odd/objects" 1
	is "$plain/bytes" 1048576
	is "$bad/state" damaged
	is "$bad/bytes" 0
	is "$bad/metadata_bytes" 4096
	[ -n "$(value "$bad/reason")" ] || fail "no reason"

	# A look at it
	mkdir -p /mnt/odd
	[ "$($T mount /mnt/odd ro "pkram=$ODD")" = 0 ] || fail "mount"
	is "$odd/state" loading
	umount /mnt/odd
	is "$odd/state" handed-over
	is stats/loads_aborted 1
	is stats/loads 0

	# Who has a file open when the node goes
	exec 5< "$S/$plain/state"
	! printf 'shmem-plain\0' | drop_bytes 2> /dev/null || fail "NUL"
	is nodes 3
	drop shmem-plain
	! cat <&5 2> /dev/null || fail "the state of what has gone"
	exec 5<&-
	[ ! -e "$S/$plain" ] || fail "still there"
	is stats/drops 1
	drop shmem-bad-1
	is stats/drops 2
	is nodes 1
	sums

	[ "$($T mount /mnt/odd rw "pkram=$ODD")" = 0 ] || fail "mount"
	$T check /mnt/odd/file 8M 1
	[ ! -e "$S/$odd" ] || fail "still there"
	is stats/loads 1
	is stats/loaded_bytes $SIZE
	is nodes 0
	expect_nothing_preserved

	# By the bytes of its name, and a newline as echo adds it
	[ "$($T mount /mnt/odd remount,ro preserve)" = 0 ] || fail "preserve"
	is nodes 1
	[ "$(number "$NAMES")" != "$odd" ] || fail "the number of another"
	! printf 'shmem-%s' "$ODD" | drop_bytes 2> /dev/null || fail "dropped"
	printf 'shmem-%s\n' "$ODD" | drop_bytes
	is nodes 0
	umount /mnt/odd

	# In the way of an image
	pmount large
	$T fill $M/fill 200M 1
	preserve
	is stats/displaced_bytes 0
	is image_lost ''
	kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line=quiet
	is image_lost 'does not find the super block by its command line'
	kexec -u
	next_kernel_over $M/fill 51200 "$CMDLINE"
	[ "$(value stats/displaced_bytes)" -gt 0 ] || fail "nothing displaced"
	is image_lost ''
	sums
}

stage3() {
	is boot/result taken
	is boot/generation 2
	is boot/nodes 1
	is boot/nodes_damaged 0
	is "$(number shmem-large)/bytes" $((200 << 20))
	is stats/saves 0
	sums
	pmount large
	$T check $M/fill 200M 1
	umount $M
	expect_nothing_preserved
	is stats/loads 1
}

. /files/lib.sh

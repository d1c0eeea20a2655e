# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: any field of super block, directory and page table may be wrong: the kernel boots, no tree is a different one, all memory is there
# stages: 20
# stages slice: 3
# soak: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
# vm slice: -m 1G -a "pkram_test.from=3 pkram_test.step=29"
# vm 0: -m 1G -t 1800 -a pkram_test.from=0
# vm 1: -m 1G -t 1800 -a pkram_test.from=19
# vm 2: -m 1G -t 1800 -a pkram_test.from=38
# vm 3: -m 1G -t 1800 -a pkram_test.from=57
# vm 4: -m 1G -t 1800 -a pkram_test.from=76
# vm 5: -m 1G -t 1800 -a pkram_test.from=95
# vm 6: -m 1G -t 1800 -a pkram_test.from=114
# vm 7: -m 1G -t 1800 -a pkram_test.from=133
# vm 8: -m 1G -t 1800 -a pkram_test.from=152
# vm 9: -m 1G -t 1800 -a pkram_test.from=171
# vm 10: -m 1G -t 1800 -a pkram_test.from=190
# vm 11: -m 1G -t 1800 -a pkram_test.from=209
# vm 12: -m 1G -t 1800 -a pkram_test.from=228
# vm 13: -m 1G -t 1800 -a pkram_test.from=247
# vm 14: -m 1G -t 1800 -a pkram_test.from=266
# vm 15: -m 1G -t 1800 -a pkram_test.from=285

# Each stage but the last preserves three trees and has something else changed in
# what the next kernel finds them by; each but the first looks what became of it

FLIP=/files/pkram_flip
LAYOUT=/files/layout.golden
DAMAGE=/sys/kernel/debug/pkram/damage

# next_stage FREE: preserve, order the damage, and load an image that knows
next_stage() {
	local line sums number

	mkdir /tmp/lists
	sums=$($FLIP make $M root 0 2 /tmp/lists | awk '{ printf ",%s", $2 }')
	number=$(($(param from 0) + (STAGE - 1) * $(param step 1)))
	# The image first: it may move the page table
	kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$(
		tr ' ' '\n' <<< "$CMDLINE" |
			grep -v '^pkram_test\.\(free\|sums\|what\)=' | tr '\n' ' '
		)pkram_test.free=$1 pkram_test.sums=$sums pkram_test.what=$(
		$FLIP root $LAYOUT "$number" 2> /dev/null | tr ' ' ',')"
	$FLIP root $LAYOUT "$number" 2> /tmp/orders > /tmp/what ||
		fail "$(tail -1 /tmp/orders)"
	while IFS= read -r line; do
		echo "$line" > $DAMAGE || fail "order $line"
	done < /tmp/orders
}

# look N SUM: what has become of a tree
look() {
	local got

	got=$($FLIP look $M "root-$1")
	case $got in
	EBADMSG) drop "shmem-root-$1" ;;
	gone)	;;
	"$2")	got=same ;;
	*)	got="different:$got" ;;
	esac
	echo "$got"
}

# Fields that nothing depends on
hint() {
	case $1 in
	pkram_super_ser.generation|pkram_range_ser.nid) return 0 ;;
	esac
	return 1
}

judge() {
	local what where way sum n got='' line lines

	IFS=, read -r _ what way sum where <<< "$(param what none)"
	for n in 0 1 2; do
		got+=" $(look "$n" "$(param sums '' | cut -d , -f $((n + 2)))")"
	done
	lines=$(dmesg | awk '
		/pkram: .*(refused|damaged|nothing handed|gone|only)/ && n++ < 3')
	echo "FLIP $what $way $sum $where:$got; ${lines#*pkram: }"
	case $got in
	" same same same") [ "$sum" = right ] || fail "believed" ;;
	*:*)	fail "another tree" ;;
	*)	! hint "$what" || [ "$sum" = wrong ] || [ "$where" = last ] ||
			fail "lost for a hint"
		[ -n "$lines" ] || fail "lost without a word" ;;
	esac
	# Those whose name the next kernel could not know
	dmesg | sed -n "s/.*pkram: node '\(unknown-[0-9a-f]*\)' is damaged$/\1/p" \
		> /tmp/unknown
	while read -r line; do
		drop "$line" 2> /dev/null || true
	done < /tmp/unknown
	expect_nothing_preserved
	lost_at_most "$(param free 0)" 1024 16384
}

other_stage() {
	local free

	[ -e $DAMAGE ] || skip "no CONFIG_PKRAM_DEBUG_DAMAGE"
	if [ "$STAGE" != 1 ]; then
		# There were no more to order
		[ "$(param what none)" != none ] || return 0
		judge
	fi
	[ "$STAGE" != "$STAGES" ] || return 0
	free=$(param free 0)
	[ "$STAGE" != 1 ] || free=$(free_kib)
	next_stage "$free"
}

. /files/lib.sh

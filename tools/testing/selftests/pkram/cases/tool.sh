# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016
# proves: pkram(8) does what it says, tells what is wrong, and leaves nothing half done
# stages: 2
# vm: -m 1G

PK=/files/pkram
OUT=/tmp/out

# run STATUS ARGUMENTS...: what it says, to $OUT and $OUT.err
run() {
	local want=$1 got=0

	shift
	"$PK" "$@" > $OUT 2> $OUT.err || got=$?
	[ "$got" = "$want" ] || {
		cat $OUT $OUT.err
		fail "pkram $*: $got, expected $want"
	}
}

# says TEXT: one of them has this
says() {
	cat $OUT $OUT.err > $OUT.all
	[ -z "$1" ] || grep -F -q -- "$1" $OUT.all || {
		cat $OUT.all
		fail "it does not say: $1"
	}
}

# json PATH: of what it has said, which must be nothing but JSON
json() {
	[ ! -s $OUT.err ] || fail "--json: $(cat $OUT.err)"
	[ "$(sqlite3 :memory: "SELECT json_valid(readfile('$OUT'))")" = 1 ] ||
		fail "no JSON: $(cat $OUT)"
	sqlite3 :memory: "SELECT json_extract(readfile('$OUT'), '$1')"
}

# json_is PATH VALUE
json_is() {
	local got

	got=$(json "$1")
	[ "$got" = "$2" ] || fail "$1 is $got, expected $2: $(cat $OUT)"
}

# What nothing that fails may change
state() {
	cat /sys/kernel/pkram/nodes /sys/kernel/pkram/preserved_bytes \
		/sys/kernel/kexec_loaded
	grep pkram= /proc/mounts || true
}

# unchanged STATUS TEXT ARGUMENTS...
unchanged() {
	local status=$1 text=$2

	shift 2
	state > /tmp/state
	run "$status" "$@"
	says "$text"
	state | cmp -s - /tmp/state || {
		state | diff /tmp/state - || true
		fail "pkram $* has changed something"
	}
}

# In place of kexec: a script, which has the real one as $KEXEC
fake_kexec() {
	{
		echo '#!/bin/bash'
		echo 'KEXEC=/tmp/kexec.real'
		echo 'echo "kexec $*" >> /tmp/kexec.log'
		cat
	} > /tmp/kexec
	chmod 755 /tmp/kexec
	: > /tmp/kexec.log
	mount --bind /tmp/kexec /usr/sbin/kexec
}

real_kexec() {
	umount /usr/sbin/kexec
}

# change FROM TO FILE: an image that is not what this one is
change() {
	LC_ALL=C sed "s/$1/$2/g" "$KERNEL" > "$3"
	! cmp -s "$KERNEL" "$3" || fail "$3 is as it was"
}

# ------------------------------------------------------------------ parts

usage() {
	run 0 --help
	says 'exit status'
	run 0 --version
	run 2
	run 2 nonsense
	run 2 --nonsense
	run 2 list something
	run 2 list --all
	run 2 drop
	run 2 drop --all
	run 2 preserve
	run 2 preserve --all /mnt
	run 2 preserve --load /mnt
	run 2 kexec
	run 2 kexec a b
	run 2 kexec --all a
	run 2 kexec --initrd
	run 2 --json drop
	json_is '$.exit' 2
}

not_root() {
	cp $PK /tmp/pkram
	chmod 755 /tmp/pkram
	pmount a '' /mnt/a
	PK=/tmp/as_user
	printf '#!/bin/sh\nexec setpriv --reuid 1000 --regid 1000 --clear-groups /tmp/pkram "$@"\n' > $PK
	chmod 755 $PK
	unchanged 4 'only root' preserve --all
	unchanged 4 'only root' preserve /mnt/a
	unchanged 4 'only root' drop shmem-a
	unchanged 4 'only root' kexec "$KERNEL"
	PK=/files/pkram
	umount /mnt/a
}

# Names with what /proc/mounts, JSON and terminals have other names for
names() {
	local n=0 name dir

	for name in plain 'a b' "q'\"q" $'new\nline' 'back\slash' 'comma,=' \
		$'\xc3\xa9' $'bad\xff' '\054' '#hash'; do
		n=$((n + 1))
		dir="/mnt/dir $n"$'\n'"\\\"'"
		mkdir -p "$dir"
		# mount(8) takes a comma for the end
		mount_named "$name" "$dir"
		echo "$n" > "$dir/file"
		run 0 --json list
		[ "$(json "\$.mounts[$((n - 1))].preserved")" = 0 ] ||
			fail "preserved: $(cat $OUT)"
		run 0 preserve "$dir"
		says 'preserve /mnt/dir'
		[ "$(wc -l < $OUT)" = 1 ] || fail "not one line: $(cat $OUT)"
		run 0 preserve "$dir"
		says 'keep /mnt/dir'
		expect_nodes $n
		run 0 --json list
		json_is '$.nodes_total' $n
	done
	LC_ALL=C run 0 list
	cat $OUT $OUT.err
	# Nothing but ASCII for the terminal, whatever names are made of
	if [ -d /sys/kernel/pkram/node ]; then
		says 'shmem-\303\251 '
		says 'shmem-bad\377 '
	fi
	! LC_ALL=C grep -q '[^ -~]' $OUT || fail 'raw bytes in the list'
	run 0 --json list
	cat $OUT
	if [ -d /sys/kernel/pkram/node ]; then
		json_is '$.names_known' 1
		json_is '$.nodes[0].state' "$(json '$.nodes[1].state')"
	fi
	# UTF-8 is passed on
	[ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('$OUT'),
		'\$.nodes') WHERE value ->> 'name' IN ('shmem-a b',
		'shmem-q''\"q', 'shmem-new' || char(10) || 'line',
		'shmem-back\\slash', 'shmem-comma,=', 'shmem-' || char(233),
		'shmem-\\054', 'shmem-#hash', 'shmem-plain')")" = 9 ] ||
		fail "names: $(cat $OUT)"
	drop_names
}

mount_named() {
	$F mount attach "$2" "pkram=$1" > /tmp/mounted || true
	[ "$(cat /tmp/mounted)" = 0 ] || fail "mount $1: $(cat /tmp/mounted)"
}

drop_names() {
	local n=0 name

	unchanged 0 'would drop' --dry-run drop 'shmem-a b'
	umount /mnt/dir*
	expect_nodes 10
	unchanged 5 'no such node' drop nothing
	unchanged 5 'no such node' drop a
	unchanged 5 'no such node' drop ''
	unchanged 5 'no such node' drop 'shmem-plain '
	unchanged 5 'no such node' drop $'shmem-plain\n'
	# All that there are, and the first that is not
	run 5 --json drop shmem-plain nothing 'shmem-a b'
	json_is '$.steps[1].object' 'shmem-a b'
	json_is '$.problems[0].object' nothing
	expect_nodes 8
	for name in "q'\"q" $'new\nline' 'back\slash' 'comma,=' $'\xc3\xa9' \
		$'bad\xff' '\054' '#hash'; do
		n=$((n + 1))
		run 0 drop "shmem-$name"
		expect_nodes $((8 - n))
	done
	expect_nothing_preserved
	run 0 list
	says 'nothing is preserved'
}

# What is in use is named, and what went before is undone
busy() {
	pmount a '' /mnt/a
	pmount b '' /mnt/b
	echo x > /mnt/b/file
	exec 7>> /mnt/b/file
	unchanged 6 "process $$" preserve /mnt/b
	unchanged 6 '/mnt/b/file open for writing' preserve /mnt/a /mnt/b
	says 'undo /mnt/a'
	unchanged 6 'open for writing' --dry-run preserve --all
	unchanged 6 '--at-shutdown' kexec "$KERNEL"
	unchanged 6 'open for writing' --json kexec --dry-run "$KERNEL"
	json_is '$.exit' 6
	json_is '$.ok' 0
	touch /mnt/a/still-writable
	# There is no systemd to be told
	unchanged 8 'cannot be stopped' preserve --all --or-abort
	run 6 preserve --all --keep-going
	expect_nodes 1
	exec 7>&-
	run 0 drop shmem-a
	says 'is mounted on /mnt/a'
	run 0 preserve --all
	expect_nodes 2
	umount /mnt/a /mnt/b
	run 0 drop shmem-a shmem-b
	busy_otherwise
	unreachable
}

busy_otherwise() {
	local loop

	pmount b '' /mnt/b
	state > /tmp/state
	truncate -s 1M /mnt/b/mapped
	echo x > /mnt/b/gone
	$F mapped /mnt/b/mapped $PK preserve /mnt/b > $OUT 2> $OUT.err || true
	says 'mapped for writing'
	state | cmp - /tmp/state || fail "mapped: changed"
	$T hold /mnt/b/gone2 $PK preserve /mnt/b > $OUT 2> $OUT.err || true
	says '(deleted) in use'
	loop=$(losetup -f --show /mnt/b/mapped)
	unchanged 6 "$loop uses /mnt/b/mapped" preserve /mnt/b
	losetup -d "$loop"
	# A reader is in nobody's way
	loop=$(losetup -r -f --show /mnt/b/mapped)
	run 0 preserve /mnt/b
	losetup -d "$loop"
	umount /mnt/b
	run 0 drop shmem-b
}

unreachable() {
	pmount a '' /mnt/a
	mount -t tmpfs above /mnt/a
	unchanged 6 'below another mount' preserve --all
	unchanged 5 'is not where a tmpfs' preserve /mnt/a
	umount /mnt/a
	# By whatever way there is
	mkdir -p /mnt/bind
	mount --bind /mnt/a /mnt/bind
	mount -t tmpfs above /mnt/a
	run 0 preserve /mnt/bind
	umount /mnt/a /mnt/bind /mnt/a
	run 0 drop shmem-a
}

not_ours() {
	mkdir -p /mnt/other /mnt/none
	mount -t tmpfs other /mnt/other
	unchanged 5 'is not where a tmpfs' preserve /mnt/other
	unchanged 5 'is not where a tmpfs' preserve /proc
	unchanged 5 'No such file' preserve /mnt/nowhere
	pmount a '' /mnt/a
	mkdir /mnt/a/dir
	unchanged 5 'is not where a tmpfs' preserve /mnt/a/dir
	unchanged 5 'No such file' preserve /mnt/a /mnt/nowhere
	unchanged 0 'would preserve' --dry-run preserve /mnt/a
	unchanged 0 '' preserve --all --on-kexec
	umount /mnt/other /mnt/a
}

# What the kernel has to say is passed on, and a signal undoes all
messages() {
	local status n

	pmount a '' /mnt/a
	pmount b '' /mnt/b
	$T fill /mnt/b/pinned 1M 1
	state > /tmp/state
	status=0
	$F pin /mnt/b/pinned $PK preserve /mnt/a /mnt/b > $OUT 2> $OUT.err ||
		status=$?
	says "cannot preserve '/pinned'"
	says 'undo /mnt/a'
	state | cmp - /tmp/state || fail "pinned: changed"
	mkdir /mnt/b/many
	for ((n = 0; n < 30; n++)); do
		mkdir /mnt/b/many/$n
		(cd /mnt/b/many/$n && seq 1000 | xargs touch)
	done
	for n in 0.02 0.05 0.1 0.15 0.2; do
		status=0
		timeout --preserve-status -s INT $n $PK preserve /mnt/a /mnt/b \
			> $OUT 2> $OUT.err || status=$?
		echo "signal after $n s: $status $(cat $OUT $OUT.err)"
		case $status in
		130)	;; # before it has asked for signals
		1)	says interrupted ;;
		0)	mount -o remount,rw,nopreserve /mnt/a
			mount -o remount,rw,nopreserve /mnt/b ;;
		*)	fail "status $status" ;;
		esac
		state | cmp - /tmp/state || fail "interrupted: changed"
	done
	umount /mnt/a /mnt/b
	expect_nothing_preserved
}

images() {
	pmount a '' /mnt/a
	head -c 100000 "$KERNEL" > /tmp/short
	change PKRMIMAG PKRMXXXX /tmp/unmarked
	change 'PKRMIMAG\x01\x00\x00\x00\xfe' 'PKRMIMAG\x02\x00\x00\x00\xfd' \
		/tmp/newer
	unchanged 5 'No such file' kexec /tmp/nothing
	unchanged 1 'no regular file' kexec /tmp
	unchanged 1 'no bzImage' kexec /bin/true
	: > /tmp/empty
	unchanged 1 'no bzImage' kexec /tmp/empty
	unchanged 7 'has no PKRAM' kexec /tmp/short
	unchanged 7 'has no PKRAM' kexec /tmp/unmarked
	unchanged 7 'only version 2' kexec /tmp/newer
	unchanged 7 'pkram=off' kexec --append pkram=off "$KERNEL"
	unchanged 0 'would run: /usr/sbin/kexec' kexec --dry-run --append 'x -- pkram=off' \
		"$KERNEL"
	unchanged 0 'has no PKRAM' --dry-run kexec --force /tmp/unmarked
	unchanged 5 'No such file' kexec --initrd /tmp/nothing "$KERNEL"
	unchanged 1 'too long' kexec --append "$(printf '%05000d' 0)" "$KERNEL"
	unchanged 1 'systemd does not run' kexec --at-shutdown "$KERNEL"
	umount /mnt/a
	# Nothing to lose
	unchanged 0 'has no PKRAM' --dry-run kexec /tmp/unmarked
}

# fake_systemctl JOB: of kexec.target, and on standard error more than that
fake_systemctl() {
	mkdir -p /tmp/fake /run
	printf '#!/bin/sh\necho "Debugging: $*" >&2\n%s\n' \
		"[ \"\$1\" != show ] || echo Job=$1" > /tmp/fake/systemctl
	chmod 755 /tmp/fake/systemctl
}

# What pkram-preserve.service does
going_down() {
	local -a command=(preserve --all --on-kexec --or-abort)

	fake_systemctl ''
	mount -t overlay -o lowerdir=/tmp/fake:/usr/sbin fake /usr/sbin
	pmount a '' /mnt/a
	unchanged 0 '' "${command[@]}"
	fake_systemctl 12
	unchanged 7 'no image is loaded' "${command[@]}"
	# What it keeps going after is undone too, when there is no kexec
	pmount b '' /mnt/b
	exec 7> /mnt/b/open
	unchanged 6 'machine stays up' "${command[@]}" --keep-going
	exec 7>&-
	umount /mnt/b

	# All has been preserved before, or is not mounted, and then an image is loaded
	run 0 preserve --all
	kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line=quiet
	unchanged 7 'would lose what is preserved' "${command[@]}"
	umount /mnt/a
	unchanged 7 'would lose what is preserved' "${command[@]}"
	run 0 kexec --load --force --append pkram=off "$KERNEL"
	unchanged 0 '--force was given' "${command[@]}"
	run 0 kexec --load "$KERNEL"
	unchanged 0 '' "${command[@]}"
	kexec -c -l "$KERNEL" --initrd="$INITRD" --command-line=quiet
	unchanged 7 'would lose what is preserved' "${command[@]}"
	kexec -u
	run 0 drop shmem-a
	umount /usr/sbin
}

# dry_line WANTED ARGUMENTS...: the command line that the next kernel would get
dry_line() {
	local want=$1 got

	shift
	state > /tmp/state
	run 0 --json kexec --dry-run "$@" "$KERNEL"
	got=$(json '$.steps' | sed "s/.*--command-line=\([^]]*\)\"},.*/\1/; s/'\$//")
	[ "$got" = "$want" ] || fail "command line '$got', expected '$want': $(cat $OUT)"
	state | cmp - /tmp/state || fail "dry run: changed"
}

command_lines() {
	dry_line quiet --append quiet
	dry_line 'a b' --command-line ' a  pkram=12  b '
	dry_line 'a b' --command-line 'BOOT_IMAGE=/x a initrd=y pkram=0x12' \
		--append b
	dry_line 'a -- pkram=1 b' --append 'a pkram=5 -- pkram=1 b'
	run 0 kexec --dry-run --append 'a="b pkram=1 c" d' "$KERNEL"
	says 'a="b pkram=1 c" d'
	# This kernel's, if no other is given
	run 0 kexec --dry-run "$KERNEL"
	says 'norandmaps'
	run 0 kexec --dry-run --reuse-cmdline --append more "$KERNEL"
	says 'norandmaps'
	says " more'"
}

# Of kexec itself, when it is too late for checks
loading() {
	pmount a '' /mnt/a
	pmount b ro /mnt/b
	cp -L /usr/sbin/kexec /tmp/kexec.real

	fake_kexec <<< 'echo "it fails: $1"; exit 3'
	unchanged 1 'kexec -s: it fails: -s' kexec "$KERNEL"
	says 'kexec -c: it fails: -c'
	says 'undo /mnt/a'
	real_kexec

	# By the other system call, with the place of the super block
	fake_kexec <<< '[ "$1" != -s ] || exit 1; exec $KEXEC "$@"'
	run 0 kexec --load --initrd "$INITRD" --reuse-cmdline "$KERNEL"
	says 'kexec_load did'
	says "pkram=$(cat /sys/kernel/pkram/super_block)"
	expect_nodes 2
	/tmp/kexec.real -u
	real_kexec
	mount -o remount,rw,nopreserve /mnt/a
	mount -o remount,nopreserve,ro /mnt/b
	expect_nothing_preserved

	# Interrupted while it loads: what has been loaded goes
	fake_kexec <<< '[ "$2" != -l ] || kill -INT $PPID; exec $KEXEC "$@"'
	unchanged 1 interrupted kexec "$KERNEL"
	real_kexec

	# The kernel knows what this did not
	fake_kexec <<< '[ "$1" != -s ] || exit 1
		exec $KEXEC "${@//--command-line=*/--command-line=quiet}"'
	unchanged 7 'does not find the super block' kexec "$KERNEL"
	real_kexec

	# At the very end
	fake_kexec <<< '[ "$1" != -e ] || { echo "no way"; exit 1; }
		exec $KEXEC "$@"'
	unchanged 1 'no way' kexec "$KERNEL"
	grep -q -- 'kexec -e' /tmp/kexec.log || fail "not executed"
	unchanged 0 'would run: /usr/sbin/kexec -e' kexec --dry-run "$KERNEL"
	real_kexec

	mount --bind /etc/passwd /usr/sbin/kexec
	unchanged 5 'install kexec-tools' kexec "$KERNEL"
	real_kexec
	umount /mnt/a /mnt/b
	expect_nothing_preserved
}

# A node that will be found damaged by who wants it
damaged() {
	local at

	pmount bad '' /mnt/bad
	echo bad > /mnt/bad/file
	run 0 preserve /mnt/bad
	at=$(/files/pkram-dump -l |
		sed -n "/node 'shmem-bad'/,\$ s/.*link \(0x[0-9a-f]*\): runs.*/\1/p")
	[ -n "$at" ] || fail "where is it? $(/files/pkram-dump -l)"
	$MEM poke $(((at << 12) + 40)) 5a
}

stage1() {
	local part

	for part in usage not_root names busy not_ours messages images \
		command_lines loading going_down; do
		echo "PART $part"
		"$part"
	done
	pmount one '' /mnt/one
	pmount 'two words' '' '/mnt/two words'
	tree_kinds /mnt/one
	echo two > '/mnt/two words/file'
	remember /mnt/one
	damaged
	run 0 kexec --load --initrd "$INITRD" "$KERNEL"
	cat $OUT
	expect_nodes 3
	echo 1 > /proc/sys/kernel/kexec_load_disabled
	unchanged 4 'kexec_load_disabled' kexec "$KERNEL"
}

drop_damaged() {
	mount_err EBADMSG /mnt/bad rw pkram=bad
	run 0 list
	says ' damaged '
	says 'what it refers to is damaged'
	run 0 --json list
	[ "$(sqlite3 :memory: "SELECT value ->> 'reason' FROM json_each(
		readfile('$OUT'), '\$.nodes') WHERE value ->> 'state' = 'damaged'")" ] ||
		fail "no reason: $(cat $OUT)"
	unchanged 0 'would drop shmem-bad' --dry-run drop shmem-bad
	run 0 drop shmem-bad
	expect_nodes 2
}

stage2() {
	run 0 list
	cat $OUT $OUT.err
	run 0 --json list
	json_is '$.nodes_total' 3
	# As long as somebody looks at it
	pmount 'two words' ro '/mnt/two words'
	unchanged 6 'being saved, loaded or freed' drop 'shmem-two words'
	umount '/mnt/two words'
	drop_damaged
	pmount one '' /mnt/one
	pmount 'two words' '' '/mnt/two words'
	check /mnt/one
	[ "$(cat '/mnt/two words/file')" = two ] || fail "two words"
	umount /mnt/one '/mnt/two words'
	expect_nothing_preserved
}

. /files/lib.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: Smack's labels come back, and are in force as they were
# stages: 2
# vm: -a lsm=smack

smack=/sys/fs/smackfs

setup() {
	grep -q smackfs /proc/filesystems || skip "no Smack in this kernel"
	mount -t smackfs smackfs $smack
	# Who may write there at all; whose files they become, transmute says
	echo "Alice Shared rwxat" > $smack/load2
}

# as LABEL CMD...: run an unprivileged command with a label
as() (
	printf %s "$1" > /proc/self/attr/current
	shift
	exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
)

# may LABEL CMD...
may() {
	as "$@" > /tmp/out 2>&1 || {
		cat /tmp/out
		fail "$1 may not: ${*:2}"
	}
}

# denied LABEL CMD...
denied() {
	! as "$@" > /tmp/out 2>&1 || fail "$1 may: ${*:2}"
	grep -q "Permission denied" /tmp/out || {
		cat /tmp/out
		fail "$1: ${*:2}: not for lack of permission"
	}
}

# label FILE [NAME]
label() {
	getfattr -h -n "security.${2:-SMACK64}" --only-values "$1" 2> /dev/null
}

make_tree() {
	local n

	mkdir $M/d-Alice $M/d-Bob $M/shared $M/shared/sub
	for n in Alice Bob _ '*'; do
		echo "of $n" > "$M/f$n"
		chmod 666 "$M/f$n"
		setfattr -n security.SMACK64 -v "$n" "$M/f$n"
	done
	for n in Alice Bob; do
		echo inside > $M/d-$n/file
		chmod 777 $M/d-$n
		setfattr -n security.SMACK64 -v $n $M/d-$n $M/d-$n/file
		cp /usr/bin/cat $M/run$n
		setfattr -n security.SMACK64EXEC -v $n $M/run$n
	done
	setfattr -n security.SMACK64MMAP -v Alice $M/f_
	ln $M/fBob $M/d-Alice/bob
	ln -s fAlice $M/link
	setfattr -h -n security.SMACK64 -v Bob $M/link
	mkfifo $M/fifo
	chmod 666 $M/fifo
	setfattr -n security.SMACK64 -v Bob $M/fifo
	chmod 777 $M/shared $M/shared/sub
	setfattr -n security.SMACK64 -v Shared $M/shared $M/shared/sub
	setfattr -n security.SMACK64TRANSMUTE -v TRUE $M/shared
}

# A label of 255 bytes, as long as there are
long=$(printf '%255s' '' | tr ' ' L)

# try [TAG]: what the labels of a tree allow; with TAG also writing
try() {
	may Alice cat $M/fAlice
	may Alice cat $M/f_ "$M/f*" $M/link
	may Alice ls $M/d-Alice
	denied Alice cat $M/fBob
	denied Alice cat $M/d-Alice/bob
	denied Alice ls $M/d-Bob
	denied Alice cat $M/d-Bob/file
	may Bob cat $M/fBob $M/d-Bob/file
	denied Bob cat $M/fAlice
	# Attributes of a file are also its label's to give
	denied Bob stat $M/fAlice
	may "$long" cat $M/f_
	denied "$long" cat $M/fAlice
	# Programs that change the label of who runs them
	may Alice $M/runBob /proc/self/attr/current
	[ "$(tr -d '\0' < /tmp/out)" = Bob ] || fail "exec: $(cat /tmp/out)"
	may Alice $M/runBob $M/fBob
	may Bob $M/runAlice $M/fAlice
	[ $# = 0 ] || try_write "$1"
}

try_write() {
	may Alice tee -a $M/fAlice < /dev/null
	may Alice tee -a "$M/f*" < /dev/null
	denied Alice tee -a $M/f_ < /dev/null
	denied Alice tee -a $M/fBob < /dev/null
	# New files are of who makes them, unless the directory transmutes
	may Alice touch "$M/d-Alice/$1" "$M/shared/$1" "$M/shared/sub/$1"
	[ "$(label "$M/d-Alice/$1")" = Alice ] || fail "label of a new file"
	[ "$(label "$M/shared/$1")" = Shared ] || fail "does not transmute"
	[ "$(label "$M/shared/sub/$1")" = Alice ] || fail "transmutes"
	may Alice mkdir "$M/shared/dir$1"
	[ "$(label "$M/shared/dir$1" SMACK64TRANSMUTE)" = TRUE ] ||
		fail "a new directory does not transmute"
}

# labels DIR TAG: the runner checks that all stages tell the same
labels() {
	(cd "$1" && find . -print0 | sort -z |
		xargs -0 getfattr -h -d -m '^security' -e hex) > /tmp/labels
	[ "$(grep -c SMACK64= /tmp/labels)" -gt 1 ] || fail "no labels"
	echo "DIGEST $2 $(sha256sum < /tmp/labels)"
}

# Labels of the root directory itself
try_root() {
	may Alice ls /mnt/root
	denied Bob ls /mnt/root
	[ $# = 0 ] || {
		may Alice touch "/mnt/root/$1"
		[ "$(label "/mnt/root/$1")" = Shared ] ||
			fail "root does not transmute"
	}
}

stage1() {
	setup
	pmount labels
	make_tree
	try before
	pmount root '' /mnt/root
	chmod 777 /mnt/root
	setfattr -n security.SMACK64 -v Shared /mnt/root
	setfattr -n security.SMACK64TRANSMUTE -v TRUE /mnt/root
	try_root before

	preserve
	preserve /mnt/root
	labels $M tree1
	labels /mnt/root root1
	try
	try_root
	# In this boot
	umount $M /mnt/root
	pmount labels ro
	pmount root ro /mnt/root
	labels $M tree1
	labels /mnt/root root1
	try
	try_root
	umount $M /mnt/root
	pmount labels
	pmount root '' /mnt/root
	try again
	try_root again
	preserve
	preserve /mnt/root
	labels $M tree2
	labels /mnt/root root2
}

stage2() {
	setup
	# With options of the module, the labels of files are still their own
	pmount labels ro,smackfsdef=Bob,smackfsfloor=Alice,smackfshat=Bob
	pmount root ro /mnt/root
	labels $M tree2
	labels /mnt/root root2
	try
	try_root
	umount $M
	pmount labels
	mount -o remount,rw /mnt/root
	try next
	try_root next
	umount $M /mnt/root
	expect_nothing_preserved

	# The root of a tree that has no label has that of the mount
	pmount plain smackfsroot=Bob
	echo x > $M/file
	denied Alice ls $M
	preserve
	umount $M
	pmount plain smackfsroot=Alice
	may Alice ls $M
	denied Bob ls $M
}

. /files/lib.sh

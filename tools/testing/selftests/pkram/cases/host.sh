# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: the host's documents and headers, 1 GiB in pages and 1 GiB in huge ones, also over five generations
# stages: 2
# stages generations: 6
# soak: yes
# vm: -m 4G -t 10000 -f /usr/share/doc -f /usr/include
# vm generations:
# vm load: -s load
# vm numa: --numa 2

H=/mnt/huge

# What the first allocations of all kinds leave behind is not a leak
warm_up() {
	pmount warm size=90%
	cp -a /files/include $M/include
	manifest $M > /tmp/manifest
	$T fill $M/large 512M 1
	preserve
	umount $M
	pmount warm
	umount $M
}

stage1() {
	local n=0 file free

	warm_up
	free=$(free_kib)
	pmount data size=90%
	pmount huge size=50%,huge=always $H
	cp -a /files/doc /files/include $M/
	# xargs would have to know the odd names
	while IFS= read -r -d '' file; do
		n=$((n + 1))
		ln "$file" "$M/link$n"
		[ $n -lt 200 ] || break
	done < <(find $M/doc -type f -print0)
	echo "$free" > $M/free
	head -c 1G /dev/urandom > $M/random
	head -c 1G /dev/urandom > $H/random
	echo "FILES $(find $M | wc -l)"
	remember $M "m$STAGE"
	remember $H "h$STAGE"
	preserve $M
	preserve $H
}

next() {
	local last=$((STAGE - 1))

	pmount data
	pmount huge '' $H
	check $M m$last
	check $H h$last
	cp -a "$M/include" "$M/include$STAGE"
	rm -r "$M/include$last" "$M/link$last" 2> /dev/null || true
	$T fill $M/new 64M "$STAGE"
	$T fill $H/new 64M "$STAGE"
	remember $M "m$STAGE"
	remember $H "h$STAGE"
	preserve $M
	preserve $H
}

final() {
	local last=$((STAGE - 1)) before

	warm_up
	pmount data
	pmount huge '' $H
	check $M m$last
	check $H h$last
	before=$(cat $M/free)
	umount $M
	umount $H
	expect_nothing_preserved
	lost_at_most "$before" 1024
}

other_stage() {
	if [ "$STAGE" = "$STAGES" ]; then
		final
	else
		next
	fi
}

. /files/lib.sh

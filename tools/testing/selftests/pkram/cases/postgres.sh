# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# proves: PostgreSQL finds its data sound after a kexec, stopped cleanly or hard
# stages: 3
# vm: --rootfs debian -m 2G

cd / # where also the server's user may be
D=/mnt/t/data
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
export PGOPTIONS=--client-min-messages=warning

# No crash of a machine is tested, so nothing needs to reach a disk: fsync=off.
# INET is not in the kernel: a Unix socket.
start() {
	runuser -u postgres -- pg_ctl -s -w -D $D -l $M/log \
		-o "-k /tmp -c listen_addresses= -c fsync=off -c jit=off \
			-c shared_buffers=32MB -c autovacuum=off" start
}

stop() {
	runuser -u postgres -- pg_ctl -s -w -D $D -m "$1" stop
}

sql() {
	psql -X -A -t -v ON_ERROR_STOP=1 -c "$1"
}

# A transaction changes three balances by what it notes in the history; -n: no
# vacuum, which would be most of the time
transactions() {
	pgbench -n -c 4 -j 2 "$@"
}

# check_balances MIN [MAX]: what pgbench's transactions keep true, and how many
check_balances() {
	local sums n

	sums=$(sql "SELECT (SELECT sum(abalance) FROM pgbench_accounts)
		= ALL (VALUES ((SELECT sum(bbalance) FROM pgbench_branches)),
			((SELECT sum(tbalance) FROM pgbench_tellers)),
			((SELECT sum(delta) FROM pgbench_history)))")
	[ "$sums" = t ] || fail "the balances do not add up"
	n=$(sql 'SELECT count(*) FROM pgbench_history')
	if [ "$n" -lt "$1" ] || [ "$n" -gt "${2:-$n}" ]; then
		fail "$n transactions, expected $1 to ${2:-more}"
	fi
	echo "$n transactions"
}

# All that is in tables; newer versions put a random word around it
dump() {
	pg_dump | sed '/^\\\(un\)\?restrict /d' | sha256sum | cut -d ' ' -f 1
}

# The checksum of each page
check_stopped() {
	pg_checksums -D $D --check | tail -3
}

# Each index agrees with its table. This adds an extension to the database.
check_running() {
	pg_amcheck --all --install-missing --heapallindexed
}

stage1() {
	pmount pg
	install -d -o postgres -m 700 $D
	install -o postgres /dev/null $M/log
	runuser -u postgres -- initdb -D $D --data-checksums --no-locale \
		-E UTF8 -A trust --no-sync > /dev/null
	start
	postgres --version
	pgbench -q -i -s 5
	transactions -t 100
	check_balances 400 400
	dump > $M/dump
	echo "DIGEST dump $(cat $M/dump)"
	stop fast
	preserve
}

# Sound, the same, and the server goes on, until it is stopped in the middle
stage2() {
	pmount pg
	check_stopped
	start
	dump > /tmp/dump
	echo "DIGEST dump $(cat /tmp/dump)"
	cmp /tmp/dump $M/dump || fail "the dumps differ"
	check_running
	check_balances 400 400
	transactions -T 600 > $M/pgbench 2>&1 &
	echo 0 > $M/committed
	while [ "$(cat $M/committed)" -lt 800 ]; do
		sleep 0.2
		kill -0 $!
		sql 'SELECT count(*) FROM pgbench_history' > $M/committed
	done
	stop immediate
	wait || true
	preserve
}

# After a crash recovery nothing committed is missing
stage3() {
	pmount pg
	: > $M/log
	start
	grep 'automatic recovery in progress' $M/log ||
		fail "the server had nothing to recover: $(cat $M/log)"
	check_running
	check_balances "$(cat $M/committed)"
	transactions -t 100
	check_balances "$(($(cat $M/committed) + 400))"
	stop fast
	check_stopped
	umount $M
	expect_nothing_preserved
}

. /files/lib.sh

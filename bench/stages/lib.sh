# shellcheck shell=bash
# shellcheck disable=SC2034 # what the stages use
# What the stages share.  A result is a line "RESULT NAME VALUE" of the output.
set -euo pipefail

B=/files/pkram_bench
MEM=/files/pkram_mem
M=/mnt/t
mkdir -p $M

# param NAME: the value of the word pkram_bench.NAME= of the command line
param() { tr ' ' '\n' < /proc/cmdline | sed -n "s/^pkram_bench\.$1=//p"; }

result() { echo "RESULT $1 $2"; }

# results PREFIX COMMAND...: of its lines NAME VALUE
results() {
	local prefix=$1 name value
	shift
	"$@" > /tmp/results
	while read -r name value; do
		result "$prefix.$name" "$value"
	done < /tmp/results
}

metadata() { cat /sys/kernel/pkram/metadata_bytes; }

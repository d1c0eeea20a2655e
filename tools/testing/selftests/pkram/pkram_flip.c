// SPDX-License-Identifier: GPL-2.0
/*
 * Damage to each field of what one kernel hands over to the next.
 *
 *   make DIR NAME FROM TO LISTS  preserve a tree with a record of each type as NAME-N
 *                                for each of these numbers, using DIR; what can be
 *                                seen of it goes to LISTS/NAME-N; prints "NAME-N
 *                                NUMBER", which sums that up
 *   plan LAYOUT NAME FROM TO FIRST STEP
 *                                of each of these nodes damage another field, node N
 *                                what stands at FIRST + N * STEP in the list; prints
 *                                "NAME-N STRUCT.FIELD WAY SUM WHERE", SUM "wrong" or
 *                                "right". Orders for the kernel go to standard error
 *   count LAYOUT NAME            how long that list is, for node NAME-0
 *   root LAYOUT N                the same for the Nth damage to super block and page
 *                                table, "none" when there are fewer
 *   try DIR LISTS                mount each that lines on standard input name, compare
 *                                with LISTS, and use and throw away all of it; prints
 *                                the line and the errno's name, "same", "empty", or
 *                                what is different
 *   look DIR NAME                mount it, and use and throw away all of it; prints the
 *                                errno's name, "gone" or the number that "make" did
 *
 * What there is to damage: LAYOUT, the test of the layout, names all structures and
 * fields, so that none is forgotten. Where they are is found as the kernel does.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>

#include "../../../../include/linux/pkram_abi.h"
#include "../../../../include/linux/pkram_abi_shmem.h"
#include "pkram_flip.h"
#include "pkram_flip_plan.h"
#include "pkram_phys.h"
#include "pkram_tool.h"

unsigned char byte_at(uint64_t address)
{
	return *(unsigned char *)phys(address);
}

/* --------------------------------------------------------------- the roots */

static unsigned long long super_address, table_address, dir_address;

static void find_roots(void)
{
	FILE *f = fopen("/sys/kernel/debug/pkram/damage", "r");

	if (!f || fscanf(f, "super %llx table %llx directory %llx",
			 &super_address, &table_address, &dir_address) != 3)
		err(2, "debugfs");
	fclose(f);
	map_ram();
}

bool is_preserved(uint64_t pfn)
{
	unsigned int level, shift;
	uint64_t at = table_address;

	for (level = PKRAM_PT_LEVELS - 1; level && at; level--) {
		shift = PKRAM_PT_LEAF_SHIFT + (level - 1) * PKRAM_PT_SHIFT;
		at = ((uint64_t *)phys(at))[pfn >> shift & (PKRAM_PT_ENTRIES - 1)];
		at = (at & PKRAM_PT_PFN_MASK) * PAGE;
	}
	pfn %= PKRAM_PT_LEAF_FRAMES;
	return at && ((uint64_t *)phys(at))[pfn / 64] >> pfn % 64 & 1;
}

/* ------------------------------------------------------------------ a node */

static struct pkram_link_ser *link_at(uint64_t pfn)
{
	return phys(pfn * PAGE);
}

/* The bytes of a node's stream, and where they are */
static struct stream {
	uint64_t size;
	uint64_t link[64];	/* addresses */
	uint64_t start[65];
} stream;

static void read_stream(uint64_t pfn)
{
	unsigned int nr = 0;

	stream.size = 0;
	for (; pfn; pfn = link_at(pfn)->next_pfn) {
		if (nr == sizeof(stream.link) / sizeof(stream.link[0]))
			errx(2, "too long a stream");
		stream.link[nr] = pfn * PAGE;
		stream.start[nr++] = stream.size;
		stream.size += link_at(pfn)->nr;
		stream.start[nr] = stream.size;
	}
}

uint64_t stream_address(uint64_t pos)
{
	unsigned int nr = 0;

	while (pos >= stream.start[nr + 1])
		nr++;
	return stream.link[nr] + PKRAM_LINK_HEADER + pos - stream.start[nr];
}

static void stream_read(uint64_t pos, void *to, size_t size)
{
	char *byte = to;

	while (size--)
		*byte++ = *(char *)phys(stream_address(pos++));
}

static void add_link(const char *what, uint64_t pfn)
{
	add_place("pkram_link_ser", what, pfn * PAGE, false, 0);
}

/* Links of a chain: the first two and the last */
static void add_chain(const char *what, uint64_t pfn)
{
	unsigned int n = 0;

	for (; pfn; pfn = link_at(pfn)->next_pfn)
		if (n++ < 2 || !link_at(pfn)->next_pfn)
			add_link(what, pfn);
}

static void add_runs(uint64_t pfn)
{
	const struct pkram_link_ser *link = link_at(pfn);
	uint64_t at = pfn * PAGE + PKRAM_LINK_HEADER;

	if (!link->nr || link->nr < 2)
		errx(2, "fewer than two runs");
	add_place("pkram_run_ser", "first", at, false, 0);
	add_place("pkram_run_ser", "second", at + sizeof(link->runs[0]), false, 0);
}

/* By type; a record that is not here cannot be damaged, so it is an error */
static const char * const record_structs[] = {
	[PKRAM_SHMEM_HEADER] = "pkram_shmem_header",
	[PKRAM_SHMEM_SUPER] = "pkram_shmem_super",
	[PKRAM_SHMEM_INODE] = "pkram_shmem_inode",
	[PKRAM_SHMEM_DIR] = "pkram_shmem_dir",
	[PKRAM_SHMEM_DENTRY] = "pkram_shmem_dentry",
	[PKRAM_SHMEM_SYMLINK] = "pkram_shmem_symlink",
	[PKRAM_SHMEM_DATA] = "pkram_shmem_data",
	[PKRAM_SHMEM_SUMS] = "pkram_shmem_sums",
	[PKRAM_SHMEM_MPOL] = "pkram_shmem_policy",
	[PKRAM_SHMEM_QUOTA] = "pkram_shmem_quota",
	[PKRAM_SHMEM_POISON] = "pkram_shmem_poison",
	[PKRAM_SHMEM_XATTR] = "pkram_shmem_xattr",
	[PKRAM_SHMEM_ACL] = "pkram_shmem_acl",
	[PKRAM_SHMEM_POLICY] = "pkram_shmem_policy",
	[PKRAM_SHMEM_DQUOT] = "pkram_shmem_dquot",
};

#define NR_TYPES	(sizeof(record_structs) / sizeof(record_structs[0]))

/* Of each type the first two records, of inodes the first two of each kind */
static void add_record(const struct pkram_shmem_rec *rec, uint64_t pos,
		       unsigned int *seen)
{
	struct pkram_shmem_inode inode;
	unsigned int kind = rec->type;
	char what[32];

	if (!rec->type || rec->type >= NR_TYPES || rec->len < sizeof(*rec))
		errx(2, "record of type %u, length %u", rec->type, rec->len);
	if (rec->type == PKRAM_SHMEM_INODE) {
		stream_read(pos, &inode, sizeof(inode));
		kind = NR_TYPES + (inode.mode >> 12);
	}
	if (seen[kind]++ >= 2)
		return;
	snprintf(what, sizeof(what), "%u-%u", kind, seen[kind]);
	add_place("pkram_shmem_rec", what, pos, true, 0);
	if (rec->type == PKRAM_SHMEM_SUMS)
		add_place("pkram_shmem_sum", what,
			  pos + sizeof(struct pkram_shmem_sums), true, 0);
	add_place(record_structs[rec->type], what, pos, true, rec->len);
}

static void add_records(void)
{
	unsigned int seen[NR_TYPES + 16] = {}, type;
	struct pkram_shmem_rec rec;
	uint64_t pos;

	for (pos = 0; pos < stream.size; pos += rec.len) {
		stream_read(pos, &rec, sizeof(rec));
		add_record(&rec, pos, seen);
	}
	for (type = 1; type < NR_TYPES; type++)
		if (type != PKRAM_SHMEM_INODE && !seen[type])
			errx(2, "no record of type %u", type);
}

/* All structures of a node that has one object */
static void add_node(uint64_t pfn)
{
	const struct pkram_node_ser *node = phys(pfn * PAGE);
	const struct pkram_obj_ser *obj = link_at(node->obj_pfn)->objs;

	add_place("pkram_node_ser", "", pfn * PAGE, false, 0);
	add_chain("objs", node->obj_pfn);
	add_place("pkram_obj_ser", "", node->obj_pfn * PAGE + PKRAM_LINK_HEADER,
		  false, 0);
	add_chain("runs", obj->pages_pfn);
	add_runs(obj->pages_pfn);
	read_stream(obj->bytes_pfn);
	add_chain("bytes", obj->bytes_pfn);
	add_records();
}

/* ---------------------------------------------------------------- all nodes */

#define MAX_NUMBERS	32768

/* Frames of the nodes shmem-PREFIX-N, by N */
static uint64_t node_frame[MAX_NUMBERS];

static void find_nodes(const char *prefix)
{
	const struct pkram_node_ser *keep = NULL;
	char want[64];
	void *page;
	int n;

	snprintf(want, sizeof(want), "shmem-%s-%%d", prefix);
	for (page = next_page(NULL); page; page = next_page(page)) {
		const struct pkram_node_ser *node = page;

		/* Others are left over from earlier */
		if (node->magic != PKRAM_NODE_MAGIC ||
		    !is_preserved(frame_of(page)))
			continue;
		if (sscanf((const char *)node->name, want, &n) == 1 &&
		    n >= 0 && n < MAX_NUMBERS)
			node_frame[n] = frame_of(page);
		/* It has the same tree, and no damage */
		if (!strcmp((const char *)node->name, "shmem-keep-0"))
			keep = node;
	}
	if (keep) {
		const struct pkram_obj_ser *obj = link_at(keep->obj_pfn)->objs;

		set_other(keep->obj_pfn, link_at(obj->pages_pfn)->runs[0].where &
			  PKRAM_RUN_PFN_MASK);
	}
}

static unsigned int plan_node(const char *prefix, int n, unsigned int nth)
{
	char name[64];

	if (!node_frame[n])
		errx(2, "no node %s-%d", prefix, n);
	snprintf(name, sizeof(name), "%s-%d", prefix, n);
	forget_places();
	add_node(node_frame[n]);
	return plan(name, nth);
}

static int do_count(char **arg)
{
	read_layout(arg[0]);
	find_roots();
	find_nodes(arg[1]);
	printf("%u\n", plan_node(arg[1], 0, ~0U));
	return 0;
}

static int do_plan(char **arg)
{
	int from = atoi(arg[2]), to = atoi(arg[3]), first = atoi(arg[4]);
	int step = atoi(arg[5]), n;
	unsigned int nr, all = 0;

	read_layout(arg[0]);
	find_roots();
	find_nodes(arg[1]);
	for (n = from; n <= to; n++) {
		nr = plan_node(arg[1], n, first + n * step);
		/* Else numbers would mean another field in each */
		if (all && nr != all)
			errx(2, "nodes differ: %u, %u", nr, all);
		all = nr;
		if (first + n * step >= (int)nr)
			errx(2, "only %u to damage", nr);
	}
	return 0;
}

/* --------------------------------------------- super block and page table */

static void add_tables(uint64_t pfn, unsigned int level)
{
	static const char * const names[] = { "leaf", "level1", "level2", "root" };
	const uint64_t *table = phys(pfn * PAGE);
	unsigned int i;

	for (i = 0; i < PKRAM_PT_ENTRIES && !table[i]; i++)
		;
	if (i == PKRAM_PT_ENTRIES)
		errx(2, "empty table");
	/* A word that is used, and the last */
	add_place("table", names[level], pfn * PAGE + i * 8, false, 8);
	add_place("table", names[level], pfn * PAGE + 511 * 8, false, 8);
	if (level)
		add_tables(table[i] & PKRAM_PT_PFN_MASK, level - 1);
}

static int do_root(char **arg)
{
	const unsigned int landing = offsetof(struct pkram_super_ser, landing);
	const unsigned int size = sizeof(struct pkram_range_ser);

	read_layout(arg[0]);
	find_roots();
	find_nodes("none");
	add_place("pkram_super_ser", "", super_address, false, 0);
	add_place("pkram_range_ser", "first", super_address + landing, false, 0);
	add_place("pkram_range_ser", "last", super_address + landing +
		  (PKRAM_LANDING_MAX - 1) * size, false, 0);
	/* The nodes in between are the ones that are looked at */
	add_place("pkram_link_ser", "directory", dir_address, false, 0);
	add_place("pkram_dir_ser", "first", dir_address + PKRAM_LINK_HEADER,
		  false, 0);
	add_place("pkram_dir_ser", "second", dir_address + PKRAM_LINK_HEADER +
		  sizeof(struct pkram_dir_ser), false, 0);
	add_tables(table_address / PAGE, PKRAM_PT_LEVELS - 1);
	if (plan("root", atoi(arg[1])) <= (unsigned int)atoi(arg[1]))
		puts("none");
	return 0;
}

/* ------------------------------------------------------------------- results */

/* Print what stands in one of the sorted lists only, each key once */
static void put_differences(char *a, char *b)
{
	char *lines[2] = { a, b }, *line, *other;
	char seen[65536] = " ";
	int side;

	for (side = 0; side < 2; side++) {
		char *copy = strdup(lines[side]), *save = NULL;

		other = lines[!side];
		for (line = strtok_r(copy, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			char whole[9000], key[9000], *space;
			const char *at = other;
			size_t len = strlen(line);

			snprintf(whole, sizeof(whole), "%s\n", line);
			while ((at = strstr(at, whole)) && at != other &&
			       at[-1] != '\n')
				at++;
			if (at)
				continue;
			snprintf(key, sizeof(key), "%.*s", (int)len, line);
			space = strrchr(key, ' ');
			*space = ' ';
			space[1] = '\0';
			*strchr(key, ' ') = ':';
			if (strlen(seen) + strlen(key) + 2 < sizeof(seen) &&
			    !strstr(seen, key))
				strcat(seen, key);
		}
		free(copy);
	}
	printf("%s\n", strcmp(seen, " ") ? seen : " same");
}

static char *read_list(const char *dir, const char *name)
{
	char path[512], *text = calloc(1, 1 << 20);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open_or_die(path, O_RDONLY);
	if (!text || read(fd, text, (1 << 20) - 1) <= 0)
		err(2, "%s", path);
	close(fd);
	return text;
}

static int do_try(char **arg)
{
	char line[512], name[256], *want, *got;
	size_t size;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%255s", name) != 1)
			errx(2, "not a line: %s", line);
		printf("%s ", line);
		if (mount_flip(arg[0], name, MS_NOATIME, "")) {
			printf("%s\n", strerrorname_np(errno));
			continue;
		}
		enter(arg[0]);
		got = show_tree(&size);
		if (strstr(got, "\n./")) {
			want = read_list(arg[1], name);
			put_differences(want, got);
			free(want);
			wreck_tree();
		} else {
			puts("empty");
		}
		free(got);
		leave(arg[0]);
		fflush(stdout);
	}
	return 0;
}

static const struct command commands[] = {
	{ "make", do_make, 5 },
	{ "count", do_count, 2 },
	{ "plan", do_plan, 6 },
	{ "root", do_root, 2 },
	{ "try", do_try, 2 },
	{ "look", do_look, 2 },
	{}
};

int main(int argc, char **argv)
{
	return tool_main(commands, argc, argv);
}

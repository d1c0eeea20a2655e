// SPDX-License-Identifier: GPL-2.0
/*
 * The on-memory format is what layout.golden says, or its version is another.
 *
 * The list of all structures, fields and constants below is printed and
 * compared with the file. To change the format: raise the version, change the
 * list, and run "make golden". Fields must tile their structures, so that one
 * that is missing from the list shows.
 */
#include <stdarg.h>

#include <linux/pkram_abi.h>
#include <linux/pkram_abi_shmem.h>

#include "../test.h"

static char text[65536];
static size_t text_len;

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_len += vsnprintf(text + text_len, sizeof(text) - text_len, fmt, ap);
	va_end(ap);
	EXPECT(text_len < sizeof(text));
}

static size_t tiled;

#define STRUCT(type) do {						\
	say("struct %s %zu\n", #type, sizeof(struct type));		\
	tiled = 0;							\
} while (0)

#define FIELD(type, field) do {						\
	size_t off = offsetof(struct type, field);			\
	size_t size = sizeof(((struct type *)0)->field);		\
									\
	if (off != tiled)						\
		FAIL("%s.%s: hole before it, or a field not listed",	\
		     #type, #field);					\
	say("  %-14s %4zu %4zu\n", #field, off, size);			\
	tiled = off + size;						\
} while (0)

/* A structure may be padded at its end only where that is said */
#define END(type)							\
	EXPECT_EQ(tiled, sizeof(struct type))

#define VALUE(name)	say("%s %#llx\n", #name, (unsigned long long)(name))

static void print_constants(void)
{
	VALUE(PKRAM_SER_PAGE_SIZE);
	VALUE(PKRAM_SUPER_MAGIC);
	VALUE(PKRAM_NODE_MAGIC);
	VALUE(PKRAM_LINK_MAGIC);
	VALUE(PKRAM_LANDING_MAX);
	VALUE(PKRAM_PFN_BITS);
	VALUE(PKRAM_NAME_MAX);
	VALUE(PKRAM_OBJ_PAGES);
	VALUE(PKRAM_OBJ_BYTES);
	VALUE(PKRAM_RUN_PFN_MASK);
	VALUE(PKRAM_RUN_ORDER_SHIFT);
	VALUE(PKRAM_RUN_ORDER_MASK);
	VALUE(PKRAM_RUN_FLAGS_SHIFT);
	VALUE(PKRAM_RUN_FLAGS_MASK);
	VALUE(PKRAM_RUN_NR_HI_SHIFT);
	VALUE(PKRAM_RUN_INDEX_MASK);
	VALUE(PKRAM_RUN_NR_LO_SHIFT);
	VALUE(PKRAM_RUN_NR_LO_BITS);
	VALUE(PKRAM_RUN_NR_MAX);
	VALUE(PKRAM_ORDER_MAX);
	VALUE(PKRAM_RUN_UPTODATE);
	VALUE(PKRAM_RUN_DIRTY);
	VALUE(PKRAM_LINK_OBJS);
	VALUE(PKRAM_LINK_RUNS);
	VALUE(PKRAM_LINK_BYTES);
	VALUE(PKRAM_LINK_NODES);
	VALUE(PKRAM_LINK_HEADER);
	VALUE(PKRAM_LINK_MAX_OBJS);
	VALUE(PKRAM_LINK_MAX_RUNS);
	VALUE(PKRAM_LINK_MAX_BYTES);
	VALUE(PKRAM_LINK_MAX_NODES);
	VALUE(PKRAM_PT_LEVELS);
	VALUE(PKRAM_PT_LEAF_SHIFT);
	VALUE(PKRAM_PT_SHIFT);
	VALUE(PKRAM_PT_PFN_MASK);
	VALUE(PKRAM_PT_COUNT_SHIFT);
}

static void print_structs(void)
{
	STRUCT(pkram_range_ser);
	FIELD(pkram_range_ser, start_pfn);
	FIELD(pkram_range_ser, nr_pages);
	FIELD(pkram_range_ser, nid);
	FIELD(pkram_range_ser, reserved);
	END(pkram_range_ser);

	STRUCT(pkram_super_ser);
	FIELD(pkram_super_ser, magic);
	FIELD(pkram_super_ser, version);
	FIELD(pkram_super_ser, size);
	FIELD(pkram_super_ser, page_size);
	FIELD(pkram_super_ser, crc);
	FIELD(pkram_super_ser, self_pfn);
	FIELD(pkram_super_ser, generation);
	FIELD(pkram_super_ser, dir_pfn);
	FIELD(pkram_super_ser, nr_nodes);
	FIELD(pkram_super_ser, pt_pfn);
	FIELD(pkram_super_ser, nr_preserved);
	FIELD(pkram_super_ser, end_pfn);
	FIELD(pkram_super_ser, pt_crc);
	FIELD(pkram_super_ser, nr_pt_pages);
	FIELD(pkram_super_ser, nr_landing);
	FIELD(pkram_super_ser, nr_poison);
	FIELD(pkram_super_ser, landing);
	FIELD(pkram_super_ser, poison);
	END(pkram_super_ser);

	STRUCT(pkram_node_ser);
	FIELD(pkram_node_ser, magic);
	FIELD(pkram_node_ser, crc);
	FIELD(pkram_node_ser, flags);
	FIELD(pkram_node_ser, obj_pfn);
	FIELD(pkram_node_ser, nr_objs);
	FIELD(pkram_node_ser, nr_pages);
	FIELD(pkram_node_ser, nr_bytes);
	FIELD(pkram_node_ser, nr_links);
	FIELD(pkram_node_ser, saved_at);
	FIELD(pkram_node_ser, name_len);
	FIELD(pkram_node_ser, reserved);
	FIELD(pkram_node_ser, name);
	END(pkram_node_ser);

	STRUCT(pkram_dir_ser);
	FIELD(pkram_dir_ser, node_pfn);
	FIELD(pkram_dir_ser, name_crc);
	FIELD(pkram_dir_ser, name_len);
	END(pkram_dir_ser);

	STRUCT(pkram_obj_ser);
	FIELD(pkram_obj_ser, flags);
	FIELD(pkram_obj_ser, pages_pfn);
	FIELD(pkram_obj_ser, bytes_pfn);
	FIELD(pkram_obj_ser, nr_pages);
	FIELD(pkram_obj_ser, nr_bytes);
	FIELD(pkram_obj_ser, nr_page_links);
	FIELD(pkram_obj_ser, nr_byte_links);
	FIELD(pkram_obj_ser, reserved);
	END(pkram_obj_ser);

	STRUCT(pkram_run_ser);
	FIELD(pkram_run_ser, where);
	FIELD(pkram_run_ser, index);
	END(pkram_run_ser);

	STRUCT(pkram_link_ser);
	FIELD(pkram_link_ser, magic);
	FIELD(pkram_link_ser, crc);
	FIELD(pkram_link_ser, next_pfn);
	FIELD(pkram_link_ser, start);
	FIELD(pkram_link_ser, type);
	FIELD(pkram_link_ser, nr);
	FIELD(pkram_link_ser, bytes);
	END(pkram_link_ser);
}

/* What the bytes of known values are: fails too when only the meaning changes */
static void print_samples(void)
{
	struct pkram_run run = {
		.pfn = 0x12345, .index = 0x678, .nr = 0x1002, .order = 3,
		.flags = PKRAM_RUN_DIRTY,
	};
	struct pkram_run_ser ser = pkram_run_pack(&run);
	static struct pkram_super_ser super = { .self_pfn = 1, .generation = 2 };
	static struct pkram_node_ser node = { .name_len = 3, .name = "abc" };
	static struct pkram_link_ser link = {
		.magic = PKRAM_LINK_MAGIC, .type = PKRAM_LINK_BYTES, .nr = 3,
		.bytes = { 1, 2, 3 },
	};
	struct pkram_pagetable pt = { };

	say("run %#llx %#llx\n", ser.where, ser.index);
	pkram_node_ser_seal(&node);
	pkram_link_seal(&link);
	say("node crc %#x\n", node.crc);
	say("link crc %#x\n", link.crc);
	say("super crc %#x\n", pkram_super_crc(&super));
	sim_place(0x1000, 1);
	EXPECT_EQ(pkram_pagetable_set(&pt, 0x7ffe, 4, GFP_KERNEL), 0);
	say("page table crc %#x\n", pkram_pagetable_crc(&pt));
	pkram_pagetable_destroy(&pt);
}

static void print_shmem(void)
{
#include "layout_shmem.h"
}

static void version_line(char *buf, size_t size)
{
	snprintf(buf, size, "version %u shmem %u\n", PKRAM_SER_VERSION,
		 PKRAM_SHMEM_VERSION);
}

static void first_difference(const char *a, const char *b)
{
	unsigned int line = 1, start = 0, i;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n') {
			line++;
			start = i + 1;
		}
	printf("# line %u\n#  golden: %.*s\n#  now:    %.*s\n", line,
	       (int)strcspn(a + start, "\n"), a + start,
	       (int)strcspn(b + start, "\n"), b + start);
}

static void test_golden(void)
{
	static char golden[sizeof(text)], version[64];
	const char *path = "tests/layout.golden";
	FILE *f;

	version_line(version, sizeof(version));
	say("%s", version);
	print_constants();
	print_structs();
	print_shmem();
	print_samples();

	if (getenv("GOLDEN")) {
		f = fopen(path, "w");
		EXPECT(f && fwrite(text, text_len, 1, f) == 1 && !fclose(f));
		return;
	}
	f = fopen(path, "r");
	if (!f)
		FAIL("cannot open %s", path);
	EXPECT(fread(golden, 1, sizeof(golden) - 1, f));
	fclose(f);
	if (!strcmp(golden, text))
		return;
	first_difference(golden, text);
	if (!strncmp(golden, version, strlen(version)))
		FAIL("the layout has changed and the version has not");
	FAIL("a new version: record its layout with make golden");
}

/* Every magic is readable in a memory dump */
static void test_magics(void)
{
	u64 super = PKRAM_SUPER_MAGIC, node = PKRAM_NODE_MAGIC;
	u32 link = PKRAM_LINK_MAGIC;

	EXPECT(!memcmp(&super, "PKRMSBLK", 8));
	EXPECT(!memcmp(&node, "PKRMNODE", 8));
	EXPECT(!memcmp(&link, "PLNK", 4));
}

/* Check value of the CRC catalogue: crc32c of "123456789", inverted at the end */
static void test_crc(void)
{
	EXPECT_EQ(pkram_crc(PKRAM_CRC_SEED, "123456789", 9) ^ ~0U, 0xe3069283U);
}

const struct test layout_tests[] = {
	{ "golden", "the layout has not changed without a new version",
	  test_golden },
	{ "magics", "magics are the documented letters", test_magics },
	{ "crc", "the checksum is crc32c", test_crc },
	{ }
};

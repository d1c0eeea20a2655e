// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: damage what is handed over, to see what the next kernel makes of it.
 *
 * Much of what the next kernel reads is written only when the super block is
 * sealed, when user space has no chance any more to change it. So it asks
 * beforehand, with lines written to /sys/kernel/debug/pkram/damage:
 *
 *	xor ADDR HEX	change these bits of the bytes at a physical address
 *	set ADDR HEX	make the bytes there these
 *	node ADDR	correct the checksum of the node in this page
 *	link ADDR	correct the checksum of the link in this page
 *	table		correct the super block's checksum of the page table
 *	super		correct the checksum of the super block
 *	none		forget what has been asked for
 *
 * It is done in this order, right after sealing. Each write() is of whole lines.
 * Reading tells the addresses of the super block, of the page table's root and of
 * the first link of the directory.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/debugfs.h>
#include <linux/hex.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pkram_internal.h"

/* Longest field of the format, in bytes */
#define PKRAM_DAMAGE_MAX	256

enum pkram_damage_op {
	PKRAM_DAMAGE_XOR,
	PKRAM_DAMAGE_SET,
	PKRAM_DAMAGE_NODE,
	PKRAM_DAMAGE_LINK,
	PKRAM_DAMAGE_TABLE,
	PKRAM_DAMAGE_SUPER,
	PKRAM_DAMAGE_NONE,
};

static const char * const pkram_damage_words[] = {
	[PKRAM_DAMAGE_XOR] = "xor",
	[PKRAM_DAMAGE_SET] = "set",
	[PKRAM_DAMAGE_NODE] = "node",
	[PKRAM_DAMAGE_LINK] = "link",
	[PKRAM_DAMAGE_TABLE] = "table",
	[PKRAM_DAMAGE_SUPER] = "super",
	[PKRAM_DAMAGE_NONE] = "none",
};

/**
 * struct pkram_damage - a line that was written
 * @list: in pkram_damages, under pkram_lock
 * @op: what to do
 * @addr: where
 * @nr: how many bytes
 * @bytes: and which
 */
struct pkram_damage {
	struct list_head list;
	enum pkram_damage_op op;
	u64 addr;
	size_t nr;
	u8 bytes[] __counted_by(nr);
};

static LIST_HEAD(pkram_damages);

/* ------------------------------------------------------------ being asked */

static void pkram_damage_forget(void)
{
	struct pkram_damage *d, *next;

	list_for_each_entry_safe(d, next, &pkram_damages, list) {
		list_del(&d->list);
		kfree(d);
	}
}

static bool pkram_damage_readable(u64 addr)
{
	return PHYS_PFN(addr) && pfn_valid(PHYS_PFN(addr)) &&
	       page_is_ram(PHYS_PFN(addr));
}

/* ADDR, and HEX if the word takes it */
static int pkram_damage_args(struct pkram_damage *d, char *args)
{
	char *addr = strsep(&args, " ");

	if (d->op >= PKRAM_DAMAGE_TABLE)
		return addr ? -EINVAL : 0;
	if (!addr || kstrtou64(addr, 16, &d->addr) ||
	    !pkram_damage_readable(d->addr))
		return -EINVAL;
	if (d->op >= PKRAM_DAMAGE_NODE)
		return args || offset_in_page(d->addr) ? -EINVAL : 0;
	if (!args || offset_in_page(d->addr) + d->nr > PAGE_SIZE)
		return -EINVAL;
	return hex2bin(d->bytes, args, d->nr);
}

static int pkram_damage_line(char *line)
{
	char *word = strsep(&line, " "), *hex = line ? strchr(line, ' ') : NULL;
	const size_t digits = hex ? strlen(hex + 1) : 0;
	struct pkram_damage *d;
	int op, err;

	op = match_string(pkram_damage_words, ARRAY_SIZE(pkram_damage_words),
			  word);
	if (op < 0 || digits % 2 || digits > 2 * PKRAM_DAMAGE_MAX)
		return -EINVAL;
	if (op == PKRAM_DAMAGE_NONE) {
		pkram_damage_forget();
		return 0;
	}
	d = kzalloc(struct_size(d, bytes, digits / 2), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	d->op = op;
	d->nr = digits / 2;
	err = pkram_damage_args(d, line);
	if (err)
		kfree(d);
	else
		list_add_tail(&d->list, &pkram_damages);
	return err;
}

static ssize_t damage_write(struct file *file, const char __user *from,
			    size_t nr, loff_t *pos)
{
	char *text, *next, *line;
	int err = 0;

	if (nr > SZ_64K)
		return -E2BIG;
	text = memdup_user_nul(from, nr);
	if (IS_ERR(text))
		return PTR_ERR(text);
	next = text;
	scoped_guard(mutex, &pkram_lock)
		while (!err && (line = strsep(&next, "\n")))
			if (*line)
				err = pkram_damage_line(line);
	kfree(text);
	return err ?: nr;
}

static int damage_show(struct seq_file *m, void *arg)
{
	u64 root;

	guard(mutex)(&pkram_lock);
	scoped_guard(pkram_pagetable)
		root = pkram_pagetable.root ?
		       pkram_virt_to_pfn(pkram_pagetable.root) : 0;
	seq_printf(m, "super %#llx\ntable %#llx\ndirectory %#llx\n",
		   PFN_PHYS(pkram_super_pfn()), PFN_PHYS(root),
		   PFN_PHYS(pkram_dir_pfn));
	return 0;
}
DEFINE_SHOW_STORE_ATTRIBUTE(damage);

/* --------------------------------------------------------------- doing it */

/* As pkram_pagetable_crc(), for tables that may refer to anything */
static u32 pkram_damage_table_crc(u32 crc, u64 pfn, unsigned int level)
{
	const u64 *table = pkram_pfn_to_virt(pfn);
	int i;

	crc = pkram_crc(crc, table, PKRAM_SER_PAGE_SIZE);
	for (i = 0; level && i < PKRAM_PT_ENTRIES; i++) {
		const u64 next = table[i] & PKRAM_PT_PFN_MASK;

		if (pkram_damage_readable(PFN_PHYS(next)))
			crc = pkram_damage_table_crc(crc, next, level - 1);
	}
	return crc;
}

/* A link that has too much in it for a page is refused before that is summed up */
static bool pkram_damage_link_fits(const struct pkram_link_ser *link)
{
	u64 size = 1;

	if (link->type == PKRAM_LINK_OBJS)
		size = sizeof(struct pkram_obj_ser);
	if (link->type == PKRAM_LINK_RUNS)
		size = sizeof(struct pkram_run_ser);
	if (link->type == PKRAM_LINK_NODES)
		size = sizeof(struct pkram_dir_ser);
	return link->nr * size <= PKRAM_LINK_PAYLOAD;
}

static void pkram_damage_do(const struct pkram_damage *d,
			    struct pkram_super_ser *super)
{
	u8 *at = __va(d->addr);
	size_t i;
	u64 root;

	switch (d->op) {
	case PKRAM_DAMAGE_XOR:
		for (i = 0; i < d->nr; i++)
			at[i] ^= d->bytes[i];
		break;
	case PKRAM_DAMAGE_SET:
		memcpy(at, d->bytes, d->nr);
		break;
	case PKRAM_DAMAGE_NODE:
		pkram_node_ser_seal((struct pkram_node_ser *)at);
		break;
	case PKRAM_DAMAGE_LINK:
		if (pkram_damage_link_fits((struct pkram_link_ser *)at))
			pkram_link_seal((struct pkram_link_ser *)at);
		break;
	case PKRAM_DAMAGE_TABLE:
		root = pkram_virt_to_pfn(pkram_pagetable.root);
		super->pt_crc = pkram_damage_table_crc(PKRAM_CRC_SEED, root,
						       PKRAM_PT_LEVELS - 1);
		break;
	case PKRAM_DAMAGE_SUPER:
		super->crc = pkram_super_crc(super);
		break;
	case PKRAM_DAMAGE_NONE:
		break;
	}
}

/**
 * pkram_damage_handover() - do the damage that was asked for
 * @super: super block, sealed
 *
 * Context: Reboot notifier. Caller holds pkram_lock and pkram_pagetable_lock.
 */
void pkram_damage_handover(struct pkram_super_ser *super)
{
	const struct pkram_damage *d;

	lockdep_assert_held(&pkram_lock);
	list_for_each_entry(d, &pkram_damages, list)
		pkram_damage_do(d, super);
	if (!list_empty(&pkram_damages))
		pr_notice("damaged as asked for, %zu steps\n",
			  list_count_nodes(&pkram_damages));
}

static int __init pkram_debug_init(void)
{
	if (pkram_available())
		debugfs_create_file("damage", 0600,
				    debugfs_create_dir("pkram", NULL), NULL,
				    &damage_fops);
	return 0;
}
late_initcall(pkram_debug_init);

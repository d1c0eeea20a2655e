// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM in /sys/kernel/pkram: what an administrator sees.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "pkram_internal.h"

static ssize_t super_block_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", pkram_super_pfn());
}

static ssize_t nodes_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	guard(mutex)(&pkram_lock);
	return sysfs_emit(buf, "%zu\n", list_count_nodes(&pkram_nodes));
}

static ssize_t preserved_bytes_show(struct kobject *kobj,
				    struct kobj_attribute *attr, char *buf)
{
	guard(mutex)(&pkram_pagetable_lock);
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(pkram_pagetable.nr_set));
}

/* Pages of the format itself, as far as nodes have been published */
static ssize_t metadata_bytes_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	struct pkram_node *node;
	u64 nr;

	guard(mutex)(&pkram_lock);
	nr = pkram_dir_links;
	list_for_each_entry(node, &pkram_nodes, list)
		if (pkram_node_complete(node))
			nr += node->state == PKRAM_NODE_DAMAGED ? 1 :
			      1 + node->ser->nr_links;
	guard(mutex)(&pkram_pagetable_lock);
	nr += pkram_pagetable.nr_tables;
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(nr));
}

/* A name may have any bytes but NUL; echo appends a newline to it */
static ssize_t drop_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	const bool newline = count && buf[count - 1] == '\n';
	char *name;
	int err;

	name = kstrndup(buf, count - newline, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	err = pkram_drop(name);
	kfree(name);
	return err ?: count;
}

static struct kobj_attribute super_block_attr = __ATTR_RO(super_block);
static struct kobj_attribute nodes_attr = __ATTR_RO(nodes);
static struct kobj_attribute preserved_bytes_attr = __ATTR_RO(preserved_bytes);
static struct kobj_attribute metadata_bytes_attr = __ATTR_RO(metadata_bytes);
static struct kobj_attribute drop_attr = __ATTR_WO(drop);

static struct attribute *pkram_attrs[] = {
	&super_block_attr.attr,
	&nodes_attr.attr,
	&preserved_bytes_attr.attr,
	&metadata_bytes_attr.attr,
	&drop_attr.attr,
	NULL
};

static const struct attribute_group pkram_group = {
	.attrs = pkram_attrs,
};

static int __init pkram_sysfs_init(void)
{
	struct kobject *kobj;
	int err;

	if (!pkram_available())
		return 0;
	kobj = kobject_create_and_add("pkram", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_group(kobj, &pkram_group);
	if (err)
		kobject_put(kobj);
	return err;
}
subsys_initcall(pkram_sysfs_init);

// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM in /sys/kernel/pkram: what an administrator sees.
 *
 * ::
 *
 *  /sys/kernel/pkram/		what there is now
 *	node/N/			each node
 *	boot/			what this kernel was handed, and what it did with it
 *	stats/			what has happened since
 *
 * What is read in node/N/ finds the node under pkram_lock, or that it has gone.
 * Its directory is removed only after that, without the lock: removing waits for
 * those who read.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/sysfs.h>

#include "pkram_internal.h"

/* ---------------------------------------------------------- what there is */

static ssize_t super_block_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", pkram_super_pfn());
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", PKRAM_SER_VERSION);
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
	guard(pkram_pagetable)();
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(pkram_pagetable.nr_set));
}

/* What stands in the page of a damaged node is not to be believed: all zeroes */
static const struct pkram_node_ser *pkram_node_believed(const struct pkram_node *node)
{
	return node->state == PKRAM_NODE_DAMAGED ? page_address(ZERO_PAGE(0)) :
						   pkram_node_read(node);
}

/* Pages of the format itself that a node has */
static u64 pkram_node_meta(const struct pkram_node *node)
{
	return 1 + pkram_node_believed(node)->nr_links;
}

/* The same of all, as far as nodes have been published */
static ssize_t metadata_bytes_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	struct pkram_node *node;
	u64 nr;

	guard(mutex)(&pkram_lock);
	nr = pkram_dir_links;
	list_for_each_entry(node, &pkram_nodes, list)
		if (pkram_node_complete(node))
			nr += pkram_node_meta(node);
	guard(pkram_pagetable)();
	nr += pkram_pagetable.nr_tables;
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(nr));
}

/* For debuggers, as node/N/page: the super block is empty until all is handed over */
static ssize_t page_table_show(struct kobject *kobj, struct kobj_attribute *attr,
			       char *buf)
{
	guard(pkram_pagetable)();
	return sysfs_emit(buf, "%#llx\n", pkram_pagetable.root ?
			  pkram_virt_to_pfn(pkram_pagetable.root) : 0);
}

/* The landing map that the next kernel would get now */
static ssize_t landing_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	const struct pkram_landing *map;
	unsigned int i;
	int len = 0;
	u64 total;

	guard(pkram_pagetable)();
	map = pkram_landing_find(&total);
	for (i = 0; i < map->nr; i++) {
		const u64 start = map->range[i].start_pfn;

		len += sysfs_emit_at(buf, len, "%#llx-%#llx\n", PFN_PHYS(start),
				     PFN_PHYS(start + map->range[i].nr_pages) - 1);
	}
	return len;
}

static ssize_t landing_bytes_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	u64 total;

	guard(pkram_pagetable)();
	pkram_landing_find(&total);
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(total));
}

static ssize_t landing_needed_bytes_show(struct kobject *kobj,
					 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(pkram_boot_need()));
}

static ssize_t image_lost_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	const char *lost = pkram_image_lost(READ_ONCE(kexec_image));

	return sysfs_emit(buf, "%s\n", lost ?: "");
}

/* A name may have any bytes but NUL; echo appends a newline to it */
static ssize_t drop_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	const bool newline = count && buf[count - 1] == '\n';
	char *name;
	int err;

	if (memchr(buf, 0, count))
		return -EINVAL;
	name = kstrndup(buf, count - newline, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	err = pkram_drop(name);
	kfree(name);
	return err ?: count;
}

static struct kobj_attribute super_block_attr = __ATTR_RO(super_block);
static struct kobj_attribute version_attr = __ATTR_RO(version);
static struct kobj_attribute nodes_attr = __ATTR_RO(nodes);
static struct kobj_attribute preserved_bytes_attr = __ATTR_RO(preserved_bytes);
static struct kobj_attribute metadata_bytes_attr = __ATTR_RO(metadata_bytes);
static struct kobj_attribute image_lost_attr = __ATTR_RO(image_lost);
static struct kobj_attribute drop_attr = __ATTR_WO(drop);
/* Where in memory things are is nobody's business, and finding out takes a while */
static struct kobj_attribute page_table_attr = __ATTR_RO_MODE(page_table, 0400);
static struct kobj_attribute landing_attr = __ATTR_RO_MODE(landing, 0400);
static struct kobj_attribute landing_bytes_attr =
	__ATTR_RO_MODE(landing_bytes, 0400);
static struct kobj_attribute landing_needed_bytes_attr =
	__ATTR_RO(landing_needed_bytes);

static struct attribute *pkram_attrs[] = {
	&super_block_attr.attr,
	&version_attr.attr,
	&nodes_attr.attr,
	&preserved_bytes_attr.attr,
	&metadata_bytes_attr.attr,
	&page_table_attr.attr,
	&landing_attr.attr,
	&landing_bytes_attr.attr,
	&landing_needed_bytes_attr.attr,
	&image_lost_attr.attr,
	&drop_attr.attr,
	NULL
};

static const struct attribute_group pkram_group = {
	.attrs = pkram_attrs,
};

/* ---------------------------------------------------- boot/ and stats/ */

/**
 * struct pkram_sysfs_number - a number to be shown
 * @attr: attribute
 * @value: the number, which can be read without a lock
 * @shift: it counts units of so many bytes, as a power of two
 */
struct pkram_sysfs_number {
	struct kobj_attribute attr;
	const u64 *value;
	unsigned int shift;
};

static ssize_t pkram_number_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	const struct pkram_sysfs_number *n =
		container_of(attr, struct pkram_sysfs_number, attr);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(*n->value) << n->shift);
}

#define PKRAM_NUMBER(dir, name, field, unit)				\
	static struct pkram_sysfs_number dir##_##field##_attr = {	\
		.attr = __ATTR(name, 0444, pkram_number_show, NULL),	\
		.value = &PKRAM_VALUES_##dir.field,			\
		.shift = (unit),					\
	}

#define PKRAM_VALUES_boot	pkram_boot_facts
#define PKRAM_VALUES_stats	pkram_stats

static ssize_t result_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	const struct pkram_boot_facts *facts = &pkram_boot_facts;

	return sysfs_emit(buf, "%s\n",
			  facts->refused ? "refused" :
			  !facts->generation ? "none" :
			  facts->nodes_damaged ? "damaged" : "taken");
}

static ssize_t reason_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n", pkram_boot_facts.refused ?: "");
}

static ssize_t pending_bytes_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(pkram_pending_left()));
}

static struct kobj_attribute boot_result_attr = __ATTR_RO(result);
static struct kobj_attribute boot_reason_attr = __ATTR_RO(reason);
static struct kobj_attribute boot_pending_attr = __ATTR_RO(pending_bytes);
PKRAM_NUMBER(boot, generation, generation, 0);
PKRAM_NUMBER(boot, nodes, nodes, 0);
PKRAM_NUMBER(boot, nodes_damaged, nodes_damaged, 0);
PKRAM_NUMBER(boot, preserved_bytes, pages, PAGE_SHIFT);
PKRAM_NUMBER(boot, lost_bytes, lost_pages, PAGE_SHIFT);
PKRAM_NUMBER(boot, failed_pages, failed_pages, 0);
PKRAM_NUMBER(boot, landing_ranges, landing, 0);
PKRAM_NUMBER(boot, landing_bytes, landing_pages, PAGE_SHIFT);
PKRAM_NUMBER(boot, held_ranges, held, 0);
PKRAM_NUMBER(boot, held_bytes, held_pages, PAGE_SHIFT);
PKRAM_NUMBER(boot, freed_bytes, freed_pages, PAGE_SHIFT);
PKRAM_NUMBER(boot, time_us, time_us, 0);

static struct attribute *pkram_boot_attrs[] = {
	&boot_result_attr.attr,
	&boot_reason_attr.attr,
	&boot_generation_attr.attr.attr,
	&boot_nodes_attr.attr.attr,
	&boot_nodes_damaged_attr.attr.attr,
	&boot_pages_attr.attr.attr,
	&boot_lost_pages_attr.attr.attr,
	&boot_failed_pages_attr.attr.attr,
	&boot_landing_attr.attr.attr,
	&boot_landing_pages_attr.attr.attr,
	&boot_held_attr.attr.attr,
	&boot_held_pages_attr.attr.attr,
	&boot_freed_pages_attr.attr.attr,
	&boot_pending_attr.attr,
	&boot_time_us_attr.attr.attr,
	NULL
};

static const struct attribute_group pkram_boot_group = {
	.name = "boot",
	.attrs = pkram_boot_attrs,
};

PKRAM_NUMBER(stats, saves, saves, 0);
PKRAM_NUMBER(stats, saved_bytes, saved_pages, PAGE_SHIFT);
PKRAM_NUMBER(stats, saves_discarded, saves_discarded, 0);
PKRAM_NUMBER(stats, loads, loads, 0);
PKRAM_NUMBER(stats, loaded_bytes, loaded_pages, PAGE_SHIFT);
PKRAM_NUMBER(stats, loads_aborted, loads_aborted, 0);
PKRAM_NUMBER(stats, drops, drops, 0);
PKRAM_NUMBER(stats, damaged, damaged, 0);
PKRAM_NUMBER(stats, displaced_bytes, displaced_pages, PAGE_SHIFT);
PKRAM_NUMBER(stats, seal_failures, seal_failures, 0);

static struct attribute *pkram_stats_attrs[] = {
	&stats_saves_attr.attr.attr,
	&stats_saved_pages_attr.attr.attr,
	&stats_saves_discarded_attr.attr.attr,
	&stats_loads_attr.attr.attr,
	&stats_loaded_pages_attr.attr.attr,
	&stats_loads_aborted_attr.attr.attr,
	&stats_drops_attr.attr.attr,
	&stats_damaged_attr.attr.attr,
	&stats_displaced_pages_attr.attr.attr,
	&stats_seal_failures_attr.attr.attr,
	NULL
};

static const struct attribute_group pkram_stats_group = {
	.name = "stats",
	.attrs = pkram_stats_attrs,
};

static const struct attribute_group *pkram_groups[] = {
	&pkram_group,
	&pkram_boot_group,
	&pkram_stats_group,
	NULL
};

/* -------------------------------------------------------------- node/N/ */

/**
 * struct pkram_sysfs_node - the directory of a node
 * @kobj: the directory
 * @node: the node, NULL when it has gone; under pkram_lock
 */
struct pkram_sysfs_node {
	struct kobject kobj;
	struct pkram_node *node;
};

struct pkram_node_attr {
	struct attribute attr;
	ssize_t (*show)(const struct pkram_node *node, char *buf);
};

static ssize_t pkram_node_show(struct kobject *kobj, struct attribute *attr,
			       char *buf)
{
	struct pkram_sysfs_node *shown =
		container_of(kobj, struct pkram_sysfs_node, kobj);
	struct pkram_node_attr *a =
		container_of(attr, struct pkram_node_attr, attr);

	guard(mutex)(&pkram_lock);
	return shown->node ? a->show(shown->node, buf) : -ENODEV;
}

static void pkram_node_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct pkram_sysfs_node, kobj));
}

/* In one line, and such that printf %b knows which bytes they are */
static ssize_t pkram_name_show(const struct pkram_node *node, char *buf)
{
	int len;

	BUILD_BUG_ON(4 * PKRAM_NAME_MAX + 1 >= PAGE_SIZE);
	len = string_escape_mem(node->name, strlen(node->name), buf,
				PAGE_SIZE - 1,
				ESCAPE_OCTAL | ESCAPE_NAP | ESCAPE_APPEND, "\\");
	buf[len++] = '\n';
	return len;
}

static ssize_t pkram_state_show(const struct pkram_node *node, char *buf)
{
	static const char * const states[] = {
		[PKRAM_NODE_SAVING] = "saving",
		[PKRAM_NODE_FREEING] = "freeing",
		[PKRAM_NODE_IDLE] = "saved",
		[PKRAM_NODE_LOADING] = "loading",
		[PKRAM_NODE_DAMAGED] = "damaged",
	};

	return sysfs_emit(buf, "%s\n",
			  node->state == PKRAM_NODE_IDLE && node->handed_over ?
			  "handed-over" : states[node->state]);
}

static ssize_t pkram_page_show(const struct pkram_node *node, char *buf)
{
	return sysfs_emit(buf, "%#llx\n", pkram_virt_to_pfn(node->ser));
}

static ssize_t pkram_reason_show(const struct pkram_node *node, char *buf)
{
	return sysfs_emit(buf, "%s\n", node->why ?: "");
}

static ssize_t pkram_bytes_show(const struct pkram_node *node, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  PFN_PHYS(pkram_node_believed(node)->nr_pages));
}

static ssize_t pkram_metadata_bytes_show(const struct pkram_node *node,
					 char *buf)
{
	return sysfs_emit(buf, "%llu\n", PFN_PHYS(pkram_node_meta(node)));
}

static ssize_t pkram_objects_show(const struct pkram_node *node, char *buf)
{
	return sysfs_emit(buf, "%llu\n", pkram_node_believed(node)->nr_objs);
}

static ssize_t pkram_saved_at_show(const struct pkram_node *node, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  pkram_node_believed(node)->saved_at);
}

#define PKRAM_NODE_ATTR(_name, _mode) {					\
	.attr = { .name = #_name, .mode = (_mode) },			\
	.show = pkram_##_name##_show,					\
}

static struct pkram_node_attr pkram_node_name = PKRAM_NODE_ATTR(name, 0400);
static struct pkram_node_attr pkram_node_state = PKRAM_NODE_ATTR(state, 0444);
static struct pkram_node_attr pkram_node_page = PKRAM_NODE_ATTR(page, 0400);
static struct pkram_node_attr pkram_node_reason = PKRAM_NODE_ATTR(reason, 0444);
static struct pkram_node_attr pkram_node_bytes = PKRAM_NODE_ATTR(bytes, 0444);
static struct pkram_node_attr pkram_node_metadata_bytes =
	PKRAM_NODE_ATTR(metadata_bytes, 0444);
static struct pkram_node_attr pkram_node_objects =
	PKRAM_NODE_ATTR(objects, 0444);
static struct pkram_node_attr pkram_node_saved_at =
	PKRAM_NODE_ATTR(saved_at, 0444);

static struct attribute *pkram_node_attrs[] = {
	&pkram_node_name.attr,
	&pkram_node_state.attr,
	&pkram_node_page.attr,
	&pkram_node_reason.attr,
	&pkram_node_bytes.attr,
	&pkram_node_metadata_bytes.attr,
	&pkram_node_objects.attr,
	&pkram_node_saved_at.attr,
	NULL
};
ATTRIBUTE_GROUPS(pkram_node);

static const struct sysfs_ops pkram_node_ops = {
	.show = pkram_node_show,
};

static const struct kobj_type pkram_node_ktype = {
	.release = pkram_node_release,
	.sysfs_ops = &pkram_node_ops,
	.default_groups = pkram_node_groups,
};

/* /sys/kernel/pkram/node, when it is there */
static struct kobject *pkram_sysfs_nodes;

/**
 * pkram_sysfs_add() - let a node be seen in sysfs
 * @node: node in the list, which will not go away meanwhile
 *
 * Its number is one that no other has had since boot. At boot this does nothing
 * while there is no sysfs; the node is seen as soon as there is.
 *
 * Context: May sleep. Takes no lock that is held while sysfs is read.
 * Return: 0 or -ENOMEM.
 */
int pkram_sysfs_add(struct pkram_node *node)
{
	static atomic_t next = ATOMIC_INIT(-1);
	struct pkram_sysfs_node *shown;
	int err;

	if (!pkram_sysfs_nodes)
		return 0;
	shown = kzalloc(sizeof(*shown), GFP_KERNEL);
	if (!shown)
		return -ENOMEM;
	shown->node = node;
	err = kobject_init_and_add(&shown->kobj, &pkram_node_ktype,
				   pkram_sysfs_nodes, "%u",
				   (unsigned int)atomic_inc_return(&next));
	if (err)
		kobject_put(&shown->kobj);
	else
		node->shown = shown;
	return err;
}

/**
 * pkram_sysfs_detach() - a node is about to go
 * @node: the node
 *
 * Context: Caller holds pkram_lock.
 * Return: for pkram_sysfs_remove(); may be NULL.
 */
struct pkram_sysfs_node *pkram_sysfs_detach(struct pkram_node *node)
{
	struct pkram_sysfs_node *shown = node->shown;

	lockdep_assert_held(&pkram_lock);
	if (shown)
		shown->node = NULL;
	return shown;
}

/**
 * pkram_sysfs_remove() - remove the directory of a node that has gone
 * @shown: what pkram_sysfs_detach() has returned
 *
 * Context: May sleep: waits for those who read there. Caller does not hold
 * pkram_lock.
 */
void pkram_sysfs_remove(struct pkram_sysfs_node *shown)
{
	if (!shown)
		return;
	kobject_del(&shown->kobj);
	kobject_put(&shown->kobj);
}

static int __init pkram_sysfs_init(void)
{
	struct kobject *kobj, *nodes;
	struct pkram_node *node;
	int err;

	/* kernel_kobj is only there with sysfs */
	if (!IS_ENABLED(CONFIG_SYSFS) || !pkram_available())
		return 0;
	kobj = kobject_create_and_add("pkram", kernel_kobj);
	nodes = kobj ? kobject_create_and_add("node", kobj) : NULL;
	err = nodes ? sysfs_create_groups(kobj, pkram_groups) : -ENOMEM;
	if (err) {
		kobject_put(nodes);
		kobject_put(kobj);
		return err;
	}
	pkram_sysfs_nodes = nodes;
	/* Those of the previous kernel; nobody saves or loads yet */
	list_for_each_entry(node, &pkram_nodes, list)
		if (pkram_sysfs_add(node))
			pr_warn("node '%s' cannot be seen in sysfs\n",
				node->name);
	return 0;
}
subsys_initcall(pkram_sysfs_init);

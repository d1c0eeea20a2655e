// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: nodes and objects.
 *
 * Lock order: pkram_lock, then obj->lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <trace/events/pkram.h>

#include "pkram_internal.h"

/**
 * DOC: PKRAM
 *
 * A node is a named, independent unit of state that the next kernel gets when
 * it is started by kexec. It is made of objects, and an object of a stream of
 * folios, which stay where they are, and/or a stream of bytes, which are
 * copied.
 *
 * A save builds a node that nobody else can see, and pkram_finish_save()
 * publishes it; until then it can be discarded without a trace. A load looks at
 * a published node, and pkram_finish_load() consumes it; until then it can be
 * aborted, and the node is as it was.
 *
 * What a node holds is frozen from its publication on: whoever still uses a
 * folio of it may read but not write it.
 *
 * Not kept: anything about a folio but its place, size, index and two flags.
 */

/* Protects the list of nodes and their states */
DEFINE_MUTEX(pkram_lock);
LIST_HEAD(pkram_nodes);
bool pkram_enabled = true;
struct pkram_stats pkram_stats;

/**
 * pkram_available() - can anything be saved?
 *
 * Context: Any.
 * Return: false when PKRAM has been switched off on the command line.
 */
bool pkram_available(void)
{
	return pkram_enabled;
}
EXPORT_SYMBOL_GPL(pkram_available);

/**
 * pkram_node_named() - find a node whose name is known
 * @name: its name
 *
 * Context: Caller holds pkram_lock.
 * Return: the node, or NULL.
 */
struct pkram_node *pkram_node_named(const char *name)
{
	struct pkram_node *node;

	lockdep_assert_held(&pkram_lock);
	list_for_each_entry(node, &pkram_nodes, list)
		if (!node->nameless && !strcmp(node->name, name))
			return node;
	return NULL;
}

/**
 * pkram_node_find() - find a node
 * @name: its name, or what it is called in the log when its name is lost
 *
 * Context: Caller holds pkram_lock.
 * Return: the node, or NULL. One whose name is lost is found by any that may be
 * its own, unless another is known to have that.
 */
struct pkram_node *pkram_node_find(const char *name)
{
	const size_t len = strlen(name);
	const u32 crc = pkram_name_crc(name, len);
	struct pkram_node *node = pkram_node_named(name);

	if (node)
		return node;
	list_for_each_entry(node, &pkram_nodes, list)
		if (node->nameless && node->name_len == len &&
		    node->name_crc == crc)
			return node;
	list_for_each_entry(node, &pkram_nodes, list)
		if (node->nameless && !strcmp(node->name, name))
			return node;
	return NULL;
}

/**
 * pkram_node_read() - look at what stands in the page of a node
 * @node: node
 *
 * Context: Any.
 * Return: its page, or one full of zeroes if that has failed.
 */
const struct pkram_node_ser *pkram_node_read(const struct pkram_node *node)
{
	if (PageHWPoison(virt_to_page(node->ser)))
		return page_address(ZERO_PAGE(0));
	return node->ser;
}

/*
 * Free a node, all of whose references can be trusted, and what it holds; unless its
 * page has failed: then that belongs to nobody, like what is damaged. It
 * stays in the list until the end, so that a kexec image that wants the place of
 * its pages finds out why they cannot be moved, and up to here they may be.
 */
static void pkram_node_free(struct pkram_node *node, u64 *count)
{
	struct pkram_sysfs_node *shown;
	u64 pfn;

	scoped_guard(mutex, &pkram_lock) {
		node->state = PKRAM_NODE_FREEING;
		pfn = pkram_node_read(node)->obj_pfn;
	}

	while (pfn) {
		struct pkram_link_ser *link = pkram_pfn_to_virt(pfn);
		u32 i;

		for (i = 0; i < link->nr; i++) {
			if (node->detached)
				pkram_links_free(link->objs[i].pages_pfn);
			else
				pkram_pages_free(link->objs[i].pages_pfn,
						 link->objs[i].nr_pages);
			pkram_chain_free(link->objs[i].bytes_pfn);
		}
		pfn = link->next_pfn;
		pkram_meta_free(link);
	}

	scoped_guard(mutex, &pkram_lock) {
		++*count;
		list_del(&node->list);
		pkram_meta_free(node->ser);
		pkram_dir_resize(GFP_KERNEL, 0);
		shown = pkram_sysfs_detach(node);
		if (node->detached)
			pkram_detached_end();
		kfree(node);
	}
	/* Who reads there may wait for the lock */
	pkram_sysfs_remove(shown);
}

/* ------------------------------------------------------------- saving */

/**
 * pkram_prepare_save() - begin to save a node
 * @ps: stream to initialise
 * @name: name of the node
 * @gfp: how to allocate during the save
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -ENODEV when PKRAM is off; -EINVAL when @name is empty;
 * -ENAMETOOLONG when it has more than %PKRAM_NAME_MAX bytes; -EEXIST when there
 * is a node of this name already; -ENOSPC when there are %PKRAM_NODES_MAX
 * nodes; -ENOMEM.
 */
int pkram_prepare_save(struct pkram_stream *ps, const char *name, gfp_t gfp)
{
	const size_t len = strlen(name);
	struct pkram_node *node;
	int err = 0;

	/* Callers pass their mappings' gfp; metadata cannot be moved */
	gfp &= ~(__GFP_MOVABLE | __GFP_HIGHMEM);
	*ps = (struct pkram_stream){ .gfp = gfp, .saving = true };
	if (!pkram_available())
		return -ENODEV;
	if (!len)
		return -EINVAL;
	if (len > PKRAM_NAME_MAX)
		return -ENAMETOOLONG;

	node = kzalloc(sizeof(*node), gfp);
	if (!node)
		return -ENOMEM;
	node->state = PKRAM_NODE_SAVING;
	node->name_len = len;
	node->name_crc = pkram_name_crc(name, len);

	/*
	 * The page is allocated with the list locked: a kexec image that is
	 * loaded meanwhile either bans its place before or finds it after.
	 */
	scoped_guard(mutex, &pkram_lock) {
		if (pkram_node_find(name)) {
			err = -EEXIST;
			break;
		}
		if (list_count_nodes(&pkram_nodes) >= PKRAM_NODES_MAX) {
			err = -ENOSPC;
			break;
		}
		err = pkram_dir_resize(gfp, 1);
		if (err)
			break;
		node->ser = pkram_meta_alloc(gfp | __GFP_ZERO);
		if (!node->ser) {
			pkram_dir_resize(gfp, 0);
			err = -ENOMEM;
			break;
		}
		node->ser->magic = PKRAM_NODE_MAGIC;
		node->ser->name_len = len;
		memcpy(node->ser->name, name, len);
		memcpy(node->name, name, len);
		list_add_tail(&node->list, &pkram_nodes);
	}
	if (err) {
		kfree(node);
		return err;
	}
	err = pkram_sysfs_add(node);
	if (err)
		pkram_node_free(node, &pkram_stats.saves_discarded);
	else
		ps->node = node;
	return err;
}
EXPORT_SYMBOL_GPL(pkram_prepare_save);

/* Make sure that there is room for one more object in the node's links */
static int pkram_node_room(struct pkram_node *node, gfp_t gfp)
{
	struct pkram_link_ser *link, *tail = node->obj_tail;

	if (tail && tail->nr < PKRAM_LINK_MAX_OBJS)
		return 0;
	link = pkram_link_alloc(PKRAM_LINK_OBJS, gfp);
	if (!link)
		return -ENOMEM;
	link->start = node->ser->nr_objs;
	if (tail) {
		tail->next_pfn = pkram_virt_to_pfn(link);
		pkram_link_seal(tail);
	} else {
		node->ser->obj_pfn = pkram_virt_to_pfn(link);
	}
	node->obj_tail = link;
	node->ser->nr_links++;
	return 0;
}

static void pkram_stream_close(struct pkram_stream *ps)
{
	guard(mutex)(&pkram_lock);
	ps->node->nr_open--;
	kfree(ps->obj);
	ps->obj = NULL;
}

/**
 * pkram_prepare_save_obj() - begin to save an object of a node
 * @ps: stream, between pkram_prepare_save() and pkram_finish_save()
 * @flags: streams that the object will have: %PKRAM_OBJ_PAGES and/or
 *	%PKRAM_OBJ_BYTES
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -EINVAL when @flags are none of these, or on misuse; -ENOMEM.
 */
int pkram_prepare_save_obj(struct pkram_stream *ps, unsigned int flags)
{
	struct pkram_obj *obj;

	if (!flags || flags & ~(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES))
		return -EINVAL;
	if (WARN_ON_ONCE(!ps->node || !ps->saving || ps->obj))
		return -EINVAL;

	obj = kzalloc(sizeof(*obj), ps->gfp);
	if (!obj)
		return -ENOMEM;
	if (pkram_node_room(ps->node, ps->gfp)) {
		kfree(obj);
		return -ENOMEM;
	}
	mutex_init(&obj->lock);
	obj->ser.flags = flags;
	ps->obj = obj;
	guard(mutex)(&pkram_lock);
	ps->node->nr_open++;
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_prepare_save_obj);

/**
 * pkram_finish_save_obj() - an object is complete
 * @ps: stream whose accesses are all finished
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_finish_save_obj(struct pkram_stream *ps)
{
	struct pkram_node_ser *ser;
	struct pkram_link_ser *link;
	struct pkram_obj *obj;

	if (WARN_ON_ONCE(!ps->obj || !ps->saving))
		return;

	obj = ps->obj;
	ser = ps->node->ser;
	link = ps->node->obj_tail;
	link->objs[link->nr++] = obj->ser;
	trace_pkram_save_obj(ps->node->name, ser->nr_objs, &obj->ser);
	ser->nr_objs++;
	ser->nr_pages += obj->ser.nr_pages;
	ser->nr_bytes += obj->ser.nr_bytes;
	ser->nr_links += obj->ser.nr_page_links + obj->ser.nr_byte_links;
	pkram_stream_close(ps);
}
EXPORT_SYMBOL_GPL(pkram_finish_save_obj);

/**
 * pkram_finish_save() - publish a node
 * @ps: stream whose objects are all finished; not to be used again
 *
 * From here on the node can be loaded, in this boot or, after a kexec, in the
 * next, and what it holds must not change.
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0, or -EINVAL on misuse.
 */
int pkram_finish_save(struct pkram_stream *ps)
{
	struct pkram_node *node = ps->node;

	if (WARN_ON_ONCE(!node || !ps->saving || ps->obj))
		return -EINVAL;

	if (node->obj_tail)
		pkram_link_seal(node->obj_tail);
	node->obj_tail = NULL;
	node->ser->saved_at = ktime_get_real_seconds();
	pkram_node_ser_seal(node->ser);
	trace_pkram_commit(node->name, node->ser);
	ps->node = NULL;

	guard(mutex)(&pkram_lock);
	node->state = PKRAM_NODE_IDLE;
	pkram_stats.saves++;
	pkram_stats.saved_pages += node->ser->nr_pages;
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_finish_save);

/**
 * pkram_discard_save() - forget a node that is being saved
 * @ps: stream whose accesses are all finished, at any point of the save; not to
 *	be used again
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_discard_save(struct pkram_stream *ps)
{
	struct pkram_node *node = ps->node;

	if (WARN_ON_ONCE(!node || !ps->saving))
		return;

	if (ps->obj) {
		pkram_chain_free(ps->obj->ser.pages_pfn);
		pkram_chain_free(ps->obj->ser.bytes_pfn);
		pkram_stream_close(ps);
	}
	trace_pkram_discard(node->name, node->ser);
	pkram_node_free(node, &pkram_stats.saves_discarded);
	ps->node = NULL;
}
EXPORT_SYMBOL_GPL(pkram_discard_save);

/* ------------------------------------------------------------ loading */

/*
 * Take an idle node for loading or dropping: validate it, with the list of
 * nodes unlocked because that takes time. The first time that one from the
 * previous kernel is wanted all of these are checked against each other.
 */
static struct pkram_node *pkram_node_get(const char *name)
{
	struct pkram_node *node;
	bool checked = false;
	int err;

	scoped_guard(mutex, &pkram_lock) {
		node = pkram_node_find(name);
		if (!node)
			return ERR_PTR(-ENOENT);
		err = pkram_node_renew(node);
		if (!err && node->unchecked) {
			err = pkram_nodes_check();
			checked = true;
		}
		if (err)
			return ERR_PTR(err);
		if (node->state == PKRAM_NODE_DAMAGED)
			return ERR_PTR(-EBADMSG);
		if (node->state != PKRAM_NODE_IDLE)
			return ERR_PTR(-EBUSY);
		node->state = PKRAM_NODE_LOADING;
		if (checked)
			return node;
		node->nr_open++;
	}

	err = pkram_node_validate(node);

	scoped_guard(mutex, &pkram_lock) {
		node->nr_open--;
		if (!err)
			return node;
		node->state = PKRAM_NODE_IDLE;
		if (err == -EBADMSG)
			pkram_node_damaged(node, PKRAM_DAMAGE_CONTENT);
	}
	if (err == -EBADMSG)
		pr_err("node '%s' is damaged\n", name);
	return ERR_PTR(err);
}

/**
 * pkram_prepare_load() - begin to load a node
 * @ps: stream to initialise
 * @name: name of the node
 *
 * All that the node refers to is checked here, so that the load itself can
 * trust it. What its pages and bytes hold is for the caller to check.
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -ENODEV when PKRAM is off; -ENOENT when there is no such node;
 * -EBUSY when it is being saved, loaded or freed; -EBADMSG when it is damaged;
 * -ENOMEM.
 */
int pkram_prepare_load(struct pkram_stream *ps, const char *name)
{
	struct pkram_node *node;

	*ps = (struct pkram_stream){ };
	if (!pkram_available())
		return -ENODEV;
	node = pkram_node_get(name);
	if (IS_ERR(node)) {
		trace_pkram_refuse(name, PTR_ERR(node));
		return PTR_ERR(node);
	}
	/* A kexec image being loaded may move the node and links while none is open */
	guard(mutex)(&pkram_lock);
	trace_pkram_load(node->name, node->ser);
	node->obj_tail = pkram_link_next(node->ser->obj_pfn);
	node->obj_entry = 0;
	ps->node = node;
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_prepare_load);

/**
 * pkram_prepare_load_obj() - begin to load the next object of a node
 * @ps: stream, between pkram_prepare_load() and pkram_finish_load()
 *
 * Objects come in the order in which they were saved.
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -ENODATA when there are no more; -EINVAL on misuse; -ENOMEM.
 */
int pkram_prepare_load_obj(struct pkram_stream *ps)
{
	struct pkram_node *node = ps->node;
	struct pkram_obj *obj;

	if (WARN_ON_ONCE(!node || ps->saving || ps->obj))
		return -EINVAL;
	obj = kzalloc(sizeof(*obj), GFP_KERNEL);
	if (!obj)
		return -ENOMEM;
	mutex_init(&obj->lock);

	guard(mutex)(&pkram_lock);
	if (node->obj_tail && node->obj_entry == node->obj_tail->nr) {
		node->obj_tail = pkram_link_next(node->obj_tail->next_pfn);
		node->obj_entry = 0;
	}
	if (!node->obj_tail) {
		kfree(obj);
		return -ENODATA;
	}
	obj->ser = node->obj_tail->objs[node->obj_entry++];
	trace_pkram_load_obj(node->name,
			     node->obj_tail->start + node->obj_entry - 1,
			     &obj->ser);
	obj->next[0] = pkram_link_next(obj->ser.pages_pfn);
	obj->next[1] = pkram_link_next(obj->ser.bytes_pfn);
	ps->obj = obj;
	ps->first = node->fresh;
	node->fresh = false;
	node->nr_open++;
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_prepare_load_obj);

/**
 * pkram_finish_load_obj() - done with an object
 * @ps: stream whose accesses are all finished
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_finish_load_obj(struct pkram_stream *ps)
{
	if (WARN_ON_ONCE(!ps->obj || ps->saving))
		return;
	pkram_stream_close(ps);
}
EXPORT_SYMBOL_GPL(pkram_finish_load_obj);

/**
 * pkram_finish_load() - consume a node that has been loaded
 * @ps: stream whose objects are all finished; not to be used again
 *
 * The node is gone, and with it its hold on what it held: folios that the
 * caller has kept references to are the caller's alone now.
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_finish_load(struct pkram_stream *ps)
{
	struct pkram_node *node = ps->node;

	if (WARN_ON_ONCE(!node || ps->saving || ps->obj))
		return;
	scoped_guard(mutex, &pkram_lock) {
		trace_pkram_consume(node->name, pkram_node_read(node));
		pkram_stats.loaded_pages += pkram_node_read(node)->nr_pages;
	}
	pkram_node_free(node, &pkram_stats.loads);
	ps->node = NULL;
}
EXPORT_SYMBOL_GPL(pkram_finish_load);

/**
 * pkram_detach_load() - let a load go on that cannot be aborted any more
 * @ps: stream, of which objects may be open
 *
 * The node is not handed over from here on. The caller gives up its hold on all parts
 * of all page streams with pkram_drop_part(), and then calls pkram_finish_load().
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_detach_load(struct pkram_stream *ps)
{
	if (WARN_ON_ONCE(!ps->node || ps->saving))
		return;
	guard(mutex)(&pkram_lock);
	ps->node->state = PKRAM_NODE_FREEING;
	ps->node->detached = true;
	pkram_detached_begin();
}
EXPORT_SYMBOL_GPL(pkram_detach_load);

/**
 * pkram_abort_load() - leave a node as it was before the load
 * @ps: stream whose accesses are all finished, at any point of the load; not to
 *	be used again
 *
 * The caller must have given back its references and must not have changed any
 * contents.
 *
 * Context: May sleep. Takes pkram_lock.
 */
void pkram_abort_load(struct pkram_stream *ps)
{
	struct pkram_node *node = ps->node;

	if (WARN_ON_ONCE(!node || ps->saving))
		return;
	if (ps->obj)
		pkram_stream_close(ps);
	ps->node = NULL;
	guard(mutex)(&pkram_lock);
	trace_pkram_abort(node->name, node->ser);
	node->obj_tail = NULL;
	node->state = PKRAM_NODE_IDLE;
	pkram_stats.loads_aborted++;
}
EXPORT_SYMBOL_GPL(pkram_abort_load);

/*
 * What the node holds cannot be found by following it, but by following all
 * others. Its own page is among that when it is not in the list any more.
 */
static int pkram_drop_damaged(const char *name)
{
	struct pkram_sysfs_node *shown;
	struct pkram_node *node;
	int err;

	scoped_guard(mutex, &pkram_lock) {
		node = pkram_node_find(name);
		if (!node)
			return -ENOENT;
		if (node->state != PKRAM_NODE_DAMAGED)
			return -EBUSY;
		list_del(&node->list);
		err = pkram_nodes_sweep();
		if (err) {
			list_add_tail(&node->list, &pkram_nodes);
			return err;
		}
		trace_pkram_drop(node->name, &(struct pkram_node_ser){ });
		pkram_stats.drops++;
		pkram_dir_resize(GFP_KERNEL, 0);
		shown = pkram_sysfs_detach(node);
		kfree(node);
	}
	pkram_sysfs_remove(shown);
	return 0;
}

/**
 * pkram_drop() - free a node without loading it
 * @name: name of the node
 *
 * If it is damaged, with it all else is freed that belongs to no intact node.
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -ENOENT when there is no such node; -EBUSY when it is being saved,
 * loaded or freed, or it is damaged and another one is being saved or freed;
 * -ENOMEM.
 */
int pkram_drop(const char *name)
{
	struct pkram_node *node = pkram_node_get(name);

	if (node == ERR_PTR(-EBADMSG))
		return pkram_drop_damaged(name);
	if (IS_ERR(node))
		return PTR_ERR(node);
	scoped_guard(mutex, &pkram_lock)
		trace_pkram_drop(node->name, node->ser);
	pkram_node_free(node, &pkram_stats.drops);
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_drop);

/**
 * pkram_node_info() - look at a node
 * @name: name of the node
 * @info: where to put its totals
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: 0; -ENOENT when there is no such node, or it is still being saved or
 * already being freed; -EBADMSG when it is damaged; -EBUSY when its page has failed
 * while it is being loaded; -ENOMEM.
 */
int pkram_node_info(const char *name, struct pkram_info *info)
{
	const struct pkram_node_ser *ser;
	struct pkram_node *node;
	int err;

	guard(mutex)(&pkram_lock);
	node = pkram_node_find(name);
	if (!node || !pkram_node_complete(node))
		return -ENOENT;
	err = pkram_node_renew(node);
	if (err)
		return err;
	if (node->state == PKRAM_NODE_DAMAGED)
		return -EBADMSG;
	ser = node->ser;
	*info = (struct pkram_info) {
		.nr_objs = ser->nr_objs,
		.nr_pages = ser->nr_pages,
		.nr_bytes = ser->nr_bytes,
		.nr_meta = ser->nr_links + 1,
		.saved_at = ser->saved_at,
	};
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_node_info);

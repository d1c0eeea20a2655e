// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: what inodes and mounts have besides data, in both
 * directions: extended attributes, ACLs, memory policies, lost pages, quotas.
 *
 * When saving nothing of it can change but memory policies, which mbind() sets
 * also for mappings of a read-only file. When loading nobody else can see the
 * superblock.
 *
 * Lock order: sb->s_umount (held), then a policy's lock or a dquot's.
 */
#define pr_fmt(fmt) "tmpfs: " fmt

#include <linux/bitmap.h>
#include <linux/cpuset.h>
#include <linux/fs_context.h>
#include <linux/mempolicy.h>
#include <linux/pagemap.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/uio.h>
#include <linux/xattr.h>

#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

/* ------------------------------------------------- extended attributes */

static int shmem_save_xattr(struct shmem_pkram_saver *sv,
			    const struct simple_xattr *xattr)
{
	struct pkram_shmem_xattr rec = {
		.name_len = strlen(xattr->name),
		.value_len = xattr->size,
	};
	struct kvec vec[] = {
		{ &rec, sizeof(rec) },
		{ xattr->name, rec.name_len },
		{ (void *)xattr->value, rec.value_len },
	};

	if (rec.name_len > PKRAM_SHMEM_XATTR_NAME_MAX ||
	    xattr->size > PKRAM_SHMEM_XATTR_VALUE_MAX)
		return -E2BIG;
	return shmem_pkram_save_rec(sv, PKRAM_SHMEM_XATTR, 0, vec,
				    ARRAY_SIZE(vec));
}

static int shmem_save_xattrs(struct shmem_pkram_saver *sv, struct inode *inode)
{
	struct rb_node *node;
	int err = 0;

	for (node = rb_first(&SHMEM_I(inode)->xattrs.rb_root); !err && node;
	     node = rb_next(node))
		err = shmem_save_xattr(sv, rb_entry(node, struct simple_xattr,
						    rb_node));
	return err;
}

/*
 * Must the LSM be told of this attribute? It looks at others when an inode gets
 * its name, but the root has had that before.
 */
static bool shmem_tell_lsm(const struct inode *inode, const char *name)
{
	const char *suffix = name + XATTR_SECURITY_PREFIX_LEN;

	return strstarts(name, XATTR_SECURITY_PREFIX) &&
	       (security_ismaclabel(suffix) ||
		inode == d_inode(inode->i_sb->s_root));
}

#ifdef CONFIG_TMPFS_XATTR
/* Attributes take their room from the inodes, as when they were set */
static bool shmem_load_reserve(struct shmem_sb_info *sbinfo, size_t space)
{
	guard(raw_spinlock)(&sbinfo->stat_lock);
	if (!sbinfo->max_inodes)
		return true;
	if (sbinfo->free_ispace < space)
		return false;
	sbinfo->free_ispace -= space;
	return true;
}

static void shmem_load_unreserve(struct shmem_sb_info *sbinfo, size_t space)
{
	guard(raw_spinlock)(&sbinfo->stat_lock);
	if (sbinfo->max_inodes)
		sbinfo->free_ispace += space;
}

static bool shmem_xattr_known(const char *name)
{
	static const char * const prefixes[] = {
		XATTR_SECURITY_PREFIX, XATTR_TRUSTED_PREFIX, XATTR_USER_PREFIX,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strstarts(name, prefixes[i]) && name[strlen(prefixes[i])])
			return true;
	return false;
}

/* A label is to be told to the LSM, but not before it knows the superblock */
static int shmem_load_label(struct shmem_pkram *st, struct inode *inode,
			    const char *name)
{
	struct inode **inodes = st->labelled;
	size_t room = st->nr_labelled;

	if (!shmem_tell_lsm(inode, name))
		return 0;
	/* It doubles */
	if (is_power_of_2(room) || !room) {
		room = max(2 * room, 1);
		inodes = kvrealloc(inodes, array_size(room, sizeof(*inodes)),
				   SHMEM_PKRAM_GFP);
		if (!inodes)
			return -ENOMEM;
		st->labelled = inodes;
	}
	inodes[st->nr_labelled++] = inode;
	return 0;
}

static int shmem_load_xattr(struct shmem_pkram *st, struct inode *inode,
			    const struct pkram_shmem_xattr *rec)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);
	char name[PKRAM_SHMEM_XATTR_NAME_MAX + 1];
	struct simple_xattr *old;
	size_t space;

	memcpy(name, rec->data, rec->name_len);
	name[rec->name_len] = '\0';
	if (!shmem_xattr_known(name))
		return -EOPNOTSUPP;
	space = simple_xattr_space(name, rec->value_len);
	if (!shmem_load_reserve(sbinfo, space))
		return -ENOSPC;
	old = simple_xattr_set(&SHMEM_I(inode)->xattrs, name,
			       rec->data + rec->name_len, rec->value_len,
			       XATTR_CREATE);
	if (IS_ERR(old)) {
		shmem_load_unreserve(sbinfo, space);
		return old == ERR_PTR(-EEXIST) ? -EBADMSG : PTR_ERR(old);
	}
	return shmem_load_label(st, inode, name);
}
#else
static int shmem_load_xattr(struct shmem_pkram *st, struct inode *inode,
			    const struct pkram_shmem_xattr *rec)
{
	return -EOPNOTSUPP;
}
#endif /* CONFIG_TMPFS_XATTR */

static int shmem_notify_label(struct inode *inode, const char *name)
{
	const char *suffix = name + XATTR_SECURITY_PREFIX_LEN;
	const bool label = security_ismaclabel(suffix);
	struct simple_xattrs *xattrs = &SHMEM_I(inode)->xattrs;
	int len = simple_xattr_get(xattrs, name, NULL, 0);
	char *value;

	if (len < 0)
		return len;
	value = kmalloc(len, SHMEM_PKRAM_GFP);
	if (!value)
		return -ENOMEM;
	len = simple_xattr_get(xattrs, name, value, len);
	if (len >= 0) {
		inode_lock(inode);
		len = label ? security_inode_notifysecctx(inode, value, len) :
			      security_inode_setsecurity(inode, suffix, value,
							 len, 0);
		inode_unlock(inode);
	}
	kfree(value);
	/* Others may mean nothing to it */
	return label || len == -ENOMEM ? len : 0;
}

/**
 * shmem_pkram_label() - tell the security module which labels files have
 * @st: mount with a loaded tree that nobody can reach yet
 *
 * Not done while loading, since a security module begins to listen to a
 * superblock only after it has been filled. A label that it does not know leaves the
 * file with its default one, as a new file has.
 *
 * Context: May sleep. Takes inode locks.
 * Return: 0; -ENOMEM, with some of them told.
 */
int shmem_pkram_label(struct shmem_pkram *st)
{
	size_t i, nr_failed = 0;
	int err = 0;

	for (i = 0; !err && i < st->nr_labelled; i++) {
		struct inode *inode = st->labelled[i];
		struct rb_node *node;

		for (node = rb_first(&SHMEM_I(inode)->xattrs.rb_root); node;
		     node = rb_next(node)) {
			const char *name = rb_entry(node, struct simple_xattr,
						    rb_node)->name;

			if (!shmem_tell_lsm(inode, name))
				continue;
			err = shmem_notify_label(inode, name);
			if (err == -ENOMEM)
				break;
			nr_failed += !!err;
			err = 0;
		}
		cond_resched();
	}
	if (nr_failed)
		pr_err("'%s': %zu files have the security module's default label, until relabelled\n",
		       st->node, nr_failed);
	kvfree(st->labelled);
	st->labelled = NULL;
	st->nr_labelled = 0;
	return err;
}

/* ---------------------------------------------------------------- ACLs */

#ifdef CONFIG_FS_POSIX_ACL
static int shmem_save_acl(struct shmem_pkram_saver *sv, struct inode *inode,
			  int type)
{
	struct posix_acl *acl = get_cached_acl(inode, type);
	struct pkram_shmem_acl rec = {};
	struct kvec vec[] = { { &rec, sizeof(rec) }, {} };
	int ret;

	if (!acl || is_uncached_acl(acl))
		return 0;
	vec[1].iov_len = posix_acl_xattr_size(acl->a_count);
	vec[1].iov_base = kvmalloc(vec[1].iov_len, SHMEM_PKRAM_GFP);
	ret = -ENOMEM;
	if (vec[1].iov_base)
		ret = posix_acl_to_xattr(&init_user_ns, acl, vec[1].iov_base,
					 vec[1].iov_len);
	if (ret >= 0) {
		rec.len = ret;
		vec[1].iov_len = ret;
		ret = shmem_pkram_save_rec(sv, PKRAM_SHMEM_ACL,
					   type == ACL_TYPE_DEFAULT ?
					   PKRAM_SHMEM_ACL_DEFAULT : 0,
					   vec, ARRAY_SIZE(vec));
	}
	kvfree(vec[1].iov_base);
	posix_acl_release(acl);
	return ret;
}

static int shmem_save_acls(struct shmem_pkram_saver *sv, struct inode *inode)
{
	int err = 0;

	if (inode->i_acl)
		err = shmem_save_acl(sv, inode, ACL_TYPE_ACCESS);
	if (!err && inode->i_default_acl)
		err = shmem_save_acl(sv, inode, ACL_TYPE_DEFAULT);
	return err;
}

static int shmem_load_acl(struct inode *inode, const struct pkram_shmem_acl *rec)
{
	const int type = rec->rec.flags & PKRAM_SHMEM_ACL_DEFAULT ?
			 ACL_TYPE_DEFAULT : ACL_TYPE_ACCESS;
	struct posix_acl *acl;
	int err = 0;

	if (!IS_POSIXACL(inode))
		return -EOPNOTSUPP;
	acl = posix_acl_from_xattr(&init_user_ns, rec->acl, rec->len);
	if (!acl || acl == ERR_PTR(-EINVAL))
		return -EBADMSG;
	if (IS_ERR(acl))
		return PTR_ERR(acl);
	if (posix_acl_valid(&init_user_ns, acl)) {
		posix_acl_release(acl);
		return -EBADMSG;
	}
	/* The mode of the root may have been given */
	if (type == ACL_TYPE_ACCESS && inode == d_inode(inode->i_sb->s_root))
		err = __posix_acl_chmod(&acl, SHMEM_PKRAM_GFP, inode->i_mode);
	/* Not set_posix_acl(), which would change mode and ctime */
	if (!err)
		set_cached_acl(inode, type, acl);
	posix_acl_release(acl);
	return err;
}
#else
static int shmem_save_acls(struct shmem_pkram_saver *sv, struct inode *inode)
{
	return 0;
}

static int shmem_load_acl(struct inode *inode, const struct pkram_shmem_acl *rec)
{
	return -EOPNOTSUPP;
}
#endif /* CONFIG_FS_POSIX_ACL */

/* ---------------------------------------------------- memory policies */

#ifdef CONFIG_NUMA
#define SHMEM_NODES_WORDS	DIV_ROUND_UP(MAX_NUMNODES, 64)
static_assert(SHMEM_NODES_WORDS <= PKRAM_SHMEM_NODES_WORDS);

struct shmem_saved_policy {
	struct pkram_shmem_policy rec;
	u64 nodes[2 * SHMEM_NODES_WORDS];
};

static void shmem_save_mempolicy(struct shmem_saved_policy *saved,
				 const struct mempolicy *pol)
{
	saved->rec = (struct pkram_shmem_policy){
		.mode = pol->mode | (pol->flags & MPOL_MODE_FLAGS),
		.home_node = pol->home_node == NUMA_NO_NODE ?
			     PKRAM_SHMEM_NO_NODE : pol->home_node,
		.nr_words = SHMEM_NODES_WORDS,
	};
	memset(saved->nodes, 0, sizeof(saved->nodes));
	/* It has none, and what stands there is what was there before */
	if (pol->mode == MPOL_LOCAL)
		return;
	bitmap_to_arr64(saved->nodes, pol->nodes.bits, MAX_NUMNODES);
	bitmap_to_arr64(saved->nodes + SHMEM_NODES_WORDS,
			pol->w.user_nodemask.bits, MAX_NUMNODES);
}

/* The policy of the first range that ends after @pos, as a record */
static bool shmem_next_policy(struct shared_policy *sp, pgoff_t pos,
			      struct shmem_saved_policy *saved)
{
	struct sp_node *found = NULL;
	struct rb_node *node;

	guard(read_lock)(&sp->lock);
	node = sp->root.rb_node;
	while (node) {
		struct sp_node *sn = rb_entry(node, struct sp_node, nd);

		if (sn->end > pos) {
			found = sn;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (!found)
		return false;

	shmem_save_mempolicy(saved, found->policy);
	saved->rec.start = max(found->start, pos);
	saved->rec.end = found->end;
	return true;
}

static int shmem_save_policies(struct shmem_pkram_saver *sv,
			       struct inode *inode)
{
	struct shared_policy *sp = &SHMEM_I(inode)->policy;
	struct shmem_saved_policy saved;
	struct kvec vec = { &saved, sizeof(saved) };
	pgoff_t pos = 0;
	int err;

	if (RB_EMPTY_ROOT(&sp->root))
		return 0;
	while (shmem_next_policy(sp, pos, &saved)) {
		pos = saved.rec.end;
		err = shmem_pkram_save_rec(sv, PKRAM_SHMEM_POLICY, 0, &vec, 1);
		if (err)
			return err;
		if (pos >= MAX_LFS_FILESIZE >> PAGE_SHIFT)
			break;
	}
	return 0;
}

static void shmem_load_nodes(nodemask_t *mask, const u64 *words, u32 nr)
{
	u64 known[SHMEM_NODES_WORDS] = {};

	memcpy(known, words, min(nr, SHMEM_NODES_WORDS) * sizeof(*words));
	bitmap_from_arr64(mask->bits, known, MAX_NUMNODES);
}

/* False when it makes no sense on this machine or for this kernel */
static bool shmem_load_mempolicy(struct mempolicy *pol,
				 const struct pkram_shmem_policy *rec)
{
	const unsigned short flags = rec->mode & MPOL_MODE_FLAGS;
	const u32 home = rec->home_node;
	nodemask_t nodes, user;

	shmem_load_nodes(&nodes, rec->nodes, rec->nr_words);
	shmem_load_nodes(&user, rec->nodes + rec->nr_words, rec->nr_words);
	nodes_and(nodes, nodes, node_states[N_MEMORY]);

	*pol = (struct mempolicy){
		.refcnt = ATOMIC_INIT(1),
		.mode = rec->mode & ~MPOL_MODE_FLAGS,
		.flags = flags,
		.nodes = nodes,
		.home_node = home < MAX_NUMNODES && node_state(home, N_MEMORY) ?
			     home : NUMA_NO_NODE,
	};
	if (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES)
		return false;
	if (flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
		pol->w.user_nodemask = user;
	else
		pol->w.cpuset_mems_allowed = cpuset_current_mems_allowed;

	switch (pol->mode) {
	case MPOL_LOCAL:
		return !flags && nodes_empty(nodes);
	case MPOL_BIND:
	case MPOL_PREFERRED_MANY:
		if (flags & MPOL_F_NUMA_BALANCING)
			pol->flags |= MPOL_F_MOF | MPOL_F_MORON;
		return !nodes_empty(nodes);
	case MPOL_PREFERRED:
		return !(flags & MPOL_F_NUMA_BALANCING) &&
		       nodes_weight(nodes) == 1;
	case MPOL_INTERLEAVE:
	case MPOL_WEIGHTED_INTERLEAVE:
		return !(flags & MPOL_F_NUMA_BALANCING) && !nodes_empty(nodes);
	}
	return false;
}

static int shmem_load_policy(struct inode *inode,
			     const struct pkram_shmem_policy *rec)
{
	/* As much of a mapping as mpol_set_shared_policy() looks at */
	struct vm_area_struct vma = { .vm_pgoff = rec->start };
	struct mempolicy pol;

	if (rec->end > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EBADMSG;
	if (!shmem_load_mempolicy(&pol, rec)) {
		pr_info_ratelimited("inode %lu: its memory policy %#x does not fit this machine, left out\n",
				    inode->i_ino, rec->mode);
		return 0;
	}
	vma.vm_end = (rec->end - rec->start) << PAGE_SHIFT;
	return mpol_set_shared_policy(&SHMEM_I(inode)->policy, &vma, &pol);
}

static int shmem_save_mpol(struct shmem_pkram_saver *sv, struct mempolicy *mpol)
{
	struct shmem_saved_policy saved;
	struct kvec vec = { &saved, sizeof(saved) };

	if (!mpol)
		return 0;
	shmem_save_mempolicy(&saved, mpol);
	return shmem_pkram_save_rec(sv, PKRAM_SHMEM_MPOL, 0, &vec, 1);
}

static int shmem_load_mpol(struct mempolicy **mpol,
			   const struct pkram_shmem_policy *rec)
{
	struct mempolicy pol, *new;

	if (!shmem_load_mempolicy(&pol, rec))
		return -ENODEV;
	/* Of nodes that are gone files shall not know either */
	pol.w.user_nodemask = pol.nodes;
	new = mpol_dup(&pol);
	if (IS_ERR(new))
		return PTR_ERR(new);
	*mpol = new;
	return 0;
}
#else
static int shmem_save_mpol(struct shmem_pkram_saver *sv, struct mempolicy *mpol)
{
	return 0;
}

static int shmem_save_policies(struct shmem_pkram_saver *sv,
			       struct inode *inode)
{
	return 0;
}

/* One node: every policy means the same */
static int shmem_load_policy(struct inode *inode,
			     const struct pkram_shmem_policy *rec)
{
	return 0;
}

static int shmem_load_mpol(struct mempolicy **mpol,
			   const struct pkram_shmem_policy *rec)
{
	return -ENODEV;
}
#endif /* CONFIG_NUMA */

/**
 * shmem_pkram_load_mpol() - take over the memory policy of the mount
 * @fc: mount, which has not been given mpol=
 * @rec: record, checked
 *
 * A policy loses the nodes that this machine does not have. One that cannot do
 * without them, or that this kernel does not know, is left out.
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_load_mpol(struct fs_context *fc,
			  const struct pkram_shmem_policy *rec)
{
	struct shmem_options *ctx = fc->fs_private;
	int err = shmem_load_mpol(&ctx->mpol, rec);

	if (err != -ENODEV)
		return err;
	pr_info("the memory policy %#x of '%s' does not fit this machine, left out\n",
		rec->mode, ctx->pkram.name);
	return 0;
}

/* ----------------------------------------------------------- lost pages */

/**
 * shmem_pkram_save_poison() - save that pages of a file have been lost
 * @sv: save
 * @start: index of the first
 * @nr: how many in a row
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_save_poison(struct shmem_pkram_saver *sv, pgoff_t start,
			    unsigned long nr)
{
	struct pkram_shmem_poison rec = { .start = start, .nr = nr };
	struct kvec vec = { &rec, sizeof(rec) };

	return shmem_pkram_save_rec(sv, PKRAM_SHMEM_POISON, 0, &vec, 1);
}

/*
 * What reading finds is as after a page that could not be read from swap. Other
 * than there it is accounted for like a page in swap, so that the numbers are
 * right when it goes away.
 */
static int shmem_load_poison(struct inode *inode,
			     const struct pkram_shmem_poison *rec)
{
	void *entry = swp_to_radix_entry(make_poisoned_swp_entry());
	struct address_space *mapping = inode->i_mapping;
	struct shmem_inode_info *info = SHMEM_I(inode);
	unsigned long done = 0;
	int err;

	if (rec->start + rec->nr - 1 > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EBADMSG;
	err = shmem_pkram_charge(inode, rec->nr);
	if (err)
		return err;
	while (!err && done < rec->nr) {
		err = xa_insert_irq(&mapping->i_pages, rec->start + done, entry,
				    SHMEM_PKRAM_GFP);
		if (!err)
			done++;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	scoped_guard(spinlock, &info->lock) {
		info->alloced += done;
		info->swapped += done;
	}
	shmem_pkram_charged(inode, rec->nr - done);
	return err == -EBUSY ? -EBADMSG : err;
}

/* -------------------------------------------------------------- quotas */

#ifdef CONFIG_TMPFS_QUOTA
static_assert(PKRAM_SHMEM_QUOTA_USER == USRQUOTA);
static_assert(PKRAM_SHMEM_QUOTA_GROUP == GRPQUOTA);

static void shmem_quota_get_limits(struct pkram_shmem_quota *rec,
				   const struct shmem_quota_limits *limits)
{
	rec->space_hard[USRQUOTA] = limits->usrquota_bhardlimit;
	rec->inodes_hard[USRQUOTA] = limits->usrquota_ihardlimit;
	rec->space_hard[GRPQUOTA] = limits->grpquota_bhardlimit;
	rec->inodes_hard[GRPQUOTA] = limits->grpquota_ihardlimit;
}

static int shmem_save_quota(struct shmem_pkram_saver *sv,
			    struct super_block *sb)
{
	struct pkram_shmem_quota rec = {};
	struct kvec vec = { &rec, sizeof(rec) };
	unsigned int type, flags = 0;

	shmem_quota_get_limits(&rec, &SHMEM_SB(sb)->qlimits);
	for (type = 0; type < PKRAM_SHMEM_QUOTA_TYPES; type++) {
		const struct mem_dqinfo *info = sb_dqinfo(sb, type);

		if (!sb_has_quota_active(sb, type))
			continue;
		flags |= 1 << type;
		if (sb_has_quota_limits_enabled(sb, type))
			flags |= 1 << (type + PKRAM_SHMEM_QUOTA_LIMITS_SHIFT);
		rec.space_grace[type] = info->dqi_bgrace;
		rec.inodes_grace[type] = info->dqi_igrace;
	}
	return shmem_pkram_save_rec(sv, PKRAM_SHMEM_QUOTA, flags, &vec, 1);
}

static int shmem_save_dquot(struct shmem_pkram_saver *sv,
			    const struct kqid *qid, const struct qc_dqblk *blk)
{
	struct pkram_shmem_dquot rec = {
		.id = from_kqid(&init_user_ns, *qid),
		.type = qid->type,
		.space_hard = blk->d_spc_hardlimit,
		.space_soft = blk->d_spc_softlimit,
		.inodes_hard = blk->d_ino_hardlimit,
		.inodes_soft = blk->d_ino_softlimit,
		.space_time = blk->d_spc_timer,
		.inodes_time = blk->d_ino_timer,
	};
	struct kvec vec = { &rec, sizeof(rec) };

	return shmem_pkram_save_rec(sv, PKRAM_SHMEM_DQUOT, 0, &vec, 1);
}

/**
 * shmem_pkram_save_dquots() - save the limits of all users and groups
 * @sv: save
 * @sb: superblock
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_save_dquots(struct shmem_pkram_saver *sv,
			    struct super_block *sb)
{
	struct qc_dqblk blk;
	struct kqid qid;
	int type, err;
	u64 id;

	for (type = 0; type < PKRAM_SHMEM_QUOTA_TYPES; type++) {
		if (!sb_has_quota_active(sb, type))
			continue;
		for (id = 0; id < (qid_t)-1; id++) {
			qid = make_kqid(&init_user_ns, type, id);
			err = dquot_get_next_dqblk(sb, &qid, &blk);
			if (err == -ENOENT)
				break;
			if (!err)
				err = shmem_save_dquot(sv, &qid, &blk);
			if (err)
				return err;
			id = from_kqid(&init_user_ns, qid);
			cond_resched();
		}
	}
	return 0;
}

/* What was not given takes the saved value; a type that is not wanted, none */
static void shmem_load_limits(struct shmem_quota_limits *limits,
			      const struct pkram_shmem_quota *rec)
{
	limits->usrquota_bhardlimit = limits->usrquota_bhardlimit ?:
				      rec->space_hard[USRQUOTA];
	limits->usrquota_ihardlimit = limits->usrquota_ihardlimit ?:
				      rec->inodes_hard[USRQUOTA];
	limits->grpquota_bhardlimit = limits->grpquota_bhardlimit ?:
				      rec->space_hard[GRPQUOTA];
	limits->grpquota_ihardlimit = limits->grpquota_ihardlimit ?:
				      rec->inodes_hard[GRPQUOTA];
}

/**
 * shmem_pkram_load_quota() - take over quotas
 * @fc: mount; quota options that have been given win
 * @rec: record, checked
 * @limits: gets the limits for new ids when the tree has been loaded
 *
 * While it is being loaded usage is counted without limits, since limits may
 * have been exceeded.
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP.
 */
int shmem_pkram_load_quota(struct fs_context *fc,
			   const struct pkram_shmem_quota *rec,
			   struct shmem_quota_limits *limits)
{
	struct shmem_options *ctx = fc->fs_private;

	if (!(ctx->seen & SHMEM_SEEN_QUOTA)) {
		ctx->seen |= SHMEM_SEEN_QUOTA;
		ctx->quota_types = rec->rec.flags &
				   (QTYPE_MASK_USR | QTYPE_MASK_GRP);
	}
	shmem_load_limits(&ctx->qlimits, rec);
	*limits = ctx->qlimits;
	if (rec->rec.flags & QTYPE_MASK_USR) {
		ctx->qlimits.usrquota_bhardlimit = 0;
		ctx->qlimits.usrquota_ihardlimit = 0;
	}
	if (rec->rec.flags & QTYPE_MASK_GRP) {
		ctx->qlimits.grpquota_bhardlimit = 0;
		ctx->qlimits.grpquota_ihardlimit = 0;
	}
	return 0;
}

/**
 * shmem_pkram_load_dquot() - take over the limits of a user or group
 * @sb: superblock whose tree has been loaded
 * @rec: record, checked
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int shmem_pkram_load_dquot(struct super_block *sb,
			   const struct pkram_shmem_dquot *rec)
{
	struct kqid qid = make_kqid(&init_user_ns, rec->type, rec->id);
	struct qc_dqblk blk = {
		.d_fieldmask = QC_SPC_HARD | QC_SPC_SOFT | QC_SPC_TIMER |
			       QC_INO_HARD | QC_INO_SOFT | QC_INO_TIMER,
		.d_spc_hardlimit = rec->space_hard,
		.d_spc_softlimit = rec->space_soft,
		.d_ino_hardlimit = rec->inodes_hard,
		.d_ino_softlimit = rec->inodes_soft,
		.d_spc_timer = rec->space_time,
		.d_ino_timer = rec->inodes_time,
	};
	int err;

	if (!sb_has_quota_active(sb, rec->type))
		return 0;
	err = dquot_set_dqblk(sb, qid, &blk);
	return err == -ERANGE ? -EBADMSG : err;
}

/**
 * shmem_pkram_quota_on() - put limits in force
 * @sb: superblock whose tree has been loaded
 * @rec: record of quotas, or zeros when there was none
 * @limits: what shmem_pkram_load_quota() has given
 *
 * Context: May sleep.
 * Return: 0, or an error of the quota code, which leaves limits off.
 */
int shmem_pkram_quota_on(struct super_block *sb,
			 const struct pkram_shmem_quota *rec,
			 const struct shmem_quota_limits *limits)
{
	unsigned int type;
	int err = 0;

	if (!rec->rec.flags)
		return 0;
	SHMEM_SB(sb)->qlimits = *limits;
	for (type = 0; !err && type < PKRAM_SHMEM_QUOTA_TYPES; type++) {
		struct qc_info info = {
			.i_fieldmask = QC_SPC_TIMER | QC_INO_TIMER,
			.i_spc_timelimit = rec->space_grace[type],
			.i_ino_timelimit = rec->inodes_grace[type],
		};

		if (!sb_has_quota_active(sb, type) ||
		    !(rec->rec.flags & 1 << type))
			continue;
		err = dquot_set_dqinfo(sb, type, &info);
		if (!err && !(rec->rec.flags &
			      1 << (type + PKRAM_SHMEM_QUOTA_LIMITS_SHIFT)))
			err = dquot_disable(sb, type, DQUOT_LIMITS_ENABLED);
	}
	return err;
}
#else
static int shmem_save_quota(struct shmem_pkram_saver *sv,
			    struct super_block *sb)
{
	return 0;
}

int shmem_pkram_save_dquots(struct shmem_pkram_saver *sv,
			    struct super_block *sb)
{
	return 0;
}

int shmem_pkram_load_quota(struct fs_context *fc,
			   const struct pkram_shmem_quota *rec,
			   struct shmem_quota_limits *limits)
{
	return -EOPNOTSUPP;
}

int shmem_pkram_load_dquot(struct super_block *sb,
			   const struct pkram_shmem_dquot *rec)
{
	return -EOPNOTSUPP;
}

int shmem_pkram_quota_on(struct super_block *sb,
			 const struct pkram_shmem_quota *rec,
			 const struct shmem_quota_limits *limits)
{
	return 0;
}
#endif /* CONFIG_TMPFS_QUOTA */

/* --------------------------------------------------------- both together */

/**
 * shmem_pkram_save_super_attrs() - save what goes between SUPER and the root
 * @sv: save
 * @fc: remount
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOMEM; -E2BIG.
 */
int shmem_pkram_save_super_attrs(struct shmem_pkram_saver *sv,
				 struct fs_context *fc)
{
	struct shmem_options *ctx = fc->fs_private;
	struct super_block *sb = fc->root->d_sb;
	int err;

	err = shmem_save_mpol(sv, ctx->mpol ?: SHMEM_SB(sb)->mpol);
	if (!err && sb_any_quota_loaded(sb))
		err = shmem_save_quota(sv, sb);
	return err;
}

/**
 * shmem_pkram_save_attrs() - save what follows an INODE besides its data
 * @sv: save
 * @inode: the inode
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOMEM; -E2BIG.
 */
int shmem_pkram_save_attrs(struct shmem_pkram_saver *sv, struct inode *inode)
{
	int err;

	err = shmem_save_xattrs(sv, inode);
	if (!err)
		err = shmem_save_acls(sv, inode);
	if (!err && S_ISREG(inode->i_mode))
		err = shmem_save_policies(sv, inode);
	return err;
}

/**
 * shmem_pkram_load_attr() - give an inode what it has besides its data
 * @st: mount
 * @inode: the inode, whose owner, mode and size are set
 * @rec: record, checked, of any type that may follow an INODE but SYMLINK and
 *	DATA
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG; -EOPNOTSUPP when this kernel does not have it; -ENOSPC;
 * -EDQUOT; -EINTR; -ENOMEM.
 */
int shmem_pkram_load_attr(struct shmem_pkram *st, struct inode *inode,
			  const struct pkram_shmem_rec *rec)
{
	switch (rec->type) {
	case PKRAM_SHMEM_POISON:
		return shmem_load_poison(inode, (const void *)rec);
	case PKRAM_SHMEM_XATTR:
		return shmem_load_xattr(st, inode, (const void *)rec);
	case PKRAM_SHMEM_ACL:
		return shmem_load_acl(inode, (const void *)rec);
	case PKRAM_SHMEM_POLICY:
		return shmem_load_policy(inode, (const void *)rec);
	}
	return -EBADMSG;
}

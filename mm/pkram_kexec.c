// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM and kexec: where images may go, and the command line of the next
 * kernel.
 *
 * From the time its segments are known until it is freed, the destinations of
 * an image are banned: nothing is preserved there any more, and what was is
 * moved away before the image is complete. There may be two images at a time,
 * the loaded one and the one that is about to replace it. In the same way a
 * stretch of memory is banned while room for the next kernel is made there.
 *
 * Lock order: kexec lock, pkram_lock, pkram_pagetable_lock, pkram_ban_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/ctype.h>
#include <linux/kexec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "pkram_internal.h"

static DEFINE_SPINLOCK(pkram_ban_lock);
static struct kimage *pkram_images[2];
/* Of each image: why the kernel in it would not take over, or NULL */
static const char *pkram_images_lost[2];
/* Where room is being made, and what else is to stay free meanwhile */
static struct pkram_range_ser pkram_kept_free[PKRAM_LANDING_MAX + 1];
static unsigned int pkram_nr_kept_free;
/* Image that found no free place; never dereferenced, under the kexec lock */
static const struct kimage *pkram_relaxed;

static bool pkram_segment_overlaps(const struct kexec_segment *seg, u64 pfn,
				   u64 nr)
{
	return seg->memsz && pfn < PFN_UP(seg->mem + seg->memsz) &&
	       PHYS_PFN(seg->mem) < pfn + nr;
}

static bool pkram_image_overlaps(const struct kimage *image, u64 pfn, u64 nr)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (pkram_segment_overlaps(&image->segment[i], pfn, nr))
			return true;
	return false;
}

static u64 pkram_range_end(const struct pkram_range_ser *range)
{
	return range->start_pfn + range->nr_pages;
}

/**
 * pkram_range_banned() - must nothing be preserved in these frames?
 * @pfn: first frame
 * @nr: number of frames
 *
 * Context: Any context that may take a spinlock.
 * Return: true when at least one of them lies in the destination of an image, or
 * where room is being made.
 */
bool pkram_range_banned(u64 pfn, u64 nr)
{
	unsigned int i;

	if (!READ_ONCE(pkram_images[0]) && !READ_ONCE(pkram_images[1]) &&
	    !READ_ONCE(pkram_nr_kept_free))
		return false;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < pkram_nr_kept_free; i++)
		if (pfn < pkram_range_end(&pkram_kept_free[i]) &&
		    pkram_kept_free[i].start_pfn < pfn + nr)
			return true;
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++)
		if (pkram_images[i] &&
		    pkram_image_overlaps(pkram_images[i], pfn, nr))
			return true;
	return false;
}

/**
 * pkram_next_banned() - find the next frames where nothing must be preserved
 * @pfn: where to begin; set to the first banned frame from there on
 * @end: set to a frame behind it, up to which all are banned
 *
 * Context: Any context that may take a spinlock.
 * Return: false when there are none.
 */
bool pkram_next_banned(u64 *pfn, u64 *end)
{
	u64 first = U64_MAX, start;
	unsigned int i, j;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < pkram_nr_kept_free; i++) {
		start = max(*pfn, pkram_kept_free[i].start_pfn);
		if (start >= pkram_range_end(&pkram_kept_free[i]) ||
		    start >= first)
			continue;
		first = start;
		*end = pkram_range_end(&pkram_kept_free[i]);
	}
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++) {
		for (j = 0; pkram_images[i] && j < pkram_images[i]->nr_segments; j++) {
			struct kexec_segment *seg = &pkram_images[i]->segment[j];

			start = max_t(u64, *pfn, PHYS_PFN(seg->mem));
			if (start >= PFN_UP(seg->mem + seg->memsz) ||
			    start >= first)
				continue;
			first = start;
			*end = PFN_UP(seg->mem + seg->memsz);
		}
	}
	*pfn = first;
	return first != U64_MAX;
}

/**
 * pkram_keep_free() - let nothing be preserved in some ranges
 * @range: the ranges, instead of any others
 * @nr: how many, up to %PKRAM_LANDING_MAX + 1
 *
 * Context: Any context that may take a spinlock. Caller holds pkram_lock.
 */
void pkram_keep_free(const struct pkram_range_ser *range, unsigned int nr)
{
	guard(spinlock)(&pkram_ban_lock);
	memcpy(pkram_kept_free, range, nr * sizeof(*range));
	WRITE_ONCE(pkram_nr_kept_free, nr);
}

static u64 pkram_image_size(const struct kimage *image)
{
	unsigned long i;
	u64 nr = 0;

	for (i = 0; i < image->nr_segments; i++)
		nr += PFN_UP(image->segment[i].memsz);
	return nr;
}

/**
 * pkram_banned_pages() - how much memory will a kexec image take?
 *
 * Context: Any context that may take a spinlock.
 * Return: pages of the larger one when an image is about to replace another; 0
 * when there is none.
 */
u64 pkram_banned_pages(void)
{
	unsigned int i;
	u64 nr = 0;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++)
		if (pkram_images[i])
			nr = max(nr, pkram_image_size(pkram_images[i]));
	return nr;
}

static bool pkram_image_ban(struct kimage *image, const char *lost)
{
	unsigned int i;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++) {
		if (!pkram_images[i]) {
			pkram_images[i] = image;
			pkram_images_lost[i] = lost;
			return true;
		}
	}
	return false;
}

/**
 * pkram_image_lost() - would the kernel in an image take over what is preserved?
 * @image: image that is or is being loaded, not dereferenced; or NULL
 *
 * Context: Any context that may take a spinlock.
 * Return: NULL when it would, or nothing is known; else the reason why not, for
 * people.
 */
const char *pkram_image_lost(const struct kimage *image)
{
	unsigned int i;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++)
		if (image && pkram_images[i] == image)
			return pkram_images_lost[i];
	return NULL;
}

/**
 * pkram_kexec_wait() - wait until what is preserved can be moved
 * @moves: an image is loaded that may have to have something moved
 *
 * Not with the kexec lock held, without which a panic does not get its dump: contents
 * that come after the mount may take seconds.
 *
 * Context: May sleep.
 * Return: 0; -EINTR.
 */
int pkram_kexec_wait(bool moves)
{
	return moves ? pkram_detached_wait_all() : 0;
}

static int pkram_kexec_make_way(struct kimage *image, const char *lost)
{
	int err;

	if (WARN_ON_ONCE(!pkram_image_ban(image, lost)))
		return -EBUSY;
	/*
	 * Even without nodes there may be page-table pages to move. Who begins to
	 * save after this finds the image.
	 */
	if (!READ_ONCE(pkram_pagetable.root))
		return 0;
	if (pkram_super_pfn() && pkram_image_overlaps(image, pkram_super_pfn(), 1)) {
		pr_err("kexec image lies on the super block, pfn %#llx\n",
		       pkram_super_pfn());
		return -EADDRNOTAVAIL;
	}
	if (lost)
		pr_warn("the kexec image %s: what is preserved would be lost\n",
			lost);
	pkram_pending_flush();
	err = pkram_displace();
	return err ?: pkram_make_room(NULL);
}

/**
 * pkram_kexec_prepare() - make way for a kexec image
 * @image: image whose segments are final, not loaded yet
 *
 * Bans its destinations and moves what is preserved there, data and metadata,
 * to other frames. The place of the super block is fixed: an image there is
 * welcome while nothing is preserved, and nothing can be as long as it is loaded.
 * After pkram_kexec_wait() there is something to wait for only if it has just begun.
 *
 * Context: May sleep. Takes pkram_lock. Caller holds the kexec lock.
 * Return: 0; -EADDRNOTAVAIL when the image would overwrite the super block and
 * something is preserved; -EBUSY when there is something in the way that cannot
 * be moved now; -EINTR; -ENOSPC when too little memory would be left to boot;
 * -EHWPOISON; -EFAULT; -ENOMEM. The caller frees the image on error.
 */
int pkram_kexec_prepare(struct kimage *image)
{
	const char *lost;
	int err;

	pkram_relaxed = NULL;
	if (image->type != KEXEC_TYPE_DEFAULT || !pkram_available())
		return 0;
	err = pkram_image_check(image, &lost);
	if (!err)
		err = pkram_lock_settled();
	if (err)
		return err;
	err = pkram_kexec_make_way(image, lost);
	mutex_unlock(&pkram_lock);
	return err;
}

/**
 * pkram_kexec_release() - an image is about to be freed
 * @image: the image
 *
 * Context: Any context that may take a spinlock.
 */
void pkram_kexec_release(struct kimage *image)
{
	unsigned int i;

	guard(spinlock)(&pkram_ban_lock);
	for (i = 0; i < ARRAY_SIZE(pkram_images); i++)
		if (pkram_images[i] == image)
			pkram_images[i] = NULL;
}

/**
 * pkram_kexec_busy() - would an image here overwrite something preserved?
 * @image: image that a place is looked for
 * @start: first byte of the place, physical
 * @end: last byte of the place
 * @busy: set to the first byte of a page that is in the way
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: true when it would, and a place without @busy should be tried.
 */
bool pkram_kexec_busy(struct kimage *image, unsigned long start,
		      unsigned long end, unsigned long *busy)
{
	u64 pfn = PHYS_PFN(start), behind = PHYS_PFN(end) + 1, first = behind;

	if (image->type != KEXEC_TYPE_DEFAULT || !pkram_available())
		return false;
	if (pkram_super_pfn() >= pfn && pkram_super_pfn() < behind)
		first = pkram_super_pfn();
	if (image != pkram_relaxed) {
		guard(pkram_pagetable)();
		first = pkram_pagetable_next_set(&pkram_pagetable, pfn, first);
	}
	*busy = PFN_PHYS(first);
	cond_resched();
	return first < behind;
}

/**
 * pkram_kexec_relax() - there is no free place for an image
 * @image: image that a place is looked for
 *
 * From now on pkram_kexec_busy() lets it go over what is preserved, which
 * pkram_kexec_prepare() will move away.
 *
 * Context: Any. Caller holds the kexec lock.
 * Return: true when it makes sense to look again.
 */
bool pkram_kexec_relax(struct kimage *image)
{
	if (image->type != KEXEC_TYPE_DEFAULT || !pkram_available() ||
	    image == pkram_relaxed)
		return false;
	pkram_relaxed = image;
	return true;
}

#ifdef CONFIG_KEXEC_FILE

/* End of the word at @word, as next_arg() finds it */
static const char *pkram_word_end(const char *word)
{
	bool quoted = false;

	for (; *word && (quoted || !isspace(*word)); word++)
		if (*word == '"')
			quoted = !quoted;
	return word;
}

/* Is it pkram= for who parses it? A quote can be before the name */
static bool pkram_word_is_ours(const char *word)
{
	return !strncmp(word + (*word == '"'), "pkram=", strlen("pkram="));
}

/*
 * Copy the words of a command line except pkram=, which stands for another
 * boot; what follows "--" is for init. Returns the length, or -1 when it says
 * pkram=off.
 */
static int pkram_cmdline_copy(char *to, const char *from)
{
	char *start = to;

	while (*(from = skip_spaces(from))) {
		const char *end = pkram_word_end(from);
		size_t len = end - from;

		if (len == 2 && !strncmp(from, "--", 2))
			end = from + strlen(from);
		else if (len == 9 && !strncmp(from, "pkram=off", 9))
			return -1;
		if (!pkram_word_is_ours(from)) {
			memcpy(to, from, end - from);
			to += end - from;
			*to++ = ' ';
		}
		from = end;
	}
	if (to > start)
		to--;
	*to = '\0';
	return to - start;
}

/**
 * pkram_kexec_cmdline() - tell the next kernel where the super block is
 * @image: image that is loaded by kexec_file_load, its command line read
 *
 * Puts pkram= in front of the command line in place of any other, unless it
 * says pkram=off. Where nothing can be handed over any other is taken out all the
 * same: what it stands for is not there any more, or has never been.
 *
 * Context: May sleep. Caller holds the kexec lock.
 * Return: 0 or -ENOMEM.
 */
int pkram_kexec_cmdline(struct kimage *image)
{
	const u64 super = pkram_available() ? pkram_super_pfn() : 0;
	const char *old = image->cmdline_buf ?: "";
	int head = 0, tail;
	char *new;

	pkram_relaxed = NULL;
	if (image->type != KEXEC_TYPE_DEFAULT || (!super && !*old))
		return 0;

	/* One more for the blank behind the last word */
	new = kmalloc(strlen(old) + 1 + sizeof("pkram=0x0123456789abcdef "),
		      GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	if (super)
		head = sprintf(new, "pkram=%#llx ", super);
	tail = pkram_cmdline_copy(new + head, old);
	if (tail < 0) {
		kfree(new);
		return 0;
	}
	kfree(image->cmdline_buf);
	image->cmdline_buf = new;
	image->cmdline_buf_len = head + tail + 1;
	return 0;
}

#endif /* CONFIG_KEXEC_FILE */

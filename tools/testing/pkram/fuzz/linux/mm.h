/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_MM_H
#define _PKRAM_FUZZ_MM_H

#include_next <linux/mm.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/string.h>

/* See frames.c; a struct page is nothing but the number of its frame */
struct page;
struct folio;

#define MAX_PAGE_ORDER		10
#define alloc_hooks(do_alloc)	(do_alloc)

static inline struct page *pfn_to_page(u64 pfn)
{
	return (struct page *)(uintptr_t)(pfn << 4 | 8);
}

/* Of metadata */
#define virt_to_page(virt)	pfn_to_page(pkram_virt_to_pfn(virt))

/* No page of metadata fails while it is in use */
#define ZERO_PAGE(vaddr)	NULL
#define page_address(page)	((void *)(page))

bool sim_poisoned(u64 pfn);

static inline bool PageHWPoison(const struct page *page)
{
	return sim_poisoned((uintptr_t)page >> 4);
}

struct folio *pfn_folio(u64 pfn);
u64 folio_pfn(const struct folio *folio);
unsigned int folio_order(const struct folio *folio);
void folio_get(struct folio *folio);
void folio_put(struct folio *folio);
bool folio_contain_hwpoisoned_page(const struct folio *folio);

static inline long folio_nr_pages(const struct folio *folio)
{
	return 1L << folio_order(folio);
}

/* All folios here are ordinary */
static inline bool folio_test_hugetlb(const struct folio *folio)
{
	return false;
}

static inline bool folio_is_zone_device(const struct folio *folio)
{
	return false;
}

#endif /* _PKRAM_FUZZ_MM_H */

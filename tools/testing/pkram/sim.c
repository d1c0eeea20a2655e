// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bug.h>
#include <linux/crc32.h>
#include <linux/mm.h>

#include "../../../mm/pkram_internal.h"
#include "sim.h"

#define SIM_MAX		SIM_PFNS

/* Non-canonical: touching it is a fault whatever else goes on */
#define SIM_NOWHERE	0xdead000000000000ULL

static struct sim_frame {
	u64 pfn;
	void *page;
} frames[SIM_MAX];	/* ascending by pfn */
static unsigned int nr_frames;
static u64 place_next = 0x1000, place_step = 1;
static long fail_after = -1;
static bool fail_once, failed;
static unsigned int warnings;
static void *(*fault)(u64 pfn);
bool sim_abort_on_warning;
static u64 random_state = 1;

bool sim_warn(bool cond, const char *file, int line)
{
	if (cond) {
		warnings++;
		if (sim_abort_on_warning || getenv("VERBOSE"))
			printf("# WARNING at %s:%d\n", file, line);
		if (sim_abort_on_warning)
			abort();
	}
	return cond;
}

unsigned int sim_warnings(void)
{
	return warnings;
}

/* First frame at @pfn or above */
static unsigned int sim_search(u64 pfn)
{
	unsigned int lo = 0, hi = nr_frames;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (frames[mid].pfn < pfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool sim_frame_exists(u64 pfn)
{
	unsigned int i = sim_search(pfn);

	return i < nr_frames && frames[i].pfn == pfn;
}

void *sim_va(u64 phys)
{
	unsigned int i = sim_search(phys >> PAGE_SHIFT);
	char *page = NULL;

	if (i < nr_frames && frames[i].pfn == phys >> PAGE_SHIFT)
		page = frames[i].page;
	else if (fault)
		page = fault(phys >> PAGE_SHIFT);
	if (!page)
		return (void *)(SIM_NOWHERE | phys >> PAGE_SHIFT);
	return page + (phys & ~PAGE_MASK);
}

void sim_on_fault(void *(*fn)(u64 pfn))
{
	fault = fn;
}

u64 sim_pa(const void *virt)
{
	unsigned int i;

	for (i = 0; i < nr_frames; i++) {
		size_t off = (const char *)virt - (const char *)frames[i].page;

		if (off < PAGE_SIZE)
			return (frames[i].pfn << PAGE_SHIFT) + off;
	}
	printf("# address of no frame: %p\n", virt);
	abort();
}

void *sim_frame_add(u64 pfn)
{
	unsigned int i = sim_search(pfn);
	void *page;

	if (i < nr_frames && frames[i].pfn == pfn)
		return NULL;
	if (nr_frames == SIM_MAX || posix_memalign(&page, PAGE_SIZE, PAGE_SIZE))
		abort();
	memset(page, 0, PAGE_SIZE);
	memmove(&frames[i + 1], &frames[i], (nr_frames - i) * sizeof(frames[0]));
	frames[i].pfn = pfn;
	frames[i].page = page;
	nr_frames++;
	return page;
}

void sim_frame_del(u64 pfn)
{
	unsigned int i = sim_search(pfn);

	if (i == nr_frames || frames[i].pfn != pfn) {
		printf("# freeing frame %#llx, which is not there\n", pfn);
		abort();
	}
	free(frames[i].page);
	nr_frames--;
	memmove(&frames[i], &frames[i + 1], (nr_frames - i) * sizeof(frames[0]));
}

void sim_reset(void)
{
	while (nr_frames)
		free(frames[--nr_frames].page);
	place_next = 0x1000;
	place_step = 1;
	sim_fail_after(-1);
	fault = NULL;
}

unsigned int sim_nr_frames(void)
{
	return nr_frames;
}

unsigned int sim_pfns(u64 *buf, unsigned int max)
{
	unsigned int i;

	for (i = 0; i < nr_frames && i < max; i++)
		buf[i] = frames[i].pfn;
	return i;
}

u64 sim_fingerprint(void)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < nr_frames; i++) {
		u32 crc = __crc32c_le(~0U, &frames[i].pfn, sizeof(u64));

		sum = sum * 31 + __crc32c_le(crc, frames[i].page, PAGE_SIZE);
	}
	return sum;
}

void sim_place(u64 base, u64 step)
{
	place_next = base;
	place_step = step;
}

void sim_fail_after(long nr)
{
	fail_after = nr;
	fail_once = false;
	failed = false;
}

void sim_fail_once(long nr)
{
	sim_fail_after(nr);
	fail_once = true;
}

bool sim_alloc_fails(void)
{
	if (fail_after) {
		fail_after -= fail_after > 0;
		return false;
	}
	if (fail_once)
		fail_after = -1;
	failed = true;
	return true;
}

bool sim_failed(void)
{
	return failed;
}

/* What the page table asks of its surroundings */
void *pkram_table_alloc(gfp_t gfp)
{
	void *page;

	if (sim_alloc_fails())
		return NULL;
	do {
		page = sim_frame_add(place_next);
		place_next += place_step;
	} while (!page);
	return page;
}

void pkram_table_free(void *table)
{
	sim_frame_del(sim_pa(table) >> PAGE_SHIFT);
}

void sim_seed(u64 seed)
{
	random_state = seed ?: 1;
}

/* xorshift64* */
u64 sim_random(u64 below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 2685821657736338717ULL >> 11) % below;
}

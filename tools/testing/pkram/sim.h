/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulated machine: frames at made-up addresses, allocation that fails on
 * demand, warnings that are counted.
 *
 * Each frame is a heap object of its own, so that AddressSanitizer sees a step
 * out of it, or into one that has been freed, whatever its frame number.
 */
#ifndef _PKRAM_TEST_SIM_H
#define _PKRAM_TEST_SIM_H

#include <linux/types.h>

/* Where the tables that are allocated come to lie: base, base + step, ... */
void sim_place(u64 base, u64 step);

/* The next @nr allocations succeed, all after them fail; -1: none fails */
void sim_fail_after(long nr);

/* Only the one after them does */
void sim_fail_once(long nr);

/* Does this allocation fail? */
bool sim_alloc_fails(void);

/* Has any failed since one of these was called? */
bool sim_failed(void);

/* A frame at @pfn, zeroed; NULL when there is one already */
void *sim_frame_add(u64 pfn);
void sim_frame_del(u64 pfn);
bool sim_frame_exists(u64 pfn);
unsigned int sim_nr_frames(void);

/* Checksum over numbers and contents of all frames, in any order */
u64 sim_fingerprint(void);

/* Enough for all pfns in any test */
#define SIM_PFNS	4096

/* All pfns in ascending order; returns their number */
unsigned int sim_pfns(u64 *buf, unsigned int max);

unsigned int sim_warnings(void);

/* Where it happens, for those who run each input in the same process */
extern bool sim_abort_on_warning;

/* Asked for a page that is not there, NULL: it is a fault indeed */
void sim_on_fault(void *(*fn)(u64 pfn));

/* The machine as it was at the start: no frame, nothing fails */
void sim_reset(void);

/* Reproducible random numbers; the seed is fixed unless SEED is set */
void sim_seed(u64 seed);
u64 sim_random(u64 below);

#endif /* _PKRAM_TEST_SIM_H */

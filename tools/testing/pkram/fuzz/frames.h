/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page frames of the simulated machine, in the place of mm/pkram_frame.c and
 * mm/pkram_kexec.c, for the fuzzer of nodes.
 *
 *   below FRAMES_DIR		what the input puts there
 *   FRAMES_DIR			directory of nodes
 *   FRAMES_TABLES		page table of the previous kernel
 *   FRAMES_NEW			what is allocated later
 *
 * A preserved frame can be read, as in a kernel: it is a page of zeros if the
 * input says nothing about it. Any other access is a fault.
 */
#ifndef _PKRAM_FUZZ_FRAMES_H
#define _PKRAM_FUZZ_FRAMES_H

#include "fuzz.h"

#define FRAMES_DIR	0xdffff000ULL
#define FRAMES_TABLES	0xe0000000ULL
#define FRAMES_NEW	0xf000000000ULL
#define FRAMES_COPIES	0xf800000000ULL

void frames_begin(void);
void frames_poison(u64 pfn);
void frames_ban(u64 pfn, u64 nr);

/* Pages that were made because a preserved frame was read */
unsigned int frames_made(void);

/* Nothing is forgotten: give up all claimed folios, which nodes held */
void frames_end(void);

#endif /* _PKRAM_FUZZ_FRAMES_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BOOT_COMPRESSED_PKRAM_H
#define BOOT_COMPRESSED_PKRAM_H

#include "misc.h"

typedef void (*pkram_process_t)(struct mem_vector *region,
				unsigned long minimum,
				unsigned long image_size);

#ifdef CONFIG_PKRAM_HANDOVER
unsigned long get_cmd_line_ptr(void);
bool pkram_find_super(void);
void pkram_process_parts(struct mem_vector *region, unsigned long minimum,
			 unsigned long image_size, pkram_process_t process);
#else
static inline bool pkram_find_super(void)
{
	return true;
}

static inline void pkram_process_parts(struct mem_vector *region,
				       unsigned long minimum,
				       unsigned long image_size,
				       pkram_process_t process)
{
	process(region, minimum, image_size);
}
#endif

#endif /* BOOT_COMPRESSED_PKRAM_H */

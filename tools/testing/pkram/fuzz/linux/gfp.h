/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_GFP_H
#define _PKRAM_FUZZ_GFP_H

#include_next <linux/gfp.h>

#define __GFP_MOVABLE		16U
#define __GFP_HIGHMEM		32U
#define __GFP_RETRY_MAYFAIL	64U

#endif /* _PKRAM_FUZZ_GFP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own, the only one of this directory that tests may use */
#include "../../../../include/linux/pkram_abi.h"

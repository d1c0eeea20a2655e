/* SPDX-License-Identifier: GPL-2.0 */
/* For the kernel's headers of PKRAM's format, built without the rest of them */
#include <assert.h>

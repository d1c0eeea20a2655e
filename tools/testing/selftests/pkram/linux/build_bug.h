/* SPDX-License-Identifier: GPL-2.0 */
/* For the kernel's headers of PKRAM's format, which these tests may include */
#include <assert.h>

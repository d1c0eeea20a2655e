/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_NODES_H
#define _PKRAM_FUZZ_NODES_H

#include "frames.h"

#define MAX_NODES	16

/* What the checks must find: see nodes_model.c */
struct model {
	bool known;
	bool intact[MAX_NODES];
};

void model_make(struct model *m);

/* By number in the list of nodes; NULL when there are fewer */
struct pkram_node *node_nr(unsigned int nr);

#endif /* _PKRAM_FUZZ_NODES_H */
